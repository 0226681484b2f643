"""Two pools of tag bags to one, rows in a given order."""

from __future__ import annotations

import numpy as np

from tagraph.data import Bags, IntArray


def join_bags(old: Bags, new: Bags, order: IntArray) -> Bags:
    """Return the rows of both pools in a common vocabulary.

    Args:
        old: Bags of the one pool.
        new: Bags of the other.
        order: Which row each row of the result is, those of `new` counted on after those of `old`,
            shape (n,).
    """
    vocabulary = tuple(sorted({*old.vocabulary, *new.vocabulary}))
    position = {tag: i for i, tag in enumerate(vocabulary)}
    moved = [
        np.array([position[tag] for tag in part.vocabulary], dtype=np.int64)[part.indices]
        for part in (old, new)
    ]
    tags = np.concatenate(moved)
    counts = np.concatenate([np.diff(old.indptr), np.diff(new.indptr)])
    start = np.cumsum(counts) - counts
    taken = counts[order]
    inside = np.arange(int(taken.sum())) - np.repeat(np.cumsum(taken) - taken, taken)
    indptr = np.concatenate([[0], np.cumsum(taken)]).astype(np.int64)
    return Bags(indptr, tags[np.repeat(start[order], taken) + inside], vocabulary)
