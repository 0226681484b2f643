"""Communities again, from other seeds, orders and subsets of samples: what of them stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from tagraph.data import Bags, Communities, FloatArray, IntArray
from tagraph.errors import InputError, OptionsError
from tagraph.graphs import TagGraph
from tagraph.stages.agreement import measure_agreement
from tagraph.stages.communities import CommunityOptions, find_communities, measure_stability
from tagraph.steps.graph import GraphOptions, build_tag_graph
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

Change = Literal["seeds", "orders", "subsets"]
CHANGES: tuple[Change, ...] = get_args(Change)


@dataclass(frozen=True, slots=True)
class StabilityOptions:
    """How often communities are found again.

    Attributes:
        repeats: Times for each kind of change.
        share: Share of the samples in a subset.
        seed: Seed of the changes.
    """

    repeats: int = 3
    share: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        if self.repeats < 1 or self.seed < 0:
            raise OptionsError("repeats must be at least 1, seed not negative")
        if not 0 < self.share < 1:
            raise OptionsError(f"share must lie between 0 and 1, got {self.share}")


@dataclass(frozen=True, eq=False, repr=False)
class CommunityStability:
    """How well communities stand three kinds of change.

    Attributes:
        names: Names of the communities, shape (n_communities,).
        whole: For each of `CHANGES`, the mean adjusted Rand index with the communities.
        each: Shape (3, n_communities): the share of pairs of tags that stay together.
    """

    names: tuple[str, ...]
    whole: tuple[float, ...]
    each: FloatArray

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per community: community, name, seeds, orders, subsets."""
        return frame(self._rows(), ["community", "name", *CHANGES])

    def _rows(self) -> list[tuple[int, str, float, float, float]]:
        return [(c, name, *self.each[:, c].tolist()) for c, name in enumerate(self.names)]

    def __str__(self) -> str:
        told = ", ".join(f"{kind} {ari:.3f}" for kind, ari in zip(CHANGES, self.whole, strict=True))
        return f"adjusted Rand index over other {told}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def _repr_html_(self) -> str:
        return html_table(str(self), ["community", "name", *CHANGES], self._rows()[:20])


DEFAULTS, GRAPH, LEIDEN = StabilityOptions(), GraphOptions(), CommunityOptions()


def assess_communities(
    bags: Bags | Iterable[Iterable[str]],
    communities: Communities,
    options: StabilityOptions = DEFAULTS,
    *,
    graph: GraphOptions = GRAPH,
    leiden: CommunityOptions = LEIDEN,
    vectors: FloatArray | None = None,
) -> CommunityStability:
    """Find the communities again with other seeds, in other orders and from fewer samples.

    Orders are those of the nodes that Leiden is given; tagraph itself always gives the same. A
    subset keeps a share of the samples and builds the tag graph anew; tags it lacks are not
    compared.

    Args:
        bags: Canonical tags of each sample.
        communities: Found from these bags with the same options.
        options: Repeats, share of a subset and seed.
        graph: How the tag graph was built.
        leiden: How the communities were found.
        vectors: One row for each tag of the vocabulary, as the tag graph was built with.

    Raises:
        InputError: The communities are not those of these bags' tags.
    """
    held = Bags.of(bags)
    if communities.tags != held.vocabulary:
        raise InputError("the communities are not of these bags' tags; detect them again")
    whole = build_tag_graph(held, graph, vectors=vectors)
    rng = np.random.default_rng(options.seed)
    times = range(options.repeats)
    again = {
        "seeds": [_reseed(whole, leiden, 1 + time) for time in times],
        "orders": [_reorder(whole, leiden, rng.permutation(len(whole))) for _ in times],
        "subsets": [
            _spread(held, _find(_subset(held, vectors, graph, kept), leiden))
            for kept in _draw_subsets(len(held), options, rng)
        ],
    }
    membership = communities.membership
    return CommunityStability(
        communities.names,
        tuple(
            round(float(np.mean([measure_agreement(membership, m)[0] for m in again[kind]])), 6)
            for kind in CHANGES
        ),
        np.stack([_keep_together(membership, again[kind]) for kind in CHANGES]),
    )


def _reseed(graph: TagGraph, leiden: CommunityOptions, time: int) -> IntArray:
    return _find(graph, replace(leiden, seed=leiden.seed + time))[1]


def _find(graph: TagGraph, leiden: CommunityOptions) -> tuple[TagGraph, IntArray]:
    return graph, find_communities(len(graph), graph.edges, graph.weights, leiden).membership


def _reorder(graph: TagGraph, leiden: CommunityOptions, place: IntArray) -> IntArray:
    """Return the membership found when tag i stands at `place[i]`."""
    edges = np.sort(place[graph.edges], axis=1)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    found = find_communities(len(graph), edges[order], graph.weights[order], leiden)
    return found.membership[place]


def _draw_subsets(
    n: int, options: StabilityOptions, rng: np.random.Generator
) -> Iterator[IntArray]:
    """Yield the positions of the samples of each subset, sorted."""
    for _ in range(options.repeats):
        yield np.sort(rng.choice(n, max(1, int(options.share * n)), replace=False))


def _subset(
    bags: Bags, vectors: FloatArray | None, options: GraphOptions, kept: IntArray
) -> TagGraph:
    """Return the tag graph of some of the bags."""
    length = np.diff(bags.indptr)[kept]
    inside = np.zeros(len(bags), dtype=bool)
    inside[kept] = True
    held = bags.indices[np.repeat(inside, np.diff(bags.indptr))]
    tags = np.unique(held)
    indptr = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    words = tuple(bags.vocabulary[i] for i in tags.tolist())
    part = Bags(indptr, np.searchsorted(tags, held).astype(np.int64), words)
    return build_tag_graph(part, options, vectors=None if vectors is None else vectors[tags])


def _spread(bags: Bags, found: tuple[TagGraph, IntArray]) -> IntArray:
    """Return the community of each tag of the vocabulary, -1 for one that the subset lacks."""
    position = {tag: i for i, tag in enumerate(found[0].tags)}
    place = np.array([position.get(tag, -1) for tag in bags.vocabulary], dtype=np.int64)
    return np.append(found[1], -1)[place]


def _keep_together(membership: IntArray, again: list[IntArray]) -> FloatArray:
    """Return the share of pairs that stay together, per community, over the tags still there."""
    width = int(membership.max(initial=-1)) + 1
    kept = np.ones((len(again), width))
    for row, found in enumerate(again):
        there = found >= 0
        share = measure_stability(membership[there], found[None, there])
        kept[row, : len(share)] = share
    mean: FloatArray = kept.mean(axis=0).round(6)
    return mean
