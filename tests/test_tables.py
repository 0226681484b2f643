"""Row D17: what a notebook shows of a result."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tagraph.tables import html_table
from tests.faults.shown import show
from tests.markup import Markup
from tests.report.payloads import PAYLOADS

PACKAGE = Path(__file__).resolve().parents[1] / "tagraph"


def shown_by_classes() -> Iterator[tuple[str, list[str]]]:
    """Yield what a class defines for notebooks, and by which functions what it returns is made."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("_repr_"):
                made = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
                calls = [ast.unparse(one.func) for one in made if isinstance(one, ast.Call)]
                assert len(calls) == len(made) > 0, path
                yield node.name, calls


def test_a_notebook_shows_nothing_but_escaped_tables_and_pictures() -> None:
    shown = list(shown_by_classes())
    tables = [calls for name, calls in shown if name == "_repr_html_"]

    assert all(calls == ["html_table"] for calls in tables)
    assert {name for name, _ in shown} == {"_repr_html_", "_repr_png_"}
    foreign = 0
    for payload in PAYLOADS:
        page = Markup(html_table(payload, [payload], [[payload], [{payload: payload}]]))
        plain = ["table", "caption", "tr", "th", "tr", "td", "tr", "td"]
        foreign += page.elements != [(name, {}) for name in plain]
    assert foreign == 0
    told = f"{len(tables)} classes of results, each shown by the one function that makes tables"
    show(
        "D17",
        f"{told}; {len(PAYLOADS)} payloads in its title, head and cells: {foreign} new elements or"
        " attributes",
    )
