"""A cheap judge first, a stronger one where the cheap one leaves it open who is in the cut.

What the second judge says counts; what the first said is the expectation it starts from. A strength
is slope x (strength by the first judge) + a part of its own, and the second judge's verdicts decide
how much the first is worth (`slope`, 0 for nothing) and how far an item strays from it. So a cheap
judge that is sure and wrong is not believed the more for being asked often, as it would be if the
verdicts of both were thrown together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import BoolArray, FloatArray, IntArray, Samples
from tagraph.errors import OptionsError
from tagraph.protocols import Judge
from tagraph.stages.bradley_terry import BradleyTerryOptions, Scores, fit_bradley_terry
from tagraph.steps.membership import estimate_membership
from tagraph.steps.scheduler import PairScheduler
from tagraph.steps.tournament import (
    JudgeFunction,
    RoundCallback,
    Tournament,
    TournamentOptions,
    play,
    run_tournament,
)

_SCALE = 3.0  # units to a standard deviation of known strengths: fits the prior of a slope, 0.5
_CALIBRATION = 0.2  # share of the second judge's calls that are drawn before anything is known
_N_DRAWS = 200
_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class CascadeOptions:
    """Options of `run_cascade`.

    Attributes:
        calls_per_item: Calls of the second judge divided by the items that have somebody to meet.
        doubt: An item is open, and may be shown to the second judge, while its chance to be in the
            cut lies between `doubt` and one minus that; a pair is asked if one of the two is.
        rounds: Most rounds to spend the calls in; None for 12, or 4 in Message Batches.
    """

    calls_per_item: float = 1.0
    doubt: float = 0.05
    rounds: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.calls_per_item < math.inf:
            raise OptionsError(f"calls_per_item must be 0 or more, not {self.calls_per_item}")
        if not 0 <= self.doubt < 0.5:
            raise OptionsError(f"doubt must be from 0 to below 0.5, not {self.doubt}")
        if self.rounds is not None and self.rounds < 2:
            raise OptionsError(f"rounds must be at least 2, not {self.rounds}")


@dataclass(frozen=True, eq=False)
class Cascade:
    """Two tournaments: what the first judge said, and the second where that was not enough.

    Attributes:
        first: The tournament of the first judge.
        second: That of the second judge; its scores count, and rest on both.
        slope: What the first judge's strengths were worth, in logits per standard deviation.
        n_open: Items that the first judge alone leaves open, by its own standard errors.
        n_contested: Pairs that the first judge called a tie or answered differently in two orders.
        n_changed: Items that are in a cut because of the second judge.
    """

    first: Tournament
    second: Tournament
    slope: float
    n_open: int
    n_contested: int
    n_changed: int

    @property
    def scores(self) -> Scores:
        """Strengths by both judges."""
        return self.second.scores

    @property
    def in_top_k(self) -> FloatArray:
        """Chance of each item to be in the cut of its group, by both judges."""
        return self.second.in_top_k


def run_cascade(  # noqa: PLR0913  (who plays, two judges, who listens)
    n_items: int,
    judge: Judge | JudgeFunction,
    second_judge: Judge | JudgeFunction,
    options: TournamentOptions = TournamentOptions(),
    cascade: CascadeOptions = CascadeOptions(),
    *,
    samples: Samples | None = None,
    groups: ArrayLike | None = None,
    cut: ArrayLike | None = None,
    on_round: RoundCallback | None = None,
    bradley_terry: BradleyTerryOptions = BradleyTerryOptions(),
) -> Cascade:
    """Run a tournament with a cheap judge, then ask a better one where the cut is open.

    Args:
        n_items: Number of items.
        judge: The cheap judge, as in `run_tournament`.
        second_judge: The better one.
        options: Budget of the first judge, goal and seed.
        cascade: Budget of the second judge, and where it is asked.
        samples: What judges compare.
        groups: Group of each item.
        cut: Items wanted from each group.
        on_round: Called after each round of either judge; rounds are numbered on.
        bradley_terry: Options of the fits.

    Returns:
        Both tournaments. Of the second judge's calls a fifth goes to pairs drawn before anything is
        known of it: they tell what the first judge is worth.

    Raises:
        InputError: Samples, groups or cut do not fit `n_items`.
        JudgeError: A judge gave answers that are none.
    """
    before = run_tournament(
        n_items,
        judge,
        options,
        samples=samples,
        groups=groups,
        cut=cut,
        on_round=on_round,
        bradley_terry=bradley_terry,
    )
    scheduler = InformedScheduler(
        n_items,
        replace(options, max_meetings=1),
        groups=groups,
        cut=cut,
        bradley_terry=bradley_terry,
        known=before.scores,
        doubt=cascade.doubt,
    )
    rounds = cascade.rounds or _ROUNDS
    more = replace(options, calls_per_item=cascade.calls_per_item, rounds=rounds)
    after = play(
        scheduler,
        second_judge,
        more,
        samples=samples,
        on_round=on_round,
        first_round=before.n_rounds,
    )
    entered = _in_cut(after, scheduler) & ~_in_cut(before, scheduler)
    return Cascade(
        before,
        after,
        slope=scheduler.slope,
        n_open=int(_is_open(before.in_top_k, cascade.doubt).sum()),
        n_contested=_count_contested(before, n_items),
        n_changed=int(entered.sum()),
    )


class InformedScheduler(PairScheduler):
    """Proposes pairs to a second judge, from what a first judge said, where the cut is open."""

    def __init__(  # noqa: PLR0913  (those of the base, and what is known)
        self,
        n_items: int,
        options: TournamentOptions,
        *,
        groups: ArrayLike | None,
        cut: ArrayLike | None,
        bradley_terry: BradleyTerryOptions,
        known: Scores,
        doubt: float,
    ) -> None:
        """Prepare for `n_items` items whose strengths by another judge are known."""
        super().__init__(n_items, options, groups=groups, cut=cut, bradley_terry=bradley_terry)
        self._known, self._doubt, self._seed = known, doubt, options.seed

    @property
    def scores(self) -> Scores:
        """The fit of everything recorded so far on top of what the first judge said."""
        if self._scores is None:
            self._scores = self.conclude()
        return self._scores

    @property
    def slope(self) -> float:
        """What one standard deviation of the first judge's strengths adds, in logits."""
        return float(self.scores.slopes[0]) * _SCALE

    def conclude(self) -> Scores:
        """Return the final fit."""
        first, second = self._shown
        options = self._fit_options
        return fit_informed(first, second, self._outcome, known=self._known, options=options)

    def propose(self, size: int) -> tuple[IntArray, IntArray]:
        """Return pairs of which at least one item is open, at most `size`; see the base class."""
        if not len(self._outcome):
            return super().propose(math.ceil(_CALIBRATION * size))
        chance = estimate_membership(
            self.scores, self.groups, self.cut, n_draws=_N_DRAWS, seed=self._seed
        )
        is_open = _is_open(chance, self._doubt)
        first, second = super().propose(size)
        kept = is_open[first] | is_open[second]
        return first[kept], second[kept]


