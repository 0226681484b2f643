"""Taggers, judges and adjudicators by the names that options and the command line use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from tagraph.adapters.causal_model import CausalModel
from tagraph.adapters.claude_adjudicator import ClaudeAdjudicator
from tagraph.adapters.claude_judge import ClaudeJudge, describe_model
from tagraph.adapters.claude_tagger import ClaudeTagger
from tagraph.adapters.executors import make_executor
from tagraph.adapters.field_tagger import FieldTagger
from tagraph.adapters.heuristic_judge import HeuristicJudge
from tagraph.adapters.keyphrase_tagger import KeyphraseTagger
from tagraph.adapters.language_model import LanguageModel
from tagraph.adapters.likelihood_judge import MIXED, LikelihoodJudge, describe_likelihood
from tagraph.adapters.override_files import read_overrides
from tagraph.adapters.people_judge import PeopleJudge
from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.adapters.simplemma_lemmatizer import NoLemmatizer, SimplemmaLemmatizer
from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
from tagraph.api.stored import load_tag_map
from tagraph.config import Config
from tagraph.errors import OptionsError
from tagraph.pipeline import Event, Listen, ignore
from tagraph.protocols import Adjudicator, Encoder, Judge, Lemmatizer, Scorer, Tagger
from tagraph.stages.selection import SelectionOptions
from tagraph.steps.llm_options import LlmOptions
from tagraph.steps.overrides import Overrides
from tagraph.store import MEMORY, Store, open_store

OFFLINE = ("keyphrase", "field", "heuristic", "likelihood", "mixed", "people")
Make: TypeAlias = Callable[[Config, Store, Listen], Any]
TAGGERS: dict[str, Make] = {
    "keyphrase": lambda config, store, listen: KeyphraseTagger(
        config.tag, make_executor(config.executor)
    ),
    "field": lambda config, store, listen: FieldTagger(config.ingest.tags_field),
    "claude": lambda config, store, listen: ClaudeTagger(
        connect_model(config.llm, store, listen, "tag")
    ),
}
JUDGES: dict[str, Make] = {
    "heuristic": lambda config, store, listen: HeuristicJudge(
        executor=make_executor(config.executor)
    ),
    "likelihood": lambda config, store, listen: _likelihood_judge(config, store, 0.0),
    "mixed": lambda config, store, listen: _likelihood_judge(config, store, MIXED.heuristic),
    "people": lambda config, store, listen: PeopleJudge(),
    "claude": lambda config, store, listen: ClaudeJudge(
        connect_model(config.llm, store, listen, "compare")
    ),
}


def _likelihood_judge(config: Config, store: Store, heuristic: float) -> LikelihoodJudge:
    """Return the judge by a local model, with the heuristic at this weight unless options say."""
    options = config.likelihood
    weighed = replace(options, heuristic=options.heuristic or heuristic)
    return LikelihoodJudge(CausalModel(config.local_model), store.evidence, weighed)


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
        MissingPackageError: The model behind it is not installed.
    """
    judge: Judge = _find_judge(config.judge)(config, store or open_store(MEMORY), listen)
    return judge


def make_second_judge(
    config: Config, store: Store | None = None, listen: Listen = ignore
) -> Judge | None:
    """Return the better judge that is asked where the first leaves the cut open, None for none.

    Raises:
        OptionsError: There is no judge of that name, or it is the first one again.
        MissingPackageError: The model behind it is not installed.
    """
    if not config.second_judge:
        return None
    own = replace(config, llm=config.second_llm.on(config.llm))
    if config.second_judge == config.judge and own.llm == config.llm:
        raise OptionsError(
            f"judge and second judge are both '{config.judge}'; name two, or another model with"
            " --second-model"
        )
    judge: Judge = _find_judge(config.second_judge)(own, store or open_store(MEMORY), listen)
    return judge


def _find_judge(name: str) -> Make:
    if name not in JUDGES:
        raise OptionsError(f"no judge '{name}'; choose one of {', '.join(JUDGES)}")
    return JUDGES[name]


def make_scorer(judge: Judge, config: Config) -> Scorer:
    """Return the judge as one that scores both of a pair, which the preset `tacos` asks for.

    Raises:
        OptionsError: The judge only compares.
    """
    if not isinstance(judge, HeuristicJudge):
        raise OptionsError(
            f"judge '{config.judge}' compares but does not score from 0 to 100, as the preset"
            " 'tacos' asks for; choose --judge heuristic"
        )
    return judge


def describe_judge(config: Config) -> str:
    """Return one sentence for people: what the judge of a run is, and what it cannot see."""
    names = (config.judge, config.second_judge)
    models = (config.llm.model, config.second_llm.on(config.llm).model)
    if "claude" in names:
        told = {m: None for m, name in zip(models, names, strict=True) if name == "claude"}
        return describe_model(" and then ".join(told))
    return describe_offline(*names)


def describe_offline(*names: str) -> str:
    """Return one sentence for people on a judge that works here; empty for one that does not."""
    if "likelihood" in names or "mixed" in names:
        return describe_likelihood()
    return HeuristicJudge().describe() if "heuristic" in names else ""


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
    named = (config.tagger, config.judge, config.second_judge, config.adjudicator)
    return any(name and name not in OFFLINE for name in named)


def make_lemmatizer(language: str) -> Lemmatizer:
    """Return the lemmatizer of a language: spaCy's English, simplemma's others, none for `none`.

    Raises:
        OptionsError: There is none for that language.
        MissingPackageError: simplemma is not installed.
    """
    if language == "en":
        return SpacyLemmatizer()
    return NoLemmatizer() if language == "none" else SimplemmaLemmatizer(language)


def make_encoder(config: Config) -> Encoder:
    """Return the encoder of texts and tags, which works where the configuration says."""
    return SentenceEncoder(make_executor(config.executor))


def make_tag_encoder(config: Config) -> Encoder | None:
    """Return the encoder that merging by meaning uses; the bundled one reads English alone."""
    options = config.normalize
    return make_encoder(config) if options.embedding and options.language == "en" else None


def make_overrides(config: Config) -> Overrides | None:
    """Return the decisions of the file that the configuration names, None if it names none.

    Raises:
        InputError: The file cannot be used.
        OptionsError: The decisions contradict each other.
    """
    return read_overrides(config.overrides) if config.overrides else None


def check_names(config: Config) -> None:
    """Refuse a tagger, judge, language or file that is not there, before any work is done.

    Raises:
        InputError: The overrides, or the earlier store, cannot be used.
        OptionsError: There is none of that name, or the preset takes no such option.
    """
    make_tagger(config)
    judge = make_judge(config)
    make_second_judge(config)
    if config.preset:
        make_scorer(judge, config)
        if replace(config.selection, seed=0) != SelectionOptions():
            raise OptionsError(
                f"the preset '{config.preset}' selects its own way: leave out --policy and the"
                " limits of the selection"
            )
    make_executor(config.executor)
    make_lemmatizer(config.normalize.language)
    make_overrides(config)
    if config.previous:
        load_tag_map(config.previous)
