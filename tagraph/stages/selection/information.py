"""Information gain on the tag graph: the row that tells most about tags not yet told of.

The objective is that of MIG (arXiv 2504.13835): every chosen row gives its quality to its tags,
what a tag receives is shared among its neighbours, and the worth of a tag's total x is x^0.8, so
that the first row about a tag is worth most. Here the graph is tagraph's own, sparse throughout.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import Bags, FloatArray, IntArray
from tagraph.graphs import TagGraph

if TYPE_CHECKING:
    from scipy.sparse import csr_array

POWER, SHIFT = 0.8, 1e-6
NEIGHBOURS = 10  # of a tag, by weight, each among the other's: a hub must not touch every tag
RIVALS = 2  # of a row: 1 covers more with weaker rows, 4 less with stronger ones
_POOLS = (32_768, 512)  # rows valued anew when the pool inside runs dry
_DIGITS = 9


def spread_information(graph: TagGraph | None, n_tags: int) -> csr_array:
    """Return how much each tag (row) receives of what each tag (column) is given.

    A tag has weight 1 to itself and the weight of the edge to a neighbour; rows add up to 1.

    Returns:
        Shape (n_tags, n_tags); the identity without a graph.
    """
    from scipy.sparse import coo_array, csr_array, diags_array, eye_array

    if graph is None:
        return csr_array(eye_array(n_tags))
    left, right, weight = _near_edges(graph)
    ends = (np.concatenate([left, right]), np.concatenate([right, left]))
    joined = coo_array((np.concatenate([weight, weight]), ends), shape=(n_tags, n_tags))
    matrix = csr_array(joined + eye_array(n_tags))
    return csr_array(diags_array(1 / np.asarray(matrix.sum(axis=1)).ravel()) @ matrix)


def _near_edges(graph: TagGraph) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the edges that are among the heaviest of both their ends."""
    edges, weights = graph.edges, graph.weights
    heaviest = np.argsort(-weights, kind="stable")
    node = edges[heaviest].ravel()
    by_node = np.argsort(node, kind="stable")
    counts = np.bincount(node, minlength=len(graph))
    rank = np.empty(len(node), dtype=np.int64)
    rank[by_node] = np.arange(len(node)) - np.repeat(np.cumsum(counts) - counts, counts)
    near = np.empty(len(edges), dtype=bool)
    near[heaviest] = (rank < NEIGHBOURS).reshape(-1, 2).all(axis=1)
    return edges[near, 0], edges[near, 1], weights[near]


def rate_quality(strength: FloatArray, group: IntArray) -> FloatArray:
    """Return the chance of each row to beat two others drawn from its group, shape (n,).

    It goes by rank: the chance to beat an average row, which the strengths give, is near 1 for half
    of a group whose judge hardly ever contradicts himself. Equal strengths (1e-9) share their
    rank; a row without strength counts as in the middle.

    Args:
        strength: Shape (n,); NaN where unknown.
        group: Shape (n,), from 0: the rows that are on one scale.
    """
    known = np.flatnonzero(np.isfinite(strength))
    value, inside = strength[known].round(_DIGITS), group[known]
    order = np.lexsort((value, inside))
    sizes = np.bincount(inside, minlength=1)
    first = np.cumsum(sizes) - sizes
    starts = np.flatnonzero(
        np.diff(value[order], prepend=np.nan).astype(bool)
        | (np.diff(inside[order], prepend=-1) != 0)
    )
    ties = np.diff(starts, append=len(order))
    below = np.empty(len(order))
    below[order] = np.repeat(starts + ties / 2, ties)
    quality = np.full(len(strength), 0.5)
    quality[known] = (below - first[inside]) / sizes[inside]
    rated: FloatArray = quality**RIVALS
    return rated


@dataclass
class _Worth:
    """What every tag has received so far, and what a little more would be worth."""

    spread: csr_array  # receivers by givers
    given: csr_array  # the same by givers
    total: FloatArray
    slope: FloatArray  # worth of one unit given to each tag

    @classmethod
    def start(cls, spread: csr_array) -> _Worth:
        """Return the state before any row is chosen."""
        given = spread.T.tocsr()
        total = np.zeros(spread.shape[0])
        slope: FloatArray = given @ _derive(total)
        return cls(spread, given, total, slope)

    def add(self, tags: IntArray, amount: float) -> None:
        """Give an amount to each of these tags."""
        at, which = _entries(self.given, tags)
        if not len(at):
            return
        np.add.at(self.total, self.given.indices[at], amount * self.given.data[at])
        receivers = np.unique(self.given.indices[at]).astype(np.int64)
        near = self.spread.indices[_entries(self.spread, receivers)[0]]
        givers = np.unique(near).astype(np.int64)
        at, which = _entries(self.given, givers)
        worth = self.given.data[at] * _derive(self.total[self.given.indices[at]])
        self.slope[givers] = np.bincount(which, worth, minlength=len(givers))


