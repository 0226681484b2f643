"""Comparisons across clusters to one scale for all: how far apart the clusters lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import FloatArray, IntArray
from tagraph.errors import ConvergenceError, InputError
from tagraph.stages.bradley_terry.comparisons import collect_edges
from tagraph.stages.bradley_terry.edges import Edges
from tagraph.stages.bradley_terry.scores import Scores

_STEPS = 100


@dataclass(frozen=True, eq=False)
class Linked:
    """Strengths on one scale.

    Attributes:
        strength: Shape (n_items,); NaN for an item in no cluster.
        standard_error: Of each strength, that of the cluster's level included, shape (n_items,).
        level: What is added to each cluster's strengths, shape (n_clusters,), mean zero.
        level_error: Standard error of each level, shape (n_clusters,).
    """

    strength: FloatArray
    standard_error: FloatArray
    level: FloatArray
    level_error: FloatArray


def link_clusters(
    scores: Scores, groups: ArrayLike, first: ArrayLike, second: ArrayLike, outcome: ArrayLike
) -> Linked:
    """Put strengths fitted inside clusters on one scale, by comparisons across them.

    The level of each cluster is normal around 0 with the spread of the strengths (a tight prior: of
    few comparisons a wide one makes more error than assuming no gaps), and its highest posterior is
    found with the strengths inside held. That these are themselves uncertain flattens the chances
    (probit approximation; MacKay, 1992). Position, tie and carelessness are those of
    the fit's first judge. A
    cluster without a comparison keeps the level of the prior, and its error.

    Args:
        scores: The fit inside the clusters.
        groups: Cluster of each item, shape (n_items,), from 0; -1 for none.
        first: Item shown first, shape (m,).
        second: Item shown second, shape (m,).
        outcome: 1 first wins, 0 second wins, 0.5 tie, NaN no verdict, shape (m,).

    Raises:
        InputError: The comparisons are malformed or name an item in no cluster, or `groups` has a
            wrong shape.
        ConvergenceError: The levels did not settle.
    """
    cluster = np.asarray(groups)
    if cluster.shape != (len(scores),):
        raise InputError(f"groups must have shape ({len(scores)},), not {cluster.shape}")
    edges = collect_edges(first, second, outcome, len(scores), ordered=True)
    ends = np.stack([cluster[edges.first], cluster[edges.second]])
    if ends.size and ends.min() < 0:
        raise InputError("a comparison across clusters names an item in no cluster")
    level, covariance = _fit_levels(scores, edges, ends, int(cluster.max(initial=-1)) + 1)
    error = np.sqrt(np.diag(covariance))
    placed = cluster >= 0
    strength, own = np.full((2, len(cluster)), np.nan)
    strength[placed] = scores.strength[placed] + level[cluster[placed]]
    own[placed] = np.hypot(scores.standard_error()[placed], error[cluster[placed]])
    return Linked(strength, own, level, error)


def _fit_levels(
    scores: Scores, edges: Edges, ends: IntArray, n_clusters: int
) -> tuple[FloatArray, FloatArray]:
    """Return the levels and their covariance, both about their mean, by Newton's method."""
    prior = scores.prior if np.isfinite(scores.prior) else 1.5
    flat = 1 / np.sqrt(1 + np.pi / 8 * _doubt(scores, edges) ** 2)
    gap = edges.differ(scores.strength)
    level = np.zeros(n_clusters)
    for _ in range(_STEPS):
        lead = gap + level[ends[0]] - level[ends[1]]
        odds = scores.odds(flat * lead + scores.position)
        push, weight = flat * odds.push(edges), flat**2 * odds.weight(edges)
        slope = np.bincount(ends[0], push, n_clusters) - np.bincount(ends[1], push, n_clusters)
        curvature = _curve(weight, ends, n_clusters) + np.eye(n_clusters) / prior**2
        step = np.linalg.solve(curvature, slope - level / prior**2)
        level = level + np.clip(step, -2.0, 2.0)
        if np.abs(step).max(initial=0.0) < 1e-9:
            centre = np.eye(n_clusters) - 1 / max(n_clusters, 1)
            return centre @ level, np.asarray(centre @ np.linalg.inv(curvature) @ centre)
    raise ConvergenceError(f"levels of clusters still move after {_STEPS} Newton steps")


def _doubt(scores: Scores, edges: Edges) -> FloatArray:
    """Return the standard error of each edge's difference inside the clusters."""
    error = scores.standard_error()
    doubt: FloatArray = np.hypot(error[edges.first], error[edges.second])
    return np.where(np.isfinite(doubt), doubt, 1e3)


def _curve(weight: FloatArray, ends: IntArray, n_clusters: int) -> FloatArray:
    """Return the weighted Laplacian over the clusters; a pair inside one adds nothing."""
    keys = ends[0] * n_clusters + ends[1]
    flat = np.bincount(keys, weight, n_clusters * n_clusters).astype(np.float64)
    joined = flat.reshape(n_clusters, n_clusters)
    joined = joined + joined.T
    np.fill_diagonal(joined, 0.0)
    laplacian: FloatArray = np.diag(joined.sum(axis=1)) - joined
    return laplacian
