"""One round of pairs: what each group needs now, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tagraph.data import BoolArray, FloatArray, IntArray
from tagraph.stages.bradley_terry import Scores, pad_blocks
from tagraph.stages.pairing import (
    ScheduleOptions,
    count_survivors,
    expect_gain,
    find_bars,
    match_greedily,
    rank_in_groups,
    value_pairs,
    weigh_openness,
)

_WINDOW = 1024
_OPEN = 0.1


@dataclass(frozen=True, eq=False)
class Board:
    """What is known before a round.

    Attributes:
        scores: The fit so far.
        groups: Group of each item, shape (n_items,); -1 means none.
        cut: Items wanted from each group, shape (n_groups,).
        asked: Every pair asked so far, shape (2, m).
        options: What to spend on, and how.
    """

    scores: Scores
    groups: IntArray
    cut: IntArray
    asked: IntArray
    options: ScheduleOptions


@dataclass(frozen=True, eq=False)
class Needs:
    """What the items and groups need in this round.

    Attributes:
        bar: Strength at the cut of each group, shape (n_groups,).
        knockout: Groups still in the knockout, shape (n_groups,).
        alive: Items that play in their group's knockout now, shape (n_items,).
        control: Groups paired at random in this round, shape (n_groups,).
    """

    bar: FloatArray
    knockout: BoolArray
    alive: BoolArray
    control: BoolArray


def find_pairs(board: Board, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Return the best matching of every group, shape (2, m), and the value of each pair.

    A group of more than 1,024 items is cut into windows of neighbouring strength, and the
    covariances inside are left out of the gain: they would cost the square of its size.
    """
    needs = _assess(board, rng)
    pairs, values = [np.zeros((2, 0), dtype=np.int64)], [np.zeros(0)]
    for items, exact in _blocks(board, rng):
        found, value = _pair_block(board, needs, items, exact, rng)
        pairs.append(found)
        values.append(value)
    return np.concatenate(pairs, axis=1), np.concatenate(values)


def _assess(board: Board, rng: np.random.Generator) -> Needs:
    """Return what every group needs now."""
    groups, options = board.groups, board.options
    placed = groups >= 0
    sizes = np.bincount(groups[placed], minlength=len(board.cut))
    rank = rank_in_groups(board.scores.strength, groups, rng.random(len(groups)))
    bar = find_bars(board.scores.strength, groups, rank, board.cut)
    n_asked = np.bincount(groups[board.asked[0]], minlength=len(sizes))
    contested = (board.cut > 0) & (board.cut < sizes) & (options.goal == "topk")
    enough = np.maximum(2, np.ceil(options.keep * board.cut)).astype(np.int64)
    enough = np.where(contested, enough, sizes)
    n_alive, knockout = count_survivors(sizes, n_asked, enough)
    alive = placed & (rank < n_alive[groups])
    control = (rng.random(len(sizes)) < options.control) & ~knockout
    return Needs(bar, knockout, alive, control)


def _blocks(board: Board, rng: np.random.Generator) -> Iterator[tuple[IntArray, bool]]:
    """Yield blocks of items to be matched, and whether they hold whole groups."""
    groups = board.groups
    sizes = np.bincount(groups[groups >= 0], minlength=len(board.cut))
    large = (groups >= 0) & (sizes[groups] > _WINDOW)
    playing = (groups >= 0) & (sizes[groups] > 1)
    for items in pad_blocks(np.where(playing & ~large, groups, -1)):
        yield items, True
    if large.any():
        rank = rank_in_groups(board.scores.strength, groups, rng.random(len(groups)))
        window = (rank + int(rng.integers(_WINDOW))) // _WINDOW
        per_group = int(window.max()) + 1
        for items in pad_blocks(np.where(large, groups * per_group + window, -1)):
            yield items, False


def _pair_block(
    board: Board, needs: Needs, items: IntArray, exact: bool, rng: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """Return the pairs of one array of blocks, best first in each block, and their values."""
    inside, group = items >= 0, board.groups[items[:, 0]]
    strength = board.scores.strength[items]
    if exact:
        covariance = board.scores.covariance.within(items)
    else:
        covariance = 1 / board.scores.covariance.curvature.diagonal()[items]
    gain = expect_gain(strength, covariance)
    gain[needs.control[group]] = 1.0
    weight = _weigh(board, needs, items, covariance)
    weight[~inside] = 0.0
    limit = np.maximum(1, (weight > _OPEN).sum(axis=1) // 2)
    weight[needs.control[group]] = 1.0
    value = value_pairs(gain, weight, _barred(board, items), rng)
    block, left, right = match_greedily(value.copy())
    worth = value[block, left, right]
    kept = _best_of_blocks(block, worth, limit)
    if board.options.goal == "topk":
        kept &= worth >= board.options.worth * value.max(axis=(1, 2))[block]
    block, left, right, worth = block[kept], left[kept], right[kept], worth[kept]
    worth[needs.control[group[block]]] = np.inf
    return np.stack([items[block, left], items[block, right]]), worth


def _weigh(board: Board, needs: Needs, items: IntArray, covariance: FloatArray) -> FloatArray:
    """Return the weight of each item of the blocks, shape (n_blocks, size)."""
    group = board.groups[items[:, 0]]
    if board.options.goal == "ranking":
        return np.ones(items.shape)
    openness = weigh_openness(
        board.scores.strength[items], _errors(items, covariance), needs.bar[group][:, None]
    )
    weight: FloatArray = np.where(needs.knockout[group][:, None], needs.alive[items], openness)
    return weight


def _errors(items: IntArray, covariance: FloatArray) -> FloatArray:
    """Return standard errors about the mean of each block, shape (n_blocks, size)."""
    if covariance.ndim == 2:
        return np.sqrt(covariance)
    inside = (items >= 0).astype(np.float64)
    share = inside / inside.sum(axis=1, keepdims=True)
    shared = np.einsum("kij,kj->ki", covariance, share)
    middle = np.einsum("ki,ki->k", shared, share)
    variance = np.diagonal(covariance, axis1=1, axis2=2) - 2 * shared + middle[:, None]
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)), dtype=np.float64)


def _barred(board: Board, items: IntArray) -> BoolArray:
    """Return which pairs of the blocks have met often enough or are padding."""
    n_blocks, size = items.shape
    inside = items >= 0
    place = np.full(len(board.groups), -1, dtype=np.int64)
    place[items[inside]] = np.flatnonzero(inside)
    one, other = place[board.asked]
    here = (one >= 0) & (other >= 0) & (one // size == other // size)
    flat = one[here] * size + other[here] % size
    met = np.bincount(flat, minlength=n_blocks * size * size).reshape(n_blocks, size, size)
    barred: BoolArray = met + np.swapaxes(met, 1, 2) >= board.options.max_meetings
    barred |= ~(inside[:, :, None] & inside[:, None, :])
    barred[:, np.arange(size), np.arange(size)] = True
    return barred


def _best_of_blocks(block: IntArray, worth: FloatArray, limit: IntArray) -> BoolArray:
    """Return which pairs are among the `limit` most valuable of their block."""
    order = np.lexsort((-worth, block))
    start = np.searchsorted(block[order], block[order])
    kept = np.zeros(len(block), dtype=bool)
    kept[order] = np.arange(len(block)) - start < limit[block[order]]
    return kept
