"""The SQLite connection of a store: transactions, runs, and the end of both when a disk fails."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from tagraph.errors import MissingResultError, StoreError, StoreWriteError
from tagraph.schema import INDEXED_WITH, SEARCHED, STEP_TABLES, add_digests
from tagraph.store.opening import (
    as_store_error,
    closing_on_failure,
    open_for_reading,
    open_for_writing,
)

LARGE_LOG = 256 << 20  # bytes of the write-ahead log that are worth a word
AT_ONCE = 32  # rows of one INSERT
WATCH_EVERY = 64  # commits between two looks at it


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

    def __init__(
        self, path: str, *, tell: Callable[[str], object], read_only: bool = False
    ) -> None:
        from sqlite_utils import Database

        self.path = path
        self._tell = tell
        opened = open_for_reading(path) if read_only else open_for_writing(path, tell)
        with closing_on_failure(opened), as_store_error(path):
            self._db = Database(opened)
        self._pid = os.getpid()
        self._failure = ""
        self._commits = 0
        self._was_told = False

    def close(self) -> None:
        """Close the file; what was saved is on disk. A fork leaves it to who opened it."""
        if os.getpid() == self._pid:
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
        with self.transaction():
            with self._indexing_afterwards(run.step):
                self.forget(run.step)
                yield
            options, summary = (orjson.dumps(part).decode() for part in (run.options, run.summary))
            row = (run.step, run.fingerprint, options, summary, run.version, run.finished_at)
            self._fill_index(INDEXED_WITH.get(run.step, ""))
            columns = "step fingerprint options summary version finished_at seconds"
            self.insert("runs", columns, [(*row, run.seconds)])

    @contextmanager
    def _indexing_afterwards(self, step: str) -> Iterator[None]:
        """Drop the indexes of a step and of those after it, and make them anew after the body.

        To sort all keys at once takes a third of the time of taking them out and putting them in
        one by one. Unique indexes stay: they refuse rows; and those of what was read, because their
        tables hold texts, which would have to be read again.
        """
        steps = [later for later in _steps_from(step) if later != "ingest"]
        tables = [table for later in steps for table in STEP_TABLES[later]]
        found = self.rows(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX %'"
            " AND tbl_name IN (SELECT value FROM json_each(?)) ORDER BY name",
            [orjson.dumps(tables).decode()],
        )
        for name, _ in found:
            self.execute('DROP INDEX "{}"'.format(name.replace('"', '""')))
        yield
        for _, sql in found:
            self.execute(sql)

    def forget(self, step: str) -> None:
        """Clear the results of a step and of those after it; to be called in a transaction."""
        for later in reversed(_steps_from(step)):
            self.execute("DELETE FROM runs WHERE step = ?", [later])
            for table in STEP_TABLES[later]:
                self.execute(f"DELETE FROM {table}")  # noqa: S608 - names of the schema
                self._index(table, "delete-all")

    def digest(self, step: str) -> str:
        """Return what stands in the tables of a step as 64 hex digits."""
        found = sha256()
        for table in STEP_TABLES[step]:
            found.update(table.encode())
            rows = self.rows(f"SELECT * FROM {table}")  # noqa: S608
            for line in sorted(orjson.dumps(row, default=bytes.hex) for row in rows):
                found.update(line + b"\n")
        return found.hexdigest()

    def _fill_index(self, table: str) -> None:
        """Fill the full-text index of a table, if it has one that is empty."""
        if table in SEARCHED:
            known = f"SELECT EXISTS (SELECT 1 FROM {SEARCHED[table]}_docsize)"  # noqa: S608
            if self.rows(known) == [(0,)]:
                self._index(table, "rebuild")

    def _index(self, table: str, command: str) -> None:
        """Give a command to the full-text index of a table, if it has one."""
        if table in SEARCHED:
            index = SEARCHED[table]
            self.execute(f"INSERT INTO {index} ({index}) VALUES (?)", [command])  # noqa: S608

    def query(
        self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()
    ) -> list[dict[str, Any]]:
        """Return the rows of a SELECT as dictionaries, for eyes and notebooks."""
        self._use()
        return list(self._db.query(sql, parameters))

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT as tuples."""
        with as_store_error(self.path):
            return self._use().execute(sql, parameters).fetchall()

    def columns(self, sql: str, kinds: str, parameters: Sequence[Any] = ()) -> NDArray[np.void]:
        """Return the rows of a SELECT of numbers as one array with fields f0, f1 and so on.

        Millions of rows are never held as objects. `kinds` are NumPy's, such as `i8,f8`.
        """
        with as_store_error(self.path):
            return np.fromiter(self._use().execute(sql, parameters), dtype=np.dtype(kinds))

    def each(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Return the rows of a SELECT one by one, damaged text as far as it can be read.

        Raises:
            sqlite3.Error: The file cannot be read any further.
        """
        cursor = self._use().cursor()
        cursor.row_factory = None
        connection = cursor.connection
        usual, connection.text_factory = connection.text_factory, _read_damaged
        try:
            yield from cursor.execute(sql, parameters)
        finally:
            connection.text_factory = usual

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement that returns nothing."""
        self._use().execute(sql, parameters)

    def insert(
        self, table: str, columns: str, rows: Iterable[Sequence[Any]], conflict: str = ""
    ) -> None:
        """Insert rows, `AT_ONCE` in one statement, which takes half the time of one by one.

        `columns` are names of the schema, separated by blanks.
        """
        names = columns.split()
        into = f"INSERT INTO {table} ({', '.join(names)}) VALUES "  # noqa: S608
        marks = f"({', '.join('?' * len(names))})"
        many = f"{into}{', '.join([marks] * AT_ONCE)} {conflict}"
        rest: list[Sequence[Any]] = []
        self._use().executemany(many, _join_rows(iter(rows), rest))
        self._use().executemany(f"{into}{marks} {conflict}", rest)

    @property
    def is_writing(self) -> bool:
        """Whether a transaction is under way."""
        return self._use().in_transaction

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep what the body writes if it ends well, and none of it otherwise.

        Inside another transaction the body is a part of that one. The first commit that the disk
        refuses is the last one tried: from then on every transaction is refused.

        Raises:
            StoreWriteError: The disk refused a commit, now or before.
            StoreError: Another process keeps the store busy, or a row is refused by the schema.
        """
        connection = self._use()
        if self._failure:
            raise StoreWriteError(self._failure)
        if connection.in_transaction:
            yield
            return
        with as_store_error(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.execute("COMMIT")
            except sqlite3.DatabaseError as error:
                _roll_back(connection)
                if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                    raise
                self._failure = f"store {self.path}: {error}; nothing more is written or asked"
                raise StoreWriteError(self._failure) from error
            except BaseException:
                _roll_back(connection)
                raise
        self._watch_log()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let the body read the store as it stands when it first reads."""
        connection = self._use()
        if connection.in_transaction:
            yield
            return
        with as_store_error(self.path):
            connection.execute("BEGIN")
            try:
                yield
            finally:
                _roll_back(connection)

    def copy_to(self, path: str) -> None:
        """Write a consistent copy of the store to a file that is not there.

        Raises:
            StoreError: It cannot be written.
        """
        with as_store_error(path):
            self._use().execute("VACUUM INTO ?", [path])

    def tally(self, table: str, come: Sequence[str], gone: Sequence[str] = ()) -> None:
        """Count the digests of rows that come and go, so that a missing row is found."""
        ((count, total),) = self.rows("SELECT n_rows, digest FROM tallies WHERE name = ?", [table])
        row = (count + len(come) - len(gone), add_digests(total, come, gone), table)
        self.execute("UPDATE tallies SET n_rows = ?, digest = ? WHERE name = ?", row)

    def _use(self) -> sqlite3.Connection:
        """Return the connection, to the process that opened it.

        Raises:
            StoreError: This is another process: a fork.
        """
        if os.getpid() != self._pid:
            raise StoreError(
                f"store {self.path} was opened by process {self._pid}, and a fork must not use"
                " that connection; open the store anew here"
            )
        return self._db.conn

    def _watch_log(self) -> None:
        """Tell once if the write-ahead log grows because a reader never lets go of it."""
        self._commits += 1
        if self._commits % WATCH_EVERY or self._was_told:
            return
        log = Path(self.path + "-wal")
        size = log.stat().st_size if log.exists() else 0
        if size > LARGE_LOG:
            self._was_told = True
            self._tell(
                f"{log} has grown to {size >> 20:,} MB: another program keeps {self.path} open"
                " for reading; close it there, and the file shrinks"
            )


def _steps_from(step: str) -> list[str]:
    """Return a step and those after it, in order."""
    steps = list(STEP_TABLES)
    return steps[steps.index(step) :]


def _join_rows(rows: Iterator[Sequence[Any]], rest: list[Sequence[Any]]) -> Iterator[list[Any]]:
    """Yield the values of every `AT_ONCE` rows; the last ones, if fewer, go to `rest`."""
    while len(part := list(islice(rows, AT_ONCE))) == AT_ONCE:
        yield list(chain.from_iterable(part))
    rest += part


def _read_damaged(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _roll_back(connection: sqlite3.Connection) -> None:
    """End a transaction; a connection that cannot even do that is closed, which does."""
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error:
        connection.close()
