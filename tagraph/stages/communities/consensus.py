"""Several runs to one partition: the pairs of joined nodes that the runs keep together."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.stages.communities.backends import WeightedGraph, choose_backend
from tagraph.stages.communities.merging import merge_groups, settle_nodes
from tagraph.stages.communities.options import MOST_RUNS, WORK, CommunityOptions
from tagraph.stages.communities.partition import Partition, measure_agreement, number_by_size
from tagraph.stages.communities.resolution import count_wanted, search_resolution

# How far, as a log-ratio, a consensus may be from the number wanted without a single run's help.
_SLACK = 0.1
# Groups that a merged consensus starts from, for each community wanted; and at most, because the
# likeness of all pairs of them is held at once.
_FINER, _MOST_GROUPS = 2, 4_000


def find_communities(
    n: int, edges: IntArray, weights: FloatArray, options: CommunityOptions
) -> Partition:
    """Partition a graph by Leiden (Traag, Waltman and Van Eck, 2019) over several runs.

    The runs differ in seed and, around the resolution asked or found, in resolution. They are
    joined by consensus: each edge weighs the share of runs that keep its ends together, and
    Leiden runs on that graph at the resolution that gives the number wanted, or about the runs'
    median (Lancichinetti and Fortunato, 2012; over resolutions Jeub, Sporns and Fortunato, 2018;
    here on the edges of the graph only). Up to a million edges, a second consensus merges twice
    as many communities of that graph by average linkage, each node of either is moved once to the
    community it shares most runs with, and the one that agrees better with the runs stands
    (Strehl and Ghosh, 2002). Where the runs agree so much that there is nothing left to cut at the
    number wanted, a run at that resolution stands, if it comes nearer to it. A single run is that
    of the search for a number. Isolated nodes are communities of their own. Nodes and edges must
    come in canonical order: the result depends on it.

    Args:
        n: Number of nodes.
        edges: Shape (m, 2), left below right, sorted.
        weights: Shape (m,), above 0.
        options: Resolution or number, objective, backend, runs and seed.
    """
    backend = choose_backend(options, len(edges))
    if not len(edges):
        alone = np.arange(n, dtype=np.int64)
        runs = np.tile(alone, (options.count_runs(0), 1))
        return Partition(alone, runs, options.resolution or 1.0, 0.0, backend)
    graph = WeightedGraph(n, edges, weights, replace(options, backend=backend))
    final, *seeds = _draw_seeds(options, len(edges))
    wanted = None if options.resolution is not None else count_wanted(n, edges, options)
    resolution, tolerance = options.resolution, options.find_tolerance(len(edges))
    runs = np.empty((0, n), dtype=np.int64)
    if resolution is None:
        resolution, nearest = search_resolution(graph, wanted or 1, 1.0, final, tolerance)
        runs = nearest[None] if len(seeds) == 1 else runs
    if not len(runs):
        place = (2 * np.arange(len(seeds)) + 1) / len(seeds) - 1
        runs = graph.run_each((resolution * options.spread**place).tolist(), seeds)
    membership = runs[0]
    if len(runs) > 1:
        usual = wanted or round(float(np.median(runs.max(axis=1)))) + 1
        near = _SLACK if wanted is None else tolerance
        membership = _join_runs(graph, runs, usual, (resolution, final), near)
        if _distance(membership, usual) > _SLACK:
            membership = min(
                membership, graph.run(resolution, final), key=lambda m: _distance(m, usual)
            )
    membership = number_by_size(membership)
    quality = graph.quality(membership, resolution)
    return Partition(membership, runs, resolution, quality, backend)


def _join_runs(
    graph: WeightedGraph, runs: IntArray, wanted: int, start: tuple[float, int], tolerance: float
) -> IntArray:
    """Return the partition of the graph whose edges weigh how many runs keep their ends together.

    The weights of the graph itself have no further say: they have had it in every run. On a graph
    that gets `MOST_RUNS` by default, two ways are tried and the better one is returned.

    Args:
        graph: The graph of the runs.
        runs: Shape (n_runs, n).
        wanted: Number of communities.
        start: Resolution to search from, and the seed.
        tolerance: The share by which the number may miss the one wanted.
    """
    share = np.zeros(len(graph.edges))
    left, right = graph.edges.T
    for run in runs:
        share += run[left] == run[right]
    kept = share > 0
    agreed = replace(graph, edges=graph.edges[kept], weights=share[kept] / len(runs))
    resolution, seed = start
    resolution, joined = search_resolution(agreed, wanted, resolution, seed, tolerance)
    if len(graph.edges) * MOST_RUNS > WORK:
        return joined
    found, finer = [joined], _FINER * wanted
    if finer <= _MOST_GROUPS:
        groups = search_resolution(agreed, finer, _FINER * resolution, seed, tolerance)[1]
        found.append(merge_groups(groups, runs, wanted))
    settled = [settle_nodes(each, runs, agreed.edges) for each in found]
    return max(settled, key=lambda each: measure_agreement(each, runs))


def _distance(membership: IntArray, wanted: int) -> float:
    """Return how far the number of communities is from the one wanted, as a log-ratio."""
    return abs(math.log((int(membership.max()) + 1) / wanted))


def _draw_seeds(options: CommunityOptions, n_edges: int) -> list[int]:
    """Return one seed for the consensus and one per run; no two options' seeds share them."""
    state = np.random.SeedSequence(options.seed).generate_state(options.count_runs(n_edges) + 1)
    return [int(word) >> 1 for word in state]
