"""One partition, whatever the order of rows, tags and edges, the hash seed and the threads.

    python -m benchmarks.reproducible_clusters FILE.jsonl[.gz] [--orders 20] [--hash-seeds 5]

FILE is JSON lines with `tags`, or `llm_tags` and `topics`; the vectors of the tags are those of the
default encoder. In the first process the rows, the tags inside each row, the nodes of the tag
graph and its edges with their ends are permuted; then whole new processes, which encode anew, run
with other hash seeds and with one and two threads. Prints how many different partitions came out.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.data import Bags, FloatArray, IntArray
from tagraph.graphs import TagGraph
from tagraph.steps.cluster import cluster_samples
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.sample_vectors import average_tags
from tagraph.steps.tag_communities import detect_communities


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the digests of the partitions and how many differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, help="JSON lines with tags, plain or .gz")
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--hash-seeds", type=int, default=5)
    parser.add_argument("--limit", type=int, default=2000, help="only the first rows")
    parser.add_argument("--order", type=int, help="one permutation; prints its digest alone")
    given = parser.parse_args(arguments)
    bags = read_bags(given.file)[: given.limit]
    if given.order is not None:
        print(digest_clusters(bags, given.order, SentenceEncoder().encode))
        return
    vocabulary = Bags.of(bags).vocabulary
    row = dict(zip(vocabulary, SentenceEncoder().encode(vocabulary), strict=True))
    found = {
        f"order {i}": digest_clusters(bags, i, lambda tags: np.stack([row[tag] for tag in tags]))
        for i in range(given.orders)
    }
    own = [sys.executable, "-m", "benchmarks.reproducible_clusters", str(given.file)]
    own += ["--limit", str(given.limit), "--order", "1"]
    for seed in range(given.hash_seeds):
        for threads in ("1", "2"):
            changed = {"PYTHONHASHSEED": str(seed), "OMP_NUM_THREADS": threads}
            changed |= {"OPENBLAS_NUM_THREADS": threads, "RAYON_NUM_THREADS": threads}
            done = subprocess.run(
                own, env=os.environ | changed, capture_output=True, text=True, check=True
            )
            found[f"hash seed {seed}, {threads} threads"] = done.stdout.strip()
    for name, digest in found.items():
        print(f"{name:28s} {digest}")
    print(f"{len(found)} runs, {len(set(found.values()))} different partitions")


def read_bags(path: Path) -> list[list[str]]:
    """Return the tags of each row."""
    read = gzip.open if path.suffix == ".gz" else open
    with read(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    fields = ("tags", "llm_tags", "topics")
    return [[str(tag) for name in fields for tag in row.get(name) or ()] for row in rows]


def digest_clusters(
    bags: Sequence[Sequence[str]],
    order: int,
    encode: Callable[[Sequence[str]], FloatArray] | None = None,
) -> str:
    """Cluster the rows in one of many orders; return the digest of all results in row order.

    Args:
        bags: Tags of each row.
        order: 0 leaves everything as it stands; others are seeds of permutations.
        encode: Gives the vectors of tags; letter trigrams without.
    """
    rng = np.random.default_rng(order)
    turn = rng.permutation(len(bags)) if order else np.arange(len(bags))
    held = Bags.of([rng.permutation(bags[i]).tolist() if order else bags[i] for i in turn.tolist()])
    vectors = (encode or hash_vectors)(held.vocabulary)
    graph = permute(build_tag_graph(held, vectors=vectors), rng if order else None)
    communities = detect_communities(graph)
    found = cluster_samples(held, graph, communities, vectors=average_tags(held, vectors))
    membership: IntArray = np.empty(len(bags), dtype=np.int64)
    membership[turn] = found.membership
    told = (communities.membership, communities.upper, communities.stability, membership)
    state = hashlib.sha256("\n".join((*communities.names, *found.names)).encode())
    for part in told:
        state.update(part.tobytes())
    return state.hexdigest()[:16]


def permute(graph: TagGraph, rng: np.random.Generator | None) -> TagGraph:
    """Return the graph made anew from nodes and edges in another order, ends turned."""
    if rng is None:
        return graph
    nodes, rows = rng.permutation(len(graph)), rng.permutation(len(graph.edges))
    place = np.argsort(nodes)
    ends = place[graph.edges][rows]
    return TagGraph(
        tuple(graph.tags[i] for i in nodes.tolist()),
        np.where(rng.random((len(ends), 1)) < 0.5, ends, ends[:, ::-1]),
        graph.weights[rows],
        graph.cooccurrence[rows],
        graph.similarity[rows],
        graph.counts[nodes],
        place[graph.narrower],
    )


def hash_vectors(tags: Sequence[str], width: int = 64) -> FloatArray:
    """Return unit vectors of letter trigrams: no model, and real numbers all the same."""
    rows = np.zeros((len(tags), width))
    for row, tag in zip(rows, tags, strict=True):
        padded = f"  {tag} "
        for i in range(len(padded) - 2):
            code = hashlib.sha256(padded[i : i + 3].encode()).digest()
            row[code[0] % width] += 1.0 if code[1] % 2 else -1.0
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: FloatArray = rows / np.maximum(length, 1e-9)
    return unit


if __name__ == "__main__":
    main()