def fit_informed(
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    *,
    known: Scores,
    options: BradleyTerryOptions = BradleyTerryOptions(),
) -> Scores:
    """Fit the verdicts of a judge on top of the strengths that another judge led to.

    Strengths are slope x known strength + a part of their own, the slope and the spread of these
    parts estimated together. Standard errors are those of an item's own part: an item that the
    second judge never saw has the spread of these parts.

    Args:
        first: Item shown first, shape (m,).
        second: Item shown second, shape (m,).
        outcome: As in `fit_bradley_terry`, by the second judge alone.
        known: The fit of the first judge's verdicts.
        options: Options of the fit.
    """
    left, right = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    spread = float(known.strength.std())
    expected = known.strength * (_SCALE / spread) if spread else np.zeros(len(known))
    found = fit_bradley_terry(
        left,
        right,
        outcome,
        n_items=len(known),
        options=options,
        covariates=(expected[left] - expected[right])[:, None],
    )
    return replace(
        found,
        strength=found.strength + found.slopes[0] * expected,
        n_comparisons=known.n_comparisons + found.n_comparisons,
    )


def _is_open(chance: FloatArray, doubt: float) -> BoolArray:
    """Return which items may be in the cut or not."""
    found: BoolArray = (chance > doubt) & (chance < 1 - doubt)
    return found


def _in_cut(tournament: Tournament, scheduler: PairScheduler) -> BoolArray:
    """Return which items are among the best of their group, equals in the order of items."""
    strength, groups = tournament.scores.strength, scheduler.groups
    order = np.lexsort((np.arange(len(groups)), -strength, groups))
    start = np.searchsorted(groups[order], groups[order])
    inside = np.zeros(len(groups), dtype=bool)
    inside[order] = np.arange(len(groups)) - start < scheduler.cut[groups[order]]
    return inside & (groups >= 0)


def _count_contested(tournament: Tournament, n_items: int) -> int:
    """Return how many pairs tie, or were answered differently in two orders."""
    score = np.array([verdict.outcome.score for verdict in tournament.verdicts])
    ahead = tournament.first < tournament.second
    left = np.where(ahead, tournament.first, tournament.second)
    right = np.where(ahead, tournament.second, tournament.first)
    lead = np.where(ahead, 1, -1) * (score - 0.5)
    keys, where = np.unique(left * max(n_items, 1) + right, return_inverse=True)
    judged = np.bincount(where, ~np.isnan(lead), len(keys)) > 0
    return int((judged & (np.bincount(where, np.nan_to_num(lead), len(keys)) == 0)).sum())
