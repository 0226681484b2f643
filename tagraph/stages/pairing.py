"""Strengths and their covariance to the pairs whose verdict matters most."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tagraph.data import BoolArray, FloatArray, IntArray
from tagraph.errors import OptionsError

GOALS = ("topk", "ranking")
_FLOOR = 0.001
_JITTER = 0.01
_HALVINGS = 24
_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class ScheduleOptions:
    """Options of `PairScheduler`.

    Attributes:
        goal: "topk" spends where membership in the best `cut` of a group is open; "ranking" spends
            where the whole order gains most.
        cut: Share of each group that is wanted, used where no cut is given by group.
        worth: A round of "topk" leaves out pairs worth less than this share of their group's best
            pair: smaller rounds, but each call knows more. 0 fills every round.
        flow: A round of "topk" leaves out pairs worth less than this share of the best pair of all
            groups, so that calls flow to the groups whose cut is least decided. 0 gives every
            group its round.
        control: Share of rounds in which a group is paired at random, so that the adaptive choice
            can be checked against a design that looked at nothing.
        max_meetings: How often a pair may meet; every second meeting shows the other order.
        seed: Seed of all random choices.
    """

    goal: str = "topk"
    cut: float = 0.1
    worth: float = 0.6
    flow: float = 0.3
    control: float = 0.05
    max_meetings: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.goal not in GOALS:
            raise OptionsError(f"goal must be one of {', '.join(GOALS)}, not {self.goal!r}")
        if not 0 < self.cut < 1:
            raise OptionsError(f"cut must be a share between 0 and 1, not {self.cut}")
        for name in ("worth", "flow", "control"):
            if not 0 <= getattr(self, name) <= 1:
                value = getattr(self, name)
                raise OptionsError(f"{name} must be a share from 0 to 1, not {value}")
        if self.max_meetings < 1:
            raise OptionsError(f"max_meetings must be at least 1, not {self.max_meetings}")
        if self.seed < 0:
            raise OptionsError(f"seed must not be negative, it is {self.seed}")


def expect_gain(strength: FloatArray, covariance: FloatArray) -> FloatArray:
    """Return what one more verdict on each pair is expected to teach about its difference.

    p (1 - p) times the variance of the difference, where p averages the win chance over the
    uncertainty (probit approximation of MacKay, 1992).

    Args:
        strength: Shape (n_blocks, size).
        covariance: Shape (n_blocks, size, size), or (n_blocks, size) if only variances are known.

    Returns:
        Shape (n_blocks, size, size), symmetric.
    """
    if covariance.ndim == 2:
        spread = covariance[:, :, None] + covariance[:, None, :]
    else:
        variance = np.diagonal(covariance, axis1=1, axis2=2)
        spread = variance[:, :, None] + variance[:, None, :] - 2 * covariance
    spread = np.maximum(spread, 1e-12)
    logit = strength[:, :, None] - strength[:, None, :]
    logit /= np.sqrt(1 + math.pi / 8 * spread)
    chance = np.exp(-np.abs(logit))
    gain: FloatArray = spread * chance / (1 + chance) ** 2
    return gain


def weigh_openness(strength: FloatArray, error: FloatArray, bar: FloatArray) -> FloatArray:
    """Return how open it is on which side of `bar` each strength lies, from 0 to 1.

    4 q (1 - q), where q is the chance of lying above; a bar that is not finite decides everything.
    """
    from scipy.special import ndtr

    above = ndtr((strength - bar) / np.maximum(error, 1e-12))
    openness: FloatArray = 4 * above * (1 - above)
    return openness


def rank_in_groups(strength: FloatArray, groups: IntArray, lot: FloatArray) -> IntArray:
    """Return the place of each item in its group, 0 the strongest, equals in the order of `lot`."""
    # Rounded, so that the last bits of another processor never decide.
    order = np.lexsort((lot, -strength.round(9), groups))
    start = np.flatnonzero(np.diff(groups[order], prepend=groups.min(initial=0) - 1))
    sizes = np.diff(start, append=len(order))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(start, sizes)
    return rank


def find_bars(
    strength: FloatArray, error: FloatArray, inside: BoolArray, cut: IntArray
) -> FloatArray:
    """Return the bar of each block, above which `cut` of its items are expected to lie.

    The chances of all items of a block to lie above its bar sum to the cut. Against the middle
    between the last estimate inside and the first outside, which shrinks towards the mean as long
    as little is known, such a bar is as high at the start as it will be at the end: an item that
    won stays open, one that lost is closed, and the first rounds become a knockout by themselves.

    Args:
        strength: Shape (n_blocks, size).
        error: Standard errors, shape (n_blocks, size).
        inside: Where there is an item, shape (n_blocks, size).
        cut: Items wanted from each block, shape (n_blocks,).

    Returns:
        Shape (n_blocks,); infinite where the cut takes nothing, minus infinite where it takes all.
    """
    from scipy.special import ndtr

    width = np.maximum(error, 1e-12)
    low = np.min(strength - 8 * width, axis=1, where=inside, initial=0.0)
    high = np.max(strength + 8 * width, axis=1, where=inside, initial=0.0)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        above = np.where(inside, ndtr((strength - middle[:, None]) / width), 0.0).sum(axis=1)
        low, high = np.where(above > cut, middle, low), np.where(above > cut, high, middle)
    bars: FloatArray = np.where(cut >= inside.sum(axis=1), -np.inf, 0.5 * (low + high))
    return np.where(cut <= 0, np.inf, bars.round(9))


def discount_narrow(
    strength: FloatArray, variance: FloatArray, inside: BoolArray, prior: float
) -> FloatArray:
    """Return how much less there is to learn in each block than one prior for all makes believe.

    The spread of each block is estimated from its own strengths (expectation maximization); where
    it is narrower than the prior, so is what a verdict can still change.

    Args:
        strength: Shape (n_blocks, size).
        variance: Posterior variances, shape (n_blocks, size).
        inside: Where there is an item, shape (n_blocks, size).
        prior: Standard deviation of the common prior.

    Returns:
        Variance under the own spread over variance under the common prior, shape (n_blocks,).
    """
    n_inside = np.maximum(inside.sum(axis=1), 1)
    own, ratio = np.full((len(strength), 1), prior**2), np.ones_like(strength)
    for _ in range(_SWEEPS):
        moment = np.where(inside, (ratio * strength) ** 2 + ratio * variance, 0.0).sum(axis=1)
        own = (moment / n_inside)[:, None]
        ratio = 1 / (1 + variance * np.maximum(1 / own - prior**-2, -0.5 / variance))
    discount: FloatArray = np.where(inside, ratio, 0.0).sum(axis=1) / n_inside
    return discount


def value_pairs(
    gain: FloatArray, weight: FloatArray, barred: BoolArray, noise: FloatArray
) -> FloatArray:
    """Return the value of asking each pair: gain times both weights' geometric mean.

    Args:
        gain: Shape (n_blocks, size, size).
        weight: Weight of each item, shape (n_blocks, size).
        barred: Pairs that may not be asked, shape (n_blocks, size, size).
        noise: From 0 to 1, of the shape of `gain`; breaks ties: it makes up to 1 %.

    Returns:
        Shape (n_blocks, size, size), symmetric, minus infinity where barred; a pair of weight 0
        keeps a millionth of its gain, so that it comes last but comes.
    """
    root = np.sqrt(weight)
    value = gain * (root[:, :, None] * root[:, None, :] + _FLOOR)
    noise = np.triu(noise, 1)
    value *= 1 + _JITTER * (noise + np.swapaxes(noise, 1, 2))
    value = value.round(9)
    value[barred] = -np.inf
    return value


def match_greedily(value: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Match items of each block, always taking the most valuable pair of two free items.

    Locally dominant pairs (each the other's best) are taken together until none is left, which
    gives the same matching as one pair at a time (Preis, 1999).

    Args:
        value: Shape (n_blocks, size, size), symmetric; minus infinity forbids. Overwritten.

    Returns:
        Block, item and partner of each pair, item before partner, in order of block and item.
    """
    n_blocks, size, _ = value.shape
    found: list[IntArray] = []
    block, item = np.nonzero(np.ones((n_blocks, size), dtype=bool))
    while len(block):
        partner = np.full((n_blocks, size), -1)
        rows = value[block, item]
        best = rows.argmax(axis=1)
        possible = rows[np.arange(len(best)), best] > -np.inf
        partner[block[possible], item[possible]] = best[possible]
        wanted = partner[block, item]
        mutual = possible & (partner[block, wanted] == item)
        found.append(np.stack([block, item, wanted])[:, mutual & (item < wanted)])
        value[block[mutual], item[mutual], :] = -np.inf
        value[block[mutual], :, item[mutual]] = -np.inf
        block, item = block[possible & ~mutual], item[possible & ~mutual]
    pairs = np.concatenate(found, axis=1) if found else np.zeros((3, 0), dtype=np.int64)
    pairs = pairs[:, np.lexsort((pairs[1], pairs[0]))]
    return pairs[0], pairs[1], pairs[2]


