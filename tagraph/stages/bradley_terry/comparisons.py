"""Rows as a caller gives them, checked and counted per pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import BoolArray, FloatArray, IntArray
from tagraph.errors import InputError
from tagraph.stages.bradley_terry.edges import Edges


@dataclass(frozen=True, eq=False)
class Rows:
    """Comparisons as arrays of one length.

    Attributes:
        first: Item shown first, shape (m,).
        second: Item shown second, shape (m,).
        code: 2 first wins, 0 second wins, 1 tie, shape (m,).
        judge: Who judged, shape (m,); None for one judge.
        covariates: Shape (m, n_covariates).
    """

    first: IntArray
    second: IntArray
    code: IntArray
    judge: IntArray | None
    covariates: FloatArray

    def take(self, chosen: IntArray | BoolArray) -> Rows:
        """Return some of the rows."""
        judge = None if self.judge is None else self.judge[chosen]
        columns = (self.first[chosen], self.second[chosen], self.code[chosen])
        return Rows(*columns, judge, self.covariates[chosen])

    def columns(self) -> list[IntArray | FloatArray]:
        """Return what rows share that are one edge, the first item last."""
        judges = [] if self.judge is None else [self.judge]
        return [*self.covariates.T, *judges, self.second, self.first]

    def turn(self) -> Rows:
        """Return the rows with the smaller item first."""
        swap = self.first > self.second
        return Rows(
            np.minimum(self.first, self.second),
            np.maximum(self.first, self.second),
            np.where(swap, 2 - self.code, self.code),
            self.judge,
            np.where(swap[:, None], 0.0 - self.covariates, self.covariates),
        )


def collect_edges(  # noqa: PLR0913  (three columns, two more on request, two settings)
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    n_items: int,
    *,
    ordered: bool,
    judge: ArrayLike | None = None,
    covariates: ArrayLike | None = None,
) -> Edges:
    """Check the comparisons and count them per pair; rows without a verdict (NaN) are left out.

    Args:
        first: Item shown first, shape (m,).
        second: Item shown second, shape (m,).
        outcome: 1 first wins, 0 second wins, 0.5 tie, NaN no verdict, shape (m,).
        n_items: Number of items.
        ordered: Keep the order shown; if false, every pair has its smaller item first.
        judge: Who judged, shape (m,), numbered from 0.
        covariates: First minus second, shape (m,) or (m, n_covariates).

    Raises:
        InputError: Shapes differ, an index is out of range, an item meets itself, an outcome
            is none of the four, or a covariate is not finite.
    """
    left, right = _check_items(first, n_items, "first"), _check_items(second, n_items, "second")
    result = np.asarray(outcome, dtype=np.float64)
    if not left.shape == right.shape == result.shape:
        shapes = f"{left.shape}, {right.shape}, {result.shape}"
        raise InputError(f"first, second and outcome must have one shape, not {shapes}")
    if np.any(left == right):
        row = int(np.flatnonzero(left == right)[0])
        raise InputError(f"row {row} compares item {left[row]} with itself; leave such rows out")
    who = None if judge is None else _check_judge(judge, len(left))
    shown = np.zeros((len(left), 0)) if covariates is None else covariates
    code, judged = _encode(result)
    n_judges = 1 if who is None else int(who.max(initial=0)) + 1
    rows = Rows(
        left, right, code, who if n_judges > 1 else None, _check_covariates(shown, len(left))
    )
    rows = rows if judged.all() else rows.take(judged)
    rows = rows if ordered else rows.turn()
    count = _count_unlike if rows.covariates.shape[1] else _count
    return count(rows, n_items, n_judges)


def _check_items(values: ArrayLike, n_items: int, name: str) -> IntArray:
    """Return item indices as a flat integer array."""
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        kind = f"{array.ndim} dimensions of {array.dtype}"
        raise InputError(f"{name} must be one dimension of integers, not {kind}")
    outside = array[(array < 0) | (array >= n_items)]
    if outside.size:
        raise InputError(f"{name} names item {outside[0]}, but items run from 0 to {n_items - 1}")
    return np.asarray(array, dtype=np.int64)


def _check_judge(values: ArrayLike, n_rows: int) -> IntArray:
    """Return the judge of each row."""
    array = np.asarray(values)
    if array.shape != (n_rows,) or (n_rows and not np.issubdtype(array.dtype, np.integer)):
        raise InputError(f"judge must be {n_rows} integers, not {array.dtype} of {array.shape}")
    if (array < 0).any():
        raise InputError(f"judge must be numbered from 0, not {array.min()}")
    return np.asarray(array, dtype=np.int64)


def _check_covariates(values: ArrayLike, n_rows: int) -> FloatArray:
    """Return the covariates of each row, shape (m, n_covariates)."""
    array = np.asarray(values, dtype=np.float64)
    table = array[:, None] if array.ndim == 1 else array
    if table.ndim != 2 or len(table) != n_rows:
        raise InputError(f"covariates must have {n_rows} rows, not shape {array.shape}")
    if not np.isfinite(table).all():
        row = int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0])
        raise InputError(f"covariates of row {row} are not finite")
    return table + 0.0  # no minus zero, which would part equal rows


def _encode(outcome: FloatArray) -> tuple[IntArray, BoolArray]:
    """Return twice the outcome as an integer, and which rows hold a verdict."""
    judged = ~np.isnan(outcome)
    wrong = judged & (outcome != 0) & (outcome != 0.5) & (outcome != 1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(f"outcome {outcome[row]} in row {row} is none of 1, 0, 0.5 and NaN")
    return (2 * np.nan_to_num(outcome)).astype(np.int64), judged


def _count(rows: Rows, n_items: int, n_judges: int) -> Edges:
    """Return the edges of rows without covariates."""
    keys = rows.first * n_items + rows.second
    if rows.judge is not None:
        keys = keys * n_judges + rows.judge
    keys = keys * 3 + rows.code
    keys.sort()
    pairs = keys // 3
    start = np.flatnonzero(np.diff(pairs, prepend=-1))
    totals = _add_up(keys - 3 * pairs, start)
    pairs = pairs[start]
    judge = None
    if rows.judge is not None:
        pairs, judge = np.divmod(pairs, n_judges)
    first = pairs // n_items
    indptr = _point(first, n_items)
    nothing = rows.covariates[: len(start)]
    return Edges(n_items, n_judges, indptr, first, pairs - first * n_items, *totals, judge, nothing)


def _count_unlike(rows: Rows, n_items: int, n_judges: int) -> Edges:
    """Return the edges of rows with covariates: only rows alike in all are one edge."""
    rows = rows.take(np.lexsort(rows.columns()))
    changes = [np.diff(column, prepend=np.nan) != 0 for column in rows.columns()]
    start = np.flatnonzero(np.logical_or.reduce(changes))
    totals = _add_up(rows.code, start)
    told = rows.take(start)
    indptr = _point(told.first, n_items)
    return Edges(
        n_items, n_judges, indptr, told.first, told.second, *totals, told.judge, told.covariates
    )


def _add_up(code: IntArray, start: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return verdicts, wins of the first with half the ties, and ties of runs of sorted rows."""
    n_verdicts = np.diff(start, append=len(code)).astype(np.float64)
    wins: FloatArray = np.add.reduceat(0.5 * code, start)
    n_ties: FloatArray = np.add.reduceat((code == 1).astype(np.float64), start)
    return n_verdicts, wins, n_ties


def _point(first: IntArray, n_items: int) -> IntArray:
    """Return where the edges of each first item begin, shape (n_items + 1,)."""
    indptr = np.zeros(n_items + 1, dtype=np.int64)
    indptr[1:] = np.cumsum(np.bincount(first, minlength=n_items))
    return indptr
