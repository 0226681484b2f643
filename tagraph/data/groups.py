"""Groups: communities of tags and clusters of samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from tagraph.data.arrays import FloatArray, IntArray
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Communities:
    """Communities of tags, numbered by falling size.

    Attributes:
        tags: The tags of the graph, shape (n_tags,).
        membership: Community of each tag, shape (n_tags,).
        names: One readable name per community.
        stability: Per community, 0 to 1: how surely its tags stay together over other seeds.
        quality: Value of the objective that was optimised.
        resolution: Resolution parameter that was used.
        upper: The upper community that each community belongs to, shape (n_communities,).
        upper_names: One readable name per upper community.
        backend: What found them.
        n_runs: Runs that the consensus was made of; 0 where a store does not say.
    """

    tags: tuple[str, ...]
    membership: IntArray
    names: tuple[str, ...]
    stability: FloatArray
    quality: float
    resolution: float
    upper: IntArray
    upper_names: tuple[str, ...]
    backend: str
    n_runs: int = 1

    @classmethod
    def of_one_level(
        cls, tags: tuple[str, ...], membership: IntArray, names: Sequence[str], backend: str
    ) -> Self:
        """Return communities each of which is its own upper one; nothing is known of how sure."""
        known = np.ones(len(names)), math.nan, math.nan
        own = np.arange(len(names), dtype=np.int64)
        return cls(tags, membership, tuple(names), *known, own, tuple(names), backend)

    def __len__(self) -> int:
        return len(self.names)

    def members(self, community: int) -> list[str]:
        """Return the tags of one community in the order of `tags`."""
        return [self.tags[i] for i in np.flatnonzero(self.membership == community)]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per community: community, name, size, stability, upper."""
        return frame(self._rows(), ["community", "name", "size", "stability", "upper"])

    def _rows(self) -> list[tuple[int, str, int, float, str]]:
        sizes = np.bincount(self.membership, minlength=len(self)).tolist()
        upper = [self.upper_names[u] for u in self.upper.tolist()]
        columns = zip(self.names, sizes, self.stability.tolist(), upper, strict=True)
        return [(c, *row) for c, row in enumerate(columns)]

    def _title(self) -> str:
        return (
            f"{len(self):,} communities of {len(self.tags):,} tags in "
            f"{len(self.upper_names):,} upper ones"
        )

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        columns = ["community", "name", "size", "stability", "upper"]
        return html_table(self._title(), columns, self._rows()[:20])


_CLUSTER = ("cluster", "name", "size", "stability", "covered", "typical")


@dataclass(frozen=True, slots=True)
class Move:
    """A sample that was moved between clusters after the first assignment, and why."""

    sample: int
    before: int
    after: int
    reason: str


@dataclass(frozen=True, eq=False, repr=False)
class Clustering:
    """One primary cluster per sample, numbered by falling size.

    Attributes:
        membership: Cluster of each sample, shape (n_samples,); -1 means none.
        links: Shape (m, 2): sample and another cluster its tags point to, sorted.
        names: One readable name per cluster.
        stability: Per cluster, 0 to 1: how surely its samples stay together over other seeds.
        moves: Samples moved after the first assignment, each with its reason.
        covered: Per cluster, the share of its samples that hold a tag of its name; None if
            nobody looked. It says how far the name speaks for the cluster.
        typical: Per cluster, the sample whose tags are most like the cluster's, -1 for none.
    """

    membership: IntArray
    links: IntArray
    names: tuple[str, ...]
    stability: FloatArray
    moves: tuple[Move, ...] = ()
    covered: FloatArray | None = None
    typical: IntArray | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def sizes(self) -> IntArray:
        """Samples per cluster, shape (n_clusters,)."""
        placed = self.membership[self.membership >= 0]
        return np.bincount(placed, minlength=len(self)).astype(np.int64)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per cluster: cluster, name, size, stability, covered, typical."""
        return frame(self._rows(), list(_CLUSTER))

    def _rows(self) -> list[tuple[int, str, int, float, float | None, int | None]]:
        unknown = [None] * len(self)
        covered = unknown if self.covered is None else self.covered.tolist()
        typical = unknown if self.typical is None else self.typical.tolist()
        columns = (self.names, self.sizes.tolist(), self.stability.tolist(), covered, typical)
        return [(c, *row) for c, row in enumerate(zip(*columns, strict=True))]

    def _title(self) -> str:
        return f"{len(self):,} clusters of {len(self.membership):,} samples"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        return html_table(self._title(), list(_CLUSTER), self._rows()[:20])
