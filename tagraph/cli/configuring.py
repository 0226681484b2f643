"""`tagraph config`: every option, its value, and where that value comes from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from tagraph.cli.options import (
    EVERYWHERE,
    LIMITING,
    PAYING,
    PLACES,
    READING,
    SETTINGS,
    apply_flags,
    examples,
    shared,
)
from tagraph.cli.telling import tell, tell_json
from tagraph.config import Config, plain, read_toml
from tagraph.text import escape_toml

DEFAULT, FOLLOWS = "default", "follows from the others"
COMMENT_AT = 44  # column of the origins


class Setting(NamedTuple):
    """One option: its section ("" at the top), name, value, and the origin of the value."""

    section: str
    name: str
    value: Any
    origin: str


@click.command(
    epilog=examples(
        "config > tagraph.toml",
        "config --config tagraph.toml --judge mixed --seed 7",
        "config --json",
    )
)
@shared(*SETTINGS, *LIMITING, *READING, *PAYING, *EVERYWHERE)
@click.pass_context
def config(
    context: click.Context, /, config: Path | None, as_json: bool, quiet: bool, **flags: Any
) -> None:
    """Show every option with its value and where the value comes from.

    A flag comes before a TAGRAPH_* variable of the environment, that before the file of --config,
    and that before the default. What is printed is itself such a file.
    """
    named = {} if config is None else read_toml(config)
    chosen = apply_flags(Config().changed(named, str(config)), flags)
    origins = _list_named(named, str(config)) | _list_given(context, flags)
    settings = trace_settings(chosen, origins)
    if as_json:
        tell_json(_as_json(settings))
    else:
        tell(*_as_toml(settings))


def trace_settings(settings: Config, origins: Mapping[tuple[str, str], str]) -> list[Setting]:
    """Return every option with its origin, those at the top first.

    Args:
        settings: The options.
        origins: Section and name of what was given -> where; a seed at the top holds everywhere.
    """
    usual = Config()
    found: list[Setting] = []
    for part in fields(settings):
        section = getattr(settings, part.name)
        owner, default = section, getattr(usual, part.name)
        if not is_dataclass(section):
            owner, default = settings, usual
        names = [one.name for one in fields(owner)] if is_dataclass(section) else [part.name]
        where = part.name if is_dataclass(section) else ""
        for name in names:
            value = getattr(owner, name)
            at_top = origins.get(("", "seed")) if name == "seed" else None
            follows = DEFAULT if value == getattr(default, name) else FOLLOWS
            origin = at_top or origins.get((where, name), follows)
            found.append(Setting(where, name, value, origin))
    return sorted(found, key=lambda setting: setting.section != "")


def _list_named(told: Mapping[str, Any], origin: str) -> dict[tuple[str, str], str]:
    """Return section and name of everything that a file names."""
    named: dict[tuple[str, str], str] = {}
    for key, value in told.items():
        if isinstance(value, Mapping):
            named |= {(key, name): origin for name in value}
        else:
            named["", key] = origin
    return named


def _list_given(context: click.Context, flags: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Return section and name of everything that flags and the environment set."""
    given = {}
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if flags.get(name) in (None, ()) or not isinstance(parameter, click.Option):
            continue
        is_flag = source == ParameterSource.COMMANDLINE
        origin = max(parameter.opts, key=len) if is_flag else str(parameter.envvar)
        given[PLACES.get(name, ("", name))] = origin
    return given


def _as_json(settings: list[Setting]) -> dict[str, Any]:
    """Return settings as JSON-ready values, sections inside."""
    told: dict[str, Any] = {}
    for section, name, value, origin in settings:
        place = told.setdefault(section, {}) if section else told
        place[name] = {"value": plain(value), "origin": origin}
    return told


def _as_toml(settings: list[Setting]) -> Iterator[str]:
    """Yield settings as lines of TOML with their origins; what is not set is commented out."""
    section = ""
    for setting in settings:
        if setting.section != section:
            section = setting.section
            yield from ("", f"[{section}]")
        is_set = setting.value is not None
        line = f"{setting.name} = {_write_value(setting.value)}" if is_set else f"# {setting.name}"
        yield f"{line:<{COMMENT_AT}}  # {setting.origin if is_set else 'not set'}"


def _write_value(value: Any) -> str:
    """Return the value of an option as TOML."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_write_value, value))}]"
    if isinstance(value, float) and math.isinf(value):
        return str(value)
    return escape_toml(value) if isinstance(value, str) else json.dumps(value)
