"""The rows of docs/reliability.md that the tests prove, each with the figure a test found.

A test calls `show` with its row and what it counted. The numbers must be those in `figures.json`,
from which the page is made; `TAGRAPH_WRITE_FIGURES=1` writes them there instead.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

FIGURES = Path(__file__).with_name("figures.json")


def show(row: str, figure: str, test: str = "") -> None:
    """Say what a test found for a row of the table.

    Args:
        row: Its number, such as A1.
        figure: What was found, one line that is the same in every run.
        test: The test that found it; the running one by default.
    """
    test = test or os.environ["PYTEST_CURRENT_TEST"].split(" ")[0].split("[")[0]
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    found = {"figure": figure, "test": test}
    if os.environ.get("TAGRAPH_WRITE_FIGURES"):
        known[row] = found
        FIGURES.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    assert known.get(row) == found, (
        f"row {row} is stale: found {found}, docs/reliability.md says {known.get(row)};"
        " run `make figures`"
    )
