"""First groups of samples to clusters of a size that a tournament can use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tagraph.cores import spread
from tagraph.data import Bags, BoolArray, FloatArray, IntArray, Move

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class VectorRows(Protocol):
    """Dense rows that may be made when they are asked for."""

    def __getitem__(self, rows: IntArray | slice, /) -> FloatArray: ...


@dataclass(frozen=True, eq=False)
class Phase:
    """An assignment of all samples, and why it moved some; `{size}` is that of the cluster left."""

    membership: IntArray
    reason: str = ""


def assign_by_tags(weighed: csr_array, communities: IntArray) -> IntArray:
    """Return the community that the tags of each row weigh most for, shape (n,); -1 for no tag.

    Ties go to the smaller number.

    Args:
        weighed: Shape (n, n_tags), informativeness of each tag.
        communities: Community of each tag, shape (n_tags,).
    """
    from scipy.sparse import csr_array

    n_tags, width = len(communities), int(communities.max(initial=0)) + 1
    belongs = csr_array((np.ones(n_tags), (np.arange(n_tags), communities)), shape=(n_tags, width))
    votes = (weighed @ belongs).tocoo()
    order = np.lexsort((votes.col, -np.round(votes.data, 9), votes.row))
    row, first = np.unique(votes.row[order], return_index=True)
    assigned = np.full(weighed.shape[0], -1, dtype=np.int64)
    assigned[row] = votes.col[order][first]
    return assigned


def split_clusters(
    membership: IntArray,
    sizes: IntArray,
    max_size: int,
    divide: Callable[[IntArray, int], IntArray],
) -> IntArray:
    """Divide clusters above `max_size` until none is, or none can be divided further.

    Args:
        membership: Shape (n,), from 0.
        sizes: Samples that each node stands for, shape (n,).
        max_size: Samples a cluster may hold.
        divide: Takes positions of nodes and a wanted number, returns the part of each from 0,
            the largest first; called from several threads at once.

    Returns:
        Shape (n,): the largest part keeps its number, the others get new ones at the end.
    """
    result = membership.copy()
    queue = np.flatnonzero(np.bincount(result, weights=sizes) > max_size).tolist()
    last = int(result.max(initial=-1))

    def divide_one(nodes: IntArray) -> IntArray:
        if len(nodes) < 2:
            return np.zeros(len(nodes), dtype=np.int64)
        return divide(nodes, -(-2 * int(sizes[nodes].sum()) // max_size))

    while queue:
        numbers, queue = queue, []
        groups = [np.flatnonzero(result == number) for number in numbers]
        for number, nodes, parts in zip(numbers, groups, spread(divide_one, groups), strict=True):
            if not parts.any():
                continue
            result[nodes] = np.where(parts > 0, last + parts, number)
            large = np.flatnonzero(np.bincount(parts, weights=sizes[nodes]) > max_size)
            queue += [number if part == 0 else last + part for part in large.tolist()]
            last += int(parts.max())
    return result


def pool_clusters(
    sizes: IntArray,
    affinity: Callable[[int], FloatArray],
    *,
    min_size: int = 1,
    max_size: int | None = None,
    n_clusters: int | None = None,
) -> IntArray:
    """Pool small clusters, the smallest first, each into the most alike that has room.

    A cluster that is like no other goes to the smallest one with room, so that strangers gather;
    one that fits nowhere stays.

    Args:
        sizes: Samples of each cluster, shape (k,).
        affinity: Likeness of a cluster to each cluster, shape (k,); 0 or less is none.
        min_size: Clusters below are pooled.
        max_size: Samples that a pooled cluster may hold; None sets no limit.
        n_clusters: Pool until this many clusters are left, instead of until all reach `min_size`.

    Returns:
        The cluster each one went to, shape (k,), itself where it stayed.
    """
    size, goes_to = sizes.astype(np.int64), np.arange(len(sizes), dtype=np.int64)
    alive, stuck = np.ones(len(size), dtype=bool), np.zeros(len(size), dtype=bool)
    room = np.iinfo(np.int64).max if max_size is None else max_size
    floor = np.iinfo(np.int64).max if n_clusters is not None else min_size
    while alive.sum() > (n_clusters or 1):
        small = np.flatnonzero(alive & ~stuck & (size < floor))
        if not len(small):
            break
        number = int(small[np.lexsort((-small, size[small]))[0]])
        fits = alive & (size + size[number] <= room)
        fits[number] = False
        likeness = np.where(fits, np.round(affinity(number), 6), -np.inf)
        if not fits.any():
            stuck[number] = True
            continue
        target = _choose(likeness, size, fits)
        goes_to[number] = target
        alive[number] = False
        size[target] += size[number]
    return _follow(goes_to)


def divide_largest(
    membership: IntArray,
    sizes: IntArray,
    n_clusters: int,
    divide: Callable[[IntArray, int], IntArray],
) -> IntArray:
    """Halve the largest cluster that can be divided until there are `n_clusters`, or none can.

    Args and result as in `split_clusters`.
    """
    result = membership.copy()
    whole: set[int] = set()
    while len(totals := np.bincount(result, weights=sizes)) < n_clusters:
        able = [c for c in np.argsort(-totals, kind="stable").tolist() if c not in whole]
        if not able:
            break
        nodes = np.flatnonzero(result == able[0])
        parts = divide(nodes, 2) if len(nodes) > 1 else np.zeros(1, dtype=np.int64)
        if not parts.any():
            whole.add(able[0])
        result[nodes] = np.where(parts > 0, len(totals) - 1 + parts, able[0])
    return result


def assign_by_vectors(vectors: VectorRows, membership: IntArray, block: int = 2**16) -> IntArray:
    """Return the membership with each sample at -1 in the cluster whose mean vector is nearest.

    Args:
        vectors: Unit or zero rows, shape (n, d).
        membership: Shape (n,); -1 means none. Without any cluster it is returned as it is.
        block: Rows that are summed at once.
    """
    from scipy.sparse import csr_array

    away, placed = np.flatnonzero(membership < 0), np.flatnonzero(membership >= 0)
    if not len(away) or not len(placed):
        return membership
    width = int(membership.max()) + 1
    sums = csr_array(
        (np.ones(len(placed)), (membership[placed], placed)), shape=(width, len(membership))
    )
    columns = sums.tocsc()
    centres: FloatArray = np.zeros((width, 1))
    for at in range(0, len(membership), block):
        centres = centres + np.asarray(columns[:, at : at + block] @ vectors[at : at + block])
    centres = np.round(centres, 6)
    length = np.linalg.norm(centres, axis=1, keepdims=True)
    cosines = np.round(vectors[away] @ (centres / np.where(length > 0, length, 1.0)).T, 6)
    result = membership.copy()
    result[away] = np.argmax(cosines, axis=1)
    return result


def list_moves(phases: Sequence[Phase], final: IntArray) -> tuple[Move, ...]:
    """Return the samples that any phase moved, in order, each with the reasons of its moves.

    Args:
        phases: Assignments in the order made; the first is where samples stood before.
        final: The last assignment as it is numbered in the end, shape (n_samples,).
    """
    steps = [
        (before.membership, _count(before.membership), after.membership, after.reason)
        for before, after in pairwise(phases)
    ]
    start = phases[0].membership
    changed = np.zeros(len(start), dtype=bool)
    for left, _, right, _ in steps:
        changed |= left != right
    return tuple(
        Move(
            i,
            int(start[i]),
            int(final[i]),
            "; ".join(
                reason.format(size=sizes[left[i]])
                for left, sizes, right, reason in steps
                if left[i] != right[i]
            ),
        )
        for i in np.flatnonzero(changed).tolist()
    )


def cut_evenly(membership: IntArray, order: IntArray, max_size: int) -> IntArray:
    """Cut clusters above `max_size` into equal runs of `order`: the last resort.

    Args:
        membership: Shape (n_samples,); -1 means none.
        order: Shape (n_samples,), the place of each sample in canonical order.
        max_size: Samples a cluster may hold.

    Returns:
        Shape (n_samples,): the first run keeps its number, the others get new ones at the end.
    """
    result = membership.copy()
    counts = np.bincount(result[result >= 0])
    fresh = len(counts)
    for number in np.flatnonzero(counts > max_size).tolist():
        members = np.flatnonzero(membership == number)
        members = members[np.argsort(order[members], kind="stable")]
        n_parts = -(-len(members) // max_size)
        part = np.arange(len(members)) * n_parts // len(members)
        result[members] = np.where(part > 0, fresh + part - 1, number)
        fresh += n_parts - 1
    return result


def link_clusters(bags: Bags, membership: IntArray, n_clusters: int) -> IntArray:
    """Return the other clusters that each sample's tags point to, shape (m, 2), sorted.

    A tag points to the cluster that holds most of its uses, the smaller number on a tie; a tag
    that is used once points to its own sample's cluster.

    Args:
        bags: Tag bags.
        membership: Shape (n_samples,); samples at -1 get links but lend none.
        n_clusters: Number of clusters.
    """
    home = membership[bags.bag_of]
    placed = home >= 0
    width = max(1, n_clusters)
    cell, uses = np.unique(bags.indices[placed] * width + home[placed], return_counts=True)
    tag, cluster = np.divmod(cell, width)
    best = np.lexsort((cluster, -uses, tag))
    known, first = np.unique(tag[best], return_index=True)
    points_to = np.full(len(bags.vocabulary), -1, dtype=np.int64)
    points_to[known] = cluster[best][first]
    other = points_to[bags.indices]
    away = (other >= 0) & (other != home)
    key = np.unique(bags.bag_of[away] * width + other[away])
    return np.column_stack(np.divmod(key, width)).astype(np.int64)


def _count(membership: IntArray) -> list[int]:
    """Return the samples of each cluster, and at the end of none."""
    counts: list[int] = np.bincount(np.where(membership < 0, 0, membership + 1)).tolist()
    return counts[1:] + counts[:1]


def _choose(likeness: FloatArray, size: IntArray, fits: BoolArray) -> int:
    """Return the most alike cluster, larger first; without any likeness the smallest that fits."""
    if likeness.max() > 0:
        best = np.flatnonzero(likeness == likeness.max())
        return int(best[np.argmax(size[best])])
    able = np.flatnonzero(fits)
    return int(able[np.argmin(size[able])])


def _follow(goes_to: IntArray) -> IntArray:
    """Return where each chain of moves ends."""
    while (goes_to[goes_to] != goes_to).any():
        goes_to = goes_to[goes_to]
    return goes_to
