"""Unit rows to the nearest neighbours of every row, exactly, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tagraph.cores import spread
from tagraph.data import FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Matrix: TypeAlias = FloatArray | csr_array

Single: TypeAlias = NDArray[np.float32]
Found: TypeAlias = tuple[IntArray, IntArray, FloatArray]

# Similarities held at once by a thread: 32 MB of float64, and four times that with what sorting
# needs.
BLOCK_CELLS = 2**22
# Those that it holds while it looks for what may count: 64 MB of float32, and as much again.
SIFTED_CELLS = 2**24
# Rows for each neighbour wanted, above which looking for what may count pays.
SIFTED_ROWS = 50
# More than a sum over a few thousand columns can be wrong by in float32.
_SLACK = 1e-4
_MOST = 50  # a part of the cells that is cheaper to part than to look at one by one
_TIED = 10  # a part of the cells that is cheaper to compute as a whole
_COMMON = 16  # a part of the rows: a column that more of them share is cheaper dense
_PAIRS = 2**13  # compared at once: 50 MB


def find_neighbours(
    parts: Sequence[Matrix], shares: Sequence[float], n_neighbours: int, threshold: float
) -> Found:
    """Find the most similar rows of every row, by the weighted sum of cosines over `parts`.

    Exact: every pair is compared. Of many rows the cells that may count are sifted out in single
    precision and computed anew. Cosines are rounded to six decimals before they decide anything; of
    equal neighbours the order of rows decides, so rows must come in canonical order. Only where the
    seventh decimal is an exact half may a sifted cell differ by 1e-6 from one that was not.

    Args:
        parts: Matrices of n unit (or zero) rows each, dense or sparse.
        shares: The weight of each part.
        n_neighbours: Neighbours kept per row.
        threshold: Neighbours at or below this similarity are left out.

    Returns:
        Row, neighbour and similarity, each of shape (m,), by row and then by neighbour.
    """
    n, mixture = parts[0].shape[0], _Mixture(parts, shares)
    if n <= SIFTED_ROWS * (n_neighbours + 1):
        look, cells = partial(mixture.nearest, n_neighbours=n_neighbours), BLOCK_CELLS
    else:
        sieve = _Sieve.of(mixture)
        look = partial(_sift, mixture, sieve, n_neighbours=n_neighbours, threshold=threshold)
        cells = SIFTED_CELLS
    found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    found += spread(look, _slices(slice(0, n), n, cells))
    row, other, similarity = (np.concatenate(column) for column in zip(*found, strict=True))
    kept = similarity > threshold
    return row[kept], other[kept], similarity[kept]


@dataclass(frozen=True, eq=False)
class _Mixture:
    """Rows whose similarity is the weighted sum of their cosines over several matrices."""

    parts: Sequence[Matrix]
    shares: Sequence[float]

    def of_pairs(self, left: IntArray, right: IntArray) -> FloatArray:
        """Return the similarity of each pair of rows, shape (m,), whatever their order."""
        n = self.parts[0].shape[0]
        pairs, place = np.unique(
            np.minimum(left, right) * n + np.maximum(left, right), return_inverse=True
        )
        left, right = np.divmod(pairs, n)
        found = np.zeros(len(left))
        for start in range(0, len(left), _PAIRS):
            some = slice(start, start + _PAIRS)
            for part, share in zip(self.parts, self.shares, strict=True):
                if isinstance(part, np.ndarray):
                    cosine = np.einsum("ij,ij->i", part[left[some]], part[right[some]])
                else:
                    cosine = part[left[some]].multiply(part[right[some]]).sum(axis=1).ravel()
                found[some] += share * cosine
        return _rounded(found)[place]

    def of_rows(self, rows: slice) -> FloatArray:
        """Return the similarity of some rows to all rows, dense."""
        total: FloatArray = np.zeros((rows.stop - rows.start, self.parts[0].shape[0]))
        for part, share in zip(self.parts, self.shares, strict=True):
            product = part[rows] @ part.T
            total += share * (product if isinstance(product, np.ndarray) else product.toarray())
        return _rounded(total)

    def nearest(self, rows: slice, n_neighbours: int) -> Found:
        """Return row, neighbour and similarity of the best of all rows for some rows."""
        n = self.parts[0].shape[0]
        found = [
            _nearest(self.of_rows(some), some.start, n_neighbours)
            for some in _slices(rows, n, BLOCK_CELLS)
        ]
        row, other, similarity = (np.concatenate(column) for column in zip(*found, strict=True))
        return row, other, similarity


@dataclass(frozen=True, eq=False)
class _Sieve:
    """A mixture in single precision: its dense parts and common columns, and its rare columns."""

    dense: Single
    rare: csr_array | None
    by_column: csr_array | None

    @classmethod
    def of(cls, mixture: _Mixture) -> _Sieve:
        """Weigh the parts, and write columns out that many rows share."""
        from scipy.sparse import hstack

        dense: list[Single] = []
        rare: list[csr_array] = []
        for part, share in zip(mixture.parts, mixture.shares, strict=True):
            single = part.astype(np.float32) * np.float32(share**0.5)
            if isinstance(single, np.ndarray):
                dense.append(single)
                continue
            columns = single.tocsc()
            used = np.diff(columns.indptr)
            common = used * _COMMON > single.shape[0]
            dense.append(columns[:, common].toarray())
            rare.append(columns[:, ~common & (used > 0)].tocsr())
        written = np.ascontiguousarray(np.hstack(dense))
        if not rare:
            return cls(written, None, None)
        joined = hstack(rare, format="csr")
        return cls(written, joined, joined.T.tocsr())

    def of_rows(self, rows: slice) -> Single:
        """Return about the similarity of some rows to all rows, dense."""
        rough: Single = self.dense[rows] @ self.dense.T
        if self.rare is not None and self.by_column is not None:
            rough += (self.rare[rows] @ self.by_column).toarray()
        return rough


def _sift(
    mixture: _Mixture, sieve: _Sieve, rows: slice, *, n_neighbours: int, threshold: float
) -> Found:
    """Return row, neighbour and similarity of the best of all rows for some rows.

    Some at or below the threshold are left out.
    """
    rough = sieve.of_rows(rows)
    near = rough > threshold - _SLACK
    if np.count_nonzero(near) > near.size // _MOST:
        place = rough.shape[1] - n_neighbours - 1
        near &= rough >= np.partition(rough, place, axis=1)[:, place, None] - 2 * _SLACK
        if np.count_nonzero(near) > near.size // _TIED:
            return mixture.nearest(rows, n_neighbours)
    row, other = np.nonzero(near)
    row, other = _best_of_rows(row, other, rough[row, other], n_neighbours, 2 * _SLACK)
    similarity = mixture.of_pairs(rows.start + row, other)
    kept = rows.start + row != other
    row, other, similarity = row[kept], other[kept], similarity[kept]
    order = np.lexsort((other, -similarity, row))
    order = np.sort(order[_count_up(row[order]) < n_neighbours])
    return rows.start + row[order], other[order], similarity[order]


def _slices(rows: slice, n: int, cells: int) -> list[slice]:
    """Return `rows` in slices of at most so many cells, of n columns each."""
    step = max(1, cells // max(1, n))
    starts = range(rows.start, rows.stop, step)
    return [slice(start, min(rows.stop, start + step)) for start in starts]


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


def _rounded(values: FloatArray) -> FloatArray:
    """Return the values to six decimals, no negative zero among them."""
    rounded: FloatArray = np.round(values, 6)
    return rounded + 0.0


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
