"""One round of pairs: what each group needs now, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from tagraph.cores import spread
from tagraph.data import BoolArray, FloatArray, IntArray
from tagraph.stages.bradley_terry import Scores, pad_blocks
from tagraph.stages.pairing import (
    ScheduleOptions,
    discount_narrow,
    expect_gain,
    find_bars,
    match_greedily,
    rank_in_groups,
    value_pairs,
    weigh_openness,
)

_WINDOW = 1024
_NEARLY = 1 - 1e-9  # of a bar: what rounding may put on either side of it


@dataclass(frozen=True, eq=False)
class Board:
    """What is known before a round.

    Attributes:
        scores: The fit so far.
        groups: Group of each item, shape (n_items,); -1 means none.
        cut: Items wanted from each group, shape (n_groups,).
        asked: Every pair asked so far, shape (2, m).
        apart: Pairs never to be asked, shape (2, m).
        options: What to spend on, and how.
    """

    scores: Scores
    groups: IntArray
    cut: IntArray
    asked: IntArray
    apart: IntArray
    options: ScheduleOptions

    @property
    def sizes(self) -> IntArray:
        """Items in each group, shape (n_groups,)."""
        placed = self.groups[self.groups >= 0]
        counts: IntArray = np.bincount(placed, minlength=len(self.cut))
        return counts

    @property
    def n_asked(self) -> IntArray:
        """Pairs asked so far in each group, shape (n_groups,)."""
        group = self.groups[self.asked[0]]
        counts: IntArray = np.bincount(group[group >= 0], minlength=len(self.cut))
        return counts


@dataclass(frozen=True, eq=False)
class Block:
    """Groups of like size, or windows of large ones, side by side.

    Attributes:
        items: Shape (n_blocks, size), padded with -1.
        covariance: Shape (n_blocks, size, size), or variances (n_blocks, size) in windows.
        error: Standard errors about the mean of the group, shape (n_blocks, size).
        bar: Strength at the cut of the group, shape (n_blocks,).
        noise: What breaks ties, from 0 to 1, shape (n_blocks, size, size).
    """

    items: IntArray
    covariance: FloatArray
    error: FloatArray
    bar: FloatArray
    noise: FloatArray


def find_pairs(board: Board, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Return the pairs worth asking now, shape (2, m), and the value of each.

    A group of more than 1,024 items is cut into windows of neighbouring strength, and the
    covariances inside are left out of the gain: they would cost the square of its size.
    """
    control = (rng.random(len(board.cut)) < board.options.control) & (board.n_asked > 0)
    found = [(np.zeros((2, 0), dtype=np.int64), np.zeros(0))]
    found += spread(partial(_pair_block, board, control), _blocks(board, rng))
    pair = np.concatenate([pairs for pairs, _ in found], axis=1)
    value = np.concatenate([values for _, values in found])
    if board.options.goal == "topk":
        kept = _worth_asking(board, pair, value)
        pair, value = pair[:, kept], value[kept]
    return pair, value


def _worth_asking(board: Board, pairs: IntArray, value: FloatArray) -> BoolArray:
    """Return which pairs are good enough beside those of their group and of all groups.

    A contested group that was never asked is not held against the others: its first round connects
    its items.
    """
    group, finite = board.groups[pairs[0]], np.isfinite(value)
    best = np.zeros(len(board.cut))
    np.maximum.at(best, group[finite], value[finite])
    fresh = (board.n_asked == 0) & (board.cut > 0) & (board.cut < board.sizes)
    best_of_all = board.options.flow * np.where(fresh, 0.0, best.max(initial=0.0))
    bar = np.maximum(board.options.worth * best, best_of_all)
    kept: BoolArray = value >= bar[group]
    return kept


def _blocks(board: Board, rng: np.random.Generator) -> Iterator[Block]:
    """Yield the groups as blocks, the large ones as windows."""
    groups, sizes = board.groups, board.sizes
    large = (groups >= 0) & (sizes[groups] > _WINDOW)
    playing = (groups >= 0) & (sizes[groups] > 1)
    for items in pad_blocks(np.where(playing & ~large, groups, -1)):
        covariance = board.scores.covariance.within(items)
        error = _errors(items, covariance)
        noise = rng.random(covariance.shape)
        yield Block(items, covariance, error, _bars(board, items, error), noise)
    if large.any():
        yield from _windows(board, np.where(large, groups, -1), rng)


