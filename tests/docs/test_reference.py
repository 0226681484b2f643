"""The pages of docs/ show options and commands as they are, and links that lead somewhere."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from tagraph.cli.group import cli
from tagraph.config import Config
from tests.docs.json_keys import KEYS
from tests.docs.reference import COMMANDS, DOCS, MARK, render_commands, render_options

ROOT = DOCS.parent
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def test_the_tables_are_those_of_the_options_and_commands() -> None:
    assert COMMANDS.read_text() == render_commands(), "run `python -m tests.docs.reference`"
    for path in DOCS.rglob("*.md"):
        assert path.read_text() == render_options(path.read_text()), path


def test_every_option_has_a_place_in_the_docs() -> None:
    shown = {name for path in DOCS.rglob("*.md") for name in MARK.findall(path.read_text())}
    usual = Config()
    sections = {one.name for one in fields(usual) if is_dataclass(getattr(usual, one.name))}

    assert shown == sections | {"top"}


@pytest.mark.parametrize(
    "step", ["ingest", "tag", "normalize", "graph", "cluster", "compare", "rank", "select"]
)
def test_every_step_has_a_page_that_says_what_why_and_what_not(step: str) -> None:
    page = (DOCS / "steps" / f"{step}.md").read_text()

    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert headings == ["What", "Why", "Options", "Limits", "Source"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text())

    assert [x for x in links if "://" not in x and not (path.parent / x).exists()] == []


def test_every_command_has_its_keys() -> None:
    silent = {"completion"}

    assert {name.split()[0] for name in KEYS} == set(cli.commands) - silent
