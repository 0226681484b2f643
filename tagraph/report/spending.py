"""What a run took: seconds and options of each step, answers, tokens and dollars."""

from __future__ import annotations

from typing import Any

from tagraph.report.findings import Findings


def describe_costs(found: Findings) -> dict[str, Any]:
    """Return the rows of `v_costs` and one row per step."""
    return {
        "rows": [
            [row[name] for name in ("step", "model", "day", "answers", "failed")]
            + [row[name] for name in ("input_tokens", "output_tokens", "cost_usd")]
            for row in found.costs
        ],
        "steps": [
            {
                "step": run.step,
                "seconds": round(run.seconds, 2),
                "finished_at": run.finished_at,
                "version": run.version,
                "summary": dict(run.summary),
                "options": dict(run.options),
            }
            for run in found.runs.values()
        ],
        "sources": [[s.name, s.container, s.n_records, s.sha256] for s in found.sources],
    }
