"""Unit vectors to the nearest neighbours of every row, exactly, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tagraph.cores import EVERY, limit_cores
from tagraph.data import FloatArray, IntArray
from tagraph.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Matrix: TypeAlias = FloatArray | csr_array

# Similarities held at once: 32 MB of float64, and about four times that with what sorting needs.
BLOCK_CELLS = 2**22
# Cosines held at once while only those above a threshold are looked for: 64 MB of float32.
SIFTED_CELLS = 2**24
# More than a product of unit rows of a few thousand columns can be wrong by in float32.
_SLACK = 1e-4
_MOST = 50  # a part of the cells that is cheaper to part than to sort


def find_neighbours(
    parts: Sequence[Matrix], shares: Sequence[float], n_neighbours: int, threshold: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Find the most similar rows of every row, by the weighted sum of cosines over `parts`.

    Exact: every pair is compared. Cosines are rounded to six decimals before they decide
    anything; of equal neighbours the order of rows decides, so rows must come in canonical order.

    Args:
        parts: Matrices of n unit (or zero) rows each, dense or sparse.
        shares: The weight of each part.
        n_neighbours: Neighbours kept per row.
        threshold: Neighbours at or below this similarity are left out.

    Returns:
        Row, neighbour and similarity, each of shape (m,), by row and then by neighbour.
    """
    n = parts[0].shape[0]
    if len(parts) == 1 and isinstance(parts[0], np.ndarray) and shares[0] == 1 and threshold > 0:
        return _find_above(parts[0], n_neighbours, threshold)
    step = max(1, BLOCK_CELLS // max(1, n))
    found = [
        _nearest(_block(parts, shares, slice(start, min(n, start + step))), start, n_neighbours)
        for start in range(0, n, step)
    ]
    row = np.concatenate([block[0] for block in found] or [np.empty(0, np.int64)])
    other = np.concatenate([block[1] for block in found] or [np.empty(0, np.int64)])
    similarity = np.concatenate([block[2] for block in found] or [np.empty(0)])
    kept = similarity > threshold
    return row[kept], other[kept], similarity[kept]


def _find_above(
    rows: FloatArray, n_neighbours: int, threshold: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Find neighbours above a threshold, the same ones at less than half the work.

    Products in single precision, on every core, sift out the few cells that may count; those are
    computed anew.
    """
    n, single = len(rows), rows.astype(np.float32)
    step = max(1, SIFTED_CELLS // max(1, n))
    found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    with limit_cores(EVERY):
        for start in range(0, n, step):
            rough = single[start : start + step] @ single.T
            near = rough > threshold - _SLACK
            if np.count_nonzero(near) > near.size // _MOST and n > n_neighbours + 1:
                bar = np.partition(rough, n - n_neighbours - 1, axis=1)[
                    :, n - n_neighbours - 1, None
                ]
                near &= rough >= bar - 2 * _SLACK
            row, other = np.nonzero(near)
            row, other = _best_of_rows(row, other, rough[row, other], n_neighbours, 2 * _SLACK)
            cosine = _rounded(np.einsum("ij,ij->i", rows[start + row], rows[other]))
            kept = (cosine > threshold) & (start + row != other)
            row, other, cosine = row[kept], other[kept], cosine[kept]
            order = np.lexsort((other, -cosine, row))
            order = np.sort(order[_count_up(row[order]) < n_neighbours])
            found.append((start + row[order], other[order], cosine[order]))
    row, other, cosine = (np.concatenate(column) for column in zip(*found, strict=True))
    return row, other, cosine


def _best_of_rows(
    row: IntArray, other: IntArray, cosine: NDArray[np.floating], n_best: int, slack: float
) -> tuple[IntArray, IntArray]:
    """Return the cells that come within `slack` of the best of their row, itself not counted.

    Args:
        row: Shape (m,), sorted.
        other: Shape (m,).
        cosine: Shape (m,).
        n_best: How many are wanted besides the row itself.
        slack: How far a cosine may be off.
    """
    order = np.lexsort((-cosine, row))
    last = _count_up(row) == n_best  # in sorted order: the row itself is among those before
    bar = np.full(int(row.max(initial=-1)) + 1, -np.inf)
    bar[row[last]] = cosine[order][last]
    kept = cosine >= bar[row] - slack
    return row[kept], other[kept]


def _count_up(row: IntArray) -> IntArray:
    """Return how many entries of the same row come before each, `row` sorted."""
    return np.arange(len(row)) - np.searchsorted(row, row)


def join_neighbours(
    row: IntArray, other: IntArray, similarity: FloatArray, n: int
) -> tuple[IntArray, FloatArray, IntArray]:
    """Return undirected pairs, left below right, sorted; the similarity; in how many lists (1, 2).

    Args:
        row: Shape (m,).
        other: Shape (m,), the neighbour of each row.
        similarity: Shape (m,), symmetric.
        n: Number of rows.
    """
    low, high = np.minimum(row, other), np.maximum(row, other)
    _, first, times = np.unique(low * max(1, n) + high, return_index=True, return_counts=True)
    pairs = np.column_stack([low[first], high[first]])
    return pairs, similarity[first], times.astype(np.int64)


def check_vectors(vectors: FloatArray, n: int, what: str) -> FloatArray:
    """Return `vectors` as n unit or zero rows of float64, rounded to six decimals.

    Raises:
        InputError: Wrong shape, or a value that is not finite.
    """
    rows: FloatArray = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2 or len(rows) != n:
        raise InputError(f"vectors must have one row for each {what}: {n}, got {rows.shape}")
    if not np.isfinite(rows).all():
        raise InputError(f"vectors of {what}s hold values that are not finite")
    return unit_rows(rows)


def unit_rows(rows: FloatArray) -> FloatArray:
    """Return each row divided by its length, rounded to six decimals; a zero row stays zero."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return _rounded(rows / np.where(length > 0, length, 1.0))


def _rounded(values: FloatArray) -> FloatArray:
    """Return the values to six decimals, no negative zero among them."""
    rounded: FloatArray = np.round(values, 6)
    return rounded + 0.0


def _block(parts: Sequence[Matrix], shares: Sequence[float], rows: slice) -> FloatArray:
    """Return the similarity of some rows to all rows, dense."""
    total: FloatArray = np.zeros((rows.stop - rows.start, parts[0].shape[0]))
    for part, share in zip(parts, shares, strict=True):
        product = part[rows] @ part.T
        total += share * (product if isinstance(product, np.ndarray) else product.toarray())
    return _rounded(total)


def _nearest(
    similarity: FloatArray, start: int, n_neighbours: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return row, neighbour, similarity of the best columns of each row, itself left out."""
    n_rows, n = similarity.shape
    rows = np.arange(n_rows, dtype=np.int64)
    similarity[rows, start + rows] = -np.inf
    k = min(n_neighbours, n - 1)
    if k < 1:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    least = np.partition(similarity, n - k, axis=1)[:, n - k, None]
    above, level = similarity > least, similarity == least
    room = k - above.sum(axis=1, keepdims=True)
    row, other = np.nonzero(above | (level & (np.cumsum(level, axis=1) <= room)))
    return start + row.astype(np.int64), other.astype(np.int64), similarity[row, other]