def orient_pairs(
    pairs: IntArray, asked: IntArray, n_items: int, rng: np.random.Generator
) -> IntArray:
    """Return the pairs in the order to show them, shape (2, m).

    A pair that met before is shown in the order it met less often; else the item goes first that
    went first less often so far, or either at random, so that nobody gains from the order.

    Args:
        pairs: Shape (2, m).
        asked: Every pair shown so far, in its order, shape (2, m).
        n_items: Number of items.
        rng: Decides where nothing else does.
    """
    keys = asked[0] * n_items + asked[1]
    keys.sort()
    same = _count_in(keys, pairs[0] * n_items + pairs[1])
    reverse = _count_in(keys, pairs[1] * n_items + pairs[0])
    lead = np.bincount(asked[0], minlength=n_items) - np.bincount(asked[1], minlength=n_items)
    swap = np.sign(lead[pairs[0]] - lead[pairs[1]])
    swap = np.where(same == reverse, swap, np.sign(same - reverse))
    coin = rng.random(pairs.shape[1]) < 0.5
    shown: IntArray = np.where((swap > 0) | ((swap == 0) & coin), pairs[::-1], pairs)
    return shown


def _count_in(keys: IntArray, wanted: IntArray) -> IntArray:
    """Return how often each of `wanted` stands in the sorted `keys`."""
    counts: IntArray = np.searchsorted(keys, wanted, "right") - np.searchsorted(keys, wanted)
    return counts
