"""Arrays to short lists: the first few of each group, and numbers that JSON can carry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tagraph.data import BoolArray, FloatArray, IntArray


def first_of_each(group: IntArray, limit: int) -> BoolArray:
    """Return which entries are among the first `limit` of their group, same shape.

    Args:
        group: Group of each entry, equal ones side by side, shape (n,).
        limit: How many of a group.
    """
    starts = np.flatnonzero(np.diff(group, prepend=-1) != 0) if len(group) else group
    size = np.diff(np.append(starts, len(group)))
    place = np.arange(len(group)) - np.repeat(starts, size)
    first: BoolArray = place < limit
    return first


def split_groups(group: IntArray, values: IntArray, n_groups: int) -> list[list[int]]:
    """Return the values of each group as lists; `group` is sorted."""
    ends = np.searchsorted(group, np.arange(n_groups), side="right")
    return [part.tolist() for part in np.split(values, ends)[:n_groups]]


def rounded(values: FloatArray | Sequence[float], digits: int = 3) -> list[float | None]:
    """Return numbers for JSON; what is not finite becomes None."""
    array = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(array)
    short = np.round(np.where(finite, array, 0.0), digits).tolist()
    return [v if is_real else None for v, is_real in zip(short, finite.tolist(), strict=True)]


def number(value: float, digits: int = 4) -> float | None:
    """Return one number for JSON; what is not finite becomes None."""
    return rounded([value], digits)[0]
