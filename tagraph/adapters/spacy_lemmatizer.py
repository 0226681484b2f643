"""Plural nouns to the singular, one word at a time, with spaCy's small English model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from tagraph.adapters.bundled_models import load_english
from tagraph.data import BoolArray

# Words that mean something else, or nothing, once they lose their ending: general English only.
_LEFT_ALONE_TEXT = """
agenda aids analytics arms athletics atlas barracks bias canvas christmas clothes cola contents
corps customs data devops diabetes does dynamics economics electronics forces genetics glasses
goods graphics headquarters https humanities insignia jeans kubernetes lens logistics mars maths
means media news pandas pants people physics politics proceedings remains rights robotics savings
scissors semantics series shorts species spirits sports statistics studios tactics tetris texas
thanks times trivia trousers united vegas windows works
"""
# Nouns in -ics that do have a singular in -ic; every other one is a field of study.
_SINGULAR_IN_IC_TEXT = """
antibiotics basics characteristics classics clinics comics critics demographics epics fabrics
heuristics infographics lyrics mechanics metrics mosaics picnics plastics relics schematics
topics
"""
_LEFT_ALONE = frozenset(_LEFT_ALONE_TEXT.split())
_SINGULAR_IN_IC = frozenset(_SINGULAR_IN_IC_TEXT.split())
# Plurals the model reads as something else.
_MISREAD = {"apis": "api", "cookies": "cookie", "cpus": "cpu", "gpus": "gpu", "menus": "menu"}
_LATIN = (("ae", "a"), ("i", "us"), ("a", "um"), ("a", "on"))  # plural and singular ending
_REGULAR = (("ies", "y"), ("s", ""))
_SHORTEST, _LONGEST = 4, 40
_ENDINGS = ("s", "es", "ies", "ed", "ing", "ings", "er", "ers", "ly")


class SpacyLemmatizer:
    """Brings plural nouns to the singular; leaves verbs, adjectives and everything else alone.

    A single word has no context, so spaCy reads each one as "many <word>" and only what it then
    takes for a plural noun is changed: the answer for a word never depends on its neighbours. What
    it does not take for one is so still if its dictionary has the singular as a noun and no word
    of that spelling (ninjas), or lists it as a Latin plural (cacti).
    Fields of study, words such as news or windows, words shorter than four letters and words of
    more than 40 are kept.
    """

    key = "spacy-en-core-web-sm-3.8.0-plural-2"

    def lemmatize(self, tags: Sequence[str]) -> list[str]:
        """Return each tag with its plural nouns in the singular; words are parted by blanks."""
        words = sorted({word for tag in tags for word in tag.split(" ") if self._may_change(word)})
        singular = dict(zip(words, self._singulars(words), strict=True))
        return [" ".join(singular.get(word, word) for word in tag.split(" ")) for tag in tags]

    def knows(self, words: Sequence[str]) -> BoolArray:
        """Return which words are of the model's dictionary, or a regular form of one of its words.

        The dictionary holds nouns, verbs, adjectives and adverbs; `influencers` is known for
        influence.
        """
        return np.array([self._is_known(word) for word in words], dtype=bool)

    def _is_known(self, word: str) -> bool:
        """Say whether a word, or what is left without a regular ending, is in the dictionary."""
        bases = {word.removesuffix(ending) for ending in _ENDINGS} - {word}
        forms = {f for b in bases if len(b) >= _SHORTEST for f in (b, b + "e", b + "y", b[:-1])}
        return word in self._dictionary or not self._dictionary.isdisjoint(forms)

    def _may_change(self, word: str) -> bool:
        """Say whether a word looks like a plural and is not one of the exceptions."""
        if not _SHORTEST <= len(word) <= _LONGEST or not word.isalpha() or word in _LEFT_ALONE:
            return False
        if word.endswith("ics"):
            return word in _SINGULAR_IN_IC
        regular = word.endswith("s") and not word.endswith("ss")
        return regular or word.endswith("men") or word in self._irregular

    def _singulars(self, words: Sequence[str]) -> list[str]:
        """Return the lemma of each word that is read as a plural noun, else the word."""
        phrases = [f"many {word}" for word in words]
        docs = load_english().pipe(phrases, batch_size=256, disable=["parser", "ner"])
        found = []
        for word, doc in zip(words, docs, strict=True):
            plural = len(doc) == 2 and doc[1].tag_ in ("NNS", "NNPS")
            lemma = doc[1].lemma_.lower() if plural else self._look_up(word)
            found.append(_MISREAD.get(word, lemma))
        return found

    def _look_up(self, word: str) -> str:
        """Return the singular of a plural that the dictionary shows to be one, else the word."""
        latin = word in self._irregular
        if word in self._dictionary and not latin:
            return word
        endings = _LATIN if latin else _REGULAR
        bases = [word.removesuffix(end) + base for end, base in endings if word.endswith(end)]
        return next((b for b in bases if len(b) >= _SHORTEST and b in self._nouns), word)

    @cached_property
    def _nouns(self) -> frozenset[str]:
        """Every noun of the dictionary in its base form."""
        return frozenset(_table("lemma_index")["noun"])

    @cached_property
    def _irregular(self) -> frozenset[str]:
        """Plurals that do not follow a rule, such as mice."""
        plurals = _table("lemma_exc")["noun"]
        return frozenset(word for word in plurals if not word.endswith("s"))

    @cached_property
    def _dictionary(self) -> frozenset[str]:
        """Every base form the lemmatizer's index holds, and the irregular forms."""
        index, irregular = _table("lemma_index"), _table("lemma_exc")
        kinds = ("noun", "verb", "adj", "adv")
        return frozenset(word for table in (index, irregular) for k in kinds for word in table[k])


def _table(name: str) -> dict[str, dict[str, list[str]]]:
    """Return one table of the model's lemmatizer."""
    lookups = load_english().get_pipe("lemmatizer").lookups  # type: ignore[attr-defined]
    table: dict[str, dict[str, list[str]]] = lookups.get_table(name)
    return table
