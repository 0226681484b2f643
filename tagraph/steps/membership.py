"""Strengths and their covariance to each item's chance of a place inside the cut."""

from __future__ import annotations

import numpy as np

from tagraph.data import BoolArray, FloatArray, IntArray
from tagraph.stages.bradley_terry import LARGEST, Scores, pad_blocks

_CELLS = 4_000_000


def estimate_membership(
    scores: Scores, groups: IntArray, cut: IntArray, *, n_draws: int, seed: int
) -> FloatArray:
    """Return each item's chance to be among the `cut` strongest of its group, shape (n_items,).

    Strengths are drawn from their joint Gaussian around the estimate (Laplace); the chance is the
    share of draws in which the item is inside. In a group of more than 3,000 items, items are
    drawn independently of each other. NaN for an item in no group.
    """
    chance = np.full(len(groups), np.nan)
    rng = np.random.default_rng(seed)
    for items in pad_blocks(groups, cells=_CELLS // 20):
        inside = items >= 0
        step = max(1, _CELLS // items.size)
        counts = np.zeros(items.shape)
        for done in range(0, n_draws, step):
            drawn = _draw(scores, items, min(step, n_draws - done), rng)
            counts += _count_inside(drawn, inside, cut[groups[items[:, 0]]])
        chance[items[inside]] = counts[inside] / n_draws
    return chance


def _draw(scores: Scores, items: IntArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
    """Return draws of the strengths of blocks of items, shape (n_blocks, n_draws, size)."""
    centre = scores.strength[items][:, None, :]
    if items.shape[1] <= LARGEST:
        return centre + scores.covariance.draw(items, n_draws, rng)
    noise = rng.standard_normal((len(items), n_draws, items.shape[1]))
    return centre + noise * scores.standard_error()[items][:, None, :]


def _count_inside(drawn: FloatArray, inside: BoolArray, cut: IntArray) -> IntArray:
    """Return in how many draws each item is among the `cut` best, shape (n_blocks, size)."""
    drawn = np.where(inside[:, None, :], drawn, -np.inf)
    ordered = np.sort(drawn, axis=2)
    last = np.maximum(ordered.shape[2] - cut, 0)[:, None, None]
    last = np.minimum(last, ordered.shape[2] - 1)
    bar = np.take_along_axis(ordered, np.broadcast_to(last, (*ordered.shape[:2], 1)), axis=2)
    counts: IntArray = ((drawn >= bar) & (cut > 0)[:, None, None]).sum(axis=1)
    return counts
