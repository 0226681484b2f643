"""Digests on what was paid for, so that no changed row goes unnoticed, and triggers to keep it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tagraph.text import digest, digest_row

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Seal:
    """What the digest of a paid row is made of.

    Attributes:
        name: Table and version, which go into the digest.
        columns: Columns that the digest covers, besides the tags of an answer.
        key: Columns that name a row.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def digest(self, values: Iterable[Any], tags: Iterable[Sequence[str]] = ()) -> str:
        """Return the digest of a row's columns, in their order, and of the tags that hang on it."""
        return digest_row(self.name, [*values, *(part for tag in tags for part in tag)])


SEALED = {
    "calls": Seal(
        "call 2",
        (
            *("key", "attempt", "step", "model", "state", "started_at", "finished_at"),
            *("worst_nanousd", "cost_nanousd", "charge", "http_status", "error", "stop_reason"),
            *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
            *("reply", "reply_size"),
        ),
        ("key", "attempt"),
    ),
    "judges": Seal("judge 1", ("key",), ("key",)),
    "comparisons": Seal(
        "comparison row 1",
        (
            *("key", "judge", "first_digest", "second_digest", "outcome", "grade"),
            *("reply_digest", "input_tokens", "output_tokens", "usage"),
        ),
        ("key",),
    ),
    "tag_answers": Seal("tag answer 1", ("tagger", "digest", "outcome"), ("tagger", "digest")),
}

SEALS = """
ALTER TABLE judges ADD COLUMN row_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE comparisons ADD COLUMN row_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE tag_answers ADD COLUMN row_digest TEXT NOT NULL DEFAULT '';
DROP TRIGGER calls_write_once;
CREATE TABLE tallies (
  name TEXT PRIMARY KEY,
  n_rows INTEGER NOT NULL,
  digest TEXT NOT NULL
) STRICT;
CREATE TABLE damaged_rows (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  content TEXT NOT NULL,
  found_at TEXT NOT NULL
) STRICT;
"""

SEALED_TRIGGERS = (
    "CREATE TRIGGER calls_write_once BEFORE UPDATE ON calls WHEN OLD.state != 'open'"
    " BEGIN SELECT RAISE(ABORT, 'a finished call is never changed'); END",
    "CREATE TRIGGER calls_stay BEFORE DELETE ON calls"
    " BEGIN SELECT RAISE(ABORT, 'a call is never deleted'); END",
    "CREATE TRIGGER comparisons_write_once BEFORE UPDATE ON comparisons"
    " WHEN OLD.outcome != 'failed'"
    " BEGIN SELECT RAISE(ABORT, 'a verdict is never changed'); END",
    "CREATE TRIGGER comparisons_stay BEFORE DELETE ON comparisons"
    " BEGIN SELECT RAISE(ABORT, 'a verdict is never deleted'); END",
    "CREATE TRIGGER tag_answers_write_once BEFORE UPDATE ON tag_answers"
    " BEGIN SELECT RAISE(ABORT, 'an answer is never changed'); END",
    "CREATE TRIGGER tag_answers_stay BEFORE DELETE ON tag_answers"
    " BEGIN SELECT RAISE(ABORT, 'an answer is never deleted'); END",
    "CREATE TRIGGER scores_finite BEFORE INSERT ON scores"
    " WHEN abs(NEW.strength) > 1e300 OR abs(NEW.standard_error) > 1e300"
    " BEGIN SELECT RAISE(ABORT, 'a strength is finite'); END",
)


def add_digests(total: str, come: Iterable[str], gone: Iterable[str] = ()) -> str:
    """Return a sum of digests with some more and some less: the same in any order."""
    change = sum(int(one, 16) for one in come) - sum(int(one, 16) for one in gone)
    return f"{(int(total, 16) + change) % 2**256:064x}"


def seal_stored_rows(db: Database) -> None:
    """Give every paid row of an older store its digest, and every table its count."""
    for table, seal in SEALED.items():
        columns = ", ".join((*seal.columns, "row_digest"))
        found = " AND ".join(f"{column} = ?" for column in seal.key)
        digests = []
        for *values, old in db.execute(f"SELECT {columns} FROM {table}").fetchall():  # noqa: S608
            row = dict(zip(seal.columns, values, strict=True))
            digests.append(_seal_row(db, table, row, old))
            place = [digests[-1], *(row[column] for column in seal.key)]
            db.execute(f"UPDATE {table} SET row_digest = ? WHERE {found}", place)  # noqa: S608
        total = add_digests("0", digests)
        db.execute("INSERT INTO tallies VALUES (?, ?, ?)", [table, len(digests), total])


def _seal_row(db: Database, table: str, row: dict[str, Any], old: str) -> str:
    """Return the digest of a stored row; of a call that is damaged already, none that fits."""
    if table == "calls" and row["state"] in ("done", "failed"):
        written = digest("ending 1", row["state"], str(row["cost_nanousd"]), row["reply"])
        if old != written:
            return digest("damaged before it was sealed")
    sql = "SELECT tag, reason FROM tag_reasons WHERE tagger = ? AND digest = ? ORDER BY place"
    tags = db.execute(sql, [row["tagger"], row["digest"]]) if table == "tag_answers" else ()
    return SEALED[table].digest(row.values(), tags)
