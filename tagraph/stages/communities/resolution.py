"""A wanted number of communities to the resolution that gives it."""

from __future__ import annotations

import math

import numpy as np

from tagraph.data import IntArray
from tagraph.stages.communities.backends import WeightedGraph
from tagraph.stages.communities.options import CommunityOptions


def count_wanted(n: int, edges: IntArray, options: CommunityOptions) -> int:
    """Return how many communities to look for: isolated nodes come on top of the number asked.

    By default the square root of the size of the largest component, the other components on top.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if options.n_communities is not None:
        return options.n_communities + n - len(np.unique(edges))
    adjacency = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
    n_components, component = connected_components(adjacency, directed=False)
    return int(n_components) - 1 + round(math.sqrt(np.bincount(component).max()))


def search_resolution(
    graph: WeightedGraph, wanted: int, start: float, seed: int, tolerance: float
) -> tuple[float, IntArray]:
    """Return the resolution whose single run comes nearest to the wanted number, and that run.

    Steps of factor 4 from `start` until the number is enclosed, then log-log interpolation; ends
    when it misses the number by at most the share `tolerance`, or after 16 runs.
    """
    low, high = (-math.inf, 0.0), (math.inf, math.inf)
    nearest, found = (math.inf, 0.0), np.empty(0, dtype=np.int64)
    place = math.log(start)
    for _ in range(16):
        run = graph.run(math.exp(place), seed)
        count = int(run.max()) + 1
        reached = abs(math.log(count / wanted)), place
        if reached < nearest:
            nearest, found = reached, run
        if abs(count - wanted) <= tolerance * wanted:
            break
        low, high = ((place, count), high) if count < wanted else (low, (place, count))
        place = _between(low, high, wanted)
    return math.exp(nearest[1]), found


def _between(low: tuple[float, float], high: tuple[float, float], wanted: int) -> float:
    """Return the log-resolution to try next between (log-resolution, count) below and above."""
    if math.isinf(high[0]):
        return low[0] + math.log(4)
    if math.isinf(low[0]):
        return high[0] - math.log(4)
    span = math.log(high[1]) - math.log(low[1])
    part = (math.log(wanted) - math.log(low[1])) / span if span > 0 else 0.5
    return low[0] + min(0.9, max(0.1, part)) * (high[0] - low[0])