def _entries(matrix: csr_array, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return the positions of the entries of some rows, and which of the rows each belongs to."""
    start = matrix.indptr[rows]
    counts = matrix.indptr[rows + 1] - start
    which = np.repeat(np.arange(len(rows)), counts)
    return np.arange(len(which)) + (start - np.cumsum(counts) + counts)[which], which


def _derive(total: FloatArray) -> FloatArray:
    slope: FloatArray = POWER * (total + SHIFT) ** (POWER - 1)
    return slope


def order_by_information(
    bags: Bags,
    spread: csr_array,
    quality: FloatArray,
    rows: tuple[IntArray, IntArray, IntArray],
    limit: int,
) -> tuple[IntArray, FloatArray]:
    """Take, again and again, the row whose tags the information rises fastest for.

    Gains only fall while rows are taken, so what a row was worth before bounds what it is worth
    now: only a small pool of the best is valued anew each time, a larger one when the small one's
    best may have fallen below the rest, and so on up to all rows. Equal gains go by turn.

    Args:
        bags: Tags of every row.
        spread: What each tag receives of what each is given, see `spread_information`.
        quality: What a row gives to each of its tags, from 0, shape (n,).
        rows: Rows that may be taken; rows that are in already; turn of every row of the pool.
        limit: How many to take at most.

    Returns:
        The rows in the order taken, and the gain of each when it was taken.
    """
    free, taken, turn = rows
    state = _Worth.start(spread)
    for row in taken.tolist():
        state.add(_tags(bags, row), float(quality[row]))
    search = _Search(bags, quality, turn, state, min(limit, len(free)))
    search.take(free, (np.inf, 0))
    return np.array(search.chosen, dtype=np.int64), np.array(search.gains)


def _tags(bags: Bags, row: int) -> IntArray:
    return bags.indices[bags.indptr[row] : bags.indptr[row + 1]]


def order_in_turns(
    bags: Bags,
    spread: csr_array,
    quality: FloatArray,
    rows: tuple[IntArray, IntArray, IntArray],
    groups: tuple[IntArray, IntArray],
) -> tuple[IntArray, FloatArray]:
    """Take in each turn the row of one group whose tags the information rises fastest for.

    Args:
        bags: Tags of every row.
        spread: What each tag receives of what each is given, see `spread_information`.
        quality: What a row gives to each of its tags, from 0, shape (n,).
        rows: Rows that may be taken; rows that are in already; turn of every row of the pool.
        groups: Group of every row of the pool; whose turn it is, no group more often than it has
            rows.

    Returns:
        One row for each turn, and the gain of each when it was taken.
    """
    (free, taken, turn), (place, turns) = rows, groups
    state = _Worth.start(spread)
    for row in taken.tolist():
        state.add(_tags(bags, row), float(quality[row]))
    left = _split_by_group(free, place)
    listed = {group: _list_tags(bags, left[group]) for group in np.unique(turns).tolist()}
    gone = np.zeros(len(bags), dtype=bool)
    chosen, gains = [], []
    for group in turns.tolist():
        inside, (tags, which) = left[group], listed[group]
        summed = np.bincount(which, state.slope[tags], minlength=len(inside))
        gain = np.round(quality[inside] * summed, _DIGITS)
        gain[gone[inside]] = -1
        best = _find_best(gain, turn[inside])
        row = int(inside[best])
        gone[row] = True
        chosen.append(row)
        gains.append(float(gain[best]))
        state.add(_tags(bags, row), float(quality[row]))
    return np.array(chosen, dtype=np.int64), np.array(gains)


def _split_by_group(rows: IntArray, place: IntArray) -> dict[int, IntArray]:
    """Return the rows of each group that has any, in their order."""
    if not len(rows):
        return {}
    order = np.argsort(place[rows], kind="stable")
    groups, starts = np.unique(place[rows][order], return_index=True)
    return dict(zip(groups.tolist(), np.split(rows[order], starts[1:]), strict=True))


@dataclass
class _Search:
    """A lazy greedy search in pools inside pools; `bound` is minus a gain, and a turn."""

    bags: Bags
    quality: FloatArray
    turn: IntArray
    state: _Worth
    limit: int
    chosen: list[int] = field(default_factory=list)
    gains: list[float] = field(default_factory=list)

    def take(self, rows: IntArray, bound: tuple[float, int], level: int = 0) -> None:
        """Take rows until the best of these falls behind the bound, or none is wanted."""
        tags, which = _list_tags(self.bags, rows)
        gone = np.zeros(len(rows), dtype=bool)
        while len(self.chosen) < self.limit:
            summed = np.bincount(which, self.state.slope[tags], minlength=len(rows))
            gain = np.round(self.quality[rows] * summed, _DIGITS)
            gain[gone] = -1
            best = _find_best(gain, self.turn[rows])
            if gain[best] < 0 or (-gain[best], self.turn[rows[best]]) > bound:
                return
            if level == len(_POOLS) or len(rows) <= _POOLS[level]:
                self._choose(int(rows[best]), float(gain[best]))
                gone[best] = True
                continue
            inside, outside = _split_best(gain, self.turn[rows], _POOLS[level])
            inside, before = inside[~gone[inside]], len(self.chosen)
            self.take(rows[inside], min(bound, outside), level + 1)
            gone[inside] |= np.isin(rows[inside], self.chosen[before:])

    def _choose(self, row: int, gain: float) -> None:
        self.chosen.append(row)
        self.gains.append(gain)
        self.state.add(_tags(self.bags, row), float(self.quality[row]))


def _list_tags(bags: Bags, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return the tags of some rows one after another, and which of the rows each belongs to."""
    counts = bags.indptr[rows + 1] - bags.indptr[rows]
    which = np.repeat(np.arange(len(rows)), counts)
    inside = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return bags.indices[bags.indptr[rows][which] + inside], which


def _find_best(gain: FloatArray, turn: IntArray) -> int:
    """Return the place of the highest gain, ties by turn."""
    ties = np.flatnonzero(gain == gain.max())
    return int(ties[np.argmin(turn[ties])])


def _split_best(gain: FloatArray, turn: IntArray, size: int) -> tuple[IntArray, tuple[float, int]]:
    """Return the places of the best, and minus the gain and the turn of the best of the rest."""
    cut = len(gain) - size
    high = np.flatnonzero(gain >= np.partition(gain, cut - 1)[cut - 1])
    order = high[np.lexsort((turn[high], -gain[high]))]
    first = order[size]
    return order[:size], (-float(gain[first]), int(turn[first]))
