"""Writes the tables of docs/reliability.md: `python -m tests.faults.page`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.faults import long, shown
from tests.faults.hostile_rows import INPUT_ROWS, JUDGE_ROWS, REPEAT_ROWS
from tests.faults.rows import LONG, OPEN, SPENDING, STORE, Row

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
MARK = "<!-- tables: python -m tests.faults.page -->\n"


TABLES = {
    "The store": STORE,
    "Spending": SPENDING,
    "The judge": JUDGE_ROWS,
    "Input, output and secrets": INPUT_ROWS,
    "Repeatability": REPEAT_ROWS,
}


def all_rows() -> dict[str, Row]:
    """Return every row of every table by its number."""
    return {name: row for rows in TABLES.values() for name, row in rows.items()}


def cited_tests() -> list[str]:
    """Return every test that a row names."""
    return [test for row in all_rows().values() for test in row.tests]


def render(page: str) -> str:
    """Return the page with its tables made anew."""
    before, _, _ = page.partition(MARK)
    return before + MARK + "\n".join(_tables()) + "\n"


def _tables() -> Iterator[str]:
    figures = json.loads(shown.FIGURES.read_text())
    for title, rows in TABLES.items():
        yield f"\n## {title}\n"
        yield "| | what goes wrong | what happens | test |\n| --- | --- | --- | --- |"
        for name, row in rows.items():
            yield _line(name, row, figures)
    yield "\nNot in these tables:\n"
    for name, told in OPEN.items():
        yield f"- {name}: {told}"
    yield "\n## Long runs\n\n`make faults`, about half an hour, once before a release.\n"
    yield "| | what goes wrong | what happened | date |\n| --- | --- | --- | --- |"
    known = json.loads(long.FIGURES.read_text()) if long.FIGURES.exists() else {}
    for name, fault in LONG.items():
        run = known.get(name, {"figure": "not run on this version", "date": ""})
        yield f"| {name} | {fault} | {run['figure']} | {run['date']} |"


def _line(name: str, row: Row, figures: Mapping[str, Mapping[str, str]]) -> str:
    found = figures[name]
    tests = (found["test"], *row.tests)
    told = "<br>".join(f"`{test.removeprefix('tests/').replace('::', ' ')}`" for test in tests)
    return f"| {name} | {row.fault} | {found['figure']} | {told} |"


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text()))
