"""Comparisons to weighted edges: checked, put in canonical order, repeats counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import BoolArray, FloatArray, IntArray
from tagraph.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Edges:
    """Every ordered pair that was compared, once, sorted: equal comparisons, equal bytes.

    Attributes:
        n_items: Number of items.
        indptr: Shape (n_items + 1,); edges `indptr[i]:indptr[i + 1]` show item i first.
        first: Shape (n_edges,); the item shown first (the smaller one if the order is ignored).
        second: Shape (n_edges,); the other item.
        n_verdicts: How often the edge was judged, shape (n_edges,).
        wins: Wins of `first` plus half its ties, shape (n_edges,).
        n_ties: Ties, shape (n_edges,).
    """

    n_items: int
    indptr: IntArray
    first: IntArray
    second: IntArray
    n_verdicts: FloatArray
    wins: FloatArray
    n_ties: FloatArray

    def total(self, values: FloatArray, per: FloatArray) -> float:
        """Sum a product over the edges, in the same order for any number of threads."""
        return float(np.einsum("i,i->", values, per))

    def differ(self, values: FloatArray) -> FloatArray:
        """Return each edge's value of the first item minus that of the second."""
        difference: FloatArray = values[self.first] - values[self.second]
        return difference

    def spread(self, values: FloatArray) -> FloatArray:
        """Add each edge's value to its first item and take it from its second."""
        return self.gather(values, -1.0)

    def gather(self, values: FloatArray, sign: float = 1.0) -> FloatArray:
        """Sum the edges' values over their items, those of the second times `sign`."""
        first = np.bincount(self.first, values, self.n_items)
        second = np.bincount(self.second, values, self.n_items)
        gathered: FloatArray = first + sign * second
        return gathered

    def matrix(self, values: FloatArray) -> csr_array:
        """Return the edges as a sparse matrix, first items in rows."""
        from scipy.sparse import csr_array

        shape = (self.n_items, self.n_items)
        return csr_array((values, self.second, self.indptr), shape=shape)


def collect_edges(
    first: ArrayLike, second: ArrayLike, outcome: ArrayLike, n_items: int, *, ordered: bool
) -> Edges:
    """Check the comparisons and count them per pair; rows without a verdict (NaN) are left out.

    Args:
        first: Item shown first, shape (m,).
        second: Item shown second, shape (m,).
        outcome: 1 first wins, 0 second wins, 0.5 tie, NaN no verdict, shape (m,).
        n_items: Number of items.
        ordered: Keep the order shown; if false, every pair has its smaller item first.

    Raises:
        InputError: Shapes differ, an index is out of range, an item meets itself, or an outcome
            is none of the four.
    """
    left, right = _check_items(first, n_items, "first"), _check_items(second, n_items, "second")
    result = np.asarray(outcome, dtype=np.float64)
    if not left.shape == right.shape == result.shape:
        shapes = f"{left.shape}, {right.shape}, {result.shape}"
        raise InputError(f"first, second and outcome must have one shape, not {shapes}")
    if np.any(left == right):
        row = int(np.flatnonzero(left == right)[0])
        raise InputError(f"row {row} compares item {left[row]} with itself; leave such rows out")
    code, judged = _encode(result)
    if not ordered:
        swap = left > right
        left, right = np.minimum(left, right), np.maximum(left, right)
        code = np.where(swap, 2 - code, code)
    keys = (left * n_items + right) * 3 + code
    return _count(keys if judged.all() else keys[judged], n_items)


def _check_items(values: ArrayLike, n_items: int, name: str) -> IntArray:
    """Return item indices as a flat integer array."""
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        kind = f"{array.ndim} dimensions of {array.dtype}"
        raise InputError(f"{name} must be one dimension of integers, not {kind}")
    if array.size and not 0 <= array.min() <= array.max() < n_items:
        worst = array.min() if array.min() < 0 else array.max()
        raise InputError(f"{name} names item {worst}, but items run from 0 to {n_items - 1}")
    return array.astype(np.int64, copy=False)


def _encode(outcome: FloatArray) -> tuple[IntArray, BoolArray]:
    """Return twice the outcome as an integer, and which rows hold a verdict."""
    judged = ~np.isnan(outcome)
    code = np.clip(np.where(judged, 2 * outcome, 0), -1, 3).astype(np.int64)
    wrong = judged & ((code != 2 * outcome) | (code < 0) | (code > 2))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(f"outcome {outcome[row]} in row {row} is none of 1, 0, 0.5 and NaN")
    return code, judged


def _count(keys: IntArray, n_items: int) -> Edges:
    """Return the edges behind keys of (first, second, outcome); sorts `keys` in place."""
    keys.sort()
    pairs = keys // 3
    code = keys - 3 * pairs
    start = np.flatnonzero(np.diff(pairs, prepend=-1))
    n_verdicts = np.diff(start, append=len(pairs)).astype(np.float64)
    wins: FloatArray = 0.5 * code.astype(np.float64)
    n_ties: FloatArray = (code == 1).astype(np.float64)
    if len(start) < len(pairs):
        wins, n_ties = np.add.reduceat(wins, start), np.add.reduceat(n_ties, start)
        pairs = pairs[start]
    first = pairs // max(n_items, 1)
    second = pairs - first * n_items
    indptr = np.zeros(n_items + 1, dtype=np.int64)
    indptr[1:] = np.cumsum(np.bincount(first, minlength=n_items))
    return Edges(n_items, indptr, first, second, n_verdicts, wins, n_ties)
