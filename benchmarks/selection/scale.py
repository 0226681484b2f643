"""How long each policy takes, and how much memory, once the scores exist.

    python -m benchmarks.selection.scale [--rows 1000000 -k 50000] [--policies equal ...]
    python -m benchmarks.selection.scale --rows 100000 -k 50000 --policies information

A made-up pool: 10,000 tags of a Zipf distribution, one to seven a row, on a graph of 20 edges a
tag; a cluster per 500 rows; strengths with errors; lengths; hex ids as long as ours; float32
vectors of 384 numbers about one centre per cluster, so near that rows of a cluster have a cosine of
about .9 and many are passed over. Every policy runs in a process of its own, on one thread, reasons
included. Printed: CPU seconds of the selection alone, and the peak memory of the whole process.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from tagraph.data import Bags, FloatArray, IntArray
from tagraph.graphs import TagGraph
from tagraph.stages.selection import POLICIES, SelectionOptions, select_samples

N_TAGS, EDGES_PER_TAG, ROWS_PER_CLUSTER, DIMENSIONS, NOISE = 10_000, 20, 500, 384, 0.33
MIB = 1024  # ru_maxrss counts KiB


@dataclass(frozen=True)
class MadeUp:
    """A pool of random rows."""

    strength: FloatArray
    cluster: IntArray
    known: dict[str, Any]


def make_pool(n: int, policy: str, seed: int = 0) -> MadeUp:
    """Return a pool with what the policy may look at."""
    rng = np.random.default_rng(seed)
    n_clusters = max(2, n // ROWS_PER_CLUSTER)
    cluster = (n_clusters * rng.power(1.5, n)).astype(np.int64)
    known: dict[str, Any] = {
        "keys": [f"{key:016x}{i:04x}" for i, key in enumerate(rng.integers(0, 2**63, n).tolist())],
        "standard_error": rng.uniform(0.3, 1.2, n),
        "length": np.exp(rng.normal(5.5, 1, n)).round(),
    }
    if policy in ("information", "covering", "complexity"):
        known["bags"] = make_bags(n, rng)
        known["graph"] = make_graph(known["bags"].vocabulary, rng)
    if policy == "distance":
        known["vectors"] = make_vectors(cluster, rng)
    if policy == "target":
        known["shares"] = np.full(n_clusters, 1 / n_clusters)
    return MadeUp(rng.normal(0, 1.5, n), cluster, known)


def make_bags(n: int, rng: np.random.Generator) -> Bags:
    """Return one to seven tags a row, some far more often than others."""
    sizes = rng.integers(1, 8, n)
    drawn = np.exp(rng.random(int(sizes.sum())) * np.log(N_TAGS)).astype(np.int64) - 1
    kept = np.unique(np.repeat(np.arange(n), sizes) * N_TAGS + drawn)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(kept // N_TAGS, minlength=n))])
    return Bags(indptr.astype(np.int64), kept % N_TAGS, tuple(f"t{i:05d}" for i in range(N_TAGS)))


def make_graph(tags: tuple[str, ...], rng: np.random.Generator) -> TagGraph:
    """Return a random graph over the tags."""
    n = len(tags)
    pairs = np.unique(np.sort(rng.integers(0, n, (n * EDGES_PER_TAG, 2)), axis=1), axis=0)
    edges = pairs[pairs[:, 0] < pairs[:, 1]].astype(np.int64)
    nothing = np.zeros(len(edges))
    narrower = np.empty((0, 2), dtype=np.int64)
    weights = rng.uniform(0.05, 1, len(edges))
    return TagGraph(tags, edges, weights, nothing, nothing, np.ones(n, np.int64), narrower)


def make_vectors(cluster: IntArray, rng: np.random.Generator) -> Any:
    """Return float32 unit rows about one centre per cluster, made in place."""
    centres = rng.normal(size=(int(cluster.max()) + 1, DIMENSIONS)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    vectors = rng.standard_normal((len(cluster), DIMENSIONS), dtype=np.float32)
    vectors *= NOISE / DIMENSIONS**0.5
    for start in range(0, len(vectors), 8192):
        part = vectors[start : start + 8192]
        part += centres[cluster[start : start + 8192]]
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return vectors


def run(n: int, k: int, policy: str) -> None:
    """Select once, and print seconds and memory."""
    pool = make_pool(n, policy)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    with threadpool_limits(1):
        start = time.process_time()
        options = SelectionOptions(policy)
        chosen = select_samples(pool.strength, pool.cluster, k, options, **pool.known)
        seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    print(f"{policy:<18} {n:>9,} {len(chosen):>7,} {seconds:8.1f} {peak:8,.0f} {before:8,.0f}")


def main() -> None:
    """Run every policy asked for in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("-k", type=int, default=50_000)
    parser.add_argument("--policies", nargs="+", default=list(POLICIES), choices=POLICIES)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        run(asked.rows, asked.k, asked.policies[0])
        return
    head = ("policy", "rows", "k", "CPU s", "MiB", "of pool")
    print("{:<18} {:>9} {:>7} {:>8} {:>8} {:>8}".format(*head), flush=True)
    for policy in asked.policies:
        given = ["--rows", str(asked.rows), "-k", str(asked.k), "--policies", policy, "--alone"]
        subprocess.run([sys.executable, "-m", __spec__.name, *given], check=True)


if __name__ == "__main__":
    main()
