"""What the paid steps would take, before anything is paid."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from tagraph.adapters.claude_adjudicator import ClaudeAdjudicator
from tagraph.adapters.claude_judge import ClaudeJudge
from tagraph.adapters.claude_tagger import ClaudeTagger
from tagraph.adapters.heuristic_judge import HeuristicJudge
from tagraph.adapters.messages_transport import MessagesTransport
from tagraph.adapters.token_counts import spread_over
from tagraph.api.registry import make_adjudicator, make_judge, make_second_judge, make_tagger
from tagraph.api.servers import recall_server
from tagraph.config import Config
from tagraph.data import Sample, Samples
from tagraph.errors import MissingResultError
from tagraph.pipeline.planting import find_share
from tagraph.stages.controls import Control, count_controls
from tagraph.steps.estimate import Estimate, estimate_seconds
from tagraph.steps.llm_options import LlmOptions
from tagraph.steps.tournament import TournamentOptions, run_tournament
from tagraph.store import MEMORY, Store, open_store

_ENOUGH = 8.0
"""Calls per sample beyond which the mean length of the pairs hardly changes."""


def estimate_costs(
    config: Config, samples: Samples, store: Store | None = None, *, judged: bool = True
) -> dict[str, Any]:
    """Return what the paid steps would take; `cost_usd` is 0 if none is, None without a price.

    Answers that `store` holds already are counted, and not estimated again. Comparisons and pairs
    of tags are the most there can be; nobody is asked except the server, to count tokens.

    Raises:
        OptionsError: There is no such tagger or judge, or it lacks an option.
    """
    kept = store or open_store(MEMORY)
    config = recall_server(config, kept)
    found = _estimate_tags(config, samples, kept)
    if judged:
        found |= _estimate_comparisons(config, samples, kept)
    told: dict[str, Any] = {}
    for step, (owned, estimate) in found.items():
        told[f"{step}_owned"] = owned
        told |= {f"{step}_{name}": value for name, value in estimate.as_dict().items()}
        llm = config.second_llm.on(config.llm) if step == "second" else config.llm
        told[f"{step}_seconds"] = _seconds(llm, estimate, kept)
    priced = [e.batch_usd if config.llm.batch else e.live_usd for _, e in found.values()]
    total = None if None in priced else math.fsum(dollars[1] for dollars in priced if dollars)
    return {"cost_usd": total, **told}


Found: TypeAlias = dict[str, tuple[int, Estimate]]  # step -> answers owned, what the rest takes


def _estimate_tags(config: Config, samples: Samples, store: Store) -> Found:
    """Return what tagger and adjudicator would take, if they are paid."""
    found: Found = {}
    tagger = make_tagger(config, store)
    if isinstance(tagger, ClaudeTagger):
        digests = list({sample.digest for sample in samples})
        owned = len(store.evidence.load_tag_answers(tagger.key, digests))
        found["tag"] = owned, tagger.estimate(samples, len(digests) - owned)
    adjudicator = make_adjudicator(config, store)
    if isinstance(adjudicator, ClaudeAdjudicator):
        found["normalize"] = 0, adjudicator.estimate(config.normalize.budget)
    return found


def _estimate_comparisons(config: Config, samples: Samples, store: Store) -> Found:
    """Return what the judge and the second judge would take, if they are paid."""
    asked = {
        "compare": (make_judge(config, store), config.tournament.calls_per_item),
        "second": (make_second_judge(config, store), config.cascade.calls_per_item),
    }
    found: Found = {}
    for step, (judge, calls_per_item) in asked.items():
        if isinstance(judge, ClaudeJudge):
            owned = store.evidence.count_verdicts(judge.key)
            calls = count_calls(calls_per_item, samples, store)
            n_planted = count_controls(
                int(calls_per_item * len(samples)), len(samples), find_share(judge, config.controls)
            )
            calls += len(Control) * n_planted
            pairs = draw_pairs(samples, calls_per_item)
            found[step] = owned, judge.estimate(pairs, max(0, calls - owned))
    return found


def draw_pairs(samples: Samples, calls_per_item: float) -> list[tuple[Sample, Sample]]:
    """Return pairs as a tournament may ask them: one of a few samples by the offline judge.

    A schedule asks most about those near the cut, and judges like long responses: pairs of any
    samples would be too short.
    """
    few = Samples.of(samples.take(spread_over(len(samples))))
    options = TournamentOptions(calls_per_item=min(calls_per_item, _ENOUGH))
    played = run_tournament(len(few), HeuristicJudge(), options, samples=few)
    pairs = zip(played.first.tolist(), played.second.tolist(), strict=True)
    return [(few[i], few[j]) for i, j in pairs] or [(few[0], few[0])]


def count_calls(calls_per_item: float, samples: Samples, store: Store) -> int:
    """Return the most comparisons there can be; samples alone in a stored cluster meet nobody."""
    n = len(samples)
    try:
        clustering = store.groups.load_clustering()
    except MissingResultError:
        pass
    else:
        n = int(clustering.sizes[clustering.sizes > 1].sum())
    return math.ceil(calls_per_item * n)


def _seconds(llm: LlmOptions, estimate: Estimate, store: Store) -> float | None:
    """Return how long the requests take at what is known of the server, None if nothing is."""
    limits = store.servers.load_limits(MessagesTransport(llm.base_url).address, llm.model)
    seconds = store.servers.typical_seconds(llm.model)
    pace = None if seconds is None else seconds / llm.concurrency
    return estimate_seconds(estimate, limits, pace)
