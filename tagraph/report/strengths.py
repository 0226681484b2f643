"""Strengths inside each cluster: how they spread, and who stands around the cut."""

from __future__ import annotations

from typing import Any

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.report.findings import Findings
from tagraph.report.rows import rounded
from tagraph.report.texts import Texts
from tagraph.report.vocabulary import TAG_WIDTH

_AROUND = 6
_BINS = 40


def describe_strengths(found: Findings, texts: Texts) -> dict[str, Any] | None:
    """Return one row per cluster and a histogram; None before there is a ranking."""
    if found.clustering is None or found.ranking is None:
        return None
    clusters, strength = found.clustering, found.strength
    rows = [_describe(found, c, strength) for c in range(len(clusters))]
    for row in rows[:200]:
        texts.want(place[0] for place in row["around"])
    return {
        "clusters": [
            {"name": name[:TAG_WIDTH], "stability": stability, **row}
            for name, stability, row in zip(
                clusters.names, rounded(clusters.stability), rows, strict=True
            )
        ],
        "histogram": _histogram(found, strength),
    }


def _describe(found: Findings, cluster: int, strength: FloatArray) -> dict[str, Any]:
    inside = np.flatnonzero(found.cluster == cluster)
    known = inside[np.isfinite(strength[inside])]
    ordered = known[np.lexsort((known, -strength[known]))]
    quarters = [0, 0.25, 0.5, 0.75, 1]
    spread = np.quantile(strength[ordered], quarters) if len(ordered) else np.zeros(0)
    n_selected = int(found.is_selected[inside].sum())
    return {
        "size": len(inside),
        "n_selected": n_selected,
        "spread": rounded(spread, 2),
        "around": _around_cut(found, ordered, n_selected),
    }


def _around_cut(found: Findings, ordered: IntArray, cut: int) -> list[list[Any]]:
    """Return sample, rank, strength, standard error, selected of those next to the cut."""
    if found.ranking is None:
        return []
    near = range(max(0, cut - _AROUND), min(len(ordered), cut + _AROUND))
    places = ordered[list(near)]
    columns = (
        places.tolist(),
        [place + 1 for place in near],
        rounded(found.ranking.strength[places], 2),
        rounded(found.ranking.standard_error[places], 2),
        found.is_selected[places].astype(int).tolist(),
    )
    return [list(row) for row in zip(*columns, strict=True)]


def _histogram(found: Findings, strength: FloatArray) -> dict[str, list[Any]]:
    """Return how many samples, and how many selected ones, have which strength."""
    known = np.isfinite(strength)
    edges = np.histogram_bin_edges(strength[known], bins=_BINS) if known.any() else np.zeros(2)
    pool, chosen = (
        np.histogram(strength[mask], bins=edges)[0].tolist()
        for mask in (known, known & found.is_selected)
    )
    return {"edges": rounded(edges, 2), "pool": pool, "selected": chosen}
