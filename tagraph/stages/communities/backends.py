"""One run of Leiden or Louvain on a weighted graph, by one of four libraries."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tagraph.cores import spread
from tagraph.data import FloatArray, IntArray
from tagraph.stages.communities.options import Backend, CommunityOptions

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Edges above which `auto` takes graspologic: the same objective, about ten times as fast.
LARGE = 5_000
# graspologic counts its iterations and cannot be told to go on until nothing improves.
_UNTIL_STILL = 10
# igraph has one generator for all threads.
_generator = threading.Lock()


@dataclass(frozen=True, eq=False)
class WeightedGraph:
    """An undirected graph that Leiden can be run on at several resolutions.

    Attributes:
        n: Number of nodes.
        edges: Shape (m, 2), at least one, left below right, sorted.
        weights: Shape (m,), above 0.
        options: Objective, backend and iterations.
    """

    n: int
    edges: IntArray
    weights: FloatArray
    options: CommunityOptions

    def run(self, resolution: float, seed: int) -> IntArray:
        """Return the membership of one run, numbered from 0, shape (n,)."""
        return _RUNS[choose_backend(self.options, len(self.edges))](self, resolution, seed)

    def run_each(self, resolutions: Sequence[float], seeds: Sequence[int]) -> IntArray:
        """Return the memberships of several runs, shape (n_runs, n).

        graspologic runs in as many threads as there are cores; the others hold Python's lock.
        """
        first, *others = zip(resolutions, seeds, strict=True)
        runs = [self.run(*first)]  # which lays out what all of them read
        quick = choose_backend(self.options, len(self.edges)) == "graspologic"
        rest = (spread if quick else map)(lambda run: self.run(*run), others)
        return np.stack([*runs, *rest])

    def quality(self, membership: IntArray, resolution: float) -> float:
        """Return modularity, between -0.5 and 1, or CPM's weight inside less what is expected."""
        inside = membership[self.edges[:, 0]] == membership[self.edges[:, 1]]
        kept = float(self.weights[inside].sum())
        if self.options.objective == "cpm":
            sizes = np.bincount(membership).astype(float)
            return round(kept - resolution * float((sizes * (sizes - 1) / 2).sum()), 9)
        total = float(self.weights.sum())
        degree = np.bincount(self.edges.T.ravel(), np.tile(self.weights, 2), self.n)
        volume = np.bincount(membership, degree)
        expected = float(((volume / (2 * total)) ** 2).sum())
        return round(kept / total - resolution * expected, 9)

    @property
    def iterations(self) -> int:
        """Iterations of a run; negative runs until nothing improves."""
        return self.options.count_iterations(len(self.edges))

    @cached_property
    def igraph(self) -> Any:
        """The graph as an igraph.Graph with `weight` on its edges."""
        import igraph

        graph = igraph.Graph(n=self.n, edges=self.edges)
        graph.es["weight"] = self.weights.tolist()
        return graph

    @cached_property
    def adjacency(self) -> csr_array:
        """The symmetric matrix of weights, columns of a row sorted, 32-bit positions."""
        from scipy.sparse import csr_array

        left, right = self.edges.T.astype(np.int32)
        starts = np.zeros(self.n + 1, dtype=np.int32)
        np.cumsum(np.bincount(left, minlength=self.n), out=starts[1:])
        upper = csr_array((self.weights, right, starts), shape=(self.n, self.n))
        matrix: csr_array = upper + upper.T.tocsr()
        return matrix


def choose_backend(options: CommunityOptions, n_edges: int) -> Backend:
    """Return the backend that a graph of `n_edges` is given to."""
    if options.backend != "auto":
        return options.backend
    return "leidenalg" if n_edges <= LARGE else "graspologic"


def _run_leidenalg(graph: WeightedGraph, resolution: float, seed: int) -> IntArray:
    import leidenalg

    cpm = graph.options.objective == "cpm"
    kind = leidenalg.CPMVertexPartition if cpm else leidenalg.RBConfigurationVertexPartition
    found = leidenalg.find_partition(
        graph.igraph,
        kind,
        weights="weight",
        n_iterations=graph.iterations,
        seed=seed,
        resolution_parameter=resolution,
    )
    return np.array(found.membership, dtype=np.int64)


def _run_igraph(graph: WeightedGraph, resolution: float, seed: int) -> IntArray:
    """Run igraph's Leiden; its generator is global, so it is lent one and set back."""
    import igraph

    with _generator:
        igraph.set_random_number_generator(random.Random(seed))  # noqa: S311
        try:
            found = graph.igraph.community_leiden(
                objective_function=graph.options.objective.replace("cpm", "CPM"),
                weights="weight",
                resolution=resolution,
                n_iterations=graph.iterations,
            )
        finally:
            igraph.set_random_number_generator(random)
    return np.array(found.membership, dtype=np.int64)


def _run_graspologic(graph: WeightedGraph, resolution: float, seed: int) -> IntArray:
    import graspologic_native

    matrix, iterations = graph.adjacency, graph.iterations
    _, found = graspologic_native.leiden_csr(
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data,
        graph.n,
        resolution=resolution,
        iterations=iterations if iterations > 0 else _UNTIL_STILL,
        use_modularity=graph.options.objective == "modularity",
        seed=seed,
    )
    membership = np.full(graph.n, -1, dtype=np.int64)
    nodes = np.fromiter(found.keys(), np.int64, len(found))
    membership[nodes] = np.fromiter(found.values(), np.int64, len(found))
    left_out = np.flatnonzero(membership < 0)
    membership[left_out] = graph.n + left_out
    return np.unique(membership, return_inverse=True)[1].astype(np.int64)


def _run_networkx(graph: WeightedGraph, resolution: float, seed: int) -> IntArray:
    import networkx

    held: networkx.Graph[int] = networkx.Graph()
    held.add_nodes_from(range(graph.n))
    left, right = graph.edges.T.tolist()
    held.add_weighted_edges_from(zip(left, right, graph.weights.tolist(), strict=True))
    membership = np.empty(graph.n, dtype=np.int64)
    found = networkx.community.louvain_communities(held, resolution=resolution, seed=seed)
    for number, nodes in enumerate(found):
        membership[sorted(nodes)] = number
    return membership


_RUNS: dict[str, Callable[[WeightedGraph, float, int], IntArray]] = {
    "leidenalg": _run_leidenalg,
    "igraph": _run_igraph,
    "graspologic": _run_graspologic,
    "networkx": _run_networkx,
}
