"""How often tags are used before and after normalizing, and what was merged."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from tagraph.data import Bags, IntArray
from tagraph.report.findings import Findings
from tagraph.report.options import ReportOptions
from tagraph.steps.review import review_merges

TAG_WIDTH = 120
_BINS = ((1, 1), (2, 2), (3, 5), (6, 10), (11, 30), (31, 100), (101, 1000), (1001, None))
_TOP = 15
_POINTS = 60


def describe_vocabulary(found: Findings, options: ReportOptions) -> dict[str, Any] | None:
    """Return frequencies and merges; None if there are no tags yet."""
    if found.raw is None:
        return None
    told: dict[str, Any] = {"before": _describe(found.raw)}
    if found.tags is not None and found.tag_map is not None:
        rows = review_merges(found.raw, found.tag_map).rows
        told["after"] = _describe(found.tags)
        told["reasons"] = Counter(rule_of(row.reason) for row in rows).most_common()
        told["n_merges"] = len(rows)
        told["merges"] = [
            [*(t[:TAG_WIDTH] for t in row[:3]), round(row.similarity, 3), row.raw_count]
            for row in rows[: options.tags]
        ]
    return told


def rule_of(reason: str) -> str:
    """Return the rule behind a reason, without what it was told of one pair."""
    return reason.split(":")[0].split("(")[0].strip()


def _describe(bags: Bags) -> dict[str, Any]:
    order = np.lexsort((np.arange(len(bags.vocabulary)), -bags.counts))
    counts = bags.counts[order]
    return {
        "n": len(counts),
        "once": int((counts == 1).sum()),
        "bins": bin_counts(counts),
        "curve": rank_curve(counts),
        "top": [[bags.vocabulary[i][:TAG_WIDTH], int(bags.counts[i])] for i in order[:_TOP]],
    }


def bin_counts(counts: IntArray) -> list[tuple[str, int]]:
    """Return how many tags are used how often."""
    rows = []
    for low, high in _BINS:
        inside = (counts >= low) & (counts <= (counts.max(initial=0) if high is None else high))
        rows.append((_span(low, high), int(inside.sum())))
    return rows


def _span(low: int, high: int | None) -> str:
    if high is None:
        return f"over {low - 1:,}"
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def rank_curve(counts: IntArray) -> list[tuple[int, int]]:
    """Return rank and use of tags at ranks that are even on a logarithmic scale.

    Args:
        counts: Uses, falling, shape (n,).
    """
    if not len(counts):
        return []
    ranks = np.unique(np.geomspace(1, len(counts), _POINTS).astype(np.int64))
    return list(zip(ranks.tolist(), counts[ranks - 1].tolist(), strict=True))
