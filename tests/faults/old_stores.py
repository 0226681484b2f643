"""Stores of earlier schemas, made by the migrations of their time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from tagraph.schema import APPLICATION_ID, migrations
from tagraph.text import digest

CALL = (
    "INSERT INTO calls (key, attempt, step, model, state, started_at, cost_nanousd, reply,"
    " row_digest) VALUES (?, 1, 'compare', 'm', 'done', '2026-01-01', 7, ?, ?)"
)


def make_old_store(path: Path, version: int = 4) -> None:
    """Make a store as the schema of that version left it, with a row of each paid table."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        steps = migrations()
        names = [step.name for step in steps.pending(Database(connection))]
        steps.apply(Database(connection), stop_before=names[min(version, 4) :])
        connection.execute("INSERT INTO judges (key) VALUES ('judge')")
        connection.execute(
            "INSERT INTO comparisons (key, judge, first_digest, second_digest, outcome, grade,"
            " reply_digest, input_tokens, output_tokens, usage)"
            " VALUES ('k', 1, 'a', 'b', 'tie', 0, '', 3, 4, '{}')"
        )
        if version >= 4:
            sealed = digest("ending 1", "done", "7", b"whole")
            connection.execute(CALL, ["whole", b"whole", sealed])
            connection.execute(CALL, ["rotten", b"rotten", sealed])
            connection.execute(
                "INSERT INTO tag_answers (tagger, digest, outcome) VALUES ('t', 'd', 'tagged')"
            )
            connection.execute("INSERT INTO tag_reasons VALUES ('t', 'd', 0, 'tag', 'because')")
        steps.apply(Database(connection), stop_before=names[version:])
        connection.execute(f"PRAGMA user_version = {version}")
