"""Labels of items to padded blocks of items, so that many small problems run as one array."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tagraph.data import IntArray

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
