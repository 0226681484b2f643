"""Tag graph to communities of tags: named, measured, and grouped into upper ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import Communities, FloatArray, IntArray
from tagraph.stages.communities import (
    CommunityOptions,
    find_communities,
    measure_stability,
    number_by_size,
)
from tagraph.stages.naming import name_groups, score_tags
from tagraph.stages.profiles import sum_groups

if TYPE_CHECKING:
    from tagraph.graphs import TagGraph

__all__ = ["CommunityOptions", "detect_communities"]

COMMUNITIES = CommunityOptions()


def detect_communities(graph: TagGraph, options: CommunityOptions = COMMUNITIES) -> Communities:
    """Find communities of tags by Leiden with consensus, name them and measure their stability.

    A name is the three most characteristic tags: frequent ones whose edges stay inside. The
    communities themselves are grouped into upper ones, named in the same way.

    Args:
        graph: Tag graph; isolated tags become communities of their own.
        options: Resolution or number, objective, runs and seed.
    """
    found = find_communities(len(graph), graph.edges, graph.weights, options)
    uses = sum_groups(found.membership, graph.counts * _inward(graph, found.membership))
    upper = _group_communities(graph, found.membership, options)
    return Communities(
        graph.tags,
        found.membership,
        name_groups(score_tags(uses), graph.tags),
        measure_stability(found.membership, found.runs),
        found.quality,
        found.resolution,
        upper,
        name_groups(score_tags(sum_groups(upper, np.ones(len(upper))) @ uses), graph.tags),
        found.backend,
        len(found.runs),
    )


def _group_communities(
    graph: TagGraph, membership: IntArray, options: CommunityOptions
) -> IntArray:
    """Return the upper community of each community, the one with the most tags first.

    Communities are joined by the weight between them and grouped as tags are, into the square
    root of their number.
    """
    n = int(membership.max(initial=-1)) + 1
    ends = np.sort(membership[graph.edges], axis=1)
    apart = ends[:, 0] != ends[:, 1]
    key, place = np.unique(ends[apart] @ np.array([n, 1]), return_inverse=True)
    weights: FloatArray = np.zeros(len(key))
    np.add.at(weights, place, graph.weights[apart])
    weights = np.round(weights, 6)
    edges = np.column_stack(np.divmod(key, max(1, n))).astype(np.int64)
    freely = replace(options, resolution=None, n_communities=None)
    found = find_communities(n, edges, weights, freely)
    return number_by_size(found.membership, np.bincount(membership, minlength=n).astype(np.int64))


def _inward(graph: TagGraph, membership: IntArray) -> FloatArray:
    """Return the share of each tag's edge weight that stays in its community; 1 if isolated."""
    ends, weights = graph.edges.T.ravel(), np.tile(graph.weights, 2)
    inside = np.tile(membership[graph.edges[:, 0]] == membership[graph.edges[:, 1]], 2)
    total = np.bincount(ends, weights=weights, minlength=len(graph))
    kept = np.bincount(ends, weights=weights * inside, minlength=len(graph))
    share = np.ones(len(graph))
    return np.divide(kept, total, out=share, where=total > 0)
