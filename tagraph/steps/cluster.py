"""Bags and the communities of their tags to one primary cluster per sample."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from tagraph.data import Bags, Clustering, Communities, FloatArray, IntArray
from tagraph.errors import InputError, OptionsError
from tagraph.stages.clusters import (
    Phase,
    assign_by_tags,
    assign_by_vectors,
    cut_evenly,
    divide_largest,
    link_clusters,
    list_moves,
    pool_clusters,
    split_clusters,
)
from tagraph.stages.communities import (
    Backend,
    CommunityOptions,
    find_communities,
    measure_stability,
    number_by_size,
)
from tagraph.stages.naming import join_names
from tagraph.stages.portraits import draw_portraits
from tagraph.stages.profiles import (
    Rows,
    SmoothRows,
    SomeRows,
    find_distinct,
    keep_strongest,
    spread_tags,
    weigh_tags,
)
from tagraph.stages.unit_vectors import check_vectors, unit_rows
from tagraph.steps.sample_space import SampleSpace

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from tagraph.graphs import TagGraph

__all__ = ["ClusterOptions", "cluster_samples"]

Method = Literal["auto", "samples", "tags"]


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """How samples are clustered.

    Attributes:
        min_size: Smaller clusters are pooled into the most alike one.
        max_size: Larger clusters are split.
        n_clusters: Number of clusters wanted; then the size limits do not apply.
        method: `samples` finds communities in a graph of samples, joined by tags and vectors;
            `tags` starts from the communities of the tags; `auto` takes samples up to
            `max_compared` different samples, tags above.
        max_compared: Most samples that are all compared with each other.
        mix: Share of the vectors in the likeness of two samples; the tags have the rest.
        neighbours: Most similar samples that each sample is joined to.
        place_untagged: Put samples without a tag of the graph into the cluster nearest to their
            vector; otherwise, and without vectors, they stay at -1.
        backend: What runs Leiden, as in `CommunityOptions`.
        runs: Leiden runs that the consensus is made of; None as in `CommunityOptions`.
        seed: Seed of all runs.
    """

    min_size: int = 5
    max_size: int = 300
    n_clusters: int | None = None
    method: Method = "auto"
    max_compared: int = 30_000
    mix: float = 0.5
    neighbours: int = 10
    place_untagged: bool = True
    backend: Backend = "auto"
    runs: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.min_size < 1 or self.max_size < 2 * self.min_size:
            raise OptionsError(
                f"min_size must be at least 1 and max_size at least twice it, "
                f"got {self.min_size} and {self.max_size}"
            )
        if self.n_clusters is not None and self.n_clusters < 1:
            raise OptionsError(f"n_clusters must be at least 1, got {self.n_clusters}")
        if self.method not in get_args(Method):
            raise OptionsError(f"method must be auto, samples or tags, got {self.method!r}")
        if not 0 <= self.mix <= 1:
            raise OptionsError(f"mix must lie in [0, 1], got {self.mix}")
        if min(self.max_compared, self.neighbours) < 1:
            raise OptionsError("max_compared and neighbours must be at least 1")
        CommunityOptions(backend=self.backend, runs=self.runs, seed=self.seed)


# Points above which a part of a pool is divided by the communities among its own tags.
MANY_POINTS = 3_000
# Leiden runs behind each division of a pool whose samples are too many to be compared, how near
# they come to the number of parts, and what runs them unless a backend is named: there are
# thousands of divisions, and a part that is still too large is divided again.
FEW_RUNS, ROUGHLY = 1, 0.2
# Tags that each tag gives to, itself among them, in such a pool: in a large vocabulary a tag has
# hundreds of neighbours, and two samples would be compared by all that theirs have.
RECEIVERS = 16
QUICKEST: Backend = "graspologic"
CLUSTERS = ClusterOptions()


def cluster_samples(
    bags: Bags | Iterable[Iterable[str]],
    graph: TagGraph,
    communities: Communities,
    options: ClusterOptions = CLUSTERS,
    *,
    vectors: FloatArray | Rows[FloatArray] | None = None,
) -> Clustering:
    """Give every sample one primary cluster, of a size that a tournament can use.

    Samples are likened by their tags, weighed by informativeness and spread over the tag graph,
    and by their vectors. Each is joined to its nearest ones, and Leiden finds communities in that
    graph: the square root of the number of samples, unless `n_clusters` says otherwise. Above
    `max_compared` samples the communities of the tags take that part. Then large clusters are
    split, small ones pooled, and samples without a tag placed by their vector. The order of
    samples does not matter; equal samples share a cluster unless `max_size` forbids it, and are
    then told apart by their position.

    Args:
        bags: Canonical tags of each sample.
        graph: Tag graph of these bags.
        communities: Communities of the graph's tags.
        options: Size limits or number, method, mix, runs and seed.
        vectors: One vector per sample, shape (n_samples, d), such as its text or the mean of its
            tags; brought to unit length here.

    Returns:
        Clusters numbered by falling size. In `moves`, `before` is the number in the first
        assignment, -1 for a sample that had none.

    Raises:
        InputError: Communities of another graph, or vectors that do not fit the samples.
    """
    held = Bags.of(bags)
    if communities.tags != graph.tags:
        raise InputError("the communities are not those of this tag graph; detect them again")
    rows: Rows[FloatArray] | None = None
    if isinstance(vectors, np.ndarray):
        rows = check_vectors(vectors, len(held), "sample")
    elif vectors is not None:
        rows = _UnitRows(vectors)
    points = _place_points(held, graph, rows, options)
    groups, stable = _group(points, communities, options)
    phases = _resize(points, groups, options)
    membership = number_by_size(phases[-1].membership, order=points.order)
    width = int(membership.max(initial=-1)) + 1
    portraits = draw_portraits(held, membership)
    return Clustering(
        membership,
        link_clusters(held, membership, width),
        join_names((portrait.tags for portrait in portraits), held.vocabulary),
        stable(membership),
        list_moves(phases, membership),
        np.array([portrait.covered for portrait in portraits]),
        np.array([portrait.typical for portrait in portraits], dtype=np.int64),
    )


@dataclass(frozen=True, eq=False)
class _UnitRows:
    """Rows brought to unit length as they are asked for."""

    rows: Rows[FloatArray]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.rows.shape

    def __getitem__(self, rows: IntArray | slice) -> FloatArray:
        return unit_rows(self.rows[rows])


@dataclass(frozen=True, eq=False)
class _Points:
    """The distinct samples to cluster, and which of them each sample is.

    Attributes:
        space: The points, their likeness and how many samples each stands for.
        weighed: Informativeness of each point's tags, shape (n_points, n_tags).
        vectors: Unit rows of all samples, shape (n_samples, d), or None.
        of: Point of each sample, shape (n_samples,); -1 for one without a tag of the graph.
        order: Place of each sample in canonical order, equal for equal samples.
        edges: Of the tag graph, shape (m, 2); of a large pool's, those that it is divided by.
        weights: Of the edges, shape (m,).
    """

    space: SampleSpace
    weighed: csr_array
    vectors: Rows[FloatArray] | None
    of: IntArray
    order: IntArray
    edges: IntArray
    weights: FloatArray

    def spread(self, groups: IntArray) -> IntArray:
        """Return the group of each sample, -1 for samples that are no point."""
        return np.append(groups, -1)[self.of]

    def divide(self, points: IntArray, n_groups: int) -> IntArray:
        """Return the part of each of the given points, from 0, the largest first.

        Points are compared with each other where they are few; many go by communities among their
        own tags, which takes less time than the square of their number.
        """
        if len(points) > MANY_POINTS:
            parts = self._divide_by_tags(points, n_groups)
            if parts.any():
                return parts
        return self.space.divide(points, n_groups)

    def _divide_by_tags(self, points: IntArray, n_groups: int) -> IntArray:
        weighed = self.weighed[points]
        tags = np.unique(weighed.indices)
        place = np.full(weighed.shape[1], -1, dtype=np.int64)
        place[tags] = np.arange(len(tags))
        left, right = place[self.edges[:, 0]], place[self.edges[:, 1]]
        inside = (left >= 0) & (right >= 0)
        ends = np.column_stack([left[inside], right[inside]])
        leiden = replace(self.space.leiden, n_communities=n_groups)
        found = find_communities(len(tags), ends, self.weights[inside], leiden)
        voted = assign_by_tags(weighed[:, tags], found.membership)
        return number_by_size(voted, self.space.sizes[points])


def _place_points(
    bags: Bags, graph: TagGraph, vectors: Rows[FloatArray] | None, options: ClusterOptions
) -> _Points:
    """Return the distinct samples with a tag of the graph; all of them if none has one."""
    weighed = weigh_tags(bags, graph.tags)
    first, order = find_distinct(weighed, vectors)
    shown = np.diff(weighed.indptr)[first] > 0
    if vectors is not None and options.place_untagged and not shown.any():
        shown[:] = True
    of = np.where(shown, np.cumsum(shown) - 1, -1)[order]
    informed = weighed[first[shown]]
    spread = spread_tags(len(graph), graph.edges, graph.weights)
    space = SampleSpace(
        SmoothRows(informed, spread),
        None if vectors is None else SomeRows(vectors, first[shown]),
        np.bincount(of[of >= 0], minlength=int(shown.sum())).astype(np.int64),
        options.mix if vectors is not None else 0.0,
        options.neighbours,
        CommunityOptions(backend=options.backend, runs=options.runs, seed=options.seed),
    )
    points = _Points(space, informed, vectors, of, order, graph.edges, graph.weights)
    return _lighten(points, spread, options) if _goes_by_tags(len(space), options) else points


def _lighten(points: _Points, spread: csr_array, options: ClusterOptions) -> _Points:
    """Return the points of a large pool with fewer edges between tags and quicker divisions."""
    backend = QUICKEST if options.backend == "auto" else options.backend
    runs, thin = options.runs or FEW_RUNS, keep_strongest(spread, RECEIVERS)
    leiden = replace(points.space.leiden, runs=runs, backend=backend, tolerance=ROUGHLY)
    space = replace(points.space, profiles=SmoothRows(points.weighed, thin), leiden=leiden)
    strong = (thin + thin.T)[points.edges[:, 0], points.edges[:, 1]] > 0
    edges, weights = points.edges[strong], points.weights[strong]
    return replace(points, space=space, edges=edges, weights=weights)


def _goes_by_tags(n_points: int, options: ClusterOptions) -> bool:
    """Say whether the communities of the tags are where clusters start from."""
    return options.method == "tags" or (
        options.method == "auto" and n_points > options.max_compared
    )


def _group(
    points: _Points, communities: Communities, options: ClusterOptions
) -> tuple[IntArray, Callable[[IntArray], FloatArray]]:
    """Return the first group of each point, and what measures the stability of final clusters."""
    n = len(points.space)
    if not _goes_by_tags(n, options):
        found = points.space.find_groups(options.n_clusters or _usual_number(n, options))
        return found.membership, partial(_measure_by_runs, points, found.runs)
    voted = assign_by_tags(points.weighed, communities.membership)
    certainty = np.append(communities.stability, 1.0)[voted]
    return number_by_size(voted, points.space.sizes), partial(_mean_by_group, points, certainty)


def _usual_number(n: int, options: ClusterOptions) -> int:
    """Return the square root of the number of points, less where clusters would be too small."""
    return max(1, min(round(math.sqrt(n)), n // (2 * options.min_size)))


def _measure_by_runs(points: _Points, runs: IntArray, membership: IntArray) -> FloatArray:
    """Return how surely the samples of each cluster stayed together over the runs."""
    placed = membership >= 0
    spread = np.stack([points.spread(run)[placed] for run in runs]) + 1
    return measure_stability(membership[placed], spread)


def _mean_by_group(points: _Points, certainty: FloatArray, membership: IntArray) -> FloatArray:
    """Return the mean stability of the communities that each cluster's samples were drawn from."""
    drawn = (membership >= 0) & (points.of >= 0)
    width = int(membership.max(initial=-1)) + 1
    millionths = np.rint(certainty * 1e6)  # whole numbers add up alike in any order
    total = np.bincount(membership[drawn], weights=millionths[points.of[drawn]], minlength=width)
    count = np.bincount(membership[drawn], minlength=width)
    return np.divide(total / 1e6, count, out=np.ones(width), where=count > 0).round(6)


