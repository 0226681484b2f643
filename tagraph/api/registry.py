"""Taggers, judges and adjudicators by the names that options and the command line use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from tagraph.adapters.claude_adjudicator import ClaudeAdjudicator
from tagraph.adapters.claude_judge import ClaudeJudge, describe_model
from tagraph.adapters.claude_tagger import ClaudeTagger
from tagraph.adapters.field_tagger import FieldTagger
from tagraph.adapters.heuristic_judge import HeuristicJudge
from tagraph.adapters.keyphrase_tagger import KeyphraseTagger
from tagraph.adapters.language_model import LanguageModel
from tagraph.config import Config
from tagraph.errors import OptionsError
from tagraph.pipeline import Event, Listen, ignore
from tagraph.protocols import Adjudicator, Judge, Tagger
from tagraph.steps.llm_options import LlmOptions
from tagraph.store import MEMORY, Store, open_store

OFFLINE = ("keyphrase", "field", "heuristic", "likelihood")
Make: TypeAlias = Callable[[Config, Store, Listen], Any]
TAGGERS: dict[str, Make] = {
    "keyphrase": lambda config, store, listen: KeyphraseTagger(config.tag),
    "field": lambda config, store, listen: FieldTagger(config.ingest.tags_field),
    "claude": lambda config, store, listen: ClaudeTagger(
        connect_model(config.llm, store, listen, "tag")
    ),
}
JUDGES: dict[str, Make] = {
    "heuristic": lambda config, store, listen: HeuristicJudge(),
    "claude": lambda config, store, listen: ClaudeJudge(
        connect_model(config.llm, store, listen, "compare")
    ),
}


def connect_model(
    options: LlmOptions, store: Store, listen: Listen = ignore, step: str = ""
) -> LanguageModel:
    """Return the model that the options name, with its calls and batches kept in `store`.

    Raises:
        OptionsError: No model was named.
        AccessError: There is no way to reach the server.
    """

    def tell(line: str) -> None:
        listen(Event(step, "waiting", note=line))

    return LanguageModel.connect(options, store.calls, store.batches, store.servers, tell)


def make_tagger(config: Config, store: Store | None = None, listen: Listen = ignore) -> Tagger:
    """Return the tagger that the configuration names; a paid one keeps its calls in `store`.

    Raises:
        OptionsError: There is no tagger of that name.
    """
    if config.tagger not in TAGGERS:
        raise OptionsError(f"no tagger '{config.tagger}'; choose one of {', '.join(TAGGERS)}")
    tagger: Tagger = TAGGERS[config.tagger](config, store or open_store(MEMORY), listen)
    return tagger


def make_judge(config: Config, store: Store | None = None, listen: Listen = ignore) -> Judge:
    """Return the judge that the configuration names; a paid one keeps its calls in `store`.

    Raises:
        OptionsError: There is no judge of that name.
    """
    if config.judge not in JUDGES:
        raise OptionsError(f"no judge '{config.judge}'; choose one of {', '.join(JUDGES)}")
    judge: Judge = JUDGES[config.judge](config, store or open_store(MEMORY), listen)
    return judge


def describe_judge(config: Config) -> str:
    """Return one sentence for people: what the judge of a run is, and what it cannot see."""
    if config.judge == "claude":
        return describe_model(config.llm.model)
    return HeuristicJudge().describe()


def make_adjudicator(config: Config, store: Store, listen: Listen = ignore) -> Adjudicator | None:
    """Return the adjudicator that the configuration names, None if it names none.

    Raises:
        OptionsError: There is no adjudicator of that name.
    """
    if not config.adjudicator:
        return None
    if config.adjudicator != "claude":
        raise OptionsError(f"no adjudicator '{config.adjudicator}'; choose claude, or none")
    return ClaudeAdjudicator(connect_model(config.llm, store, listen, "normalize"))


def is_paid(config: Config) -> bool:
    """Return whether a step asks a model behind a server."""
    return any(
        name and name not in OFFLINE for name in (config.tagger, config.judge, config.adjudicator)
    )


def check_names(config: Config) -> None:
    """Refuse a tagger or judge that is not there, before any work is done.

    Raises:
        OptionsError: There is none of that name.
    """
    make_tagger(config)
    make_judge(config)
