"""The options that several commands share, and how they become a Config."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from tagraph.config import Config
from tagraph.stages.conversations import FORMATS
from tagraph.stages.selection import POLICIES
from tagraph.steps.llm_options import STRUCTURES

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(dir_okay=False, path_type=Path)
_IDS = click.File(encoding="utf-8")


def _read_ids(
    context: click.Context, parameter: click.Parameter, file: TextIO | None
) -> tuple[str, ...]:
    """Return the ids of a file, blank lines left out."""
    return () if file is None else tuple(line.strip() for line in file if line.strip())


_OPTIONS = {
    "store": click.option(
        "--store",
        type=_FILE,
        envvar="TAGRAPH_STORE",
        help="SQLite file that keeps every step's result.",
    ),
    "config": click.option(
        "--config", type=_FILE, envvar="TAGRAPH_CONFIG", help="TOML file with options."
    ),
    "seed": click.option(
        "--seed", type=click.IntRange(0), envvar="TAGRAPH_SEED", help="Seed of every step. [0]"
    ),
    "tagger": click.option(
        "--tagger",
        envvar="TAGRAPH_TAGGER",
        help="keyphrase (offline), field, or claude (paid). [keyphrase]",
    ),
    "judge": click.option(
        "--judge",
        envvar="TAGRAPH_JUDGE",
        help="heuristic, likelihood or mixed (offline, free), or claude (paid). [heuristic]",
    ),
    "second_judge": click.option(
        "--second-judge",
        envvar="TAGRAPH_SECOND_JUDGE",
        help="A better judge, asked where the first leaves open who is selected. [nobody]",
    ),
    "second_calls_per_item": click.option(
        "--second-calls-per-item",
        type=click.FloatRange(0),
        envvar="TAGRAPH_SECOND_CALLS_PER_ITEM",
        help="Comparisons by the second judge per sample. [1]",
    ),
    "both_orders": click.option(
        "--both-orders", is_flag=True, default=None, help="Ask every pair in both orders."
    ),
    "audit": click.option(
        "--audit",
        type=click.FloatRange(0, 1),
        envvar="TAGRAPH_AUDIT",
        help="Share of pairs asked in both orders. [0.15 of a language model, else 0]",
    ),
    "local_model": click.option(
        "--local-model",
        type=click.Path(path_type=str),
        envvar="TAGRAPH_LOCAL_MODEL",
        help="Folder (safetensors) or GGUF file behind likelihood and mixed. [SmolLM2-135M]",
    ),
    "adjudicator": click.option(
        "--adjudicator",
        envvar="TAGRAPH_ADJUDICATOR",
        help="claude (paid), asked about tags that may be one. [nobody]",
    ),
    "overrides": click.option(
        "--overrides",
        type=click.Path(dir_okay=False),
        envvar="TAGRAPH_OVERRIDES",
        help="TOML file: tags that are always one, never one, or renamed.",
    ),
    "previous": click.option(
        "--previous",
        type=click.Path(dir_okay=False),
        envvar="TAGRAPH_PREVIOUS",
        help="Store of an earlier run, whose canonical tags keep their names.",
    ),
    "language": click.option(
        "--language",
        envvar="TAGRAPH_LANGUAGE",
        help="Language of the tags: en, another code such as de, or none. [en]",
    ),
    "policy": click.option(
        "--policy",
        type=click.Choice(POLICIES),
        envvar="TAGRAPH_POLICY",
        help="How the k rows are chosen. [equal] `global` takes the rows that stand highest above"
        " their own cluster: strengths of different clusters were never compared.",
    ),
    "preset": click.option(
        "--preset",
        type=click.Choice(["tacos"]),
        envvar="TAGRAPH_PRESET",
        help="`tacos` runs the recipe of that paper instead: k-means on stemmed tags, the longest"
        " response of each set of clusters, one pass of scores. --policy has no effect on it.",
    ),
    "target": click.option(
        "--target",
        multiple=True,
        metavar="WORDS=SHARE",
        help="Share of the clusters whose name holds WORDS, for --policy target; repeatable.",
    ),
    "tokens": click.option(
        "--tokens",
        type=click.IntRange(1),
        envvar="TAGRAPH_TOKENS",
        help="Most tokens of the selected rows together, guessed from their length.",
    ),
    "include": click.option(
        "--include", type=_IDS, callback=_read_ids, help="File of ids, one a line, that must be in."
    ),
    "exclude": click.option(
        "--exclude", type=_IDS, callback=_read_ids, help="File of ids that must not be in."
    ),
    "minimum": click.option(
        "--minimum",
        multiple=True,
        metavar="VALUE=COUNT",
        help="Least rows whose --minimum-field is VALUE; repeatable.",
    ),
    "minimum_field": click.option(
        "--minimum-field", help="Field of the records, or `source`, the file. [source]"
    ),
    "max_likeness": click.option(
        "--max-likeness",
        type=click.FloatRange(0, 1, min_open=True),
        help="Rows whose query or response is more alike than this are near-duplicates. [0.9]",
    ),
    "length_control": click.option(
        "--length-control", is_flag=True, default=None, help="Rank by strength at equal length."
    ),
    "format": click.option(
        "--format",
        type=click.Choice(["auto", *FORMATS]),
        envvar="TAGRAPH_FORMAT",
        help="Form of the records; found by looking unless given.",
    ),
    "limit": click.option(
        "--limit", type=click.IntRange(1), envvar="TAGRAPH_LIMIT", help="First records only."
    ),
    "max_bad": click.option(
        "--max-bad",
        type=click.FloatRange(0, 1),
        envvar="TAGRAPH_MAX_BAD",
        help="Share of bad rows that is put up with. [0.01]",
    ),
    "tags_field": click.option(
        "--tags-field", envvar="TAGRAPH_TAGS_FIELD", help="Field that holds tags. [tags]"
    ),
    "split": click.option(
        "--split",
        envvar="TAGRAPH_SPLIT",
        help="Split of a data set of the Hugging Face hub, or of a folder. [train]",
    ),
    "revision": click.option(
        "--revision", envvar="TAGRAPH_REVISION", help="Branch, tag or commit on the hub."
    ),
    "calls": click.option(
        "--calls-per-item",
        type=click.FloatRange(0, min_open=True),
        envvar="TAGRAPH_CALLS_PER_ITEM",
        help="Comparisons per sample. [8]",
    ),
    "model": click.option(
        "--model", envvar="TAGRAPH_MODEL", help="Model behind `claude`, such as claude-haiku-5-5."
    ),
    "base_url": click.option(
        "--base-url", envvar="TAGRAPH_BASE_URL", help="Server that speaks the Messages API."
    ),
    "structure": click.option(
        "--structure",
        type=click.Choice(STRUCTURES),
        envvar="TAGRAPH_STRUCTURE",
        help="How an answer is kept to its form. [schema]",
    ),
    "extra_body": click.option(
        "--extra-body", envvar="TAGRAPH_EXTRA_BODY", help="JSON sent along with each request."
    ),
    "tag_language": click.option(
        "--tag-language", envvar="TAGRAPH_TAG_LANGUAGE", help="Language of the tags. [English]"
    ),
    "concurrency": click.option(
        "--concurrency",
        type=click.IntRange(1),
        envvar="TAGRAPH_CONCURRENCY",
        help="Requests under way at once. [8]",
    ),
    "batch": click.option(
        "--batch",
        is_flag=True,
        default=None,
        help="Ask in Message Batches: half the price, most within an hour, all within a day.",
    ),
    "detach": click.option(
        "--detach",
        is_flag=True,
        default=None,
        help="With --batch: send and stop with code 3; the same command collects it later.",
    ),
    "resubmit": click.option(
        "--resubmit",
        is_flag=True,
        default=None,
        help="Ask again what may have been paid: batches in doubt, results that are gone.",
    ),
    "max_cost": click.option(
        "--max-cost",
        type=click.FloatRange(0),
        envvar="TAGRAPH_MAX_COST",
        help="Stop before the store has cost more than so many dollars.",
    ),
    "max_calls": click.option(
        "--max-calls",
        type=click.IntRange(0),
        envvar="TAGRAPH_MAX_CALLS",
        help="Stop before the store holds more than so many requests.",
    ),
    "json": click.option("--json", "as_json", is_flag=True, help="Summary as JSON on output."),
    "quiet": click.option("-q", "--quiet", is_flag=True, help="Only errors on standard error."),
}
JUDGING = ("second_judge", "second_calls_per_item", "audit", "both_orders", "local_model")
READING = ("format", "limit", "max_bad", "tags_field", "split", "revision")
PAYING = (
    "model",
    "base_url",
    "structure",
    "extra_body",
    "tag_language",
    "concurrency",
    "batch",
    "detach",
    "resubmit",
    "max_cost",
    "max_calls",
)
LIMITING = (
    "target",
    "tokens",
    "include",
    "exclude",
    "minimum",
    "minimum_field",
    "max_likeness",
    "length_control",
)
NORMALIZING = ("adjudicator", "overrides", "previous", "language")
EVERYWHERE = ("config", "json", "quiet")


def shared(*names: str) -> Callable[[Command], Command]:
    """Return a decorator that adds shared options to a command, in the order named."""

    def add(command: Command) -> Command:
        for name in reversed(names):
            command = _OPTIONS[name](command)
        return command

    return add


def make_config(config: Path | None, flags: dict[str, Any]) -> Config:
    """Return the options of a file with the flags on top; a flag not given changes nothing.

    Raises:
        OptionsError: The file cannot be used, or an option is unknown or out of range.
    """
    base = Config() if config is None else Config.from_toml(config)
    places = {
        "calls_per_item": ("tournament", "calls_per_item"),
        "audit": ("tournament", "audit"),
        "second_calls_per_item": ("cascade", "calls_per_item"),
        "language": ("normalize", "language"),
        **{name: ("selection", name) for name in ("policy", *LIMITING)},
        **{name: ("ingest", name) for name in READING},
        **{name: ("llm", name) for name in PAYING},
    }
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    if given.pop("both_orders", False):
        given["audit"] = 1.0
    values: dict[str, Any] = {}
    for name, value in given.items():
        section, key = places.get(name, ("", name))
        (values.setdefault(section, {}) if section else values)[key] = value
    return base.changed(values, "the command line")
