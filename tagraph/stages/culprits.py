"""Questions without a verdict to the samples they are due to."""

from __future__ import annotations

import numpy as np

from tagraph.data import BoolArray, IntArray

ENOUGH = 3  # questions, with two rivals at least, that a sample must have spoilt to be named


def find_culprits(first: IntArray, second: IntArray, spoilt: BoolArray, n_items: int) -> IntArray:
    """Return the items present in spoilt questions with several rivals, sorted.

    An item is named when it spoilt at least `ENOUGH` questions with at least two rivals, and spoilt
    those with most of its rivals; what it spoilt is then no longer held against its rivals, and the
    next is looked for. So an item that meets only culprits is never named, and a judge that refuses
    everything names nobody.

    Args:
        first: Item shown first, shape (m,).
        second: Item shown second, shape (m,).
        spoilt: Whether the judge gave no verdict on this question, shape (m,).
        n_items: Number of items.
    """
    keys, where = np.unique(
        np.minimum(first, second) * n_items + np.maximum(first, second), return_inverse=True
    )
    questions = np.bincount(where, spoilt, len(keys)).astype(np.int64)
    ends = np.stack(np.divmod(keys, max(n_items, 1)))
    found: list[int] = []
    while (questions == 0).any():
        blamed, rivals = (_per_item(ends, n, n_items) for n in (questions, questions > 0))
        met = _per_item(ends, questions >= 0, n_items)
        named = (blamed >= ENOUGH) & (rivals >= 2) & (2 * rivals > met)
        if not named.any():
            break
        share = np.where(named, rivals / np.maximum(met, 1), 0.0)
        item = int(np.lexsort((-blamed, -share))[0])
        found.append(item)
        questions[(ends == item).any(axis=0)] = _EXPLAINED
    return np.array(sorted(found), dtype=np.int64)


_EXPLAINED = -1


def _per_item(ends: IntArray, values: IntArray | BoolArray, n_items: int) -> IntArray:
    """Return the sum of the pairs' values over each item; explained pairs count nothing."""
    counted = np.maximum(values, 0)
    totals = sum(np.bincount(side, counted, n_items) for side in ends)
    return np.asarray(totals).astype(np.int64)
