"""Score the clusters of an instruction file against categories that people gave.

    python -m benchmarks.clusters dolly.jsonl.gz --truth category

FILE is JSON lines (plain or .gz). Tags are found offline, normalized, joined to a graph; the
clusters are drawn as `tagraph select` draws them. Beside them stand the same clusters with vectors
of the queries instead of the mean of the tags' vectors, those by tag communities alone, and
k-means with the same number of clusters on MiniLM vectors of the queries. V-measure rises with the
number of clusters, so it is only to be compared at equal numbers.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import tagraph
from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.data import FloatArray, IntArray


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, the names of the clusters and how many samples were moved."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, help="JSON lines, plain or .gz")
    parser.add_argument("--truth", required=True, help="field that holds the category")
    parser.add_argument("--n-clusters", type=int, help="default: as tagraph chooses")
    parser.add_argument("--limit", type=int, help="only the first samples, by id")
    parser.add_argument("--show", type=int, default=40, help="clusters and communities listed")
    given = parser.parse_args(arguments)
    samples = tagraph.read_samples(given.file)
    samples = tagraph.Samples.of(samples[: given.limit]) if given.limit else samples
    categories = read_field(given.file, given.truth)
    truth = [categories[sample.row] for sample in samples]
    compare(samples, truth, tagraph.ClusterOptions(n_clusters=given.n_clusters), given.show)


def read_field(path: Path, name: str) -> list[str]:
    """Return one field of every row of a JSON lines file, empty where it is missing."""
    read = gzip.open if path.suffix == ".gz" else open
    with read(path, "rt", encoding="utf-8") as lines:
        return [str(json.loads(line).get(name, "")) for line in lines if line.strip()]


def compare(
    samples: tagraph.Samples, truth: Sequence[str], options: tagraph.ClusterOptions, show: int
) -> None:
    """Cluster the samples in each way and print how well it agrees with the truth."""
    encoder, clock = SentenceEncoder(), Clock()
    raw = tagraph.tag_samples(samples)
    bags = tagraph.normalize_tags(raw).apply(raw)
    clock.say(f"{len(samples)} samples, {len(raw.vocabulary)} tags, normalized", bags.vocabulary)
    tags = encoder.encode(bags.vocabulary)
    graph = tagraph.build_tag_graph(bags, vectors=tags)
    clock.say(f"graph of {len(graph)} tags", graph.edges)
    communities = tagraph.detect_communities(graph)
    clock.say("communities", communities.names)
    queries = encoder.encode([sample.query for sample in samples])
    clock.say("vectors of queries", queries)
    ways = {
        "tagraph, vectors of tags": ("auto", mean_vectors(bags, tags, queries)),
        "tagraph, vectors of queries": ("auto", queries),
        "tagraph, tag communities alone": ("tags", queries),
    }
    for name, (method, vectors) in ways.items():
        chosen = tagraph.ClusterOptions(n_clusters=options.n_clusters, method=method)  # type: ignore[arg-type]
        found = tagraph.cluster_samples(bags, graph, communities, chosen, vectors=vectors)
        print_score(name, truth, found.membership)
        print_score("  k-means on queries", truth, run_k_means(queries, len(found)))
        print_moves(found)
        if name == "tagraph, vectors of tags":
            print_names(found, truth, show)
        clock.say("clusters", found.names)
    print(f"communities of tags ({len(communities)}):")
    for row in communities.to_pandas().head(show).itertuples():
        print(f"  {row.size:5d}  stability {row.stability:.2f}  {row.name}")


def mean_vectors(bags: tagraph.Bags, tags: FloatArray, queries: FloatArray) -> FloatArray:
    """Return the mean of each sample's tag vectors, its query's vector where it has no tag."""
    total = np.zeros((len(bags), tags.shape[1]))
    np.add.at(total, bags.bag_of, tags[bags.indices])
    bare = np.diff(bags.indptr) == 0
    total[bare] = queries[bare]
    return total


def run_k_means(vectors: FloatArray, n_clusters: int) -> IntArray:
    """Return the clusters of k-means with one start."""
    from sklearn.cluster import KMeans

    found: IntArray = KMeans(n_clusters, n_init=1, random_state=0).fit_predict(vectors)
    return found


def print_score(name: str, truth: Sequence[str], membership: IntArray) -> None:
    """Print V-measure, adjusted Rand index and sizes of one clustering."""
    from sklearn.metrics import adjusted_rand_score, v_measure_score

    known = np.array([bool(category) for category in truth]) & (membership >= 0)
    labels = np.array(truth)[known]
    v = v_measure_score(labels, membership[known])
    rand = adjusted_rand_score(labels, membership[known])
    sizes = np.bincount(membership[membership >= 0])
    print(
        f"{name:32s} V {v:.3f}  ARI {rand:.3f}  clusters {len(sizes)}  "
        f"sizes {sizes.min()} to {sizes.max()}, none {int((membership < 0).sum())}"
    )


def print_moves(found: tagraph.Clustering) -> None:
    """Print how many samples were moved for which kind of reason."""
    kinds = Counter(
        "".join(letter for letter in move.reason if not letter.isdigit()) for move in found.moves
    )
    for reason, count in kinds.most_common():
        print(f"  moved {count}: {reason}")


def print_names(found: tagraph.Clustering, truth: Sequence[str], show: int) -> None:
    """Print the largest clusters with their most frequent category."""
    for cluster, name in enumerate(found.names[:show]):
        inside = [truth[i] for i in np.flatnonzero(found.membership == cluster).tolist()]
        category, count = Counter(inside).most_common(1)[0]
        print(f"  {len(inside):5d}  {name}  ({category} {count / len(inside):.0%})")


class Clock:
    """Prints what was done and the seconds since the last time."""

    def __init__(self) -> None:
        self.last = time.perf_counter()

    def say(self, what: str, rows: Sequence[object] | FloatArray | IntArray) -> None:
        """Print a step, how many rows it gave and its seconds."""
        now = time.perf_counter()
        print(f"[{now - self.last:6.1f} s] {what}: {len(rows)}", flush=True)
        self.last = now


if __name__ == "__main__":
    main()
