"""Vocabulary to candidate pairs: tags of close spelling, tags of close meaning, in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tagraph.cores import spread
from tagraph.data import FloatArray, IntArray

_BLOCK = 1024
_CELLS = 2**24  # cosines held at once by a thread: 64 MB
_LONGEST_KEY = 64
_DECIMALS = 4  # cosines are compared after rounding, so that no block size moves a pair
_PAIRS = 2**13  # compared at once: 50 MB
_MOST = 50  # a part of the cells that is cheaper to part than to sort
_HALF_STEP = 1e-4  # more than rounding can add


def find_close_spellings(keys: Sequence[str], *, distance: int = 2) -> tuple[IntArray, IntArray]:
    """Find pairs of keys within an edit distance that begin with the same letter.

    The distance is optimal string alignment: insert, delete, replace, swap two neighbours. Keys
    are compared inside blocks of one first letter and close length; empty keys and those of more
    than 64 characters are compared with nothing.

    Returns:
        Positions `left < right`, each shape (m,), sorted.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    found = [np.zeros((0, 2), dtype=np.int64)]
    for rows, columns in _spelling_blocks(keys, distance):
        distances = process.cdist(
            [keys[i] for i in rows],
            [keys[i] for i in columns],
            scorer=OSA.distance,
            score_cutoff=distance,
            dtype=np.uint8,
            workers=1,
        )
        row, column = np.nonzero(distances <= distance)
        found.append(np.column_stack([rows[row], columns[column]]))
    pairs = _distinct_pairs(np.concatenate(found))
    return pairs[:, 0], pairs[:, 1]


def find_close_meanings(
    vectors: FloatArray, *, similarity: float, nearest: int = 20
) -> tuple[IntArray, IntArray, FloatArray]:
    """Find pairs of unit vectors with at least this cosine, among the nearest of either one.

    Products in single precision, on every core, sift out the few cells that may count; those are
    computed anew, so that neither cores nor processor decide.

    Args:
        vectors: Shape (n, d), unit length. A row of zeros is close to nothing.
        similarity: Smallest cosine of a pair, above 0.
        nearest: How many neighbours each row may propose; ties at the border all stay.

    Returns:
        Positions `left < right` and the cosine in four decimals, each shape (m,), sorted.
    """
    single = vectors.astype(np.float32)
    step = max(1, _CELLS // max(1, len(single)))

    def look(start: int) -> tuple[IntArray, FloatArray]:
        block = single[start : start + step] @ single.T
        close = block >= similarity - _HALF_STEP
        if np.count_nonzero(close) > close.size // _MOST and len(single) > nearest + 1:
            last = len(single) - nearest - 1
            close &= block >= np.partition(block, last, axis=1)[:, last, None] - _HALF_STEP
        close[np.arange(len(block)), start + np.arange(len(block))] = False
        row, column = np.nonzero(close)
        maybe = block[row, column] >= _floors(row, block[row, column], nearest) - 2 * _HALF_STEP
        row, column = row[maybe], column[maybe]
        cosine = _compare(vectors, start + row, column)
        kept = cosine >= similarity
        row, column, cosine = row[kept], column[kept], cosine[kept]
        near = cosine >= _floors(row, cosine, nearest)
        return np.column_stack([row[near] + start, column[near]]), cosine[near]

    found = [(np.zeros((0, 2), dtype=np.int64), np.zeros(0))]
    found += spread(look, range(0, len(single), step))
    pairs = np.concatenate([part for part, _ in found])
    ordered, first = np.unique(np.sort(pairs, axis=1), axis=0, return_index=True)
    cosine = np.round(np.concatenate([part for _, part in found])[first], _DECIMALS)
    return ordered[:, 0], ordered[:, 1], cosine


def _compare(vectors: FloatArray, left: IntArray, right: IntArray) -> FloatArray:
    """Return the cosine of each pair of unit vectors in four decimals, some thousand at a time."""
    cosine = np.empty(len(left))
    for start in range(0, len(left), _PAIRS):
        some = slice(start, start + _PAIRS)
        cosine[some] = np.einsum("ij,ij->i", vectors[left[some]], vectors[right[some]])
    return np.round(cosine, _DECIMALS)


def _floors(row: IntArray, cosine: NDArray[np.floating], nearest: int) -> NDArray[np.floating]:
    """Return the cosine of the last allowed neighbour of each entry's row, shape (m,).

    Args:
        row: Row of each entry, sorted.
        cosine: Shape (m,).
        nearest: Neighbours a row is allowed.
    """
    order = np.lexsort((-cosine, row))
    last = np.arange(len(row)) - np.searchsorted(row, row) == nearest - 1
    floors = np.full(int(row.max(initial=-1)) + 1, -1.0, dtype=cosine.dtype)
    floors[row[last]] = cosine[order][last]
    return floors[row]


def _spelling_blocks(keys: Sequence[str], distance: int) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield rows and the columns that may be close to them: same first letter, close length."""
    short = [i for i, key in enumerate(keys) if 0 < len(key) <= _LONGEST_KEY]
    order = sorted(short, key=lambda i: (keys[i][0], len(keys[i]), keys[i]))
    letters: dict[str, list[int]] = {}
    for i in order:
        letters.setdefault(keys[i][0], []).append(i)
    for members in letters.values():
        positions = np.array(members, dtype=np.int64)
        lengths = np.array([len(keys[i]) for i in members])
        for start in range(0, len(members), _BLOCK):
            stop = min(start + _BLOCK, len(members))
            end = np.searchsorted(lengths, lengths[stop - 1] + distance, side="right")
            yield positions[start:stop], positions[start : int(end)]


def _distinct_pairs(pairs: IntArray) -> IntArray:
    """Return pairs of two different positions, the smaller first, each once, sorted."""
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    return np.unique(pairs, axis=0)
