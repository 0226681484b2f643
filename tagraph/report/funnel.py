"""From samples to a selection in numbers: what went in, what came out, what was set aside."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from tagraph.report.findings import Findings
from tagraph.report.options import ReportOptions

_WITHHELD = {
    "excluded": "on the list of those that must not be in",
    "query": "its query is nearly that of a selected sample",
    "response": "its response is nearly that of a selected sample",
}


def describe_funnel(found: Findings, options: ReportOptions) -> dict[str, Any]:
    """Return the steps that were run with their counts, and everything that was set aside."""
    stages = [{"name": name, "count": count, "told": told} for name, count, told in _stages(found)]
    records = [(row, 0) for row in found.set_aside] + [(row, 1) for row in found.notices]
    return {
        "stages": stages,
        "left": [{"what": what, "count": count, "why": why} for what, count, why in _left(found)],
        "records": [
            [row.source, row.line, row.field, row.reason, row.excerpt[:200], kept]
            for row, kept in records[: options.rows]
        ],
        "n_records": len(records),
    }


def _stages(found: Findings) -> list[tuple[str, int, str]]:
    rows = [("samples", len(found.samples), str(found.runs["ingest"].summary["evidence"]))]
    if found.raw is not None:
        mean = len(found.raw.indices) / max(1, len(found.raw))
        rows.append(("raw tags", len(found.raw.vocabulary), f"{mean:.1f} per sample"))
    if found.tag_map is not None and found.tags is not None:
        told = f"{len(found.tag_map.merges):,} raw tags merged away"
        rows.append(("canonical tags", len(found.tags.vocabulary), told))
    if found.communities is not None and found.clustering is not None:
        told = f"at resolution {found.communities.resolution:.3g}"
        rows.append(("communities of tags", len(found.communities), told))
        sizes = found.clustering.sizes.tolist()
        told = f"of {min(sizes, default=0):,} to {max(sizes, default=0):,} samples"
        rows.append(("clusters of samples", len(found.clustering), told))
    if found.pairings is not None:
        judge = found.runs["compare"].summary["judge"]
        rows.append(("comparisons", len(found.pairings[0]), f"by {judge}"))
    if found.selection is not None:
        rows.append(("selected", len(found.selection), f"by policy {found.selection.policy}"))
    return rows


def _left(found: Findings) -> list[tuple[str, int, str]]:
    """Return what did not go on: what it is, how much, and why."""
    reasons = Counter((row.field, row.reason) for row in found.set_aside)
    rows = [
        ("records", n, f"{field}: {why}" if field else why) for (field, why), n in _top(reasons)
    ]
    reasons = Counter((row.field, row.reason) for row in found.notices)
    rows += [("fields", n, f"{field}: {why}; record kept") for (field, why), n in _top(reasons)]
    if found.raw is not None:
        rows.append(("samples", _empty(found.raw.indptr), "the tagger found no tag"))
    if found.tag_map is not None:
        rows.append(("canonical tags", len(found.tag_map.rare), "used too rarely"))
    if found.graph is not None:
        alone = len(found.graph) - len(np.unique(found.graph.edges))
        rows.append(("canonical tags", alone, "no edge to another tag"))
    if found.clustering is not None:
        rows.append(("samples", int((found.cluster < 0).sum()), "in no cluster"))
    if "compare" in found.runs:
        outcomes = found.runs["compare"].summary.get("outcomes", {})
        rows += [
            ("comparisons", count, f"no verdict: {outcome.replace('_', ' ')}")
            for outcome, count in outcomes.items()
            if outcome not in ("first", "second", "tie")
        ]
    if found.ranking is not None:
        rows.append(("samples", int((found.ranking.n_comparisons == 0).sum()), "never compared"))
    if found.selection is not None:
        withheld = Counter(row.rule for row in found.selection.withheld)
        rows += [
            ("samples", n, f"kept from the selection: {_WITHHELD[rule]}")
            for rule, n in sorted(withheld.items())
        ]
    return [row for row in rows if row[1]]


def _top(reasons: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))


def _empty(indptr: np.typing.NDArray[np.int64]) -> int:
    return int((np.diff(indptr) == 0).sum())
