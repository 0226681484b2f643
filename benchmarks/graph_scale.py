"""Speed and memory of the tag graph and of Leiden on it, beside the bare libraries.

    python -m benchmarks.graph_scale tags [--samples 1000000] [--vocabulary 100000] [--per 5]
    python -m benchmarks.graph_scale leiden GRAPH.npz [--runs 5] [--bare leidenalg]

`tags` builds the tag graph of Zipf-distributed tags and times the scipy product of the same
matrix. `leiden` takes a graph with `n`, `edges` (m, 2) and `w`, such as a planted partition; it
runs one Leiden of ours and each bare library, graph building included, and the consensus with
`--runs`. Each contestant has a process of its own; CPU seconds, and the peak of memory above what
loading the input took.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tagraph.data import Bags, FloatArray, IntArray
from tagraph.stages.communities import CommunityOptions, find_communities
from tagraph.steps.graph import build_tag_graph

Edges = tuple[int, IntArray, FloatArray]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per contestant."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True)
    tags = commands.add_parser("tags")
    tags.add_argument("--samples", type=int, default=1_000_000)
    tags.add_argument("--vocabulary", type=int, default=100_000)
    tags.add_argument("--per", type=int, default=5)
    tags.set_defaults(work=compare_graphs)
    leiden = commands.add_parser("leiden")
    leiden.add_argument("graph", type=Path)
    leiden.add_argument("--runs", type=int, help="default: by size; 1: none")
    leiden.add_argument("--bare", nargs="*", default=["graspologic", "igraph", "leidenalg"])
    leiden.set_defaults(work=compare_leiden)
    given = parser.parse_args(arguments)
    given.work(given)


def compare_graphs(given: argparse.Namespace) -> None:
    """Time the tag graph against the product alone."""
    size = (given.samples, given.vocabulary, given.per)
    base = measure("scipy product", multiply, size, 0.0)
    measure("tagraph, tag graph", build, size, base)


def multiply(size: tuple[int, int, int]) -> Callable[[], str]:
    """Return what makes the pairs of tags by scipy, from positions as they come."""
    from scipy.sparse import csr_array, triu

    bags = draw_bags(*size)
    place = (bags.bag_of, bags.indices)

    def work() -> str:
        shape = (len(bags), len(bags.vocabulary))
        matrix = csr_array((np.ones(len(bags.indices), np.float32), place), shape=shape)
        return f"{triu(matrix.T @ matrix, 1).tocoo().nnz:,} pairs"

    return work


def build(size: tuple[int, int, int]) -> Callable[[], str]:
    """Return what builds our tag graph, without vectors."""
    bags = draw_bags(*size)
    return lambda: f"{len(build_tag_graph(bags).edges):,} edges"


def draw_bags(n: int, vocabulary: int, per: int) -> Bags:
    """Return bags of tags with Zipf frequencies, repeats in a bag taken out."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, vocabulary + 1) ** 1.05
    drawn = np.searchsorted(np.cumsum(share / share.sum()), rng.random((n, per)))
    drawn = np.sort(np.minimum(drawn, vocabulary - 1), axis=1)
    kept = np.ones_like(drawn, dtype=bool)
    kept[:, 1:] = drawn[:, 1:] != drawn[:, :-1]
    used, indices = np.unique(drawn[kept], return_inverse=True)
    indptr = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int64)
    return Bags(indptr, indices.astype(np.int64), tuple(f"{i:07d}" for i in used.tolist()))


def compare_leiden(given: argparse.Namespace) -> None:
    """Time one run of ours, the bare libraries and the consensus."""
    base = 0.0
    for name in given.bare:
        found = measure(f"bare {name}", _BARE[name], given.graph, base)
        base = min(base or found, found)
    one = measure("tagraph, one run", ours(1), given.graph, base)
    if given.runs != 1:
        measure("tagraph, consensus", ours(given.runs), given.graph, one)


def ours(runs: int | None) -> Callable[[Path], Callable[[], str]]:
    """Return what runs our Leiden with defaults at resolution 1, as the bare libraries do."""
    return _Ours(runs)


class _Ours:
    def __init__(self, runs: int | None) -> None:
        self.options = CommunityOptions(resolution=1.0, runs=runs)

    def __call__(self, path: Path) -> Callable[[], str]:
        n, edges, weights = load(path)

        def work() -> str:
            found = find_communities(n, edges, weights, self.options)
            n_communities = int(found.membership.max()) + 1
            return f"{n_communities:,} communities by {found.backend}, {len(found.runs)} runs"

        return work


def load(path: Path) -> Edges:
    """Return nodes, edges in canonical order and weights."""
    with np.load(path) as held:
        edges = np.sort(held["edges"].astype(np.int64), axis=1)
        order = np.lexsort((edges[:, 1], edges[:, 0]))
        return int(held["n"]), edges[order], held["w"].astype(np.float64)[order]


def bare_leidenalg(path: Path) -> Callable[[], str]:
    """Return leidenalg's modularity, two iterations."""
    n, edges, weights = load(path)

    def work() -> str:
        import igraph
        import leidenalg

        graph = igraph.Graph(n=n, edges=edges)
        graph.es["weight"] = weights
        kind = leidenalg.ModularityVertexPartition
        found = leidenalg.find_partition(graph, kind, weights="weight", n_iterations=2, seed=0)
        return f"{len(found):,} communities"

    return work


def bare_igraph(path: Path) -> Callable[[], str]:
    """Return igraph's Leiden, two iterations."""
    n, edges, weights = load(path)

    def work() -> str:
        import igraph

        graph = igraph.Graph(n=n, edges=edges)
        graph.es["weight"] = weights
        found = graph.community_leiden("modularity", weights="weight", n_iterations=2)
        return f"{len(found):,} communities"

    return work


def bare_graspologic(path: Path) -> Callable[[], str]:
    """Return graspologic's Leiden on a matrix, one iteration."""
    n, edges, weights = load(path)

    def work() -> str:
        import graspologic_native
        from scipy.sparse import coo_array

        rows, columns = np.concatenate([edges, edges[:, ::-1]]).T
        matrix = coo_array((np.tile(weights, 2), (rows, columns)), shape=(n, n)).tocsr()
        matrix.sort_indices()
        _, found = graspologic_native.leiden_csr(
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int32),
            matrix.data,
            n,
            resolution=1.0,
            iterations=1,
            use_modularity=True,
            seed=0,
        )
        return f"{len(set(found.values())):,} communities"

    return work


_BARE = {"leidenalg": bare_leidenalg, "igraph": bare_igraph, "graspologic": bare_graspologic}


def measure(name: str, make: Callable[..., Callable[[], str]], given: object, base: float) -> float:
    """Print CPU seconds, their ratio to `base` and memory; return the seconds."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        seconds, wall, memory, told = pool.apply(_measure_here, (make, given))
    ratio = f"  x {seconds / base:.2f}" if base else ""
    print(
        f"{name:28s} {seconds:8.2f} CPU s  {wall:8.2f} s  {memory:6.0f} MiB  {told}{ratio}",
        flush=True,
    )
    return seconds


def _measure_here(
    make: Callable[..., Callable[[], str]], given: object
) -> tuple[float, float, float, str]:
    work = make(given)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    told = work()
    spent = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return *spent, (peak - before) / 1024, told


if __name__ == "__main__":
    main()
