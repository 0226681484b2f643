"""A weighted graph to communities: Leiden over several seeds, made one by consensus."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.errors import OptionsError

Objective = Literal["modularity", "cpm"]


@dataclass(frozen=True, slots=True)
class CommunityOptions:
    """How communities are found.

    Attributes:
        resolution: Resolution parameter; higher gives more and smaller communities. None lets
            the number of communities decide.
        n_communities: Number of communities wanted, isolated nodes on top. None without a
            resolution takes the square root of the size of the largest connected component, the
            other components on top.
        objective: `modularity` (Reichardt and Bornholdt, 2006) or `cpm` (Traag, Van Dooren and
            Nesterov, 2011), whose resolution is a density of edge weight.
        runs: Leiden runs with different seeds that the consensus is made of; 1 is a single run.
        iterations: Iterations of each Leiden run; negative runs until nothing improves.
        seed: Seed of all runs.
    """

    resolution: float | None = None
    n_communities: int | None = None
    objective: Objective = "modularity"
    runs: int = 5
    iterations: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.resolution is not None and not 0 < self.resolution < math.inf:
            raise OptionsError(f"resolution must be above 0, got {self.resolution}")
        if self.n_communities is not None and self.n_communities < 1:
            raise OptionsError(f"n_communities must be at least 1, got {self.n_communities}")
        if self.resolution is not None and self.n_communities is not None:
            raise OptionsError("give resolution or n_communities, not both")
        if self.objective not in get_args(Objective):
            raise OptionsError(f"objective must be modularity or cpm, got {self.objective!r}")
        if self.runs < 1 or self.iterations == 0:
            raise OptionsError("runs must be at least 1 and iterations must not be 0")
        if self.seed < 0:
            raise OptionsError(f"seed must not be negative, got {self.seed}")


@dataclass(frozen=True, eq=False)
class Partition:
    """Which community each node is in, numbered by falling size, then by smallest node.

    Attributes:
        membership: Shape (n,).
        runs: The partitions that went into the consensus, shape (n_runs, n).
        resolution: Resolution that was used.
        quality: Modularity or CPM value of `membership`.
    """

    membership: IntArray
    runs: IntArray
    resolution: float
    quality: float


def find_communities(
    n: int, edges: IntArray, weights: FloatArray, options: CommunityOptions
) -> Partition:
    """Partition a graph by Leiden (Traag, Waltman and Van Eck, 2019) over several seeds.

    The runs are joined by consensus: each edge is weighed by the share of runs that keep its ends
    together, and Leiden runs on that graph at the resolution that gives the usual number of
    communities (Lancichinetti and Fortunato, 2012, on the edges of the graph only). Isolated
    nodes are communities of their own. Nodes and edges must come in canonical order: the result
    depends on it.

    Args:
        n: Number of nodes.
        edges: Shape (m, 2), left below right, sorted.
        weights: Shape (m,), above 0.
        options: Resolution or number, objective, runs and seed.
    """
    if not len(edges):
        alone = np.arange(n, dtype=np.int64)
        return Partition(alone, np.tile(alone, (options.runs, 1)), options.resolution or 1.0, 0.0)
    graph = _Graph(n, edges, weights, options)
    resolution = options.resolution or _search(graph, _wanted(n, edges, options), 1.0)
    runs = np.stack([graph.run(resolution, seed) for seed in _seeds(options)[1:]])
    membership = runs[0]
    if options.runs > 1:
        share = (runs[:, edges[:, 0]] == runs[:, edges[:, 1]]).mean(axis=0)
        kept = share > 0
        agreed = _Graph(n, edges[kept], weights[kept] * share[kept], options)
        usual = int(np.median(runs.max(axis=1))) + 1
        membership = agreed.run(_search(agreed, usual, resolution), _seeds(options)[0])
    membership = number_by_size(membership)
    return Partition(membership, runs, resolution, graph.quality(membership, resolution))


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


class _Graph:
    """An igraph graph that Leiden can be run on at several resolutions."""

    def __init__(
        self, n: int, edges: IntArray, weights: FloatArray, options: CommunityOptions
    ) -> None:
        import igraph

        self.n = n
        self.graph = igraph.Graph(n=n, edges=edges)
        self.weights = weights.tolist()
        self.options = options

    def run(self, resolution: float, seed: int) -> IntArray:
        """Return the membership of one Leiden run, shape (n,)."""
        import leidenalg

        found = leidenalg.find_partition(
            self.graph,
            self._kind(),
            weights=self.weights,
            n_iterations=self.options.iterations,
            seed=seed,
            resolution_parameter=resolution,
        )
        return np.array(found.membership, dtype=np.int64)

    def quality(self, membership: IntArray, resolution: float) -> float:
        """Return the objective's value: modularity between -0.5 and 1, or CPM's total."""
        members = membership.tolist()
        if self.options.objective == "modularity":
            return round(
                float(self.graph.modularity(members, weights=self.weights, resolution=resolution)),
                9,
            )
        found = self._kind()(
            self.graph, members, weights=self.weights, resolution_parameter=resolution
        )
        return round(float(found.quality()), 9)

    def _kind(self) -> Any:
        import leidenalg

        if self.options.objective == "cpm":
            return leidenalg.CPMVertexPartition
        return leidenalg.RBConfigurationVertexPartition


def _seeds(options: CommunityOptions) -> list[int]:
    """Return one seed for the consensus and one per run; no two options' seeds share them."""
    state = np.random.SeedSequence(options.seed).generate_state(options.runs + 1)
    return [int(word) >> 1 for word in state]


def _wanted(n: int, edges: IntArray, options: CommunityOptions) -> int:
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


def _search(graph: _Graph, wanted: int, start: float) -> float:
    """Return the resolution whose single run comes nearest to the wanted number.

    Steps of factor 4 from `start` until the number is enclosed, then log-log interpolation; ends
    within 2 % of the number or after 16 runs.
    """
    seed = _seeds(graph.options)[0]
    low, high = (-math.inf, 0.0), (math.inf, math.inf)
    tried: list[tuple[float, float]] = []
    place = math.log(start)
    for _ in range(16):
        count = int(graph.run(math.exp(place), seed).max()) + 1
        tried.append((abs(math.log(count / wanted)), place))
        if abs(count - wanted) <= 0.02 * wanted:
            break
        low, high = ((place, count), high) if count < wanted else (low, (place, count))
        place = _between(low, high, wanted)
    return math.exp(min(tried)[1])


def _between(low: tuple[float, float], high: tuple[float, float], wanted: int) -> float:
    """Return the log-resolution to try next between (log-resolution, count) below and above."""
    if math.isinf(high[0]):
        return low[0] + math.log(4)
    if math.isinf(low[0]):
        return high[0] - math.log(4)
    span = math.log(high[1]) - math.log(low[1])
    part = (math.log(wanted) - math.log(low[1])) / span if span > 0 else 0.5
    return low[0] + min(0.9, max(0.1, part)) * (high[0] - low[0])
