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
        covariates: Shape (m, n_covariates); None without any.
    """

    first: IntArray
    second: IntArray
    code: IntArray
    judge: IntArray | None
    covariates: FloatArray | None

    def take(self, chosen: IntArray | BoolArray) -> Rows:
        """Return some of the rows."""
        judge = None if self.judge is None else self.judge[chosen]
        covariates = None if self.covariates is None else self.covariates[chosen]
        return Rows(self.first[chosen], self.second[chosen], self.code[chosen], judge, covariates)

    def turn(self) -> Rows:
        """Return the rows with the smaller item first."""
        swap = self.first > self.second
        covariates = self.covariates
        if covariates is not None:
            covariates = np.where(swap[:, None], 0.0 - covariates, covariates)
        return Rows(
            np.minimum(self.first, self.second),
            np.maximum(self.first, self.second),
            np.where(swap, 2 - self.code, self.code),
            self.judge,
            covariates,
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
    shown = None if covariates is None else _check_covariates(covariates, len(left))
    code, judged = _encode(result)
    n_judges = 1 if who is None else int(who.max(initial=0)) + 1
    rows = Rows(left, right, code, who if n_judges > 1 else None, shown)
    rows = rows if judged.all() else rows.take(judged)
    rows = rows if ordered else rows.turn()
    return (
        _count_unlike(rows, n_items, n_judges)
        if shown is not None
        else _count(rows, n_items, n_judges)
    )


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


def _check_judge(values: ArrayLike, n_rows: int) -> IntArray:
    """Return the judge of each row."""
    array = np.asarray(values)
    if array.shape != (n_rows,) or (n_rows and not np.issubdtype(array.dtype, np.integer)):
        raise InputError(f"judge must be {n_rows} integers, not {array.dtype} of {array.shape}")
    if array.size and array.min() < 0:
        raise InputError(f"judge must be numbered from 0, not {array.min()}")
    return array.astype(np.int64, copy=False)


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
    code = np.clip(np.where(judged, 2 * outcome, 0), -1, 3).astype(np.int64)
    wrong = judged & ((code != 2 * outcome) | (code < 0) | (code > 2))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(f"outcome {outcome[row]} in row {row} is none of 1, 0, 0.5 and NaN")
    return code, judged


def _count(rows: Rows, n_items: int, n_judges: int) -> Edges:
    """Return the edges of rows without covariates."""
    keys = rows.first * n_items + rows.second
    if rows.judge is not None:
        keys = keys * n_judges + rows.judge
    keys = keys * 3 + rows.code
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
    judge = None
    if rows.judge is not None:
        pairs, judge = np.divmod(pairs, n_judges)
    first = pairs // max(n_items, 1)
    second = pairs - first * n_items
    nothing = np.zeros((len(first), 0))
    indptr = _point(first, n_items)
    return Edges(n_items, n_judges, indptr, first, second, n_verdicts, wins, n_ties, judge, nothing)


def _count_unlike(rows: Rows, n_items: int, n_judges: int) -> Edges:
    """Return the edges of rows with covariates: only rows alike in all are one edge."""
    judge = np.zeros_like(rows.first) if rows.judge is None else rows.judge
    shown = np.zeros((len(judge), 0)) if rows.covariates is None else rows.covariates
    order = np.lexsort((rows.code, *shown.T[::-1], judge, rows.second, rows.first))
    rows, judge, shown = rows.take(order), judge[order], shown[order]
    new = np.ones(len(judge), dtype=bool)
    new[1:] = (np.diff(shown, axis=0) != 0).any(axis=1)
    for column in (judge, rows.second, rows.first):
        new[1:] |= np.diff(column) != 0
    start = np.flatnonzero(new)
    n_verdicts = np.diff(start, append=len(judge)).astype(np.float64)
    halves = rows.code.astype(np.float64) / 2
    ties = (rows.code == 1).astype(np.float64)
    if len(start):
        halves = np.add.reduceat(halves, start).astype(np.float64)
        ties = np.add.reduceat(ties, start).astype(np.float64)
    first, second = rows.first[start], rows.second[start]
    who = None if n_judges == 1 else judge[start]
    return Edges(
        n_items,
        n_judges,
        _point(first, n_items),
        first,
        second,
        n_verdicts,
        halves,
        ties,
        who,
        shown[start],
    )


def _point(first: IntArray, n_items: int) -> IntArray:
    """Return where the edges of each first item begin, shape (n_items + 1,)."""
    indptr = np.zeros(n_items + 1, dtype=np.int64)
    indptr[1:] = np.cumsum(np.bincount(first, minlength=n_items))
    return indptr
