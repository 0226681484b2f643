"""Taggers, judges and adjudicators by the names that options and the command line use."""

from __future__ import annotations

from collections.abc import Callable

from tagraph.adapters.claude_adjudicator import ClaudeAdjudicator
from tagraph.adapters.claude_judge import ClaudeJudge, describe_model
from tagraph.adapters.claude_tagger import ClaudeTagger
from tagraph.adapters.field_tagger import FieldTagger
from tagraph.adapters.heuristic_judge import HeuristicJudge
from tagraph.adapters.keyphrase_tagger import KeyphraseTagger
from tagraph.config import Config
from tagraph.errors import OptionsError
from tagraph.protocols import Adjudicator, Judge, Tagger
from tagraph.store import MEMORY, CallTables, Store, open_store

TAGGERS: dict[str, Callable[[Config, Store], Tagger]] = {
    "keyphrase": lambda config, store: KeyphraseTagger(config.tag),
    "field": lambda config, store: FieldTagger(config.ingest.tags_field),
    "claude": lambda config, store: ClaudeTagger.connect(config.llm, call_log(store)),
}
JUDGES: dict[str, Callable[[Config, Store], Judge]] = {
    "heuristic": lambda config, store: HeuristicJudge(),
    "claude": lambda config, store: ClaudeJudge.connect(config.llm, call_log(store)),
}


def call_log(store: Store) -> CallTables:
    """Return the log of paid calls; what a run that died left open is closed, charge unknown."""
    store.calls.give_up_open()
    return store.calls


def make_tagger(config: Config, store: Store | None = None) -> Tagger:
    """Return the tagger that the configuration names; a paid one keeps its calls in `store`.

    Raises:
        OptionsError: There is no tagger of that name.
    """
    if config.tagger not in TAGGERS:
        raise OptionsError(f"no tagger '{config.tagger}'; choose one of {', '.join(TAGGERS)}")
    return TAGGERS[config.tagger](config, store or open_store(MEMORY))


def make_judge(config: Config, store: Store | None = None) -> Judge:
    """Return the judge that the configuration names; a paid one keeps its calls in `store`.

    Raises:
        OptionsError: There is no judge of that name.
    """
    if config.judge not in JUDGES:
        raise OptionsError(f"no judge '{config.judge}'; choose one of {', '.join(JUDGES)}")
    return JUDGES[config.judge](config, store or open_store(MEMORY))


def describe_judge(config: Config) -> str:
    """Return one sentence for people: what the judge of a run is, and what it cannot see."""
    if config.judge == "claude":
        return describe_model(config.llm.model)
    return HeuristicJudge().describe()


def make_adjudicator(config: Config, store: Store) -> Adjudicator | None:
    """Return the adjudicator that the configuration names, None if it names none.

    Raises:
        OptionsError: There is no adjudicator of that name.
    """
    if not config.adjudicator:
        return None
    if config.adjudicator != "claude":
        raise OptionsError(f"no adjudicator '{config.adjudicator}'; choose claude, or none")
    return ClaudeAdjudicator.connect(config.llm, call_log(store))


def check_names(config: Config) -> None:
    """Refuse a tagger or judge that is not there, before any work is done.

    Raises:
        OptionsError: There is none of that name.
    """
    make_tagger(config)
    make_judge(config)
