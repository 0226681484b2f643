"""Labels of items to padded blocks of items, so that many small problems run as one array."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.stages.bradley_terry.edges import Edges

CELLS = 2_000_000
"""Most numbers in one array of shape (n_blocks, size, size), unless one block alone is larger."""


def pad_blocks(labels: IntArray, cells: int = CELLS) -> Iterator[IntArray]:
    """Yield the items of each label as rows of arrays (n_blocks, size), padded with -1.

    Items with a negative label are left out. Blocks of like size share an array, smallest first; no
    row is padded by more than a quarter. Items of a block are in ascending order.
    """
    items = np.flatnonzero(labels >= 0)
    items = items[np.argsort(labels[items], kind="stable")]
    starts = np.flatnonzero(np.diff(labels[items], prepend=-1))
    sizes = np.diff(starts, append=len(items))
    widths = _round_up(sizes)
    order = np.lexsort((starts, widths))
    for width in np.unique(widths).tolist():
        chosen = order[widths[order] == width]
        step = max(1, cells // width**2)
        for begin in range(0, len(chosen), step):
            part = chosen[begin : begin + step]
            yield _fill(items, starts[part], sizes[part])


def _round_up(sizes: IntArray) -> IntArray:
    """Round sizes up to four steps per power of two."""
    step = 2 ** np.maximum(0, np.floor(np.log2(np.maximum(sizes, 1))) - 2).astype(np.int64)
    rounded: IntArray = -(-sizes // step) * step
    return rounded


def _fill(items: IntArray, starts: IntArray, sizes: IntArray) -> IntArray:
    """Return rows `items[start:start + size]`, padded with -1 to the longest."""
    place = np.arange(sizes.max())
    inside = place < sizes[:, None]
    where = np.minimum(starts[:, None] + place, len(items) - 1)
    filled: IntArray = np.where(inside, items[where], -1)
    return filled


@dataclass(frozen=True, eq=False)
class Block:
    """Items in padded rows, and the edges between items of one row.

    Attributes:
        items: Shape (n_rows, size), padded with -1.
        edge: The edges inside, ascending, shape (m,).
        row: Row of each of them.
        first: Column of its first item.
        second: Column of its second item.
    """

    items: IntArray
    edge: IntArray
    row: IntArray
    first: IntArray
    second: IntArray

    def join(self, weight: FloatArray) -> FloatArray:
        """Return minus the weights between items of each row, shape (n_rows, size, size)."""
        n_rows, size = self.items.shape
        cell = (self.row * size + self.first) * size + self.second
        flat = np.bincount(cell, weight[self.edge], n_rows * size * size)
        matrix = -flat.astype(np.float64).reshape(n_rows, size, size)
        matrix += np.swapaxes(matrix, 1, 2).copy()
        return matrix


def lay_blocks(edges: Edges, labels: IntArray) -> list[Block]:
    """Return the items of each label in padded blocks, with the edges inside."""
    return [lay_block(edges, items) for items in pad_blocks(labels)]


def lay_block(edges: Edges, items: IntArray) -> Block:
    """Return a block of items, shape (n_rows, size), padded with -1, with the edges inside."""
    near = edges.starting(np.sort(items[items >= 0]))
    row, first = find_places(items, edges.first[near])
    other, second = find_places(items, edges.second[near])
    inside = (second >= 0) & (row == other)
    return Block(items, near[inside], row[inside], first[inside], second[inside])


def find_places(items: IntArray, sought: IntArray) -> tuple[IntArray, IntArray]:
    """Return row and column in padded rows of items of each item sought, column -1 if in none."""
    where = np.flatnonzero(items.ravel() >= 0)
    known = items.ravel()[where]
    order = np.argsort(known)
    known, where = known[order], where[order]
    at = np.minimum(np.searchsorted(known, sought), len(known) - 1)
    row, column = np.divmod(where[at], items.shape[1])
    return row, np.where(known[at] == sought, column, -1)
