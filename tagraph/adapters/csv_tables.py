"""Rows to CSV in UTF-8 that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from tagraph.text import escape_cell


def spell_csv(columns: Sequence[str], rows: Iterable[Sequence[str | float]]) -> bytes:
    """Return a header and rows as a CSV file; what is no Unicode becomes `?`."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([escape_cell(v) if isinstance(v, str) else v for v in row])
    return text.getvalue().encode("utf-8", "replace")
