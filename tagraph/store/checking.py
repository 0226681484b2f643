"""Looks through a whole store for what is not as it was written, and sets it aside if asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import orjson

from tagraph.data import Turn, digest_turns
from tagraph.schema import SEALED, SEALED_TRIGGERS, STEP_TABLES, add_digests
from tagraph.store.connection import Connection
from tagraph.store.opening import UNREADABLE

_MANY = 100  # lines of SQLite's own check that are kept
_STAY = {name: f"{name}_stay" for name in ("calls", "comparisons", "tag_answers")}


@dataclass(frozen=True, slots=True)
class Damage:
    """Something in a store that is not as it was written.

    Attributes:
        table: Where; `file` for the file as a whole.
        name: Key of the row; empty if it is not about one row.
        problem: What is wrong.
    """

    table: str
    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look through a whole store found.

    Attributes:
        damage: Everything that is not as it was written.
        checked: How many rows of which table were compared with their digest.
    """

    damage: tuple[Damage, ...]
    checked: dict[str, int]

    @property
    def is_clean(self) -> bool:
        """Whether everything is as it was written."""
        return not self.damage


@dataclass(frozen=True, slots=True)
class _Row:
    """A paid row as it stands; its values only if they are not what was written."""

    values: dict[str, Any]
    digest: str
    is_whole: bool


def check_store(connection: Connection) -> Findings:
    """Compare paid rows and samples with their digests, and let SQLite check the file."""
    damage = [*_check_file(connection), *_check_references(connection)]
    checked = {}
    for table in SEALED:
        rows = list(_try(table, damage, _read_rows(connection, table)))
        checked[table] = len(rows)
        damage += [
            Damage(table, _name(table, row), "is not what was written")
            for row in rows
            if not row.is_whole
        ]
        damage += _try(table, damage, _check_tally(connection, table, rows))
    samples = list(_try("samples", damage, _read_samples(connection)))
    checked["samples"] = len(samples)
    changed = "its text is not what was read"
    damage += [Damage("samples", name, changed) for name, is_whole in samples if not is_whole]
    return Findings(tuple(damage), checked)


def set_damaged_aside(connection: Connection) -> int:
    """Move damaged paid rows to table `damaged_rows`, so that they are asked again; say how many.

    Results that rest on a verdict set aside are cleared, and made again by the next run.

    Raises:
        StoreError: The file is too damaged to be changed.
    """
    count = 0
    with connection.transaction():
        for name in (*_STAY.values(), "tag_answers_write_once"):
            connection.execute(f"DROP TRIGGER {name}")
        for table in SEALED:
            rows = list(_read_rows(connection, table))
            bad = [row for row in rows if not row.is_whole]
            if bad and table in ("judges", "comparisons"):
                _clear_results(connection)
            for row in bad:
                _move(connection, table, row)
            _count_anew(connection, table, [row.digest for row in rows if row.is_whole])
            count += len(bad)
        for trigger in SEALED_TRIGGERS:
            if trigger.split()[2] in (*_STAY.values(), "tag_answers_write_once"):
                connection.execute(trigger)
    return count


def _check_file(connection: Connection) -> Iterator[Damage]:
    """Let SQLite look at the pages of the file."""
    found: list[Damage] = []
    for (line,) in _try("file", found, connection.each(f"PRAGMA integrity_check({_MANY})")):
        if line != "ok":
            yield Damage("file", "", str(line))
    yield from found


def _check_references(connection: Connection) -> Iterator[Damage]:
    found: list[Damage] = []
    broken = connection.each("PRAGMA foreign_key_check")
    for table, rowid, parent, _ in _try("file", found, broken):
        yield Damage(table, str(rowid), f"refers to a row of {parent} that is not there")
    yield from found


def _check_tally(connection: Connection, table: str, rows: list[_Row]) -> Iterator[Damage]:
    """Compare the rows of a table with the count that was kept while they were written."""
    for count, total in connection.each(
        "SELECT n_rows, digest FROM tallies WHERE name = ?", [table]
    ):
        if count != len(rows):
            yield Damage(table, "", f"{count:,} rows were written, {len(rows):,} are here")
        elif total != add_digests("0", _as_numbers(rows)):
            yield Damage(table, "", "the rows are not those that were written")


def _as_numbers(rows: Iterable[_Row]) -> Iterator[str]:
    """Return the digests of rows; one that is no number counts as nothing."""
    for row in rows:
        try:
            int(row.digest, 16)
        except ValueError:
            continue
        yield row.digest


def _read_rows(connection: Connection, table: str) -> Iterator[_Row]:
    """Read every row of a paid table, with what it was when it was written."""
    seal = SEALED[table]
    columns = ", ".join((*seal.columns, "row_digest"))
    for *values, kept in connection.each(f"SELECT {columns} FROM {table}"):  # noqa: S608
        row = dict(zip(seal.columns, values, strict=True))
        tags: list[Any] = []
        if table == "tag_answers":
            sql = "SELECT tag, reason FROM tag_reasons WHERE tagger = ? AND digest = ?"
            tags = list(connection.each(f"{sql} ORDER BY place", [row["tagger"], row["digest"]]))
        is_whole = seal.digest(values, tags) == kept
        yield _Row({} if is_whole else row, str(kept), is_whole)


def _read_samples(connection: Connection) -> Iterator[tuple[str, bool]]:
    """Return the id of every sample, and whether its text still has its digest."""
    rows = connection.each(
        "SELECT s.id, s.digest, t.role, t.content FROM samples s"
        " LEFT JOIN turns t ON t.sample = s.position ORDER BY s.position, t.place"
    )
    for (name, kept), turns in groupby(rows, key=lambda row: (row[0], row[1])):
        said = [Turn(role, content) for _, _, role, content in turns if role is not None]
        yield str(name), digest_turns(said) == kept


def _try(table: str, damage: list[Damage], rows: Iterable[Any]) -> Iterator[Any]:
    """Pass rows on; where the file cannot be read any further, note it and end."""
    try:
        yield from rows
    except UNREADABLE as error:
        damage.append(Damage(table, "", f"cannot be read: {error}"))


def _name(table: str, row: _Row) -> str:
    return " ".join(str(row.values[column]) for column in SEALED[table].key)


def _clear_results(connection: Connection) -> None:
    """Clear the results that rest on verdicts."""
    steps = list(STEP_TABLES)
    for step in reversed(steps[steps.index("compare") :]):
        connection.execute("DELETE FROM runs WHERE step = ?", [step])
        for table in STEP_TABLES[step]:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of the schema


def _move(connection: Connection, table: str, row: _Row) -> None:
    """Move a row to the damaged ones; a judge stays, with its digest made anew."""
    keys = [row.values[column] for column in SEALED[table].key]
    kept = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in row.values.items()
    }
    now = datetime.now(UTC).isoformat(timespec="seconds")
    content = orjson.dumps({**kept, "row_digest": row.digest}).decode()
    name = _name(table, row)
    connection.insert("damaged_rows", "source name content found_at", [(table, name, content, now)])
    where = " AND ".join(f"{column} = ?" for column in SEALED[table].key)
    if table == "tag_answers":
        connection.execute(f"DELETE FROM tag_reasons WHERE {where}", keys)  # noqa: S608
    connection.execute(f"DELETE FROM {table} WHERE {where}", keys)  # noqa: S608


def _count_anew(connection: Connection, table: str, digests: list[str]) -> None:
    connection.execute(
        "UPDATE tallies SET n_rows = ?, digest = ? WHERE name = ?",
        [len(digests), add_digests("0", digests), table],
    )
