"""Two clusterings, or two pools on one map of communities, to what differs between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tagraph.data import Bags, Clustering, Communities, IntArray
from tagraph.errors import InputError
from tagraph.stages.agreement import cross_groups, measure_agreement
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd


class Shift(NamedTuple):
    """Samples that left the cluster that carries on the one they were in, and where they went."""

    before: str
    after: str
    samples: int


@dataclass(frozen=True, repr=False)
class ClusteringDiff:
    """What differs between two clusterings of the same samples.

    Attributes:
        adjusted_rand: 1 for equal ones, about 0 for unrelated ones.
        v_measure: 0 to 1.
        shared: Samples that both place; only these are compared.
        only_before: Samples that only the first one places.
        only_after: Samples that only the second one places.
        moved: Samples in another cluster than most of their old one, the largest groups first.
    """

    adjusted_rand: float
    v_measure: float
    shared: int
    only_before: int
    only_after: int
    moved: tuple[Shift, ...]

    @property
    def n_moved(self) -> int:
        """Samples that moved."""
        return sum(shift.samples for shift in self.moved)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per group of moved samples: before, after, samples."""
        return frame(list(self.moved), ["before", "after", "samples"])

    def __str__(self) -> str:
        return (
            f"{self.n_moved:,} of {self.shared:,} samples moved; adjusted Rand index "
            f"{self.adjusted_rand:.3f}, V-measure {self.v_measure:.3f}"
        )

    def __repr__(self) -> str:
        return f"<{self}>"

    def _repr_html_(self) -> str:
        return html_table(str(self), ["before", "after", "samples"], list(self.moved[:20]))


def diff_clusterings(
    before: Clustering,
    after: Clustering,
    *,
    before_ids: Sequence[str] = (),
    after_ids: Sequence[str] = (),
) -> ClusteringDiff:
    """Compare two clusterings on the samples that both place.

    The old cluster is carried on by the new one that most of its samples are in, the smaller
    number on a tie; the others have moved.

    Args:
        before: The old clustering.
        after: The new one.
        before_ids: Ids of the samples, distinct; needed where the two pools differ.
        after_ids: Likewise.

    Raises:
        InputError: Different numbers of samples and no ids, or ids that do not fit.
    """
    old, new = _align(before, after, before_ids, after_ids)
    first, second, count = cross_groups(old, new)
    order = np.lexsort((second, -count, first))
    stays = np.zeros(len(first), dtype=bool)
    stays[order[np.unique(first[order], return_index=True)[1]]] = True
    gone = [i for i in np.lexsort((second, first, -count)).tolist() if not stays[i]]
    agreement = measure_agreement(old, new)
    return ClusteringDiff(
        *agreement,
        int(count.sum()),
        int(((old >= 0) & (new < 0)).sum()),
        int(((new >= 0) & (old < 0)).sum()),
        tuple(Shift(before.names[first[i]], after.names[second[i]], int(count[i])) for i in gone),
    )


def _align(
    before: Clustering, after: Clustering, before_ids: Sequence[str], after_ids: Sequence[str]
) -> tuple[IntArray, IntArray]:
    """Return both memberships over all samples of either, -1 where one lacks the sample."""
    old, new = before.membership, after.membership
    if not before_ids and not after_ids and len(old) == len(new):
        return old, new
    if len(before_ids) != len(old) or len(after_ids) != len(new):
        raise InputError("the clusterings are of different samples; give the ids of both")
    every = sorted({*before_ids, *after_ids})
    place = {one: i for i, one in enumerate(every)}
    aligned = np.full((2, len(every)), -1, dtype=np.int64)
    aligned[0, [place[one] for one in before_ids]] = old
    aligned[1, [place[one] for one in after_ids]] = new
    return aligned[0], aligned[1]


class CommunityShare(NamedTuple):
    """How much of two pools one community holds.

    Attributes:
        name: Name of the community.
        first: Share of the first pool's tag uses, 0 to 1.
        second: Share of the second pool's.
        only_first: Its tags that the first pool uses and the second lacks, most used first.
    """

    name: str
    first: float
    second: float
    only_first: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class PoolDiff:
    """What a first pool has that a second lacks.

    Attributes:
        rows: One per community, the largest surplus of the first pool's share first.
        unmapped: Different tags of either pool that no community holds.
    """

    rows: tuple[CommunityShare, ...]
    unmapped: int

    @property
    def missing(self) -> tuple[CommunityShare, ...]:
        """Communities that the first pool uses and the second does not use at all."""
        return tuple(row for row in self.rows if row.first > 0 and row.second == 0)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per community: name, first, second, only_first."""
        return frame(self._rows(len(self.rows)), ["name", "first", "second", "only_first"])

    def _rows(self, n: int) -> list[tuple[str, float, float, str]]:
        return [(*row[:3], ", ".join(row.only_first)) for row in self.rows[:n]]

    def __repr__(self) -> str:
        return f"<{len(self.rows):,} communities, {len(self.missing):,} missing in the second pool>"

    def _repr_html_(self) -> str:
        columns = ["name", "first", "second", "only_first"]
        return html_table(repr(self)[1:-1], columns, self._rows(20))


def diff_pools(
    first: Bags | Iterable[Iterable[str]],
    second: Bags | Iterable[Iterable[str]],
    communities: Communities,
    *,
    n_tags: int = 5,
) -> PoolDiff:
    """Lay two pools on one map and say what the first has that the second lacks.

    Args:
        first: Canonical tags of the samples of one pool.
        second: Those of the other.
        communities: The map; usually found from both pools together.
        n_tags: Most tags listed for each community.
    """
    pools = (Bags.of(first), Bags.of(second))
    position = {tag: i for i, tag in enumerate(communities.tags)}
    uses = np.zeros((2, len(communities.tags)), dtype=np.int64)
    unmapped: set[str] = set()
    for row, pool in zip(uses, pools, strict=True):
        place = np.array([position.get(tag, -1) for tag in pool.vocabulary], dtype=np.int64)
        row[place[place >= 0]] = pool.counts[place >= 0]
        unmapped.update(tag for tag in pool.vocabulary if tag not in position)
    held = [np.bincount(communities.membership, used, len(communities)) for used in uses]
    share = np.round(held / np.maximum(1, uses.sum(axis=1, keepdims=True)), 6)
    lists = _list_only(uses, communities, n_tags)
    order = np.lexsort((np.arange(len(communities)), share[1] - share[0])).tolist()
    rows = tuple(
        CommunityShare(communities.names[c], float(share[0, c]), float(share[1, c]), lists[c])
        for c in order
    )
    return PoolDiff(rows, len(unmapped))


def _list_only(uses: IntArray, communities: Communities, n_tags: int) -> list[tuple[str, ...]]:
    """Return, per community, the tags that only the first pool uses, most used first."""
    lists: list[list[str]] = [[] for _ in communities.names]
    only = np.flatnonzero((uses[0] > 0) & (uses[1] == 0))
    for tag in only[np.lexsort((only, -uses[0, only]))].tolist():
        listed = lists[communities.membership[tag]]
        if len(listed) < n_tags:
            listed.append(communities.tags[tag])
    return [tuple(listed) for listed in lists]
