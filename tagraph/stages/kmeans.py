"""Weighted points to k groups around their means (Lloyd 1982, started as k-means++)."""

from __future__ import annotations

import numpy as np

from tagraph.data import FloatArray, IntArray

_ROUNDS = 100


def group_by_means(vectors: FloatArray, weight: FloatArray, n_groups: int, seed: int) -> IntArray:
    """Return the group of each point, numbered by falling weight, then by smallest point.

    Args:
        vectors: Shape (n, d).
        weight: How often each point counts, above 0, shape (n,).
        n_groups: Groups at most; a group that loses all its points is gone.
        seed: Of the start.
    """
    if not len(vectors):
        return np.empty(0, dtype=np.int64)
    rng = np.random.default_rng(seed)
    centres = _start(vectors, weight, min(n_groups, len(vectors)), rng)
    group = np.full(len(vectors), -1, dtype=np.int64)
    for _ in range(_ROUNDS):
        nearest = _distances(vectors, centres).argmin(axis=1)
        if np.array_equal(nearest, group):
            break
        group = nearest
        total = np.bincount(group, weight, minlength=len(centres))
        held = np.flatnonzero(total)
        group = np.searchsorted(held, group)
        summed = np.zeros((len(held), vectors.shape[1]))
        np.add.at(summed, group, vectors * weight[:, None])
        centres = summed / total[held, None]
    return _number(group, weight)


def _start(
    vectors: FloatArray, weight: FloatArray, n_groups: int, rng: np.random.Generator
) -> FloatArray:
    """Return points as first centres, each drawn by weight times squared distance to the others."""
    chosen: list[int] = []
    chance = weight.copy()
    for _ in range(n_groups):
        if not chance.sum() > 0:
            break
        chosen.append(int(rng.choice(len(vectors), p=chance / chance.sum())))
        chance = weight * _distances(vectors, vectors[chosen]).min(axis=1)
    return vectors[chosen].copy()


def _distances(vectors: FloatArray, centres: FloatArray) -> FloatArray:
    """Return squared distances, rounded so that equal points are at distance 0."""
    inner = vectors @ centres.T
    sizes = (vectors**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)[None, :]
    distances: FloatArray = np.maximum(sizes - 2 * inner, 0.0).round(9)
    return distances


def _number(group: IntArray, weight: FloatArray) -> IntArray:
    names, first = np.unique(group, return_index=True)
    order = np.lexsort((first, -np.bincount(group, weight)[names]))
    number = np.empty(int(names.max()) + 1, dtype=np.int64)
    number[names[order]] = np.arange(len(names))
    return number[group]
