"""The recipe of TACOS (arXiv 2507.03673), after its released code; what differs: docs/selection.md.

Tags seen seldom are dropped, the others stemmed and grouped by k-means on their vectors. A sample
is in the clusters of all its tags. Of the samples with the same clusters the one with the longest
response stays. Inside each cluster neighbours in the list are scored from 0 to 100, both by one
call, and the top of each cluster is taken, the smallest cluster first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tagraph.data import (
    Bags,
    Clustering,
    Communities,
    FloatArray,
    IntArray,
    Merge,
    Samples,
    Selection,
    TagMap,
)
from tagraph.errors import OptionsError
from tagraph.protocols import Encoder, Scorer
from tagraph.stages.kmeans import group_by_means
from tagraph.stages.stemming import stem
from tagraph.text import shorten

_OTHER = re.compile(r"\W+")
_NAMED = 3


@dataclass(frozen=True, slots=True)
class TacosOptions:
    """The numbers of the recipe.

    Attributes:
        min_count: Raw tags in fewer samples are dropped, and samples left without a tag.
        n_clusters: Clusters of tags.
        seed: Of k-means; the released code sets none.
    """

    min_count: int = 20
    n_clusters: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        if self.min_count < 1 or self.n_clusters < 1 or self.seed < 0:
            raise OptionsError("min_count and n_clusters must be at least 1, seed at least 0")


@dataclass(frozen=True, eq=False)
class ScoredPairs:
    """One pass of the judge.

    Attributes:
        cluster: Cluster in which each pair met, shape (m,).
        first: Sample shown first, shape (m,).
        second: Sample shown second, shape (m,).
        score: Scores of both from 0 to 100, NaN for none, shape (m, 2).
    """

    cluster: IntArray
    first: IntArray
    second: IntArray
    score: FloatArray


def stem_tags(raw: Bags, options: TacosOptions = TacosOptions()) -> TagMap:
    """Drop raw tags seen seldom, then join those with the same stem under their most used one.

    Stemming comes after the filter, as in the released code, but two tags of one stem add up.
    """
    often = {
        tag: int(count)
        for tag, count in zip(raw.vocabulary, raw.counts.tolist(), strict=True)
        if count >= options.min_count
    }
    spellings: dict[str, list[str]] = {}
    for tag in sorted(often, key=lambda tag: (-often[tag], tag)):
        key = stem(_OTHER.sub(" ", tag.lower()).strip()) or tag
        spellings.setdefault(key, []).append(tag)
    canonical_of = {tag: tag for tag in raw.vocabulary}
    for tags in spellings.values():
        canonical_of |= dict.fromkeys(tags, tags[0])
    merges = [Merge(t, c, "stem", 1.0) for t, c in sorted(canonical_of.items()) if t != c]
    counts = dict(zip(raw.vocabulary, raw.counts.tolist(), strict=True))
    return TagMap(canonical_of, tuple(merges), counts, frozenset(set(raw.vocabulary) - set(often)))


def cluster_tags(
    bags: Bags, encoder: Encoder, options: TacosOptions = TacosOptions()
) -> Communities:
    """Group canonical tags by k-means on their vectors; a tag counts as often as it is used.

    Raises:
        OptionsError: No tag is left.
    """
    if not bags.vocabulary:
        raise OptionsError(f"no tag is in {options.min_count} samples; lower [tacos] min_count")
    vectors = encoder.encode(bags.vocabulary)
    weight = bags.counts.astype(np.float64)
    group = group_by_means(vectors, weight, options.n_clusters, options.seed)
    n_groups = int(group.max()) + 1
    order = np.lexsort((np.arange(len(group)), -weight, group))
    names = []
    for number in range(n_groups):
        inside = order[group[order] == number][:_NAMED]
        names.append(" · ".join(bags.vocabulary[tag] for tag in inside.tolist()))
    return Communities.of_one_level(bags.vocabulary, group, names, "k-means")


def cluster_by_labels(bags: Bags, communities: Communities) -> Clustering:
    """Put every sample in the clusters of all its tags; the primary one holds most of them."""
    labels = _list_labels(bags, communities)
    membership = np.full(len(bags), -1, dtype=np.int64)
    links = []
    for row, found in enumerate(labels):
        if found:
            membership[row] = max(found, key=lambda label: (found[label], -label))
        links += [(row, label) for label in sorted(found) if label != membership[row]]
    pairs = np.array(links, dtype=np.int64).reshape(-1, 2)
    return Clustering(membership, pairs, communities.names, communities.stability.copy())


def _list_labels(bags: Bags, communities: Communities) -> list[dict[int, int]]:
    """Return how many tags of each cluster every sample has."""
    of_tag = communities.membership.tolist()
    labels: list[dict[int, int]] = []
    for row in range(len(bags)):
        found: dict[int, int] = {}
        for tag in bags.indices[bags.indptr[row] : bags.indptr[row + 1]].tolist():
            found[of_tag[tag]] = found.get(of_tag[tag], 0) + 1
        labels.append(found)
    return labels


def keep_longest(clustering: Clustering, length: IntArray, ids: Sequence[str]) -> IntArray:
    """Return, for each set of clusters, the sample with the longest response; ties by id."""
    members = _list_members(clustering)
    best: dict[tuple[int, ...], tuple[int, str, int]] = {}
    for row, labels in enumerate(members):
        if labels:
            mine = (-int(length[row]), ids[row], row)
            best[labels] = min(best.get(labels, mine), mine)
    return np.array(sorted(row for _, _, row in best.values()), dtype=np.int64)


def _list_members(clustering: Clustering) -> list[tuple[int, ...]]:
    """Return the sorted clusters of every sample."""
    members = [[cluster] if cluster >= 0 else [] for cluster in clustering.membership.tolist()]
    for row, cluster in clustering.links.tolist():
        members[row].append(cluster)
    return [tuple(sorted(labels)) for labels in members]


def score_neighbours(
    clustering: Clustering, kept: IntArray, samples: Samples, scorer: Scorer
) -> ScoredPairs:
    """Let the judge score neighbours of each cluster's list, in the order of ids, in one order.

    An odd last sample of a cluster is scored with nobody, and so not at all.
    """
    cluster, first, second = [], [], []
    for number, inside in enumerate(_divide(clustering, kept)):
        for i in range(0, len(inside) - 1, 2):
            cluster.append(number)
            first.append(inside[i])
            second.append(inside[i + 1])
    shown = sorted({*first, *second})
    held = dict(zip(shown, samples.take(shown), strict=True))
    pairs = [(held[i], held[j]) for i, j in zip(first, second, strict=True)]
    score = np.array(scorer.score_pairs(pairs), dtype=np.float64).reshape(-1, 2)
    met, shown_first, shown_second = (np.array(p, np.int64) for p in (cluster, first, second))
    return ScoredPairs(met, shown_first, shown_second, score)


def _divide(clustering: Clustering, kept: IntArray) -> list[list[int]]:
    """Return the kept samples of every cluster, in the order of their ids."""
    inside: list[list[int]] = [[] for _ in range(len(clustering))]
    members = _list_members(clustering)
    for row in kept.tolist():
        for cluster in members[row]:
            inside[cluster].append(row)
    return inside


def select_top(
    clustering: Clustering, kept: IntArray, pairs: ScoredPairs, k: int, ids: Sequence[str]
) -> Selection:
    """Take the top of each cluster, the smallest first, until k are taken.

    Every cluster gives the k-th part, rounded up, of those not yet taken, by falling score; what
    is missing then comes in further rounds. Samples without a score come last in their cluster.

    Raises:
        OptionsError: Fewer than k samples were kept.
    """
    if len(kept) < k:
        raise OptionsError(
            f"the recipe keeps {len(kept):,} samples, one for each set of clusters, but k is {k};"
            " choose a smaller k, or lower [tacos] min_count"
        )
    ranked = _rank(clustering, kept, pairs, ids)
    share = -(-k // max(1, len(ranked)))
    taken: dict[int, tuple[int, float, int]] = {}
    order = sorted(range(len(ranked)), key=lambda number: (len(ranked[number]), number))
    while len(taken) < k:
        for number in order:
            free = [entry for entry in ranked[number] if entry[0] not in taken]
            for row, score, rank in free[: min(share, k - len(taken))]:
                taken[row] = (number, score, rank)
    return _conclude(clustering, taken, ranked, ids)


def _rank(
    clustering: Clustering, kept: IntArray, pairs: ScoredPairs, ids: Sequence[str]
) -> list[list[tuple[int, float, int]]]:
    """Return sample, score (NaN if none) and rank of the kept samples of each cluster."""
    scores = {}
    columns = (pairs.cluster.tolist(), pairs.first.tolist(), pairs.second.tolist())
    for cluster, i, j, (a, b) in zip(*columns, pairs.score.tolist(), strict=True):
        scores[cluster, i], scores[cluster, j] = a, b
    ranked = []
    for number, inside in enumerate(_divide(clustering, kept)):
        found = [(row, scores.get((number, row), float("nan"))) for row in inside]
        found.sort(key=lambda entry: (-np.nan_to_num(entry[1], nan=-1.0), ids[entry[0]]))
        ranked.append([(row, score, rank) for rank, (row, score) in enumerate(found, 1)])
    return ranked


def _conclude(
    clustering: Clustering,
    taken: dict[int, tuple[int, float, int]],
    ranked: list[list[tuple[int, float, int]]],
    ids: Sequence[str],
) -> Selection:
    """Return the selection with its reasons."""
    rivals, reasons = [], []
    for number, score, rank in taken.values():
        left = [row for row, _, _ in ranked[number] if row not in taken]
        rivals.append(left[0] if left else -1)
        told = "not scored" if score != score else f"scored {score:.0f} of 100 beside its neighbour"
        name = shorten(clustering.names[number], 60)
        reasons.append(f"number {rank:,} of {len(ranked[number]):,} in '{name}', {told}")
    rows = list(taken)
    return Selection(
        index=np.array(rows, dtype=np.int64),
        cluster=np.array([number for number, _, _ in taken.values()], dtype=np.int64),
        strength=np.array([score for _, score, _ in taken.values()], dtype=np.float64),
        rank=np.array([rank for _, _, rank in taken.values()], dtype=np.int64),
        rival=np.array(rivals, dtype=np.int64),
        rule=("top",) * len(rows),
        reasons=tuple(reasons),
        ids=tuple(ids[row] for row in rows),
        policy="tacos",
    )
