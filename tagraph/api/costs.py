"""What the paid steps would take, before anything is paid."""

from __future__ import annotations

import math
from typing import Any

from tagraph.adapters.claude_judge import ClaudeJudge
from tagraph.adapters.claude_tagger import ClaudeTagger
from tagraph.api.registry import make_judge, make_second_judge, make_tagger
from tagraph.config import Config
from tagraph.data import Samples
from tagraph.steps.estimate import Estimate
from tagraph.store import MEMORY, Store, open_store


def estimate_costs(
    config: Config, samples: Samples, store: Store | None = None, *, judged: bool = True
) -> dict[str, Any]:
    """Return what the paid steps would take; `cost_usd` is 0 if none is, None without a price.

    Answers that `store` holds already are counted, and not estimated again.

    Raises:
        OptionsError: There is no such tagger or judge, or it lacks an option.
    """
    found: dict[str, Estimate] = {}
    told: dict[str, Any] = {}
    evidence = (store or open_store(MEMORY)).evidence
    tagger = make_tagger(config, store)
    if isinstance(tagger, ClaudeTagger):
        owned = told["tag_owned"] = evidence.count_tag_answers(tagger.key)
        found["tag"] = tagger.estimate(samples, max(0, len(samples) - owned))
    judge = make_judge(config, store) if judged else None
    if isinstance(judge, ClaudeJudge):
        owned = told["compare_owned"] = evidence.count_verdicts(judge.key)
        calls = math.ceil(config.tournament.calls_per_item * len(samples))
        found["compare"] = judge.estimate(samples, max(0, calls - owned))
    second = make_second_judge(config, store) if judged else None
    if isinstance(second, ClaudeJudge):
        owned = told["second_owned"] = evidence.count_verdicts(second.key)
        calls = math.ceil(config.cascade.calls_per_item * len(samples))
        found["second"] = second.estimate(samples, max(0, calls - owned))
    for step, estimate in found.items():
        told |= {f"{step}_{name}": value for name, value in estimate.as_dict().items()}
    dollars = [None if e.live_usd is None else e.live_usd[1] for e in found.values()]
    total = None if None in dollars else math.fsum(d for d in dollars if d is not None)
    return {"cost_usd": total, **told}
