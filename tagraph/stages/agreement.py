"""Two partitions of the same things to how well they agree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tagraph.data import FloatArray, IntArray


class Agreement(NamedTuple):
    """How well two partitions agree.

    Attributes:
        adjusted_rand: Adjusted Rand index (Hubert and Arabie, 1985): 1 equal, about 0 by chance.
        v_measure: V-measure (Rosenberg and Hirschberg, 2007), 0 to 1; rises with the number of
            groups, so it is only to be compared at equal numbers.
    """

    adjusted_rand: float
    v_measure: float


def measure_agreement(left: IntArray, right: IntArray) -> Agreement:
    """Return how well two partitions agree on the things that both place.

    Args:
        left: Group of each thing, shape (n,); negative means none.
        right: Same shape.

    Returns:
        Both measures 1 where nothing is shared or both put everything in one group.
    """
    first, second, count = cross_groups(left, right)
    return Agreement(_adjusted_rand(first, second, count), _v_measure(first, second, count))


def cross_groups(left: IntArray, right: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return the group on the left, that on the right and how many things are in both, sorted."""
    both = (left >= 0) & (right >= 0)
    width = int(right.max(initial=-1)) + 1
    cell, count = np.unique(left[both] * width + right[both], return_counts=True)
    first, second = np.divmod(cell, max(1, width))
    return first.astype(np.int64), second.astype(np.int64), count.astype(np.int64)


def _adjusted_rand(first: IntArray, second: IntArray, count: IntArray) -> float:
    together = _pairs(count)
    left, right = (_pairs(np.bincount(group, count)) for group in (first, second))
    everything = _pairs(np.array([count.sum()]))
    expected = left * right / everything if everything else 0.0
    most = (left + right) / 2
    if most == expected:
        return 1.0
    return round(float((together - expected) / (most - expected)), 6)


def _pairs(sizes: IntArray | FloatArray) -> float:
    exact = sizes.astype(float)
    return float((exact * (exact - 1) / 2).sum())


def _v_measure(first: IntArray, second: IntArray, count: IntArray) -> float:
    left, right = (_entropy(np.bincount(group, count)) for group in (first, second))
    shared = left + right - _entropy(count)
    if left + right == 0:
        return 1.0
    return round(max(0.0, 2 * shared / (left + right)), 6)


def _entropy(sizes: IntArray | FloatArray) -> float:
    share = sizes[sizes > 0] / max(1.0, float(sizes.sum()))
    return float(-(share * np.log(share)).sum())
