"""How often runs keep nodes together to groups of them: merge the closest, settle the nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def merge_groups(membership: IntArray, runs: IntArray, wanted: int) -> IntArray:
    """Merge the two groups whose nodes the runs keep together most, until `wanted` are left.

    Average linkage on the share of runs (evidence accumulation; Fred and Jain, 2005), started
    from groups; ties go to the smaller numbers.

    Args:
        membership: Shape (n,), from 0, every number used.
        runs: Shape (n_runs, n).
        wanted: At least 1.

    Returns:
        Shape (n,), numbered anew from 0.
    """
    sizes = np.bincount(membership).astype(float)
    together, into = _count_together(membership, runs), np.arange(len(sizes))
    share = together / np.outer(sizes, sizes)
    np.fill_diagonal(share, -1.0)
    nearest = share.argmax(axis=1)
    for _ in range(len(sizes) - wanted):
        best = int(share[np.arange(len(sizes)), nearest].argmax())
        kept, gone = sorted((best, int(nearest[best])))
        into[into == gone] = kept
        sizes[kept] += sizes[gone]
        together[kept] += together[gone]
        together[:, kept] = together[kept]
        row = np.where(share[kept] < 0, -1.0, together[kept] / (sizes[kept] * sizes))
        share[gone], share[:, gone] = -1.0, -1.0
        row[gone] = -1.0
        share[kept] = share[:, kept] = row
        nearest[row > share[np.arange(len(sizes)), nearest]] = kept
        stale = np.flatnonzero(np.isin(nearest, [kept, gone]) | (np.arange(len(sizes)) == kept))
        nearest[stale] = share[stale].argmax(axis=1)
    return np.unique(into[membership], return_inverse=True)[1].astype(np.int64)


def settle_nodes(membership: IntArray, runs: IntArray, edges: IntArray) -> IntArray:
    """Move each node once to the group next to it whose nodes it shares most runs with.

    The share is the mean over the group's nodes, the node itself left out; a tie keeps the node
    where it is, and otherwise goes to the smaller number.

    Args:
        membership: Shape (n,), from 0.
        runs: Shape (n_runs, n).
        edges: Shape (m, 2); a group is next to a node that an edge joins to one of its nodes.

    Returns:
        Shape (n,), numbered anew from 0.
    """
    n, sizes = len(membership), np.bincount(membership)
    width = len(sizes)
    left, right = edges.T
    beside = (left * width + membership[right], right * width + membership[left])
    own = np.arange(n) * width + membership
    node, group = np.divmod(np.unique(np.concatenate([*beside, own])), width)
    at_home = membership[node] == group
    shared = np.zeros(len(node))
    for run in runs:
        labels = int(run.max()) + 1
        cells, counts = np.unique(membership * labels + run, return_counts=True)
        place = np.searchsorted(cells, wanted := group * labels + run[node])
        place = np.minimum(place, len(cells) - 1)
        shared += np.where(cells[place] == wanted, counts[place], 0) - at_home
    share = shared / np.maximum(sizes[group] - at_home, 1)
    order = np.lexsort((group, ~at_home, -np.round(share, 9), node))
    settled = group[order][np.unique(node[order], return_index=True)[1]]
    return np.unique(settled, return_inverse=True)[1].astype(np.int64)


def _count_together(membership: IntArray, runs: IntArray) -> FloatArray:
    """Return how many pairs of nodes of each two groups the runs keep together, all runs summed."""
    from scipy.sparse import csr_array

    n, width = len(membership), int(membership.max()) + 1
    ones = np.ones(n)
    groups: csr_array = csr_array((ones, (membership, np.arange(n))), shape=(width, n))
    total: FloatArray = np.zeros((width, width))
    for run in runs:
        cells = groups @ csr_array((ones, (np.arange(n), run)), shape=(n, int(run.max()) + 1))
        total += (cells @ cells.T).toarray()
    return total
