"""The options that several commands share, and how they become a Config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    if file is None:
        return ()
    try:
        return tuple(line.strip() for line in file if line.strip())
    except UnicodeDecodeError as error:
        file.close()
        raise click.BadParameter("the file is no UTF-8 text; save it as such") from error


def _setting(flag: str, **attributes: Any) -> Callable[[Command], Command]:
    """Return an option that the environment can set too: --max-cost is TAGRAPH_MAX_COST."""
    name = flag.removeprefix("--").replace("-", "_").upper()
    return click.option(flag, envvar=f"TAGRAPH_{name}", **attributes)


_OPTIONS = {
    "store": _setting(
        "--store",
        type=_FILE,
        help="SQLite file that keeps every step's result.",
    ),
    "grow": click.option(
        "--grow",
        type=_FILE,
        metavar="STORE",
        help="Let SOURCE join the pool of this store, which stays as it is: its map and verdicts"
        " stand, and new samples meet only its anchors and rivals.",
    ),
    "config": _setting("--config", type=_FILE, help="TOML file with options."),
    "seed": _setting("--seed", type=click.IntRange(0), help="Seed of every step. [0]"),
    "tagger": _setting(
        "--tagger",
        help="keyphrase (offline), field, or claude (paid). [keyphrase]",
    ),
    "judge": _setting(
        "--judge",
        help="heuristic, likelihood or mixed (offline, free), or claude (paid). [heuristic]",
    ),
    "second_judge": _setting(
        "--second-judge",
        help="A better judge, such as claude, or people by file (`tagraph review`), asked where the"
        " first leaves open who is selected. [nobody]",
    ),
    "second_model": _setting(
        "--second-model", help="Model of the second judge `claude`. [that of --model]"
    ),
    "second_base_url": _setting(
        "--second-base-url", help="Server of --second-model. [that of --base-url]"
    ),
    "second_calls_per_item": _setting(
        "--second-calls-per-item",
        type=click.FloatRange(0),
        help="Comparisons by the second judge per sample. [1]",
    ),
    "both_orders": _setting(
        "--both-orders", is_flag=True, default=None, help="Ask every pair in both orders."
    ),
    "audit": _setting(
        "--audit",
        type=click.FloatRange(0, 1),
        help="Share of pairs asked in both orders. [0.15 of a language model, else 0]",
    ),
    "controls": _setting(
        "--controls",
        type=click.FloatRange(0, 0.05),
        help="Share of questions with a known answer, on top. [0.02 of a language model, else 0]",
    ),
    "local_model": _setting(
        "--local-model",
        type=click.Path(path_type=str),
        help="Folder (safetensors) or GGUF file behind likelihood and mixed. [SmolLM2-135M]",
    ),
    "adjudicator": _setting(
        "--adjudicator",
        help="claude (paid), asked about tags that may be one. [nobody]",
    ),
    "overrides": _setting(
        "--overrides",
        type=click.Path(dir_okay=False),
        help="TOML file: tags that are always one, never one, or renamed.",
    ),
    "previous": _setting(
        "--previous",
        type=click.Path(dir_okay=False),
        help="Store of an earlier run, whose canonical tags keep their names.",
    ),
    "language": _setting(
        "--language",
        help="Language of the tags: en, another code such as de, or none. [en]",
    ),
    "policy": _setting(
        "--policy",
        type=click.Choice(POLICIES),
        help="How the k rows are chosen. [equal] `global` takes the rows that stand highest above"
        " their own cluster: strengths of different clusters were never compared.",
    ),
    "preset": _setting(
        "--preset",
        type=click.Choice(["tacos"]),
        help="`tacos` runs the recipe of that paper instead: k-means on stemmed tags, the longest"
        " response of each set of clusters, one pass of scores. --policy has no effect on it.",
    ),
    "target": click.option(
        "--target",
        multiple=True,
        metavar="WORDS=SHARE",
        help="Share of the clusters whose name holds WORDS, for --policy target; repeatable.",
    ),
    "tokens": _setting(
        "--tokens",
        type=click.IntRange(1),
        help="Most tokens of the selected rows together, guessed from their length.",
    ),
    "include": _setting(
        "--include", type=_IDS, callback=_read_ids, help="File of ids, one a line, that must be in."
    ),
    "exclude": _setting(
        "--exclude", type=_IDS, callback=_read_ids, help="File of ids that must not be in."
    ),
    "minimum": click.option(
        "--minimum",
        multiple=True,
        metavar="VALUE=COUNT",
        help="Least rows whose --minimum-field is VALUE; repeatable.",
    ),
    "minimum_field": _setting(
        "--minimum-field", help="Field of the records, or `source`, the file. [source]"
    ),
    "max_likeness": _setting(
        "--max-likeness",
        type=click.FloatRange(0, 1, min_open=True),
        help="Rows whose query or response is more alike than this are near-duplicates. [0.9]",
    ),
    "length_control": _setting(
        "--length-control", is_flag=True, default=None, help="Rank by strength at equal length."
    ),
    "format": _setting(
        "--format",
        type=click.Choice(["auto", *FORMATS]),
        help="Form of the records; found by looking unless given.",
    ),
    "limit": _setting("--limit", type=click.IntRange(1), help="First records only."),
    "max_bad": _setting(
        "--max-bad",
        type=click.FloatRange(0, 1),
        help="Share of bad rows that is put up with. [0.01]",
    ),
    "max_record": _setting(
        "--max-record",
        type=click.IntRange(1),
        help="Bytes of a record above which it is set aside. [8000000]",
    ),
    "max_text": _setting(
        "--max-text",
        type=click.IntRange(1),
        help="Bytes of a JSON array that is held in memory whole. [1000000000]",
    ),
    "query_field": _setting(
        "--query-field", help="Field that holds the query, where it has no usual name. [found]"
    ),
    "response_field": _setting("--response-field", help="Field that holds the response. [found]"),
    "tags_field": _setting("--tags-field", help="Field that holds tags. [tags]"),
    "id_field": _setting("--id-field", help="Field that holds what a record calls itself. [none]"),
    "split": _setting(
        "--split",
        help="Split of a data set of the Hugging Face hub, or of a folder. [train]",
    ),
    "revision": _setting("--revision", help="Branch, tag or commit on the hub."),
    "calls": _setting(
        "--calls-per-item",
        type=click.FloatRange(0, min_open=True),
        help="Comparisons per sample. [8]",
    ),
    "model": _setting("--model", help="Model behind `claude`, such as claude-haiku-5-5."),
    "base_url": _setting("--base-url", help="Server that speaks the Messages API."),
    "structure": _setting(
        "--structure",
        type=click.Choice(STRUCTURES),
        help="How an answer is kept to its form. [schema]",
    ),
    "extra_body": _setting("--extra-body", help="JSON sent along with each request."),
    "tag_language": _setting("--tag-language", help="Language of the tags. [English]"),
    "concurrency": _setting(
        "--concurrency",
        type=click.IntRange(1),
        help="Requests under way at once. [8]",
    ),
    "batch": _setting(
        "--batch",
        is_flag=True,
        default=None,
        help="Ask in Message Batches: half the price, most within an hour, all within a day.",
    ),
    "detach": _setting(
        "--detach",
        is_flag=True,
        default=None,
        help="With --batch: send and stop with code 3; the same command collects it later.",
    ),
    "resubmit": _setting(
        "--resubmit",
        is_flag=True,
        default=None,
        help="Ask again what may have been paid: batches in doubt, results that are gone.",
    ),
    "max_cost": _setting(
        "--max-cost",
        type=click.FloatRange(0),
        help="Stop before the store has cost more than so many dollars.",
    ),
    "max_calls": _setting(
        "--max-calls",
        type=click.IntRange(0),
        help="Stop before the store holds more than so many requests.",
    ),
    "executor": _setting(
        "--executor",
        help="Where offline taggers, encoders and judges work: in-process, processes, processes:N,"
        " ray or ray:ADDRESS. [in-process]",
    ),
    "json": click.option("--json", "as_json", is_flag=True, help="Summary as JSON on output."),
    "quiet": click.option("-q", "--quiet", is_flag=True, help="Only errors on standard error."),
}
SECOND = ("second_judge", "second_model", "second_base_url", "second_calls_per_item")
JUDGING = (*SECOND, "audit", "both_orders", "controls", "local_model")
READING = (
    "format",
    "limit",
    "max_bad",
    "max_record",
    "max_text",
    "query_field",
    "response_field",
    "tags_field",
    "id_field",
    "split",
    "revision",
)
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
SETTINGS = (
    "tagger",
    *NORMALIZING,
    "judge",
    *JUDGING,
    "preset",
    "policy",
    "calls",
    "seed",
    "executor",
)
EVERYWHERE = ("config", "json", "quiet")
PLACES = {  # flag -> section and name of its option; the others are at the top
    "calls_per_item": ("tournament", "calls_per_item"),
    "audit": ("tournament", "audit"),
    "controls": ("controls", "share"),
    "both_orders": ("tournament", "audit"),
    "second_calls_per_item": ("cascade", "calls_per_item"),
    "second_model": ("second_llm", "model"),
    "second_base_url": ("second_llm", "base_url"),
    "language": ("normalize", "language"),
    **{name: ("selection", name) for name in ("policy", *LIMITING)},
    **{name: ("ingest", name) for name in READING},
    **{name: ("llm", name) for name in PAYING},
}


def shared(*names: str) -> Callable[[Command], Command]:
    """Return a decorator that adds shared options to a command, in the order named."""

    def add(command: Command) -> Command:
        for name in reversed(names):
            command = _OPTIONS[name](command)
        return command

    return add


def examples(*lines: str) -> str:
    """Return the examples at the end of a command's help, each as it is typed after `tagraph`."""
    return "\n".join(["\b", "Examples:", *(f"  tagraph {line}" for line in lines)])


def make_config(config: Path | None, flags: dict[str, Any]) -> Config:
    """Return the options of a file with the flags on top.

    Raises:
        OptionsError: The file cannot be used, or an option is unknown or out of range.
    """
    return apply_flags(Config() if config is None else Config.from_toml(config), flags)


def apply_flags(base: Config, flags: Mapping[str, Any]) -> Config:
    """Return options with the flags on top; a flag not given changes nothing.

    Raises:
        OptionsError: An option is unknown or out of range.
    """
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    if given.pop("both_orders", False):
        given["audit"] = 1.0
    values: dict[str, Any] = {}
    for name, value in given.items():
        section, key = PLACES.get(name, ("", name))
        (values.setdefault(section, {}) if section else values)[key] = value
    return base.changed(values, "the command line")
