"""Complexity-first diverse sampling: rounds of rows with many tags that cover what is uncovered.

The method is that of InsTag (arXiv 2308.07074, Algorithm 1); the code is our own.
"""

from __future__ import annotations

from heapq import heapify, heapreplace

import numpy as np

from tagraph.data import Bags, FloatArray, IntArray


def order_by_complexity(bags: Bags, rows: IntArray, limit: int) -> tuple[IntArray, FloatArray]:
    """Return the first rows that a scan in rounds takes.

    A round starts with no tag covered and goes through the rows; a row is taken if it adds a tag.
    A round ends with the rows, and the next one goes through those left. Rows without tags add
    none and come last, in their order. Instead of scanning, each uncovered tag waits at its first
    row left; the nearest of these is what the scan would take, so a round costs its tags.

    Args:
        bags: Tags of every row of the pool.
        rows: The rows that may be taken, most complex first.
        limit: How many to take at most.

    Returns:
        The rows in the order taken, and how many uncovered tags each one added.
    """
    queues = _queue_rows(bags, rows)
    left = np.ones(len(rows), dtype=bool)
    taken: list[int] = []
    gains: list[int] = []
    while queues and len(taken) < limit:
        queues = _play_round(bags, rows, (queues, left), (taken, gains), limit)
    rest = np.flatnonzero(left)[: max(0, limit - len(taken))]
    found = np.concatenate([rows[np.array(taken, dtype=np.int64)], rows[rest]])
    return found, np.array(gains + [0] * len(rest), dtype=np.float64)


class _Queue:
    """The places of the rows that hold one tag, in the order of the scan."""

    __slots__ = ("next", "places", "tag")

    def __init__(self, tag: int, places: IntArray) -> None:
        self.tag, self.places, self.next = tag, places, 0

    def first(self, left: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
        """Return the first place left, -1 if there is none."""
        while self.next < len(self.places) and not left[self.places[self.next]]:
            self.next += 1
        return int(self.places[self.next]) if self.next < len(self.places) else -1


def _queue_rows(bags: Bags, rows: IntArray) -> list[_Queue]:
    """Return one queue for each tag that the rows hold."""
    counts = np.diff(bags.indptr)[rows]
    place = np.repeat(np.arange(len(rows)), counts)
    inside = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
    tag = bags.indices[np.repeat(bags.indptr[rows], counts) + inside]
    order = np.argsort(tag, kind="stable")
    tags, start = np.unique(tag[order], return_index=True)
    parts = np.split(place[order], start[1:]) if len(tags) else []
    return [_Queue(int(t), part) for t, part in zip(tags.tolist(), parts, strict=True)]


def _play_round(
    bags: Bags,
    rows: IntArray,
    waiting: tuple[list[_Queue], np.ndarray[tuple[int], np.dtype[np.bool_]]],
    told: tuple[list[int], list[int]],
    limit: int,
) -> list[_Queue]:
    """Play one round; return the queues that are not used up."""
    (queues, left), (taken, gains) = waiting, told
    heap = [(queue.first(left), queue.tag) for queue in queues]
    alive = [queue for queue, (place, _) in zip(queues, heap, strict=True) if place >= 0]
    heap = [entry for entry in heap if entry[0] >= 0]
    heapify(heap)
    covered: set[int] = set()
    end = (len(rows), -1)
    while heap and heap[0] != end and len(taken) < limit:
        place, tag = heap[0]
        heapreplace(heap, end)
        if tag in covered:
            continue
        row = int(rows[place])
        held = bags.indices[bags.indptr[row] : bags.indptr[row + 1]].tolist()
        gains.append(len(set(held) - covered))
        covered.update(held)
        left[place] = False
        taken.append(place)
    return alive
