"""Two selections side by side: what both hold, what only one does, and where they differ."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tagraph.data import Selection
from tagraph.steps.audit import Audit
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("change", "sample_id", "before", "after", "reason")


@dataclass(frozen=True, eq=False, repr=False)
class SelectionDiff:
    """What became of each sample that one of two selections holds.

    Attributes:
        rows: Change (left, joined, kept), sample id, place before and after (from 1, 0 for none),
            and the reason of the selection that holds it; what left first, then what joined.
        audits: Measures of both selections by name: before, after.
    """

    rows: tuple[tuple[str, str, int, int, str], ...]
    audits: dict[str, tuple[float, float]]

    @property
    def jaccard(self) -> float:
        """Samples in both over samples in either; 1 for two empty selections."""
        kept = sum(row[0] == "kept" for row in self.rows)
        return kept / len(self.rows) if self.rows else 1.0

    @property
    def title(self) -> str:
        """One line that sums the comparison up."""
        counts = Counter(row[0] for row in self.rows)
        moved = ", ".join(
            f"{label} {before:.3g} -> {after:.3g}"
            for label, (before, after) in self.audits.items()
            if label in ("tags", "communities", "mean_length") and before != after
        )
        told = ", ".join(f"{counts[name]:,} {name}" for name in ("kept", "left", "joined"))
        return f"{told} (Jaccard {self.jaccard:.2f})" + (f"; {moved}" if moved else "")

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per sample: change, sample_id, before, after, reason."""
        return frame(self.rows, COLUMNS)

    def __repr__(self) -> str:
        return f"<{self.title}>"

    def _repr_html_(self) -> str:
        shown: list[tuple[Any, ...]] = [row for row in self.rows if row[0] != "kept"][:20]
        return html_table(self.title, COLUMNS, shown)


def diff_selections(
    before: Selection, after: Selection, audits: tuple[Audit, Audit] | None = None
) -> SelectionDiff:
    """Compare two selections by the ids of their samples; the pools may differ.

    Args:
        before: One selection with ids.
        after: The other.
        audits: Their audits, if measures are to be compared too.
    """
    places = [{key: i for i, key in enumerate(part.ids, 1)} for part in (before, after)]
    rows = []
    for key in {**places[0], **places[1]}:
        old, new = (place.get(key, 0) for place in places)
        change = "kept" if old and new else "left" if old else "joined"
        reason = after.reasons[new - 1] if new else before.reasons[old - 1]
        rows.append((change, key, old, new, reason))
    order = {"left": 0, "joined": 1, "kept": 2}
    rows.sort(key=lambda row: (order[row[0]], max(row[2], row[3]), row[1]))
    measures = {}
    if audits is not None:
        old_values, new_values = (part.coverage["selection"].as_dict() for part in audits)
        measures = {
            name: (old_values[name], new_values[name])
            for name in old_values
            if not np.isnan([old_values[name], new_values[name]]).any()
        }
    return SelectionDiff(tuple(rows), measures)
