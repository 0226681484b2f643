"""A subset of a pool to numbers: what it covers, how even it is, how long its responses are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from tagraph.data import Bags, BoolArray, FloatArray, IntArray

TAIL = 3  # a tag in at most so many samples of the pool is of the long tail


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a subset holds of its pool.

    Attributes:
        rows: Samples of the subset.
        tags: Share of the pool's tags that stand in the subset.
        tail: The same of the tags in at most three samples of the pool.
        communities: Share of the communities of tags that the subset touches, of those that stand
            on two samples or more: one that a single sample has is a tag list of that sample.
        clusters: Share of the clusters of samples that the subset touches.
        tag_entropy: Entropy of the subset's tags in bits; higher is more even.
        cluster_entropy: The same of its clusters.
        tags_per_row: Mean tags of a sample.
        near_duplicates: Share of rows that nearly repeat an earlier one; NaN if not looked for.
        mean_length: Mean characters of the responses.
        median_length: Their median.
        long_length: Their ninth decile.
        standing: Mean share of the rest of its cluster that a row is stronger than; NaN if no
            row has a strength. A random row has 0.5, the best of a cluster 1.
    """

    rows: int
    tags: float
    tail: float
    communities: float
    clusters: float
    tag_entropy: float
    cluster_entropy: float
    tags_per_row: float
    near_duplicates: float
    mean_length: float
    median_length: float
    long_length: float
    standing: float = float("nan")

    @classmethod
    def of(cls, values: Mapping[str, float]) -> Coverage:
        """Return measures given by name."""
        rest = {name: value for name, value in values.items() if name != "rows"}
        return cls(rows=int(values["rows"]), **rest)

    def as_dict(self) -> dict[str, float]:
        """Return the measures by name."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Terrain:
    """What a subset is measured against.

    Attributes:
        bags: Canonical tags of every sample of the pool.
        community: Community of each tag of their vocabulary, -1 for none, shape (n_tags,).
        cluster: Cluster of every sample, -1 for none, shape (n,).
        length: Characters of every response, shape (n,).
        standing: What `rate_standing` says of every sample, shape (n,), if it is known.
    """

    bags: Bags
    community: IntArray
    cluster: IntArray
    length: FloatArray
    standing: FloatArray | None = None

    @cached_property
    def shared(self) -> BoolArray:
        """Which tags are of a community that stands on two samples or more, shape (n_tags,)."""
        group, n = self.community[self.bags.indices], max(1, len(self.bags))
        pairs = np.unique((group * n + self.bags.bag_of)[group >= 0])
        spread = np.bincount(pairs // n, minlength=int(self.community.max(initial=-1)) + 1)
        inside: BoolArray = self.community >= 0
        inside[inside] = spread[self.community[inside]] >= 2
        return inside


def rate_standing(strength: FloatArray, cluster: IntArray) -> FloatArray:
    """Return the share of the rest of its cluster that each sample is stronger than.

    Args:
        strength: Shape (n,); NaN for a sample that was never compared.
        cluster: Cluster of every sample, -1 for none, shape (n,).

    Returns:
        Shape (n,), from 0 to 1, equals sharing the mean of their places; NaN without a strength,
        without a cluster, or alone in it.
    """
    known = np.flatnonzero((cluster >= 0) & ~np.isnan(strength))
    order = known[np.lexsort((strength[known], cluster[known]))]
    group, worth = cluster[order], strength[order]
    place = np.arange(len(order)) - np.searchsorted(group, group)
    others = np.searchsorted(group, group, side="right") - np.searchsorted(group, group) - 1
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (group[1:] != group[:-1]) | (worth[1:] != worth[:-1])
    tied = np.cumsum(is_new) - 1
    shared = np.bincount(tied, place) / np.maximum(1, np.bincount(tied))
    found = np.full(len(strength), np.nan)
    alone = others == 0
    found[order[~alone]] = shared[tied[~alone]] / others[~alone]
    return found


def measure_coverage(
    terrain: Terrain, rows: IntArray, near_duplicates: float = float("nan")
) -> Coverage:
    """Return what the rows hold of the pool; shares of nothing are 1, means of nothing 0.

    Args:
        terrain: The pool.
        rows: Positions of the subset.
        near_duplicates: Share of the rows that nearly repeat another, if known.
    """
    bags = terrain.bags
    counts = np.diff(bags.indptr)
    held = np.zeros(len(bags), dtype=np.int64)
    np.add.at(held, rows, 1)
    weight = np.repeat(held, counts).astype(np.float64)
    found = np.bincount(bags.indices, weight, minlength=len(bags.vocabulary))
    used: FloatArray = found.astype(np.float64)
    there = bags.counts > 0
    tail = there & (bags.counts <= TAIL)
    inside = terrain.shared
    clusters = terrain.cluster[rows]
    length = terrain.length[rows] if len(rows) else np.zeros(1)
    return Coverage(
        rows=len(rows),
        tags=_share(used > 0, there),
        tail=_share(used > 0, tail),
        communities=_distinct_share(
            terrain.community[inside & (used > 0)], terrain.community[inside]
        ),
        clusters=_distinct_share(clusters[clusters >= 0], terrain.cluster[terrain.cluster >= 0]),
        tag_entropy=_entropy(used),
        cluster_entropy=_entropy(np.bincount(clusters + 1).astype(np.float64)),
        tags_per_row=float(counts[rows].mean()) if len(rows) else 0.0,
        near_duplicates=near_duplicates,
        mean_length=float(length.mean()),
        median_length=float(np.median(length)),
        long_length=float(np.quantile(length, 0.9)),
        standing=_mean_known(terrain.standing, rows),
    )


def _mean_known(values: FloatArray | None, rows: IntArray) -> float:
    """Return the mean of the rows' values that are known; NaN if none is."""
    known = values[rows][~np.isnan(values[rows])] if values is not None else np.empty(0)
    return float(known.mean()) if len(known) else float("nan")


def _share(part: BoolArray, of: BoolArray) -> float:
    whole = int(of.sum())
    return float((part & of).sum() / whole) if whole else 1.0


def _distinct_share(part: IntArray, of: IntArray) -> float:
    whole = len(np.unique(of))
    return len(np.unique(part)) / whole if whole else 1.0


def _entropy(counts: FloatArray) -> float:
    """Return the entropy of counts in bits."""
    share = counts[counts > 0] / max(1.0, float(counts.sum()))
    return abs(float(-(share * np.log2(share)).sum()))
