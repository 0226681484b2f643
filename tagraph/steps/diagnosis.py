"""Verdicts and their fit to what a careful reader asks first: can this judge be ranked by?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_WORST = 10


class Fit(Protocol):
    """What a diagnosis asks of a fit: `Scores`, or what a store kept of them."""

    @property
    def strength(self) -> FloatArray:
        """Shape (n_items,)."""

    @property
    def component(self) -> IntArray:
        """Shape (n_items,)."""

    @property
    def n_comparisons(self) -> IntArray:
        """Shape (n_items,)."""

    @property
    def position(self) -> float:
        """What being shown first adds, in logits."""

    @property
    def tie(self) -> float:
        """Davidson's tie term; NaN if it was not fitted."""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """How well the model of one strength per item describes the verdicts.

    Attributes:
        n_components: Connected parts of two items or more; inside one, all share a scale.
        n_unseen: Items without a verdict.
        tie_rate: Ties among the verdicts; NaN without any.
        n_swapped: Pairs judged in both orders.
        swap_consistency: Share of these with the same verdict both times; NaN without any.
        n_triads: Triples of items with a decided verdict on each pair.
        cycle_share: Share of these that run in a circle; NaN without any. A coin gives 0.25.
        expected_cycle_share: The share that the fitted strengths predict; far less than
            `cycle_share` means that the judge follows no single order.
        worst: Verdicts that surprise most, rows (first, second), shape (up to 10, 2).
        surprise: Outcome minus expectation in standard deviations, of the worst, shape (10,).
    """

    n_components: int
    n_unseen: int
    tie_rate: float
    n_swapped: int
    swap_consistency: float
    n_triads: int
    cycle_share: float
    expected_cycle_share: float
    worst: IntArray
    surprise: FloatArray


def diagnose(scores: Fit, first: ArrayLike, second: ArrayLike, outcome: ArrayLike) -> Diagnosis:
    """Hold the verdicts against their fit; rows without a verdict (NaN) are left out.

    Args:
        scores: The fit of these verdicts.
        first: Item shown first, shape (m,).
        second: Item shown second, shape (m,).
        outcome: 1 first wins, 0 second wins, 0.5 tie, NaN no verdict, shape (m,).
    """
    said = np.asarray(outcome, dtype=np.float64)
    judged = ~np.isnan(said)
    pairs = np.stack([np.asarray(first), np.asarray(second)]).astype(np.int64)[:, judged]
    said = said[judged]
    sizes = np.bincount(scores.component)
    n_swapped, n_same = _count_swaps(pairs, said, len(scores.strength))
    n_triads, n_cycles, expected = _count_cycles(scores, pairs, said)
    surprise = _surprise(scores, pairs, said)
    order = np.lexsort((pairs[1], pairs[0], -np.abs(surprise)))[:_WORST]
    return Diagnosis(
        n_components=int((sizes > 1).sum()),
        n_unseen=int((scores.n_comparisons == 0).sum()),
        tie_rate=_share(float((said == 0.5).sum()), len(said)),
        n_swapped=n_swapped,
        swap_consistency=_share(n_same, n_swapped),
        n_triads=n_triads,
        cycle_share=_share(n_cycles, n_triads),
        expected_cycle_share=_share(expected, n_triads),
        worst=pairs[:, order].T,
        surprise=surprise[order],
    )


def _share(part: float, whole: int) -> float:
    """Return a share, NaN of nothing."""
    return part / whole if whole else float("nan")


def _count_swaps(pairs: IntArray, said: FloatArray, n_items: int) -> tuple[int, int]:
    """Return how many pairs were judged in both orders, and how many of them alike.

    Of a pair judged more than once in one order, the first verdict counts.
    """
    keys, where = np.unique(pairs[0] * n_items + pairs[1], return_index=True)
    mirror = keys % max(n_items, 1) * n_items + keys // max(n_items, 1)
    place = np.searchsorted(keys, mirror)
    place[place == len(keys)] = 0
    both = (keys[place] == mirror) & (keys < mirror) if len(keys) else np.zeros(0, dtype=bool)
    same = said[where[both]] == 1 - said[where[place[both]]]
    return int(both.sum()), int(same.sum())


def _count_cycles(scores: Fit, pairs: IntArray, said: FloatArray) -> tuple[int, int, float]:
    """Return triads with three decided pairs, those in a circle, and how many are expected.

    Of a pair decided more than once, the smaller item shown first counts, and its first verdict.
    With D the matrix of who beat whom, trace(D^3) counts every circle three times.
    """
    n_items = len(scores.strength)
    won = np.where(said == 1.0, pairs, pairs[::-1])[:, said != 0.5]
    keys = won.min(axis=0) * n_items + won.max(axis=0)
    where = np.unique(keys, return_index=True)[1]
    winner, loser = won[:, where]
    chance = 1 / (1 + np.exp(scores.strength[loser] - scores.strength[winner]))
    beaten = _matrix(np.ones(len(where)), winner, loser, n_items)
    likely = _matrix(chance, winner, loser, n_items) + _matrix(1 - chance, loser, winner, n_items)
    n_triads = _trace_of_cube(beaten + beaten.T) / 6
    return round(n_triads), round(_trace_of_cube(beaten) / 3), _trace_of_cube(likely) / 3


def _matrix(values: FloatArray, row: IntArray, column: IntArray, n_items: int) -> csr_array:
    """Return a square sparse matrix."""
    from scipy.sparse import csr_array

    return csr_array((values, (row, column)), shape=(n_items, n_items))


def _trace_of_cube(matrix: csr_array) -> float:
    """Return the trace of the third power."""
    return float((matrix @ matrix).multiply(matrix.T).sum())


def _surprise(scores: Fit, pairs: IntArray, said: FloatArray) -> FloatArray:
    """Return each outcome minus its expectation, in standard deviations."""
    lead = scores.strength[pairs[0]] - scores.strength[pairs[1]] + scores.position
    tie = np.exp(scores.tie) if np.isfinite(scores.tie) else 0.0
    half = np.exp(-0.5 * np.abs(lead))
    total = 1 + half * half + tie * half
    expected = np.where(lead >= 0, 1.0, half * half) + 0.5 * tie * half
    mean = expected / total
    square = (np.where(lead >= 0, 1.0, half * half) + 0.25 * tie * half) / total
    surprise: FloatArray = (said - mean) / np.sqrt(np.maximum(square - mean * mean, 1e-12))
    return surprise
