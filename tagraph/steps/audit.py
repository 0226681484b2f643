"""A selection beside its pool and the baselines at equal size: the table that is always printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from tagraph.data import Bags, Communities, IntArray, Samples, Selection
from tagraph.stages.coverage import Coverage, Terrain, measure_coverage
from tagraph.stages.selection import Evidence, SelectionOptions, choose
from tagraph.steps.select import find_repeats
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

SUBSETS = ("selection", "random", "longest", "pool")
DRAWS = 5
_MEASURES = tuple(part.name for part in fields(Coverage))


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """What a selection covers, beside the pool and the baselines of the same number of rows.

    Attributes:
        coverage: By subset: `selection`, `random` (mean of five draws), `longest`, `pool`.
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
        lines = [f"{'':<20}" + "".join(f"{name:>12}" for name in self.coverage)]
        for label, name, form in _TOLD:
            values = [getattr(coverage, name) for coverage in self.coverage.values()]
            cells = ("-" if value != value else format(value, form) for value in values)
            lines.append(f"{label:<20}" + "".join(f"{cell:>12}" for cell in cells))
        return lines

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
)


def audit_selection(
    selection: Selection,
    bags: Bags,
    communities: Communities,
    samples: Samples,
    length: IntArray,
    cluster: IntArray,
) -> Audit:
    """Measure a selection, the pool, and as many rows drawn at random or by length.

    Near-duplicates are those that `max_likeness` at its default would keep out; they are looked for
    in the selection, in one random draw and in the longest, not in the pool.

    Args:
        selection: What was chosen.
        bags: Canonical tags of every sample of the pool.
        communities: Communities of the tags.
        samples: The pool.
        length: Characters of every response, shape (n,).
        cluster: Cluster of every sample, -1 for none, shape (n,).
    """
    of_tag = dict(zip(communities.tags, communities.membership.tolist(), strict=True))
    community = np.array([of_tag.get(tag, -1) for tag in bags.vocabulary], dtype=np.int64)
    terrain = Terrain(bags, community, cluster, length.astype(np.float64))
    nothing = np.full(len(bags), np.nan)
    evidence = Evidence.of(nothing, cluster, length=length, keys=samples.ids)
    k = len(selection)
    longest = choose(evidence, k, SelectionOptions("longest")).index
    draws = [choose(evidence, k, SelectionOptions("random", seed)).index for seed in range(DRAWS)]
    shares = [count_repeats(samples, rows) for rows in (selection.index, draws[0], longest)]
    drawn = [measure_coverage(terrain, rows, shares[1]) for rows in draws]
    return Audit(
        {
            "selection": measure_coverage(terrain, selection.index, shares[0]),
            "random": _average(drawn),
            "longest": measure_coverage(terrain, longest, shares[2]),
            "pool": measure_coverage(terrain, np.arange(len(bags))),
        }
    )


def count_repeats(samples: Samples, rows: IntArray) -> float:
    """Return the share of the rows that nearly repeat an earlier one, in query or response."""
    likeness = SelectionOptions().max_likeness
    found = find_repeats(samples.take(rows.tolist()), likeness)
    return len({later for _, later, _, _ in found}) / max(1, len(rows))


def _average(parts: list[Coverage]) -> Coverage:
    values = {name: float(np.mean([getattr(part, name) for part in parts])) for name in _MEASURES}
    return Coverage.of(values)
