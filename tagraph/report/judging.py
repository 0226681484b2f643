"""What is known of the judge: what it said, whom it favours, whether one order describes it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tagraph.report.findings import Findings
from tagraph.report.rows import number
from tagraph.report.texts import Texts
from tagraph.steps.diagnosis import Diagnosis, diagnose


def describe_judge(found: Findings, texts: Texts) -> dict[str, Any] | None:
    """Return outcomes and the rows of a judge card; None before anything was compared."""
    if found.pairings is None:
        return None
    told: dict[str, Any] = {
        "judge": str(found.runs["compare"].summary["judge"]),
        "outcomes": list(found.runs["compare"].summary.get("outcomes", {}).items()),
        "facts": _position_facts(found),
    }
    if found.ranking is not None:
        diagnosis = diagnose(found.ranking, *found.pairings)
        told["facts"] += _diagnosis_facts(diagnosis)
        told["worst"] = [
            [first, second, number(surprise, 2)]
            for (first, second), surprise in zip(
                diagnosis.worst.tolist(), diagnosis.surprise.tolist(), strict=True
            )
        ]
        texts.want(diagnosis.worst.ravel().tolist())
    return told


Fact = tuple[str, float | None, str, str]
"""What was measured, its value, whether it is a share, count or logit, and how to read it."""


def _position_facts(found: Findings) -> list[Fact]:
    outcome = found.pairings[2] if found.pairings is not None else np.zeros(0)
    decided = outcome[(outcome == 0) | (outcome == 1)]
    share = float(decided.mean()) if len(decided) else float("nan")
    facts: list[Fact] = [
        ("first answer wins", number(share), "share", "50 % if the order shown does not matter")
    ]
    if found.ranking is not None:
        told = "what being shown first adds to a strength; the fit takes it out"
        facts.append(("position term", number(found.ranking.position), "logit", told))
    return facts


def _diagnosis_facts(diagnosis: Diagnosis) -> list[Fact]:
    return [
        ("ties", number(diagnosis.tie_rate), "share", "of all verdicts"),
        ("pairs judged in both orders", diagnosis.n_swapped, "count", ""),
        (
            "same verdict in both orders",
            number(diagnosis.swap_consistency),
            "share",
            "of these pairs; 100 % for a judge that does not look at the order",
        ),
        ("triads judged in full", diagnosis.n_triads, "count", "three samples, three verdicts"),
        (
            "circles",
            number(diagnosis.cycle_share),
            "share",
            "of these triads run in a circle; a coin gives 25 %",
        ),
        (
            "circles expected",
            number(diagnosis.expected_cycle_share),
            "share",
            "by the strengths; far fewer than found means that no single order describes the judge",
        ),
        (
            "samples without a verdict",
            diagnosis.n_unseen,
            "count",
            "their strength is a guess",
        ),
    ]
