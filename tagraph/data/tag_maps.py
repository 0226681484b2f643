"""Tag maps: which canonical tag every raw tag became, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tagraph.data.arrays import IntArray
from tagraph.data.bags import Bags
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """Two tags that may be one; `source` names what proposed them (spelling, fuzzy, embedding)."""

    left: str
    right: str
    similarity: float
    source: str


class Link(NamedTuple):
    """Evidence that two entries of a vocabulary are one tag; what `Merge` is told from.

    Attributes:
        left: Position in the vocabulary.
        right: Position in the vocabulary.
        reason: What joined them, in the words of `Merge.reason`.
        similarity: 1 for a pure rule.
    """

    left: int
    right: int
    reason: str
    similarity: float = 1.0


@dataclass(frozen=True, slots=True)
class Merge:
    """One raw tag that became another: why, and how alike the two are (1 for a pure rule)."""

    raw: str
    canonical: str
    reason: str
    similarity: float


@dataclass(frozen=True, eq=False, repr=False)
class TagMap:
    """Which canonical tag every raw tag became, and why.

    Attributes:
        canonical_of: Total over the raw vocabulary; the canonical of a canonical tag is itself.
        merges: One row per raw tag that moved, ordered by raw tag.
        counts: In how many bags each canonical tag stands.
        rare: Canonical tags below the asked frequency; `apply` leaves them out.
        narrower: Directed edges (narrower tag, broader tag).
        borderline: Candidate pairs worth a judge, the most valuable first.
    """

    canonical_of: Mapping[str, str]
    merges: tuple[Merge, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    rare: frozenset[str] = frozenset()
    narrower: tuple[tuple[str, str], ...] = ()
    borderline: tuple[CandidatePair, ...] = ()

    def apply(self, bags: Bags | Iterable[Iterable[str]]) -> Bags:
        """Return the bags in canonical tags; an unknown raw tag stays as it is, rare tags go."""
        raw = Bags.of(bags)
        canonical = [self.canonical_of.get(tag, tag) for tag in raw.vocabulary]
        vocabulary = tuple(sorted(set(canonical) - self.rare))
        position = {tag: i for i, tag in enumerate(vocabulary)}
        moved = np.array([position.get(tag, -1) for tag in canonical], dtype=np.int64)
        return _rebuild(raw, moved, vocabulary)

    def to_pandas(self) -> pd.DataFrame:
        """Return the merges, those with the most used canonical tag first."""
        rows = sorted(
            ((m.raw, m.canonical, m.reason, m.similarity) for m in self.merges),
            key=lambda row: (-self.counts.get(row[1], 0), row[1], row[0]),
        )
        return frame(rows, ["raw", "canonical", "reason", "similarity"])

    def _title(self) -> str:
        return f"{len(self.canonical_of):,} raw tags, {len(self.merges):,} merged away"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        rows = [(m.raw, m.canonical, m.reason, round(m.similarity, 3)) for m in self.merges[:10]]
        return html_table(self._title(), ["raw", "canonical", "reason", "similarity"], rows)


def _rebuild(raw: Bags, moved: IntArray, vocabulary: tuple[str, ...]) -> Bags:
    """Return `raw` with each tag replaced by `moved` (-1 drops it), first of equal tags kept."""
    bag, tag = raw.bag_of, moved[raw.indices]
    keep = tag >= 0
    bag, tag = bag[keep], tag[keep]
    _, first = np.unique(bag * max(1, len(vocabulary)) + tag, return_index=True)
    first.sort()
    bag, tag = bag[first], tag[first]
    indptr = np.zeros(len(raw) + 1, dtype=np.int64)
    indptr[1:] = np.cumsum(np.bincount(bag, minlength=len(raw)))
    return Bags(indptr, tag, vocabulary)
