"""Groups of tags to the pairs worth a judge's time, the likeliest to be one tag first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tagraph.data import FloatArray, IntArray, Link
from tagraph.protocols import Encoder
from tagraph.stages.candidates import find_close_meanings, find_close_spellings
from tagraph.stages.guards import are_forms, differ_in_kind, residues
from tagraph.stages.merge import Groups
from tagraph.stages.tag_keys import Words, squash
from tagraph.steps.tag_vocabulary import TagVocabulary

_NEAREST, _LEAST = 10, 0.4  # neighbours by meaning that each group proposes, and from which cosine
_SHORTEST, _LONGEST = 2, 200
_CONTAINED, _LEAST_CONTAINED = 0.15, 3  # what a name inside another adds; its fewest letters
_NEAREST_BONUS, _FORMS_BONUS, _NARROWER_MALUS = 0.1, 0.1, 0.2
_BY_SPELLING = 0.5  # what a pair of close spelling has at least


def doubtful_links(
    vocabulary: TagVocabulary, groups: Groups, encoder: Encoder | None, *, word_lists: bool
) -> list[Link]:
    """Return pairs of groups that may be one tag though no rule may say so, sorted.

    Candidates are the ten nearest neighbours by meaning and spellings within two edits, as far as
    the guard lets them pass. The similarity is an estimate for ordering, not a cosine: it grows
    where two groups are each other's nearest, where one name is inside the other and where the
    words are forms of each other; it falls where one tag only adds words to the other.
    """
    nodes = vocabulary.representatives(groups)
    folded = [vocabulary.folded[i] for i in nodes]
    keys = [squash(entry) for entry in folded]
    found = dict.fromkeys(_close_spellings(keys), _BY_SPELLING)
    left, right, cosine = _close_meanings([vocabulary.words[i] for i in nodes], encoder)
    best = np.zeros(len(nodes))
    np.maximum.at(best, left, cosine)
    np.maximum.at(best, right, cosine)
    for a, b, alike in zip(left.tolist(), right.tolist(), cosine.tolist(), strict=True):
        nearest = alike >= min(best[a], best[b])
        found[a, b] = max(found.get((a, b), 0.0), alike + _NEAREST_BONUS * nearest)
    links = []
    for (a, b), alike in sorted(found.items()):
        if not differ_in_kind(folded[a], folded[b], word_lists=word_lists):
            alike += _adjust(folded[a], folded[b], vocabulary)
            links.append(Link(nodes[a], nodes[b], "doubtful", round(min(max(alike, 0), 1), 4)))
    return links


def _adjust(left: Words, right: Words, vocabulary: TagVocabulary) -> float:
    """Return what the form of two tags adds to their similarity."""
    own = residues(left, right, vocabulary.known)
    if not all(own):
        return -_NARROWER_MALUS
    short, long = sorted((squash(left), squash(right)), key=len)
    contained = len(short) >= _LEAST_CONTAINED and short in long
    return _CONTAINED * contained + _FORMS_BONUS * are_forms(*own)


def _close_spellings(keys: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs of keys within one edit, or within two where they are long."""
    found: set[tuple[int, int]] = set()
    for distance, shortest in ((1, 4), (2, 8)):
        long = [key if len(key) >= shortest else "" for key in keys]
        left, right = find_close_spellings(long, distance=distance)
        found.update(zip(left.tolist(), right.tolist(), strict=True))
    return sorted(found)


def _close_meanings(
    words: Sequence[Words], encoder: Encoder | None
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the nearest neighbours by meaning of the tags an encoder knows."""
    texts = [" ".join(entry) for entry in words]
    fitting = [i for i, text in enumerate(texts) if _SHORTEST <= len(text) <= _LONGEST]
    if encoder is None or not fitting:
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0)
    known = encoder.knows([texts[i] for i in fitting])
    at = np.array(fitting, dtype=np.int64)[known]
    vectors = encoder.encode([texts[i] for i in at.tolist()])
    left, right, cosine = find_close_meanings(vectors, similarity=_LEAST, nearest=_NEAREST)
    return at[left], at[right], cosine
