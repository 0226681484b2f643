"""Each selected sample beside the best one of its cluster that was left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from tagraph.data import FloatArray, IntArray, Selection
from tagraph.report.findings import Findings
from tagraph.report.options import ReportOptions
from tagraph.report.rows import rounded
from tagraph.report.texts import Texts


def describe_selection(
    found: Findings, options: ReportOptions, texts: Texts
) -> dict[str, Any] | None:
    """Return the selected samples in the order chosen; None before anything was selected."""
    if found.selection is None:
        return None
    chosen, most = found.selection, options.rows
    index, rival = chosen.index[:most], chosen.rival[:most]
    texts.want(np.stack([index, rival], axis=1).ravel().tolist())
    lead, error = _compare(found, chosen)
    return {
        "n": len(chosen),
        "policy": chosen.policy,
        "sample": index.tolist(),
        "rival": rival.tolist(),
        "cluster": chosen.cluster[:most].tolist(),
        "rank": chosen.rank[:most].tolist(),
        "lead": rounded(lead[:most], 2),
        "lead_error": rounded(error[:most], 2),
        "met": _meetings(found, index, rival),
        "rule": list(chosen.rule[:most]),
        "reason": [reason[:600] for reason in chosen.reasons[:most]],
    }


def _compare(found: Findings, chosen: Selection) -> tuple[FloatArray, FloatArray]:
    """Return lead over the rival and its standard error, NaN without a rival.

    The two strengths are taken as independent, which errs on the cautious side for samples of one
    cluster: errors that they share cancel out in the difference.
    """
    nothing = np.full(len(chosen), np.nan)
    if found.ranking is None:
        return nothing, nothing
    one, other = chosen.index, np.where(chosen.rival < 0, chosen.index, chosen.rival)
    lead = found.strength[one] - found.strength[other]
    error = np.hypot(found.ranking.standard_error[one], found.ranking.standard_error[other])
    alone = chosen.rival < 0
    return np.where(alone, np.nan, lead), np.where(alone, np.nan, error)


def _meetings(found: Findings, index: IntArray, rival: IntArray) -> list[list[int]]:
    """Return comparisons won, tied and lost against the rival itself."""
    met = np.zeros((len(index), 3), dtype=np.int64)
    if found.pairings is not None and len(found.pairings[0]):
        first, second, outcome = found.pairings
        n = len(found.samples)
        wanted = {key: row for row, key in enumerate((index * n + rival).tolist())}
        for one, other, good in ((first, second, 1.0), (second, first, 0.0)):
            keys = one * n + other
            for place in np.flatnonzero(np.isin(keys, list(wanted))).tolist():
                said = outcome[place]
                column = 1 if said == 0.5 else 0 if said == good else 2
                met[wanted[int(keys[place])], column] += bool(np.isfinite(said))
    return met.tolist()
