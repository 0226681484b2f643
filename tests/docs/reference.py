"""Writes the tables of options and the page of commands: `python -m tests.docs.reference`."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import click

from tagraph.cli.group import cli
from tagraph.cli.options import PLACES
from tagraph.config import Config
from tests.docs.json_keys import KEYS

DOCS = Path(__file__).resolve().parents[2] / "docs"
COMMANDS = DOCS / "commands.md"
MARK = re.compile(r"<!-- options: (\w+) -->\n.*?<!-- end -->", re.DOTALL)
HEAD = """# Commands

Every command with its options, and what `--json` prints. Made by `python -m tests.docs.reference`
from the commands themselves.

`tagraph` is `.venv/bin/tagraph` where the environment is not active, or `python -m tagraph`.
Results go to standard output or to `-o`, everything for people to standard error. An option with a
variable can be set in the environment; how flags, variables and files go together:
[configuration.md](configuration.md). Shell completion: `tagraph completion --help`.

| exit code | means |
| --- | --- |
| 0 | done |
| 1 | error: one line says what and what to do |
| 2 | wrong usage, or an option out of range |
| 3 | partial: questions without an answer, or a batch on its way; the same command goes on |
| 4 | the limit of --max-cost or --max-calls is reached, everything is stored |
| 5 | the store takes no more (disk full); replies on their way are kept aside |
| 130, 143 | interrupted (Ctrl-C, SIGTERM); the same command goes on |

Ctrl-C once lets replies on their way arrive and be stored. Ctrl-C again stops at once; the next run
counts what was lost as perhaps paid.
"""


def render_options(page: str) -> str:
    """Return a page with its tables of options made anew."""
    return MARK.sub(
        lambda found: f"<!-- options: {found[1]} -->\n{options_table(found[1])}<!-- end -->", page
    )


def options_table(section: str) -> str:
    """Return the options of one section as a table; `top` is what stands above all sections."""
    config = Config()
    owner = config if section == "top" else getattr(config, section)
    flags = {place: name for name, place in PLACES.items()}
    told = read_attributes(type(owner))
    lines = ["| option | default | flag | what it does |\n| --- | --- | --- | --- |\n"]
    for one in fields(owner):
        value = getattr(owner, one.name)
        if not is_dataclass(value):
            name = one.name if section == "top" else flags.get((section, one.name), "")
            flag = find_flag(name)
            lines.append(f"| `{one.name}` | {tell(value)} | {flag} | {escape(told[one.name])} |\n")
    return "".join(lines)


def find_flag(name: str) -> str:
    """Return the flag of an option of `tagraph select` as it is typed, or nothing."""
    for parameter in cli.commands["select"].params:
        if parameter.name in (name, {"both_orders": "audit", "calls": "calls_per_item"}.get(name)):
            return f"`{max(parameter.opts, key=len)}`"
    return ""


def read_attributes(kind: type) -> dict[str, str]:
    """Return the attributes that a class and its bases describe, each on one line."""
    told: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        section = inspect.cleandoc(base.__doc__ or "").partition("Attributes:\n")[2]
        lines = textwrap.dedent(section.partition("\n\n")[0])
        parts = re.split(r"^(\w+): ", lines, flags=re.MULTILINE)
        names, texts = parts[1::2], (" ".join(text.split()) for text in parts[2::2])
        told |= dict(zip(names, texts, strict=True))
    return told


def tell(value: Any) -> str:
    """Return a default for people."""
    if value is None or value == "":
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value == () else f"`{value}`"


def escape(text: str) -> str:
    """Return text that can stand in a cell of a table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def render_commands() -> str:
    """Return the page of all commands."""
    return HEAD + "".join("\n".join(describe_command(name)) + "\n" for name in cli.commands)


def describe_command(name: str) -> Iterator[str]:
    """Yield one command as lines: help, examples, options, keys of its JSON."""
    command = cli.commands[name]
    context = click.Context(command, info_name=f"tagraph {name}")
    yield f"\n## {name}\n\n```\n{command.get_usage(context).removeprefix('Usage: ')}\n"
    yield from (line.removeprefix("  ") for line in (command.epilog or "").splitlines()[2:])
    yield f"```\n\n{inspect.cleandoc(command.help or '')}\n"
    yield "| option | variable | what it does |\n| --- | --- | --- |"
    for one in command.params:
        if isinstance(one, click.Option):
            variable = f"`{one.envvar}`" if one.envvar else ""
            told = escape(one.help or "")
            yield f"| `{', '.join(one.opts)}`{choices(one)} | {variable} | {told} |"
    if name in KEYS:
        yield "\n| key of `--json` | holds |\n| --- | --- |"
        yield from (f"| `{key}` | {escape(told)} |" for key, told in list_keys(KEYS[name]))


def choices(option: click.Option) -> str:
    """Return what may be chosen from, if it is a choice."""
    if not isinstance(option.type, click.Choice):
        return ""
    return f" ({', '.join(map(str, option.type.choices))})"


def list_keys(keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield keys with their meaning, the mark of one that may be missing put into words."""
    for key, told in keys.items():
        yield key.removesuffix("?"), told + ("; not always there" if key.endswith("?") else "")


def main() -> None:
    """Write every page that has tables of options, and the page of commands."""
    COMMANDS.write_text(render_commands())
    for path in sorted(DOCS.rglob("*.md")):
        page = path.read_text()
        if MARK.search(page):
            path.write_text(render_options(page))


if __name__ == "__main__":
    main()
