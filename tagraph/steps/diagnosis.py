"""Verdicts and their fit to what a careful reader asks first: can this judge be ranked by?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import FloatArray, IntArray
from tagraph.stages.bradley_terry import Scores, fit_bradley_terry

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_WORST = 10
_AUDIT = 20


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """How well the model of one strength per item describes the verdicts.

    Attributes:
        n_components: Connected parts of two items or more; inside one, all share a scale.
        n_unseen: Items without a verdict.
        tie_rate: Ties among the verdicts; NaN without any.
        n_swapped: Pairs judged in both orders.
        swap_consistency: Share of these with the same verdict both times; NaN without any.
        n_repeated: Pairs judged again in the same order.
        repeat_consistency: Share of these with the same verdict both times; NaN without any.
        expected_repeat_consistency: The share that the fit predicts of a judge whose verdicts are
            drawn anew each time; a judge at temperature 0 repeats itself far more often.
        n_triads: Triples of items with a decided verdict on each pair.
        cycle_share: Share of these that run in a circle; NaN without any. A coin gives 0.25.
        expected_cycle_share: The share that the fitted strengths predict; far less than
            `cycle_share` means that the judge follows no single order.
        worst: Verdicts that surprise most, rows (first, second), shape (up to 10, 2).
        surprise: Outcome minus expectation in standard deviations, of the worst, shape (10,).
        length_slope: What a much longer first answer adds, in logits; NaN without lengths.
        length_error: Its standard error.
    """

    n_components: int
    n_unseen: int
    tie_rate: float
    n_swapped: int
    swap_consistency: float
    n_repeated: int
    repeat_consistency: float
    expected_repeat_consistency: float
    n_triads: int
    cycle_share: float
    expected_cycle_share: float
    worst: IntArray
    surprise: FloatArray
    length_slope: float
    length_error: float

    @property
    def rematch_pays(self) -> bool:
        """Whether asking a pair again in the same order tells enough (`max_meetings` above 1).

        True where at least twenty pairs were judged again, and at least half as many verdicts
        differed as would if each were drawn anew. Ask for such an audit by repeating some calls.
        """
        differed, expected = 1 - self.repeat_consistency, 1 - self.expected_repeat_consistency
        return self.n_repeated >= _AUDIT and differed >= 0.5 * expected


def diagnose(
    scores: Scores,
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    *,
    length: ArrayLike | None = None,
) -> Diagnosis:
    """Hold the verdicts against their fit; rows without a verdict (NaN) are left out.

    Args:
        scores: The fit of these verdicts.
        first: Item shown first, shape (m,).
        second: Item shown second, shape (m,).
        outcome: 1 first wins, 0 second wins, 0.5 tie, NaN no verdict, shape (m,).
        length: Length of each item, shape (n_items,); with it the fit is repeated with a term for
            the difference (`contrast_lengths`).
    """
    said = np.asarray(outcome, dtype=np.float64)
    judged = ~np.isnan(said)
    pairs = np.stack([np.asarray(first), np.asarray(second)]).astype(np.int64)[:, judged]
    said = said[judged]
    sizes = np.bincount(scores.component)
    n_swapped, n_same = _count_swaps(pairs, said, len(scores))
    repeated = _count_repeats(scores, pairs, said)
    slope = (float("nan"),) * 2 if length is None else _find_slope(scores, pairs, said, length)
    n_triads, n_cycles, expected = _count_cycles(scores, pairs, said)
    surprise = _surprise(scores, pairs, said)
    order = np.lexsort((pairs[1], pairs[0], -np.abs(surprise)))[:_WORST]
    return Diagnosis(
        n_components=int((sizes > 1).sum()),
        n_unseen=int((scores.n_comparisons == 0).sum()),
        tie_rate=_share(float((said == 0.5).sum()), len(said)),
        n_swapped=n_swapped,
        swap_consistency=_share(n_same, n_swapped),
        n_repeated=repeated[0],
        repeat_consistency=_share(repeated[1], repeated[0]),
        expected_repeat_consistency=_share(repeated[2], repeated[0]),
        n_triads=n_triads,
        cycle_share=_share(n_cycles, n_triads),
        expected_cycle_share=_share(expected, n_triads),
        worst=pairs[:, order].T,
        surprise=surprise[order],
        length_slope=slope[0],
        length_error=slope[1],
    )


def contrast_lengths(length: ArrayLike, first: ArrayLike, second: ArrayLike) -> FloatArray:
    """Return tanh of how much longer the first is, in standard deviations, shape (m,).

    A covariate for `fit_bradley_terry`, as in length-controlled AlpacaEval (Dubois and others,
    2024); zeros where all differences are equal.
    """
    lengths = np.asarray(length, dtype=np.float64)
    shown = (np.asarray(items, dtype=np.int64) for items in (first, second))
    one, other = (lengths[items] for items in shown)
    gap = one - other
    deviation = float(np.sqrt(np.mean(gap * gap))) if len(gap) else 0.0
    contrast: FloatArray = np.tanh(gap / deviation) if deviation else np.zeros_like(gap)
    return contrast


def _find_slope(
    scores: Scores, pairs: IntArray, said: FloatArray, length: ArrayLike
) -> tuple[float, float]:
    """Return the slope of length and its standard error."""
    contrast = contrast_lengths(length, pairs[0], pairs[1])
    again = fit_bradley_terry(
        pairs[0],
        pairs[1],
        said,
        n_items=len(scores),
        options=scores.options,
        covariates=contrast,
    )
    return float(again.slopes[0]), float(again.slope_errors()[0])


def _count_repeats(scores: Scores, pairs: IntArray, said: FloatArray) -> tuple[int, int, float]:
    """Return how many pairs were judged twice in one order, how many alike, and how many would be.

    The first two verdicts of a pair count.
    """
    keys = pairs[0] * len(scores) + pairs[1]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    new = np.diff(keys, prepend=-1) != 0
    again = np.flatnonzero(~new & np.roll(new, 1)) if len(keys) else np.zeros(0, dtype=np.int64)
    same = said[order[again]] == said[order[again - 1]]
    win, lose, tie = _chances(scores, pairs[:, order[again]])
    return len(again), int(same.sum()), float((win**2 + lose**2 + tie**2).sum())


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


def _count_cycles(scores: Scores, pairs: IntArray, said: FloatArray) -> tuple[int, int, float]:
    """Return triads with three decided pairs, those in a circle, and how many are expected.

    Of a pair decided more than once, the smaller item shown first counts, and its first verdict.
    With D the matrix of who beat whom, trace(D^3) counts every circle three times.
    """
    n_items = len(scores)
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


def _surprise(scores: Scores, pairs: IntArray, said: FloatArray) -> FloatArray:
    """Return each outcome minus its expectation, in standard deviations."""
    win, _, tie = _chances(scores, pairs)
    mean = win + 0.5 * tie
    variance = win + 0.25 * tie - mean * mean
    surprise: FloatArray = (said - mean) / np.sqrt(np.maximum(variance, 1e-12))
    return surprise


def _chances(scores: Scores, pairs: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the fitted chances of first, second and tie, those of the first judge."""
    lead = scores.strength[pairs[0]] - scores.strength[pairs[1]] + scores.position
    return scores.odds(lead).chances()
