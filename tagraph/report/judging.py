"""What is known of the judges: what was said, the card of each, and the upsets."""

from __future__ import annotations

from typing import Any

import numpy as np

from tagraph.report.findings import Findings
from tagraph.report.rows import number
from tagraph.report.texts import Texts

_WORST = 10

# How to read a measure of a judge card: kind of number, and a sentence.
_MEASURES = {
    "asked": ("count", "questions put to it"),
    "decided": ("share", "one side won"),
    "tie": ("share", "both were said to be as good"),
    "cannot_judge": ("share", "it said that it cannot tell"),
    "refused": ("share", "it refused to answer"),
    "truncated": ("share", "its answer was cut off"),
    "unparsed": ("share", "its answer could not be read"),
    "failed": ("share", "no answer came"),
    "swap_consistency": ("share", "of pairs asked in both orders, the same verdict twice"),
    "flips_to_first": ("share", "of the others, the first shown won both times; 50 % is fair"),
    "position": ("logit", "what being shown first adds; the fit takes it out"),
    "tie_term": ("logit", "log nu of Davidson's model: how readily it ties"),
    "length_slope": ("logit", "what a much longer response adds"),
    "cycle_share": ("share", "of triads judged on all sides, those that run in a circle"),
    "expected_cycle_share": ("share", "what the strengths predict; far more: no single order"),
    "controls": ("count", "planted questions with a known answer, outside the fit"),
    "copied_tie": ("share", "of samples beside themselves, called a tie"),
    "copied_first": ("share", "of the others, those that went to the first shown; 50 % is fair"),
    "damaged_lost": ("share", "of damaged copies, those that lost as they should"),
    "injected_lost": ("share", "the same copies with a sentence that talks to the judge"),
    "swings": ("share", "of damaged copies, those that did better by that sentence"),
    "agreement": ("share", "with the other judge, on pairs that both decided"),
    "requests": ("count", "paid"),
    "input_tokens": ("count", "paid"),
    "output_tokens": ("count", "paid"),
    "cached_tokens": ("count", "read from the server's cache, beside the input"),
    "cost_usd": ("dollars", "paid"),
}


def describe_judge(found: Findings, texts: Texts) -> dict[str, Any] | None:
    """Return outcomes, judge cards and upsets; None before anything was compared."""
    if found.pairings is None:
        return None
    cards = found.ranking.cards if found.ranking else []
    return {
        "judge": str(found.runs["compare"].summary["judge"]),
        "limits": found.limits,
        "outcomes": list(found.runs["compare"].summary.get("outcomes", {}).items()),
        "cards": [
            {
                "judge": card.judge[:200],
                "rows": [
                    [
                        one.name.replace("_", " "),
                        *(number(v) for v in (one.value, one.low, one.high)),
                        one.n,
                        *_MEASURES.get(one.name, ("logit", "")),
                    ]
                    for one in card.measures
                ],
            }
            for card in cards
        ],
        "upsets": _find_upsets(found, texts),
    }


def _find_upsets(found: Findings, texts: Texts) -> list[list[Any]]:
    """Return winner, loser and the lead of the loser: the verdicts most against the strengths."""
    if found.pairings is None or found.ranking is None:
        return []
    first, second, outcome = found.pairings
    decided = (outcome == 0) | (outcome == 1)
    won = np.where(outcome == 1, first, second)[decided]
    lost = np.where(outcome == 1, second, first)[decided]
    lead = found.ranking.strength[lost] - found.ranking.strength[won]
    order = np.lexsort((lost, won, -lead))[:_WORST]
    order = order[lead[order] > 0]
    texts.want(np.stack([won[order], lost[order]], axis=1).ravel().tolist())
    rows = zip(won[order].tolist(), lost[order].tolist(), lead[order].tolist(), strict=True)
    return [[one, other, number(ahead, 2)] for one, other, ahead in rows]
