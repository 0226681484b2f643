"""Rounds of pairs over many groups: fit what is known, value what is not, ask the best first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import FloatArray, IntArray
from tagraph.errors import InputError
from tagraph.stages.bradley_terry import (
    BradleyTerryOptions,
    Scores,
    collect_edges,
    fit_bradley_terry,
)
from tagraph.stages.pairing import ScheduleOptions, orient_pairs, rank_in_groups
from tagraph.steps.membership import estimate_membership
from tagraph.steps.proposal import Board, find_pairs

_ENOUGH = 4


class PairScheduler:
    """Proposes rounds of pairs to compare and learns from the verdicts.

    A round shows every item at most once. It depends on the options, the rounds before and their
    verdicts, never on the order in which the verdicts of a round arrive.

    With `goal="topk"` pairs are matched by expected gain times how open both items' membership in
    the best `cut` is. The bar lies where as many strengths as the cut takes are expected above it,
    so losers of the first round are nearly settled and the winners play on, as in a knockout. Pairs
    worth much less than the best of all groups wait, so calls flow to the groups whose cut is least
    decided. With `goal="ranking"` pairs are matched by expected gain alone. No pair meets more than
    `max_meetings` times, so a small group ends as a full round robin.
    """

    def __init__(
        self,
        n_items: int,
        options: ScheduleOptions = ScheduleOptions(),
        *,
        groups: ArrayLike | None = None,
        cut: ArrayLike | None = None,
        apart: ArrayLike | None = None,
        bradley_terry: BradleyTerryOptions = BradleyTerryOptions(),
    ) -> None:
        """Prepare for `n_items` items.

        Args:
            n_items: Number of items.
            options: What to spend on, and how.
            groups: Group of each item, shape (n_items,), from 0; -1 leaves an item out. Pairs stay
                inside a group. Without it all items are one group.
            cut: Items wanted from each group: one number for all, or one per group; numbers below 1
                are shares. Without it `options.cut`.
            apart: Pairs of items never to be shown, shape (m, 2): of near-duplicates a verdict
                tells nothing.
            bradley_terry: Options of the fit between rounds.

        Raises:
            InputError: `groups`, `cut` or `apart` has a wrong shape or a number out of range.
        """
        self.groups = check_groups(groups, n_items)
        self.cut = count_wanted(options.cut if cut is None else cut, self.groups)
        self._apart = _check_apart(apart, n_items)
        self._options, self._fit_options = options, bradley_terry
        self._shown = np.zeros((2, 0), dtype=np.int64)
        self._outcome = np.zeros(0)
        self._pending = np.zeros((2, 0), dtype=np.int64)
        self._round = 0
        self._scores: Scores | None = None
        self._before: Scores | None = None
        self._integrated = 0

    @property
    def scores(self) -> Scores:
        """The fit of everything recorded so far, with position and tie at their joint maximum.

        Spread and carelessness are taken as typical up to four verdicts per item, and estimated
        anew whenever the verdicts have doubled after that: the first rounds say little about them.
        """
        if self._scores is None:
            now, n_items = len(self._outcome), len(self.groups)
            due = now >= max(2 * self._integrated, _ENOUGH * n_items, 1)
            integrate = self._fit_options.integrate and due
            self._scores = fit_bradley_terry(
                *self._shown,
                self._outcome,
                n_items=n_items,
                options=replace(self._fit_options, integrate=integrate),
                start=self._before,
            )
            self._before = self._scores
            self._integrated = now if integrate else self._integrated
        return self._scores

    def conclude(self) -> Scores:
        """Return the fit of everything recorded, with all that is shared found for good.

        It does not depend on the fits between rounds.
        """
        first, second = self._shown
        options, n_items = self._fit_options, len(self.groups)
        return fit_bradley_terry(first, second, self._outcome, n_items=n_items, options=options)

    def record(self, first: ArrayLike, second: ArrayLike, outcome: ArrayLike) -> None:
        """Learn verdicts, shape (m,) each; NaN is no verdict, and its pair counts as asked.

        Raises:
            InputError: The three do not fit together, or name an item, pair or outcome that is
                none.
        """
        n_items = len(self.groups)
        collect_edges(first, second, outcome, n_items, ordered=True)
        shown = np.stack([np.asarray(first), np.asarray(second)]).astype(np.int64)
        if np.any(self.groups[shown[0]] != self.groups[shown[1]]):
            raise InputError("a recorded pair joins two groups; verdicts belong inside one")
        self._shown = np.concatenate([self._shown, shown], axis=1)
        self._outcome = np.concatenate([self._outcome, np.asarray(outcome, dtype=np.float64)])
        keys = [pairs[0] * n_items + pairs[1] for pairs in (self._pending, shown)]
        self._pending = self._pending[:, ~np.isin(*keys)]
        self._scores = None

    def propose(self, size: int) -> tuple[IntArray, IntArray]:
        """Return the items to show first and second, at most `size` pairs, ordered by item.

        A pair that was proposed counts as asked, answered or not. Empty when `size` is below 1 or
        every pair has met often enough.
        """
        rng = np.random.default_rng([self._options.seed, self._round])
        self._round += 1
        asked = np.concatenate([self._shown, self._pending], axis=1)
        board = Board(self.scores, self.groups, self.cut, asked, self._apart, self._options)
        pairs, value = find_pairs(board, rng)
        best = np.lexsort((pairs[1], pairs[0], -value))[: max(0, size)]
        shown = orient_pairs(pairs[:, np.sort(best)], asked, len(self.groups), rng)
        self._pending = np.concatenate([self._pending, shown], axis=1)
        return shown[0], shown[1]

    def set_aside(self, items: ArrayLike) -> None:
        """Propose these items no more; what is known of them stays in the fit."""
        if len(np.asarray(items)):
            self.groups = self.groups.copy()
            self.groups[np.asarray(items, dtype=np.int64)] = -1

    def expected_wrong(self, n_draws: int = 200) -> float:
        """Return how many of the items now inside the cuts are expected not to belong there.

        One minus the chance of membership (`estimate_membership`), summed over the `cut` likeliest
        of each group.
        """
        chance = estimate_membership(
            self.scores, self.groups, self.cut, n_draws=n_draws, seed=self._options.seed
        )
        rank = rank_in_groups(chance, self.groups, np.arange(len(chance), dtype=np.float64))
        inside = (self.groups >= 0) & (rank < self.cut[self.groups])
        return float((1 - chance[inside]).sum())


def check_groups(groups: ArrayLike | None, n_items: int) -> IntArray:
    """Return the group of each item; all items are one group when none are given.

    Raises:
        InputError: Wrong shape, not integers, or a number below -1.
    """
    if n_items < 0:
        raise InputError(f"n_items must not be negative, it is {n_items}")
    if groups is None:
        return np.zeros(n_items, dtype=np.int64)
    array = np.asarray(groups)
    if array.shape != (n_items,):
        raise InputError(f"groups must have shape ({n_items},), not {array.shape}")
    if array.size and (not np.issubdtype(array.dtype, np.integer) or array.min() < -1):
        raise InputError("groups must be integers from 0, or -1 for an item in no group")
    return array.astype(np.int64)


def _check_apart(apart: ArrayLike | None, n_items: int) -> IntArray:
    """Return the pairs never to be shown, shape (2, m)."""
    if apart is None:
        return np.zeros((2, 0), dtype=np.int64)
    pairs = np.asarray(apart)
    if pairs.size and not np.issubdtype(pairs.dtype, np.integer):
        raise InputError(f"apart must be pairs of integers, not of {pairs.dtype}")
    pairs = pairs.reshape(0, 2) if not pairs.size else pairs
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise InputError(f"apart must have shape (m, 2), not {pairs.shape}")
    if pairs.size and not 0 <= pairs.min() <= pairs.max() < n_items:
        raise InputError(f"apart names an item outside 0 to {n_items - 1}")
    return pairs.T.astype(np.int64)


def count_wanted(cut: ArrayLike, groups: IntArray) -> IntArray:
    """Return how many items are wanted from each group, shape (n_groups,).

    A share is rounded, but takes at least one item and leaves at least one of two.

    Raises:
        InputError: `cut` has a wrong shape, is negative or not finite.
    """
    sizes = np.bincount(groups[groups >= 0], minlength=1)
    wanted = np.asarray(cut, dtype=np.float64)
    if wanted.shape not in ((), sizes.shape):
        raise InputError(f"cut must be one number or {len(sizes)}, one per group")
    if not (np.isfinite(wanted).all() and (wanted >= 0).all()):
        raise InputError("cut must be numbers from 0")
    wanted = np.broadcast_to(wanted, sizes.shape)
    share = np.clip(np.round(wanted * sizes), 1, np.maximum(sizes - 1, 1))
    counts: FloatArray = np.where((wanted > 0) & (wanted < 1), share, np.minimum(wanted, sizes))
    return counts.astype(np.int64)
