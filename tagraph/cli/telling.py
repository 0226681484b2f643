"""The only way of a command to the terminal: every line and every JSON text goes out escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click
import orjson

from tagraph.text import escape_json, escape_terminal


def tell(*lines: str, err: bool = False) -> None:
    """Print lines for people, on output or standard error; none of them can become two."""
    click.echo("\n".join(map(escape_terminal, lines)), err=err)


def tell_json(value: object) -> None:
    """Print a value as JSON on output, in ASCII where a terminal would act on it."""
    click.echo(escape_json(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()))


def flush_output() -> None:
    """Write out what was printed so far: a full disk shows here, not as the interpreter ends."""
    click.echo(nl=False)


def tell_either(told: Mapping[str, Any] | Iterable[str], *, quiet: bool) -> None:
    """Print values as JSON, or lines for people; the lines only if they are wanted."""
    if isinstance(told, Mapping):
        tell_json(told)
    elif not quiet:
        for line in told:
            tell(line)
