"""A map to what a person looks at: merges by impact, and what changed since the last map."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tagraph.data import Bags, TagMap
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 20


class ReviewRow(NamedTuple):
    """One merge to look at.

    Attributes:
        raw: The tag that became another.
        canonical: What it became.
        reason: Why.
        similarity: How alike the two are, 1 for a pure rule.
        raw_count: In how many bags the raw tag stands, which is what the merge changes.
        canonical_count: In how many bags the canonical tag stands after all merges.
        impact: Bags changed, times the doubt: 1.05 less the similarity.
    """

    raw: str
    canonical: str
    reason: str
    similarity: float
    raw_count: int
    canonical_count: int
    impact: float


@dataclass(frozen=True, repr=False)
class Review:
    """Every merge of a map, the one most worth a look first."""

    rows: tuple[ReviewRow, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per merge, in the order of `rows`."""
        return frame(self.rows, ReviewRow._fields)

    def _title(self) -> str:
        return f"{len(self):,} merges"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        return html_table(self._title(), ReviewRow._fields, self.rows[:_SHOWN])


def review_merges(bags: Bags | Iterable[Iterable[str]], tag_map: TagMap) -> Review:
    """Return the merges of a map on the bags it was made from, ordered by impact.

    Ties go by raw tag. A merge by rule is never free of doubt, so that much used ones are seen.
    """
    raw = Bags.of(bags)
    counts = dict(zip(raw.vocabulary, raw.counts.tolist(), strict=True))
    rows = []
    for merge in tag_map.merges:
        count = counts.get(merge.raw, 0)
        impact = round(count * (1.05 - merge.similarity), 4)
        total = tag_map.counts.get(merge.canonical, 0)
        row = (merge.raw, merge.canonical, merge.reason, merge.similarity, count, total, impact)
        rows.append(ReviewRow(*row))
    return Review(tuple(sorted(rows, key=lambda row: (-row.impact, row.raw))))


class MapChange(NamedTuple):
    """A raw tag that two maps see differently; empty where one of them lacks it.

    Attributes:
        raw: The raw tag.
        before: Its canonical tag in the first map.
        after: Its canonical tag in the second.
        kind: new, gone, renamed (the same tags under another name), or moved.
    """

    raw: str
    before: str
    after: str
    kind: str


@dataclass(frozen=True, repr=False)
class MapDiff:
    """What changed between two maps, ordered by kind, then by raw tag."""

    changes: tuple[MapChange, ...]

    def __len__(self) -> int:
        return len(self.changes)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per change."""
        return frame(self.changes, MapChange._fields)

    def _title(self) -> str:
        return f"{len(self):,} changes"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        return html_table(self._title(), MapChange._fields, self.changes[:_SHOWN])


def diff_maps(before: TagMap, after: TagMap) -> MapDiff:
    """Return what became of each raw tag from one map to the next; what stayed is left out."""
    old, new = before.canonical_of, after.canonical_of
    groups = _group(old, set(new)), _group(new, set(old))
    changes = []
    for raw in sorted(set(old) | set(new)):
        was, now = old.get(raw, ""), new.get(raw, "")
        if raw not in old or raw not in new:
            changes.append(MapChange(raw, was, now, "new" if raw in new else "gone"))
        elif was != now:
            same = groups[0][was] == groups[1][now]
            changes.append(MapChange(raw, was, now, "renamed" if same else "moved"))
    return MapDiff(tuple(sorted(changes, key=lambda change: (change.kind, change.raw))))


def _group(canonical_of: Mapping[str, str], common: Set[str]) -> dict[str, frozenset[str]]:
    """Return the raw tags of each canonical one, of those that both maps hold."""
    found: dict[str, set[str]] = defaultdict(set)
    for raw, name in canonical_of.items():
        found[name] |= {raw} & common
    return {name: frozenset(tags) for name, tags in found.items()}
