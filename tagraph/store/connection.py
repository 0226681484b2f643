"""The SQLite connection of a store: opened, checked, migrated; transactions and runs."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from tagraph.errors import MissingResultError, StoreError
from tagraph.schema import APPLICATION_ID, SCHEMA_VERSION, SEARCHED, STEP_TABLES, migrations
from tagraph.store.claim import claim

if TYPE_CHECKING:
    from sqlite_utils import Database


MEMORY = ":memory:"


@dataclass(frozen=True, slots=True)
class Run:
    """The latest run of a step: what it was made from, and what it found."""

    step: str
    fingerprint: str
    options: Mapping[str, Any]
    summary: Mapping[str, Any]
    version: str
    finished_at: str
    seconds: float


class Connection:
    """A store's connection; the table groups share it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._db = _open(path)

    def close(self) -> None:
        """Close the file; what was saved is on disk."""
        self._db.close()

    def run(self, step: str) -> Run | None:
        """Return the latest run of a step, None if its result is missing."""
        found = self.rows(
            "SELECT step, fingerprint, options, summary, version, finished_at, seconds"
            " FROM runs WHERE step = ?",
            [step],
        )
        for name, fingerprint, options, summary, *rest in found:
            return Run(name, fingerprint, orjson.loads(options), orjson.loads(summary), *rest)
        return None

    def require(self, step: str) -> Run:
        """Return the latest run of a step.

        Raises:
            MissingResultError: The step was never run, or an earlier one was run again since.
        """
        run = self.run(step)
        if run is None:
            raise MissingResultError(step)
        return run

    @contextmanager
    def saving(self, run: Run) -> Iterator[None]:
        """Replace the result of a step and clear the later ones, in one transaction.

        The body saves the result; whatever it raises leaves the store as it was.
        """
        steps = list(STEP_TABLES)
        with self.transaction():
            for step in reversed(steps[steps.index(run.step) :]):
                self._db.execute("DELETE FROM runs WHERE step = ?", [step])
                for table in STEP_TABLES[step]:
                    self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of the schema
                    self._index(table, "delete-all")
            yield
            options, summary = (orjson.dumps(part).decode() for part in (run.options, run.summary))
            row = (run.step, run.fingerprint, options, summary, run.version, run.finished_at)
            for table in STEP_TABLES[run.step]:
                self._index(table, "rebuild")
            columns = "step fingerprint options summary version finished_at seconds"
            self.insert("runs", columns, [(*row, run.seconds)])

    def _index(self, table: str, command: str) -> None:
        """Give a command to the full-text index of a table, if it has one."""
        if table in SEARCHED:
            index = SEARCHED[table]
            self._db.execute(f"INSERT INTO {index} ({index}) VALUES (?)", [command])  # noqa: S608

    def copy_to(self, path: str) -> None:
        """Write a consistent copy of the store to a file that is not there.

        Raises:
            StoreError: It cannot be written.
        """
        with _as_store_error(path):
            self._db.execute("VACUUM INTO ?", [path])

    def query(
        self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()
    ) -> list[dict[str, Any]]:
        """Return the rows of a SELECT as dictionaries, for eyes and notebooks."""
        return list(self._db.query(sql, parameters))

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT as tuples."""
        with _as_store_error(self.path):
            return self._db.execute(sql, parameters).fetchall()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement that returns nothing."""
        self._db.execute(sql, parameters)

    def insert(
        self, table: str, columns: str, rows: Iterable[Sequence[Any]], conflict: str = ""
    ) -> None:
        """Insert rows; `columns` are names of the schema, separated by blanks."""
        names = columns.split()
        marks = ", ".join("?" * len(names))
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks}) {conflict}"  # noqa: S608
        self._db.conn.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep what the body writes if it ends well, and none of it otherwise."""
        with _as_store_error(self.path), self._db.atomic():
            yield


def _open(path: str) -> Database:
    """Open, check and migrate a store."""
    folder = Path(path).resolve().parent
    if path != MEMORY and not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise StoreError(f"cannot keep a store in {folder}: no such folder, or not writable")
    with _as_store_error(path):
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            return _prepare(connection, path)
        except BaseException:
            connection.close()
            raise


def _prepare(connection: sqlite3.Connection, path: str) -> Database:
    from sqlite_utils import Database

    _check_owner(connection, path)
    for pragma in ("foreign_keys = ON", "journal_mode = WAL", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    db = Database(connection)
    if connection.execute("PRAGMA user_version").fetchone() != (SCHEMA_VERSION,):
        with nullcontext() if path == MEMORY else claim(Path(path + ".lock")):
            # First of all: a store whose making was interrupted must still be known as one.
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            migrations().apply(db)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    return db


def _check_owner(connection: sqlite3.Connection, path: str) -> None:
    """Refuse a database of somebody else, or of a newer tagraph.

    Raises:
        StoreError: The file is either.
    """
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if owner != APPLICATION_ID and tables:
        raise StoreError(f"{path} is a SQLite file, but not a tagraph store; name another one")
    if owner == APPLICATION_ID and version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer tagraph (schema {version}, this one knows "
            f"{SCHEMA_VERSION}); upgrade tagraph or name another store"
        )


@contextmanager
def _as_store_error(path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"store {path}: {error}") from error
