"""A vocabulary of raw tags to links between them: by rule, by spelling, by meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tagraph.data import Bags, FloatArray, Link
from tagraph.protocols import Encoder, Lemmatizer
from tagraph.stages.acronyms import choose_acronyms, find_acronyms
from tagraph.stages.candidates import find_close_meanings, find_close_spellings
from tagraph.stages.guards import differ_in_kind, residues
from tagraph.stages.merge import Groups, name_groups
from tagraph.stages.misspellings import compare_spelling
from tagraph.stages.tag_keys import (
    Words,
    fold_case,
    link_by_keys,
    spell_american,
    spell_out,
    split_words,
    squash,
    turn_around,
)

_ONE_EDIT_FROM, _TWO_EDITS_FROM = 5, 10
_UNRELATED, _AMBIGUITY = 0.1, 0.2  # cosine of unrelated texts; what several expansions add
_SHORTEST_TO_ENCODE, _LONGEST_TO_ENCODE = 4, 200


@dataclass(frozen=True)
class TagVocabulary:
    """Raw tags with what the rules need of them; all in the order of `tags`.

    Attributes:
        tags: Distinct raw tags, sorted.
        counts: In how many bags each stands.
        words: The words of each.
        singular: The words with plural nouns in the singular.
        folded: The singular words in American spelling.
        known: The folded words that a dictionary holds.
    """

    tags: tuple[str, ...]
    counts: list[int]
    words: list[Words]
    singular: list[Words]
    folded: list[Words]
    known: frozenset[str]

    @classmethod
    def read(cls, bags: Bags, lemmatizer: Lemmatizer) -> TagVocabulary:
        """Return the vocabulary of `bags`."""
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

    def readable(self, groups: Groups) -> list[int]:
        """Return for each tag the one its group is called by: the most used spelling.

        Ties go to the spelling with the smallest share of unknown words, then with most words,
        then to the shortest, to lower case, and to the first by code point.
        """
        rank = [
            (-count, self._unknown_share(entry), -len(entry), len(tag), tag != tag.lower(), tag)
            for entry, count, tag in zip(self.folded, self.counts, self.tags, strict=True)
        ]
        return name_groups(groups.labels(), rank)

    def _unknown_share(self, words: Words) -> float:
        return sum(word not in self.known for word in words) / max(1, len(words))


def unite_by_rules(vocabulary: TagVocabulary, groups: Groups, *, word_lists: bool) -> None:
    """Join the tags that share a key: case, separator, plural, spelling, short form, order."""
    folded = vocabulary.folded
    groups.unite(link_by_keys(map(fold_case, vocabulary.tags), "case"))
    groups.unite(link_by_keys(map(squash, vocabulary.words), "separator"))
    groups.unite(link_by_keys(map(squash, vocabulary.singular), "plural"))
    groups.unite(link_by_keys(map(squash, folded), "spelling variant"))
    if word_lists:
        folded = [spell_out(entry) for entry in folded]
        groups.unite(link_by_keys(map(squash, folded), "short form"))
    groups.unite(link_by_keys(map(turn_around, folded), "reordered words"))


def unite_acronyms(
    vocabulary: TagVocabulary,
    groups: Groups,
    encoder: Encoder | None,
    *,
    similarity: float,
    word_lists: bool,
) -> list[Link]:
    """Join acronyms with their expansion, alone and inside longer tags; return doubtful ones.

    Where an encoder knows both, an expansion must be close to its acronym: `similarity` is asked
    of two letters, less of more, for they match less often by chance; and more where there are
    several expansions.
    """
    folded = vocabulary.folded
    if word_lists:
        folded = [spell_out(entry) for entry in folded]
    labels = groups.labels()
    links = find_acronyms(folded, labels, word_lists=word_lists)
    if encoder is not None:
        links = _believable(links, folded, encoder, similarity)
    sure, doubtful = choose_acronyms(links, folded, labels, vocabulary.counts)
    groups.unite(sure)
    groups.unite(_inner_acronyms(folded, sure))
    return doubtful


def _believable(
    links: Sequence[Link], folded: Sequence[Words], encoder: Encoder, similarity: float
) -> list[Link]:
    """Return the acronym links whose two ends are close enough, or unknown to the encoder."""
    ends = [(folded[link.left], folded[link.right]) for link in links]
    expansions = Counter(link.left for link in links)
    kept = []
    for link, (short, _), alike in zip(
        links, ends, _cosines(ends, encoder, unknown=1.0).tolist(), strict=True
    ):
        extra = len("".join(short)) - 2
        least = similarity + _AMBIGUITY if expansions[link.left] > 1 else similarity - 0.1 * extra
        if alike >= max(least, _UNRELATED):
            kept.append(link)
    return kept


def _inner_acronyms(folded: Sequence[Words], acronyms: Sequence[Link]) -> list[Link]:
    """Link tags that are one once each acronym in them is written out."""
    spelled = {folded[link.left]: folded[link.right] for link in acronyms}
    full = [
        tuple(part for word in entry for part in spelled.get((word,), (word,))) for entry in folded
    ]
    return link_by_keys(map(squash, full), "acronym")


def spelling_links(vocabulary: TagVocabulary, groups: Groups, *, word_lists: bool) -> list[Link]:
    """Link groups whose fullest spellings are misspellings of each other."""
    nodes = vocabulary.representatives(groups)
    keys = [squash(vocabulary.folded[i]) for i in nodes]
    pairs: set[tuple[int, int]] = set()
    for distance, shortest in ((1, _ONE_EDIT_FROM), (2, _TWO_EDITS_FROM)):
        long = [key if len(key) >= shortest else "" for key in keys]
        left, right = find_close_spellings(long, distance=distance)
        pairs.update(zip(left.tolist(), right.tolist(), strict=True))
    folded, links = vocabulary.folded, []
    for a, b in sorted(pairs):
        i, j = nodes[a], nodes[b]
        alike = compare_spelling(folded[i], folded[j], vocabulary.known)
        if alike and not differ_in_kind(folded[i], folded[j], word_lists=word_lists):
            links.append(Link(i, j, "fuzzy", alike))
    return links


def meaning_links(
    vocabulary: TagVocabulary,
    groups: Groups,
    encoder: Encoder,
    *,
    similarity: float,
    residue: float,
    word_lists: bool,
) -> list[Link]:
    """Link groups of close meaning that the guard lets pass.

    The words that two tags do not share must be close as well (`residue`): a recipe idea is not
    a recipe request. Where they are not, the similarity is the mean of both cosines; where one
    tag has no word of its own, it is the broader one and there is no link. Short tags and tags
    with a token unknown to the encoder are compared with nothing.
    """
    nodes, vectors = _encode_groups(vocabulary, groups, encoder)
    left, right, cosine = find_close_meanings(vectors, similarity=similarity)
    folded = vocabulary.folded
    found = []
    for a, b, alike in zip(left.tolist(), right.tolist(), cosine.tolist(), strict=True):
        i, j = nodes[a], nodes[b]
        own = residues(folded[i], folded[j], vocabulary.known)
        ends = (folded[i], folded[j])
        if all(own) and not any(differ_in_kind(*x, word_lists=word_lists) for x in (ends, own)):
            found.append((i, j, alike, own))
    apart = _cosines([own for *_, own in found], encoder)
    return [
        Link(i, j, "embedding", alike if own >= residue else round((alike + own) / 2, 4))
        for (i, j, alike, _), own in zip(found, apart.tolist(), strict=True)
    ]


def _encode_groups(
    vocabulary: TagVocabulary, groups: Groups, encoder: Encoder
) -> tuple[list[int], FloatArray]:
    """Return the groups that can be compared by meaning, and their vectors."""
    texts = {i: " ".join(vocabulary.words[i]) for i in vocabulary.representatives(groups)}
    fitting = [i for i, t in texts.items() if _SHORTEST_TO_ENCODE <= len(t) <= _LONGEST_TO_ENCODE]
    known = encoder.knows([texts[i] for i in fitting])
    nodes = [i for i, ok in zip(fitting, known.tolist(), strict=True) if ok]
    return nodes, encoder.encode([texts[i] for i in nodes])


def _cosines(
    pairs: Sequence[tuple[Words, Words]], encoder: Encoder, *, unknown: float = 0.0
) -> FloatArray:
    """Return the cosine of the two texts of each pair; `unknown` where the encoder lacks one."""
    texts = sorted({" ".join(words) for pair in pairs for words in pair})
    position = {text: i for i, text in enumerate(texts)}
    ends = np.array([[position[" ".join(words)] for words in pair] for pair in pairs])
    left, right = ends.reshape(-1, 2).astype(np.int64).T
    vectors, known = encoder.encode(texts), encoder.knows(texts)
    cosines = np.round(np.einsum("ij,ij->i", vectors[left], vectors[right]), 4)
    return np.where(known[left] & known[right], cosines, unknown)
