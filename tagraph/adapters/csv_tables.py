"""Rows to a CSV file in UTF-8 that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

from tagraph.adapters.new_files import check_target, write_file
from tagraph.text import escape_cell


def write_csv(
    path: Path,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | float]],
    *,
    overwrite: bool = False,
) -> None:
    """Write a header and rows; the file is complete or absent.

    Raises:
        InputError: The file is there already, or cannot be written.
    """
    check_target(path, [], overwrite=overwrite)
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([escape_cell(v) if isinstance(v, str) else v for v in row])
    with write_file(path) as stream:
        stream.write(text.getvalue().encode("utf-8", "replace"))
