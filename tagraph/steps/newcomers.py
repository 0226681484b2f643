"""A judged pool and new samples to verdicts on these alone: anchors and rivals are old samples."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np

from tagraph.data import BoolArray, FloatArray, IntArray, Samples
from tagraph.protocols import Judge
from tagraph.stages.bradley_terry import BradleyTerryOptions, pad_blocks
from tagraph.stages.pairing import find_bars, orient_pairs, weigh_openness
from tagraph.stages.rivals import RivalOptions, choose_rivals, expect_certainty
from tagraph.steps.scheduler import PairScheduler
from tagraph.steps.tournament import (
    JudgeFunction,
    RoundCallback,
    Tournament,
    TournamentOptions,
    play,
)

Known: TypeAlias = tuple[IntArray, IntArray, FloatArray]
RIVALS = RivalOptions()
_JITTER = 0.2  # newcomers that are alike so far do not all meet the same anchor
_FLOOR = 0.05  # what a verdict is worth on a newcomer whose place seems settled


def judge_newcomers(  # noqa: PLR0913  (who is new, who judges, who listens)
    known: Known,
    is_new: BoolArray,
    judge: Judge | JudgeFunction,
    options: TournamentOptions = TournamentOptions(),
    *,
    groups: IntArray,
    cut: IntArray,
    samples: Samples | None = None,
    rivals: RivalOptions = RIVALS,
    bradley_terry: BradleyTerryOptions = BradleyTerryOptions(),
    on_round: RoundCallback | None = None,
    first_round: int = 0,
) -> Tournament:
    """Compare new samples with old ones whose strengths are known; old pairs are never asked again.

    Every round shows each newcomer at most once, with the anchor or rival that its verdict is
    expected to teach most about, first those whose place in the selection is open. A cluster with
    no old sample that was ever compared gives its newcomers nobody to meet.

    Args:
        known: Every earlier comparison: first, second and outcome, each of shape (m,).
        is_new: Which samples are new, shape (n,).
        judge: A `Judge`, or a function of pairs, as in `run_tournament`.
        options: Calls per item count for each newcomer.
        groups: Cluster of each sample, shape (n,), -1 for none.
        cut: How many of each cluster are wanted.
        samples: What a `Judge` compares.
        rivals: Whom newcomers may meet.
        bradley_terry: Options of the fit.
        on_round: Called after each round.
        first_round: Number of the first round.

    Returns:
        The new verdicts alone; its scores are fitted to the old ones as well.

    Raises:
        InputError: The parts do not fit together.
        JudgeError: The judge gave answers that are none.
    """
    scheduler = NewcomerScheduler(known, is_new, options, groups, cut, rivals, bradley_terry)
    sizes = np.bincount(groups[groups >= 0])
    playing = int(sizes[sizes > 1].sum())
    share = scheduler.n_newcomers / max(1, playing)
    fewer = replace(options, calls_per_item=options.calls_per_item * share)
    return play(
        scheduler, judge, fewer, samples=samples, on_round=on_round, first_round=first_round
    )


class NewcomerScheduler(PairScheduler):
    """Proposes pairs of a newcomer and an old sample that is known."""

    def __init__(  # noqa: PLR0913  (what is known, who is new, and how to pair them)
        self,
        known: Known,
        is_new: BoolArray,
        options: TournamentOptions,
        groups: IntArray,
        cut: IntArray,
        rivals: RivalOptions,
        bradley_terry: BradleyTerryOptions,
    ) -> None:
        """Prepare for a pool of which some samples are new; see `judge_newcomers`."""
        super().__init__(len(groups), options, groups=groups, cut=cut, bradley_terry=bradley_terry)
        self.record(*known)
        self._is_new = is_new
        met = np.bincount(np.concatenate(known[:2]), minlength=len(groups)) > 0
        old = np.where(met & ~is_new, self.groups, -1)
        error = self.scores.standard_error()
        openness = self._weigh_openness(error)
        is_rival = choose_rivals(self.scores.strength, error, openness, old, rivals)
        self._newcomer, self._rival = _join(self.groups, is_new, is_rival)

    @property
    def n_newcomers(self) -> int:
        """New samples that have somebody to meet."""
        return len(np.unique(self._newcomer))

    def propose(self, size: int) -> tuple[IntArray, IntArray]:
        """Return the items to show first and second, at most `size` pairs, ordered by newcomer."""
        rng = np.random.default_rng([self._options.seed, self._round])
        self._round += 1
        asked = np.concatenate([self._shown, self._pending], axis=1)
        open_ = (self.groups[self._newcomer] >= 0) & ~self._has_met(asked)
        pairs = np.stack([self._newcomer[open_], self._rival[open_]])
        value = self._value(pairs) * (1 + _JITTER * rng.random(pairs.shape[1]))
        order = np.lexsort((-value.round(9), pairs[0]))
        best = order[np.flatnonzero(np.diff(pairs[0][order], prepend=-1))]
        best = best[value[best] >= self._options.flow * value[best].max(initial=0.0)]
        best = best[np.lexsort((pairs[0][best], -value[best].round(9)))][: max(0, size)]
        shown = orient_pairs(pairs[:, np.sort(best)], asked, len(self.groups), rng)
        self._pending = np.concatenate([self._pending, shown], axis=1)
        return shown[0], shown[1]

    def _has_met(self, asked: IntArray) -> BoolArray:
        """Return which possible pairs have met as often as they may."""
        n = len(self.groups)
        keys = np.minimum(asked[0], asked[1]) * n + np.maximum(asked[0], asked[1])
        low, high = np.minimum(self._newcomer, self._rival), np.maximum(self._newcomer, self._rival)
        keys.sort()
        wanted = low * n + high
        times = np.searchsorted(keys, wanted, "right") - np.searchsorted(keys, wanted)
        met: BoolArray = times >= self._options.max_meetings
        return met

    def _value(self, pairs: IntArray) -> FloatArray:
        """Return what asking each pair is worth."""
        error = self.scores.standard_error()
        openness = self._weigh_openness(error)[pairs[0]]
        gain = expect_certainty(self.scores.strength[pairs], error[pairs])
        value: FloatArray = gain * np.maximum(openness, _FLOOR)
        return value

    def _weigh_openness(self, error: FloatArray) -> FloatArray:
        """Return how open each sample's membership in the selection is, 0 to 1."""
        openness, strength = np.zeros(len(self.groups)), self.scores.strength
        for items in pad_blocks(self.groups):
            inside, cut = items >= 0, self.cut[self.groups[items[:, 0]]]
            held, spread = strength[items], error[items]
            bar = find_bars(held, spread, inside, cut)
            openness[items[inside]] = weigh_openness(held, spread, bar[:, None])[inside]
        return openness


def _join(groups: IntArray, is_new: BoolArray, is_rival: BoolArray) -> tuple[IntArray, IntArray]:
    """Return every pair of a newcomer and a rival of its cluster, by newcomer."""
    rivals = np.flatnonzero(is_rival)
    rivals = rivals[np.lexsort((rivals, groups[rivals]))]
    newcomers = np.flatnonzero(is_new & (groups >= 0))
    start = np.searchsorted(groups[rivals], groups[newcomers])
    counts = np.searchsorted(groups[rivals], groups[newcomers], "right") - start
    inside = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(newcomers, counts), rivals[np.repeat(start, counts) + inside]


def hold_level(strength: FloatArray, component: IntArray, is_new: BoolArray) -> FloatArray:
    """Return strengths on the scale they had before newcomers joined, shape (n,).

    A fit gives every connected part the mean 0. Newcomers better than the old samples would so
    push these down; here the old ones of each part keep the mean 0.
    """
    if not is_new.any():
        return strength
    held = np.bincount(component, np.where(is_new, 0.0, strength))
    number = np.bincount(component[~is_new], minlength=len(held))
    level: FloatArray = np.where(number > 0, held / np.maximum(number, 1), 0.0)
    return strength - level[component]
