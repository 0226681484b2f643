"""A partition of nodes: its numbering and its stability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagraph.data import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Partition:
    """Which community each node is in, numbered by falling size, then by smallest node.

    Attributes:
        membership: Shape (n,).
        runs: The partitions that went into the consensus, shape (n_runs, n).
        resolution: Resolution that was used.
        quality: Modularity or CPM value of `membership`.
        backend: What found it.
    """

    membership: IntArray
    runs: IntArray
    resolution: float
    quality: float
    backend: str


def number_by_size(
    membership: IntArray, sizes: IntArray | None = None, order: IntArray | None = None
) -> IntArray:
    """Renumber communities from 0 by falling size, then by their first node.

    Args:
        membership: Shape (n,); negative means none and stays -1.
        sizes: What each node counts, shape (n,); None counts each once.
        order: Place of each node in canonical order, shape (n,); None takes nodes as they stand.
    """
    placed = membership >= 0
    names, inverse = np.unique(membership[placed], return_inverse=True)
    first = np.full(len(names), len(membership), dtype=np.int64)
    np.minimum.at(first, inverse, (np.arange(len(membership)) if order is None else order)[placed])
    total = np.bincount(
        inverse, weights=None if sizes is None else sizes[placed], minlength=len(names)
    )
    number = np.empty(len(names), dtype=np.int64)
    number[np.lexsort((first, -total))] = np.arange(len(names))
    renumbered = np.full(len(membership), -1, dtype=np.int64)
    renumbered[placed] = number[inverse]
    return renumbered


def measure_agreement(membership: IntArray, runs: IntArray) -> float:
    """Return the mean adjusted Rand index (Hubert and Arabie, 1985) with the runs.

    Args:
        membership: Shape (n,), from 0.
        runs: Shape (n_runs, n).
    """
    own, everything = _pairs(np.bincount(membership)), _pairs(np.array([len(membership)]))
    reached = []
    for run in runs:
        width = int(run.max(initial=0)) + 1
        together = _pairs(np.unique(membership * width + run, return_counts=True)[1])
        other = _pairs(np.bincount(run))
        expected, most = own * other / max(1.0, everything), (own + other) / 2
        reached.append((together - expected) / (most - expected) if most > expected else 1.0)
    return round(float(np.mean(reached)), 9)


def _pairs(sizes: IntArray) -> float:
    """Return how many pairs stand inside groups of these sizes."""
    exact = sizes.astype(float)
    return float((exact * (exact - 1) / 2).sum())


def measure_stability(membership: IntArray, runs: IntArray) -> FloatArray:
    """Return how surely the nodes of each community stay together, 0 to 1, shape (n_communities,).

    The share of pairs of nodes in a community that a run keeps in one community, mean over
    runs; 1 for a single node.

    Args:
        membership: Shape (n,), from 0.
        runs: Shape (n_runs, n).
    """
    sizes = np.bincount(membership).astype(float)
    pairs = sizes * (sizes - 1)
    together = np.zeros(len(sizes))
    for run in runs:
        width = int(run.max(initial=0)) + 1
        cell, count = np.unique(membership * width + run, return_counts=True)
        together += np.bincount(cell // width, weights=count * (count - 1.0), minlength=len(sizes))
    share: FloatArray = np.ones(len(sizes))
    np.divide(together / max(1, len(runs)), pairs, out=share, where=pairs > 0)
    return np.round(share, 6)
