"""What the work of a step cannot do without, as bare loops over the same data."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import orjson


def ingest_floor(source: Path, target: Path) -> None:
    """Parse every line with orjson and insert it by one `executemany`; no id, nothing cleaned."""
    target.unlink(missing_ok=True)
    connection = sqlite3.connect(target, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(
        "CREATE TABLE rows (position INTEGER PRIMARY KEY, instruction TEXT, input TEXT,"
        " output TEXT, tags TEXT, original BLOB)"
    )
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", _read(source))
    connection.execute("COMMIT")
    connection.close()


def _read(source: Path) -> Iterator[tuple[object, ...]]:
    with source.open("rb") as lines:
        for i, line in enumerate(lines):
            row = orjson.loads(line)
            tags = orjson.dumps(row["tags"]).decode()
            yield i, row["instruction"], row["input"], row["output"], tags, line
