"""Texts to pairs that nearly repeat each other: exact Jaccard likeness of runs of three words."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tagraph.data import FloatArray, IntArray

RUN = 3
_WORDS = re.compile(r"\w+")
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
_DIGITS = 6


def find_near_duplicates(
    texts: Sequence[str], likeness: float, *, least_words: int = 1
) -> tuple[IntArray, IntArray, FloatArray]:
    """Find the pairs of texts whose runs of three words are more alike than a bar (Jaccard).

    Case and punctuation do not count; a text of fewer than three words is one run. Two sets that
    are that alike must share one of the few rarest runs of each, so only texts that do are compared
    (prefix filter: Chaudhuri, Ganti and Kaushik, 2006).

    Args:
        texts: The texts.
        likeness: Pairs above this share are found; it lies in (0, 1], and 1 finds none.
        least_words: Texts with fewer words are alike by nature and have no pairs.

    Returns:
        Positions `left < right` and the likeness, to six decimals, each shape (m,), sorted.
    """
    sets = [_hash_runs(text, least_words) for text in texts]
    sizes = np.array([len(runs) for runs in sets], dtype=np.int64)
    if likeness >= 1 or not sizes.sum():
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing.copy(), np.empty(0)
    owner = np.repeat(np.arange(len(sets)), sizes)
    _, run, counts = np.unique(np.concatenate(sets), return_inverse=True, return_counts=True)
    order = np.lexsort((run, counts[run], owner))
    run, start = run[order], np.cumsum(sizes) - sizes
    left, right = _propose(run, owner, start, sizes, likeness)
    shared = _count_shared(run, start, sizes, left, right)
    found: FloatArray = (shared / (sizes[left] + sizes[right] - shared)).round(_DIGITS)
    near = found > likeness
    return left[near], right[near], found[near]


def _hash_runs(text: str, least_words: int) -> NDArray[np.uint64]:
    """Return the distinct hashes of the runs of three words of a text."""
    words = _WORDS.findall(text.lower())
    if not words or len(words) < least_words:
        return np.empty(0, dtype=np.uint64)
    words += [""] * (RUN - len(words))
    codes = np.array([zlib.crc32(word.encode()) + 1 for word in words], dtype=np.uint64)
    hashed = np.zeros(len(codes) - RUN + 1, dtype=np.uint64)
    for place in range(RUN):
        hashed = (hashed ^ codes[place : len(codes) - RUN + 1 + place]) * _MIX[place]
        hashed ^= hashed >> np.uint64(29)
    return np.unique(hashed)


def _propose(
    run: IntArray, owner: IntArray, start: IntArray, sizes: IntArray, likeness: float
) -> tuple[IntArray, IntArray]:
    """Return the pairs of texts that share a run among the rarest ones of both."""
    prefix = sizes - np.ceil(likeness * sizes - 1e-9).astype(np.int64) + 1
    rare = np.arange(len(run)) - start[owner] < prefix[owner]
    run, owner = run[rare], owner[rare]
    order = np.lexsort((owner, run))
    run, owner = run[order], owner[order]
    ahead, pairs = 1, [np.empty((2, 0), dtype=np.int64)]
    while ahead < len(run):
        same = np.flatnonzero(run[:-ahead] == run[ahead:])
        if not len(same):
            break
        pairs.append(np.unique(np.stack([owner[same], owner[same + ahead]]), axis=1))
        ahead += 1
    left, right = np.unique(np.concatenate(pairs, axis=1), axis=1)
    return left, right


def _count_shared(
    run: IntArray, start: IntArray, sizes: IntArray, left: IntArray, right: IntArray
) -> IntArray:
    """Return how many runs each pair of texts has in common, shape (m,)."""
    shared = [
        len(
            np.intersect1d(run[start[i] : start[i] + sizes[i]], run[start[j] : start[j] + sizes[j]])
        )
        for i, j in zip(left.tolist(), right.tolist(), strict=True)
    ]
    return np.array(shared, dtype=np.int64)
