"""Raw tags with everything the rules need to know of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagraph.data import Bags
from tagraph.protocols import Lemmatizer
from tagraph.stages.merge import Groups, name_groups
from tagraph.stages.tag_keys import Words, drop_version, spell_american, split_words


@dataclass(frozen=True)
class TagVocabulary:
    """Raw tags with what the rules need of them; all in the order of `tags`.

    Attributes:
        tags: Distinct raw tags, sorted.
        counts: In how many bags each stands.
        words: The words of each.
        singular: The words with plural nouns in the singular.
        folded: The singular words, English ones in American spelling.
        known: The folded words that a dictionary holds.
        english: Whether the rules of English hold.
    """

    tags: tuple[str, ...]
    counts: list[int]
    words: list[Words]
    singular: list[Words]
    folded: list[Words]
    known: frozenset[str]
    english: bool = True

    @classmethod
    def read(cls, bags: Bags, lemmatizer: Lemmatizer, *, english: bool = True) -> TagVocabulary:
        """Return the vocabulary of `bags`."""
        return cls._read_english(bags, lemmatizer) if english else cls._read_any(bags, lemmatizer)

    @classmethod
    def _read_any(cls, bags: Bags, lemmatizer: Lemmatizer) -> TagVocabulary:
        """Return the vocabulary of a language of its own accents; rules of English do not hold."""
        accented = [split_words(tag, accents=True) for tag in bags.vocabulary]
        lemmas = lemmatizer.lemmatize([" ".join(entry) for entry in accented])
        distinct = sorted({word for lemma in lemmas for word in lemma.split()})
        known = np.flatnonzero(lemmatizer.knows(distinct))
        words = [split_words(tag) for tag in bags.vocabulary]
        singular = [split_words(lemma) for lemma in lemmas]
        plain = frozenset(word for i in known for word in split_words(distinct[i]))
        counts = bags.counts.tolist()
        return cls(bags.vocabulary, counts, words, singular, singular, plain, english=False)

    @classmethod
    def _read_english(cls, bags: Bags, lemmatizer: Lemmatizer) -> TagVocabulary:
        words = [split_words(tag) for tag in bags.vocabulary]
        lemmas = lemmatizer.lemmatize([" ".join(entry) for entry in words])
        singular = [tuple(lemma.split()) for lemma in lemmas]
        folded = [tuple(spell_american(word) for word in entry) for entry in singular]
        distinct = sorted({word for entry in folded for word in entry})
        known = np.flatnonzero(lemmatizer.knows(distinct))
        return cls(
            bags.vocabulary,
            bags.counts.tolist(),
            words,
            singular,
            folded,
            frozenset(distinct[i] for i in known),
        )

    def representatives(self, groups: Groups) -> list[int]:
        """Return the fullest spelling of each group, most used first, sorted by position."""
        rank = [
            (-len(entry), -count, len(tag), tag)
            for entry, count, tag in zip(self.words, self.counts, self.tags, strict=True)
        ]
        return sorted(set(name_groups(groups.labels(), rank)))

    def readable(self, groups: Groups, held: frozenset[str] = frozenset()) -> list[int]:
        """Return for each tag the one its group is called by: the most used spelling.

        A name of `held`, those of an earlier run, comes before any other, and one without a
        version before one with. Ties go to the spelling with the smallest share of unknown words,
        then with most words, then to the shortest, to lower case, and to the first by code point.
        """
        rank = [
            (
                *(tag not in held, drop_version(entry) != (), -count),
                *(self._unknown_share(entry), -len(entry), len(tag), tag != tag.lower(), tag),
            )
            for entry, count, tag in zip(self.folded, self.counts, self.tags, strict=True)
        ]
        return name_groups(groups.labels(), rank)

    def _unknown_share(self, words: Words) -> float:
        return sum(word not in self.known for word in words) / max(1, len(words))
