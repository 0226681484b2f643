"""Rows A6 to A9, A11, A18 and A19: several processes, readers, forks, and how each one begins."""

import os
import sqlite3
from pathlib import Path

import pytest

from tagraph.errors import StoreError
from tagraph.store import open_store
from tagraph.store.opening import BUSY_SECONDS
from tests.faults.children import fork
from tests.faults.contention import open_at_once, run_two_at_once, write_at_once
from tests.faults.disk import fill_store, read_paid
from tests.faults.kills import Series
from tests.faults.old_stores import make_old_store
from tests.faults.points import watched_connect
from tests.faults.pool import work
from tests.faults.readers import reading, write_beside_a_reader
from tests.faults.shown import show

ROUNDS, WRITERS, ROWS, COPIES = 20, 4, 500, 100


@pytest.mark.no_cover
def test_the_second_of_two_runs_is_told_who_holds_the_store_and_nothing_is_asked_twice(
    small: Series,
) -> None:
    found = run_two_at_once(small, ROUNDS)

    assert (found["rounds"], found["refused"]) == (ROUNDS, ROUNDS)
    assert (found["asked twice"], found["unnamed"], found["late"]) == (0, 0, 0)
    assert found["other selections"] == 0
    told = f"{ROUNDS} rounds: 0 keys requested twice, the second refused within 2 s by name"
    show("A6", told)


@pytest.mark.parametrize("is_old", [False, True])
def test_many_processes_open_a_new_or_an_old_store_at_once(is_old: bool, tmp_path: Path) -> None:
    if is_old:
        make_old_store(tmp_path / "s.db")

    found = open_at_once(tmp_path / "s.db", 20)

    assert (found["opened"], found["errors"], found["wrong"]) == (20, 0, 0)


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    found = write_at_once(tmp_path / "s.db", WRITERS, ROWS)

    assert (found["arrived"], found["errors"], found["damaged"]) == (WRITERS * ROWS, 0, 0)
    told = f"{WRITERS} processes x {ROWS} rows: {WRITERS * ROWS:,} arrived, 0 errors"
    show("A8", told)


def test_every_transaction_that_writes_begins_immediate_on_a_connection_that_is_set_up(
    small: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    deferred: list[str] = []
    made: list[sqlite3.Connection] = []

    def note(when: str, sql: str, connection: sqlite3.Connection) -> None:
        if connection not in made:
            made.append(connection)
        if when == "before" and sql.split(" ")[0] == "BEGIN":
            begun.append(sql)
        writes = sql.split(" ")[0] in ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP")
        if when == "before" and writes and not connection.in_transaction:
            deferred.append(sql)

    monkeypatch.setattr(sqlite3, "connect", watched_connect(note))
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - not a file
        work(small.job("traced.db"), nowhere.fileno())
    with open_store(small.folder / "traced.db") as store:
        pragmas = "synchronous foreign_keys trusted_schema mmap_size busy_timeout journal_mode"
        values = [store._connection.rows(f"PRAGMA {name}") for name in pragmas.split()]

    assert set(begun) == {"BEGIN IMMEDIATE"}
    assert len(begun) > 20
    assert deferred == []
    # mmap_size has no value where SQLite was built without it.
    assert [value[0][0] if value else 0 for value in values] == [
        *(2, 1, 0, 0, 1000 * BUSY_SECONDS),
        "wal",
    ]
    show("A9", "0 deferred transactions that write; FULL, foreign keys, trusted_schema off")


@pytest.mark.no_cover
def test_copies_made_during_a_run_are_prefixes_of_it(tmp_path: Path) -> None:
    path, target = tmp_path / "s.db", tmp_path / "copy.db"
    with open_store(path) as store:
        made = [repr(read_paid(path))]
        for _ in fill_store(store, COPIES // 4):
            with open_store(path, read_only=True) as reader:
                reader.copy_to(target)
            made.append(repr(read_paid(path)))
            assert repr(read_paid(target)) == made[-1]
            target.unlink()
        assert len(made) == COPIES + 1
    show("A11", f"{COPIES} copies during a run: {COPIES} exact")


def test_a_reader_does_not_block_the_writer_and_a_long_log_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tagraph.store.connection.LARGE_LOG", 1 << 20)

    found = write_beside_a_reader(tmp_path / "s.db", 300)

    assert (found.written, found.left) == (300, 0)
    (line,) = found.told
    assert "grown to" in line
    assert "open for reading" in line


def test_on_an_old_sqlite_one_warning_says_that_somebody_else_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.db"
    told: list[str] = []
    with open_store(path) as store, store.claimed():

        def body(pipe: int) -> None:
            with open_store(path, tell=lambda line: os.write(pipe, f"told {line}\n".encode())):
                pass

        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
        old = fork(body)
        old.wait()
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
        new = fork(body)
        new.wait()
        open_store(path, tell=told.append).close()  # the same process is no company

    (line,) = old.told("told")
    assert f"in use by process {os.getpid()} on" in line
    assert new.told("told") == told == []
    show("A18", "one warning below 3.51.3, mmap_size 0, readers never checkpoint")


def test_a_fork_is_refused_the_connection_of_its_parent(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:

        def body(pipe: int) -> None:
            for use in (lambda: store.run("ingest"), lambda: store.query("SELECT 1")):
                with pytest.raises(StoreError, match=f"opened by process {parent}.*fork"):
                    use()
            store.close()
            with open_store(tmp_path / "s.db") as own:
                own.run("ingest")

        parent = os.getpid()
        child = fork(body)
        assert child.wait() == 0, child.said
        assert store.run("ingest") is None
    show("A19", "0 uses across processes")


def test_a_reader_that_looks_at_the_lock_never_turns_a_run_away(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with open_store(path) as store, reading(path), store.claimed():
        assert f"process {os.getpid()} on" in store.standing().holder
    with open_store(path, read_only=True) as store:
        assert store.standing().holder == ""
