"""docs/reliability.md says what the tests found, and names tests that are there."""

import json
from pathlib import Path

import pytest

from tests.faults import shown
from tests.faults.page import PAGE, all_rows, cited_tests, render

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_made_of_the_rows_and_figures() -> None:
    assert PAGE.read_text() == render(PAGE.read_text())


def test_every_row_has_a_figure_of_a_test() -> None:
    found = json.loads(shown.FIGURES.read_text())

    assert found.keys() == all_rows().keys()
    for test in [*cited_tests(), *(one["test"] for one in found.values())]:
        path, name = test.split("::")
        assert f"def {name}(" in (ROOT / path).read_text(), test


def test_a_figure_that_is_not_the_one_of_the_page_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAGRAPH_WRITE_FIGURES", raising=False)

    with pytest.raises(AssertionError, match="row A1 is stale"):
        shown.show("A1", "99 kills", "here")