def _windows(board: Board, groups: IntArray, rng: np.random.Generator) -> Iterator[Block]:
    """Yield windows of neighbouring strength of large groups."""
    variance = 1 / board.scores.covariance.curvature.diagonal()
    bar = np.zeros(len(board.cut))
    for items in pad_blocks(groups):
        bar[groups[items[:, 0]]] = _bars(board, items, np.sqrt(variance[items]))
    rank = rank_in_groups(board.scores.strength, groups, rng.random(len(groups)))
    window = (rank + int(rng.integers(_WINDOW))) // _WINDOW
    per_group = int(window.max()) + 1
    for items in pad_blocks(np.where(groups >= 0, groups * per_group + window, -1)):
        near = variance[items]
        noise = rng.random((*near.shape, near.shape[1]))
        yield Block(items, near, np.sqrt(near), bar[groups[items[:, 0]]], noise)


def _bars(board: Board, items: IntArray, error: FloatArray) -> FloatArray:
    """Return the bar of each block of whole groups."""
    cut = board.cut[board.groups[items[:, 0]]]
    return find_bars(board.scores.strength[items], error, items >= 0, cut)


def _pair_block(board: Board, control: BoolArray, block: Block) -> tuple[IntArray, FloatArray]:
    """Return the pairs of one array of blocks and their values, infinite for those at random.

    A random round is no larger than the open places ask for, lest it cost more than its share.
    """
    items, by_lot = block.items, control[board.groups[block.items[:, 0]]]
    strength = board.scores.strength[items]
    gain = expect_gain(strength, block.covariance)
    gain[by_lot] = 1.0
    weight = np.ones(items.shape)
    if board.options.goal == "topk":
        weight = weigh_openness(strength, block.error, block.bar[:, None])
    weight[items < 0] = 0.0
    most = np.where(by_lot, np.maximum(1, np.ceil(weight.sum(axis=1) / 2)), items.shape[1])
    weight[by_lot] = 1.0
    value = value_pairs(gain, weight, _barred(board, items), block.noise)
    row, left, right = match_greedily(_leave_hopeless(board, value, by_lot))
    worth = value[row, left, right] * _discount(board, block)[row]
    kept = _best_of_blocks(row, worth, most)
    row, left, right, worth = row[kept], left[kept], right[kept], worth[kept]
    worth[by_lot[row]] = np.inf
    return np.stack([items[row, left], items[row, right]]), worth


def _leave_hopeless(board: Board, value: FloatArray, by_lot: BoolArray) -> FloatArray:
    """Return a copy of the values without what `_worth_asking` would drop beside its own block.

    The best are matched first, so that pairs worth less than these cannot change which are matched.
    """
    if board.options.goal != "topk":
        return value.copy()
    best = np.where(by_lot, 0.0, value.max(axis=(1, 2), initial=0.0))
    bar = _NEARLY * board.options.worth * best
    return np.where(value < bar[:, None, None], -np.inf, value)


def _discount(board: Board, block: Block) -> FloatArray:
    """Return the factor by which the pairs of each block are worth less, shape (n_blocks,)."""
    prior = board.scores.prior
    if board.options.goal != "topk" or not np.isfinite(prior):
        return np.ones(len(block.items))
    strength = board.scores.strength[block.items]
    return discount_narrow(strength, block.error**2, block.items >= 0, prior)


def _errors(items: IntArray, covariance: FloatArray) -> FloatArray:
    """Return standard errors about the mean of each block, shape (n_blocks, size)."""
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
    met = _count_meetings(place[board.asked], n_blocks, size)
    barred: BoolArray = met >= board.options.max_meetings
    barred |= _count_meetings(place[board.apart], n_blocks, size) > 0
    barred |= ~(inside[:, :, None] & inside[:, None, :])
    barred[:, np.arange(size), np.arange(size)] = True
    return barred


def _count_meetings(place: IntArray, n_blocks: int, size: int) -> IntArray:
    """Return how often items of the same block stand in one pair, whatever their order."""
    one, other = place
    here = (one >= 0) & (other >= 0) & (one // size == other // size)
    flat = one[here] * size + other[here] % size
    met = np.bincount(flat, minlength=n_blocks * size * size).reshape(n_blocks, size, size)
    both: IntArray = met + np.swapaxes(met, 1, 2)
    return both


def _best_of_blocks(block: IntArray, worth: FloatArray, most: FloatArray) -> BoolArray:
    """Return which pairs are among the `most` most valuable of their block."""
    order = np.lexsort((-worth, block))
    start = np.searchsorted(block[order], block[order])
    kept = np.zeros(len(block), dtype=bool)
    kept[order] = np.arange(len(block)) - start < most[block[order]]
    return kept
