"""Quality first, but nothing near what is in already: DEITA's rule (arXiv 2312.15685), own code."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from tagraph.data import BoolArray, FloatArray, IntArray

_WIDE, _BLOCK = 16_384, 1024  # rows compared with their own group, and with all, at a time


def order_by_distance(
    vectors: FloatArray,
    rows: IntArray,
    groups: IntArray,
    taken: IntArray,
    limit: int,
    max_cosine: float,
) -> tuple[IntArray, FloatArray, BoolArray]:
    """Walk down the rows and pass over those near one taken before.

    Where too few rows are left apart from each other, the rows passed over fill up, in their order,
    so that the number is always met.

    Args:
        vectors: Unit rows, shape (n, d).
        rows: The rows that may be taken, best first.
        groups: Group of every row of the pool, from 0. A row is compared with those of its group
            first, which spares the rest where it is passed over; the result is the same.
        taken: Rows that are in already.
        limit: How many to take at most.
        max_cosine: A row is near another above this cosine, to 1e-6.

    Returns:
        The rows in the order taken; the highest cosine of each to a row taken before it (NaN for
        the first), of one that fills up to any other that does not; whether it fills up.
    """
    kept = _Kept(vectors, groups, taken, min(limit, len(rows)))
    passed: list[int] = []
    for start in range(0, len(rows), _WIDE):
        wide = rows[start : start + _WIDE]
        near = kept.is_near_in_group(wide, max_cosine)
        passed += wide[near].tolist()
        apart = wide[~near]
        for first in range(0, len(apart), _BLOCK):
            passed += kept.take(apart[first : first + _BLOCK], max_cosine, limit)
        if len(kept.rows) >= limit:
            break
    rank = np.empty(len(vectors), dtype=np.int64)
    rank[rows] = np.arange(len(rows))
    spare = sorted(passed, key=rank.__getitem__)[: max(0, limit - len(kept.rows))]
    return kept.conclude(np.array(spare, dtype=np.int64))


class _Kept:
    """The rows taken so far, and their vectors side by side."""

    def __init__(self, vectors: FloatArray, groups: IntArray, taken: IntArray, room: int) -> None:
        self._vectors, self._groups = vectors, groups
        self._held = np.zeros((len(taken) + room, vectors.shape[1]), dtype=np.float32)
        self._held[: len(taken)] = vectors[taken]
        self._count = len(taken)
        self._of_group: defaultdict[int, list[int]] = defaultdict(list)
        for place, group in enumerate(groups[taken].tolist()):
            self._of_group[group].append(place)
        self.rows: list[int] = []
        self._cosine: list[float] = []

    def is_near_in_group(self, block: IntArray, max_cosine: float) -> BoolArray:
        """Return which rows are near one of their own group that was taken."""
        near = np.full(len(block), -np.inf)
        order = np.argsort(self._groups[block], kind="stable")
        inside = self._groups[block][order]
        starts = np.flatnonzero(np.diff(inside, prepend=-1))
        for mine, group in zip(np.split(order, starts[1:]), inside[starts].tolist(), strict=True):
            if places := self._of_group.get(group):
                cosine = _read(self._vectors, block[mine]) @ self._held[places].T
                near[mine] = cosine.max(axis=1)
        found: BoolArray = near.round(6) > max_cosine
        return found

    def take(self, block: IntArray, max_cosine: float, limit: int) -> list[int]:
        """Take the rows that are not near one before them, in order; return the others."""
        passed = []
        held = _read(self._vectors, block)
        near = _nearest(held, self._held[: self._count])
        apart = near.round(6) <= max_cosine
        passed += block[~apart].tolist()
        held, near, block = held[apart], near[apart], block[apart]
        inside = held @ held.T
        for i, row in enumerate(block.tolist()):
            if len(self.rows) >= limit:
                break
            if round(float(near[i]), 6) > max_cosine:
                passed.append(row)
                continue
            self.rows.append(row)
            self._cosine.append(float(near[i]))
            self._held[self._count] = held[i]
            self._of_group[int(self._groups[row])].append(self._count)
            self._count += 1
            np.maximum(near, inside[i], out=near)
        return passed

    def conclude(self, spare: IntArray) -> tuple[IntArray, FloatArray, BoolArray]:
        """Return rows, cosines and whether they fill up."""
        cosine = self._cosine
        for start in range(0, len(spare), _BLOCK):
            part = _read(self._vectors, spare[start : start + _BLOCK])
            cosine = [*cosine, *_nearest(part, self._held[: self._count]).tolist()]
        figure: FloatArray = np.array(cosine, dtype=np.float64).round(6)
        figure[np.isinf(figure)] = np.nan
        rows = np.append(np.array(self.rows, dtype=np.int64), spare)
        return rows, figure, np.arange(len(rows)) >= len(self.rows)


def _read(vectors: FloatArray, rows: IntArray) -> NDArray[np.float32]:
    return vectors[rows].astype(np.float32)


def _nearest(block: NDArray[np.float32], kept: NDArray[np.float32]) -> FloatArray:
    """Return each row's highest cosine to the rows kept, -inf if there are none."""
    if not len(kept):
        return np.full(len(block), -np.inf)
    near: FloatArray = (block @ kept.T).max(axis=1).astype(np.float64)
    return near