def _resize(points: _Points, groups: IntArray, options: ClusterOptions) -> list[Phase]:
    """Return the assignment of all samples after each phase, the first one first."""
    if not len(groups):
        return [Phase(points.spread(groups))]
    if options.n_clusters is not None:
        return [Phase(points.spread(groups)), *_reach_number(points, groups, options)]
    space, limit = points.space, options.max_size
    split = split_clusters(groups, space.sizes, limit, points.divide)
    goes_to = pool_clusters(
        np.bincount(split, weights=space.sizes).astype(np.int64),
        space.compare_groups(split),
        min_size=options.min_size,
        max_size=limit,
    )
    placed = _place_untagged(points, points.spread(goes_to[split]), options)
    return [
        Phase(points.spread(groups)),
        Phase(
            points.spread(split),
            f"its cluster of {{size}} samples was above max_size {limit} and was split",
        ),
        Phase(
            points.spread(goes_to[split]),
            f"its cluster of {{size}} samples was below min_size {options.min_size}; "
            "pooled into the most alike with room",
        ),
        placed,
        Phase(
            cut_evenly(placed.membership, points.order, limit),
            f"its cluster of {{size}} samples was above max_size {limit} and was cut evenly: "
            "no finer structure",
        ),
    ]


def _reach_number(points: _Points, groups: IntArray, options: ClusterOptions) -> list[Phase]:
    """Return the phases that bring the clusters to the number asked."""
    wanted, space = options.n_clusters or 1, points.space
    split = divide_largest(groups, space.sizes, wanted, points.divide)
    goes_to = pool_clusters(
        np.bincount(split, weights=space.sizes).astype(np.int64),
        space.compare_groups(split),
        n_clusters=wanted,
    )
    pooled = points.spread(goes_to[split])
    reason = f"its cluster of {{size}} samples was {{}} to reach n_clusters {wanted}"
    return [
        Phase(points.spread(split), reason.replace("{}", "split")),
        Phase(pooled, reason.replace("{}", "pooled into the most alike")),
        _place_untagged(points, pooled, options),
    ]


def _place_untagged(points: _Points, membership: IntArray, options: ClusterOptions) -> Phase:
    """Return the assignment with samples that are no point put into the nearest cluster."""
    reason = "no tag of the graph; put into the cluster nearest to its vector"
    if points.vectors is None or not options.place_untagged:
        return Phase(membership, reason)
    return Phase(assign_by_vectors(points.vectors, membership), reason)
