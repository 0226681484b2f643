"""A selection beside its pool and the baselines at equal size: the table that is always printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tagraph.data import Bags, Communities, FloatArray, IntArray, Samples, Selection
from tagraph.stages.coverage import Coverage, Terrain, measure_coverage, rate_standing
from tagraph.stages.selection import Evidence, SelectionOptions, take
from tagraph.steps.select import find_repeats
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

SELECTION, RANDOM, LOW, HIGH, LONGEST, COVERING, POOL = SUBSETS = (
    "selection",
    "random",
    "random_low",
    "random_high",
    "longest",
    "covering",
    "pool",
)
DRAWS = 20
_MEASURES = tuple(part.name for part in fields(Coverage))


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """What a selection covers, beside the pool and the baselines of the same number of rows.

    Attributes:
        coverage: By subset, in the order of `SUBSETS`: `selection`; `random`, the mean of 20
            draws, and the lowest and highest of them; `longest`; `covering`, what that policy
            would take of the same strengths, where there are strengths and it is not the policy
            of the selection itself; `pool`.
    """

    coverage: Mapping[str, Coverage]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per measure, one column per subset."""
        return frame(self.rows(), ["measure", *self.coverage])

    def rows(self) -> list[tuple[Any, ...]]:
        """Return one row per measure: its name, and its value for each subset."""
        found = [coverage.as_dict() for coverage in self.coverage.values()]
        return [(name, *(values[name] for values in found)) for name in _MEASURES]

    def tell(self) -> list[str]:
        """Return the audit as a few lines for a terminal."""
        rows = self.cells()
        width = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            f"{row[0]:<{width[0]}}"
            + "".join(f"  {cell:>{w}}" for cell, w in zip(row[1:], width[1:], strict=True))
            for row in rows
        ]
        return lines + self.advise()

    def cells(self) -> list[list[str]]:
        """Return the audit as texts for people: a row of heads, then a row per measure."""
        rows = [["", *(_HEADS.get(name, name) for name in self.coverage if name != HIGH)]]
        for label, name, form in _TOLD:
            told = {subset: getattr(one, name) for subset, one in self.coverage.items()}
            cells = {
                subset: "-" if value != value else format(value, form)
                for subset, value in told.items()
            }
            if LOW in cells and cells[LOW] != "-" and name != "rows":
                cells[LOW] = f"{cells[LOW].rstrip('%')}-{cells[HIGH]}"
            rows.append([label, *(cell for subset, cell in cells.items() if subset != HIGH)])
        return rows

    def advise(self) -> list[str]:
        """Say which policy covers more, if one does, and whether chance covers as much."""
        if COVERING not in self.coverage or HIGH not in self.coverage:
            return []
        mine, wide, high = (self.coverage[name] for name in (SELECTION, COVERING, HIGH))
        if wide.tags <= mine.tags:
            return []
        by_chance = (
            " Random rows cover as much as this selection." if mine.tags <= high.tags else ""
        )
        return [
            f"`--policy covering` covers more tags ({wide.tags:.1%} for {mine.tags:.1%}) with rows"
            f" that stand lower in their clusters ({wide.standing:.1%} for {mine.standing:.1%})."
            + by_chance
        ]

    def _title(self) -> str:
        return f"audit of {self.coverage['selection'].rows:,} selected samples"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        rows = [(name, *(f"{v:.4g}" for v in values)) for name, *values in self.rows()]
        return html_table(self._title(), ["measure", *self.coverage], rows)


_TOLD = (
    ("rows", "rows", ",.0f"),
    ("tags covered", "tags", ".1%"),
    ("rare tags covered", "tail", ".1%"),
    ("communities covered", "communities", ".1%"),
    ("tag entropy, bits", "tag_entropy", ".2f"),
    ("near-duplicates", "near_duplicates", ".1%"),
    ("mean response length", "mean_length", ",.0f"),
    ("better than, in its cluster", "standing", ".1%"),
)
_HEADS = {LOW: f"{DRAWS} draws"}


def lay_terrain(
    bags: Bags,
    communities: Communities,
    length: IntArray,
    cluster: IntArray,
    strength: FloatArray | None = None,
) -> Terrain:
    """Return what subsets of a pool are measured against.

    Args:
        bags: Canonical tags of every sample of the pool.
        communities: Communities of the tags.
        length: Characters of every response, shape (n,).
        cluster: Cluster of every sample, -1 for none, shape (n,).
        strength: Strength of every sample, NaN for one never compared, shape (n,), if known.
    """
    of_tag = dict(zip(communities.tags, communities.membership.tolist(), strict=True))
    community = np.array([of_tag.get(tag, -1) for tag in bags.vocabulary], dtype=np.int64)
    standing = None if strength is None else rate_standing(strength, cluster)
    return Terrain(bags, community, cluster, length.astype(np.float64), standing)


def audit_selection(
    selection: Selection, samples: Samples, terrain: Terrain, covering: IntArray | None = None
) -> Audit:
    """Measure a selection, the pool, and as many rows drawn at random or by length.

    Near-duplicates are those that `max_likeness` at its default would keep out; they are looked for
    in the selection, in one random draw, in the longest and the covering, not in the pool.

    Args:
        selection: What was chosen.
        samples: The pool.
        terrain: The pool as it is measured.
        covering: What the policy `covering` would take, if that is to stand beside it.
    """
    nothing = np.full(len(samples), np.nan)
    evidence = Evidence.of(nothing, terrain.cluster, length=terrain.length, keys=samples.ids)
    k = len(selection)
    longest = take(evidence, k, SelectionOptions("longest")).rows
    draws = [take(evidence, k, SelectionOptions("random", seed)).rows for seed in range(DRAWS)]
    drawn = [measure_coverage(terrain, rows) for rows in draws]
    found = {
        SELECTION: _measure(terrain, samples, selection.index),
        RANDOM: replace(
            _summarize(drawn, np.mean), near_duplicates=count_repeats(samples, draws[0])
        ),
        LOW: _summarize(drawn, np.min),
        HIGH: _summarize(drawn, np.max),
        LONGEST: _measure(terrain, samples, longest),
        POOL: measure_coverage(terrain, np.arange(len(samples))),
    }
    if covering is not None:
        found[COVERING] = _measure(terrain, samples, covering)
    return Audit({subset: found[subset] for subset in SUBSETS if subset in found})


def _measure(terrain: Terrain, samples: Samples, rows: IntArray) -> Coverage:
    return measure_coverage(terrain, rows, count_repeats(samples, rows))


def count_repeats(samples: Samples, rows: IntArray) -> float:
    """Return the share of the rows that nearly repeat an earlier one, in query or response."""
    likeness = SelectionOptions().max_likeness
    found = find_repeats(samples.take(rows.tolist()), likeness)
    return len({later for _, later, _, _ in found}) / max(1, len(rows))


def _summarize(parts: list[Coverage], summarize: Callable[[list[float]], float]) -> Coverage:
    values = {name: float(summarize([getattr(part, name) for part in parts])) for name in _MEASURES}
    return Coverage.of(values)
