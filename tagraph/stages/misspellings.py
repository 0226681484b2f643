"""Which pairs of close spelling are one word misspelled, and which are two words."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import groupby

# How long a word must be before one slip of a kind is likelier than a second word. Swapped and
# doubled letters and exchanged vowels are how people misspell; other letters tell words apart.
_COMMON_SLIP, _VOWEL_SLIP, _LOST_LETTER, _WRONG_LETTER, _TWO_SLIPS = 5, 7, 9, 12, 10
_VOWELS = frozenset("aeiouy")


def compare_spelling(left: Sequence[str], right: Sequence[str], known: Set[str]) -> float:
    """Return how alike two tags are if one is a misspelling of the other, else 0.

    Two words that a dictionary knows are never misspellings of each other, and neither are words
    of different first or last letters. Two tags may differ in one word only, at the same place.

    Args:
        left: The words of one tag, in the singular.
        right: The words of the other.
        known: Words that a dictionary holds.
    """
    if len(left) != len(right):
        return 0.0
    differing = [(x, y) for x, y in zip(left, right, strict=True) if x != y]
    if len(differing) != 1:
        return 0.0
    return _similarity(*differing[0], known)


def _similarity(x: str, y: str, known: Set[str]) -> float:
    """Return 1 minus the share of letters changed, or 0 for two words of their own."""
    from rapidfuzz.distance import OSA

    ends_differ = x[0] != y[0] or x[-1] != y[-1]
    if ends_differ or (x in known and y in known) or not (x.isalpha() and y.isalpha()):
        return 0.0
    edits = OSA.distance(x, y, score_cutoff=2)
    if edits > 2 or min(len(x), len(y)) < _needed_length(x, y, edits):
        return 0.0
    return 1 - edits / max(len(x), len(y))


def _needed_length(x: str, y: str, edits: int) -> float:
    """Return from which length on these edits count as a slip."""
    same_frame = _consonants(x) == _consonants(y)
    if edits == 2:
        return _TWO_SLIPS if same_frame else float("inf")
    if sorted(x) == sorted(y) or _undouble(x) == _undouble(y):
        return _COMMON_SLIP
    if same_frame:
        return _VOWEL_SLIP
    return _LOST_LETTER if len(x) != len(y) else _WRONG_LETTER


def _undouble(word: str) -> str:
    return "".join(letter for letter, _ in groupby(word))


def _consonants(word: str) -> str:
    """Return the frame of a word: double letters once, every vowel as the same sign."""
    return _undouble("".join("-" if letter in _VOWELS else letter for letter in word))
