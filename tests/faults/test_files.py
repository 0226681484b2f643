"""Rows A12, A13, A16 and A17: files of others, older stores, network places, broken rules."""

import hashlib
import math
import shutil
import sqlite3
from contextlib import closing
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagraph.errors import DamagedStoreError, StoreError
from tagraph.schema import SCHEMA_VERSION
from tagraph.store import Store, open_store
from tests.faults.children import fork
from tests.faults.disk import fill_store, question
from tests.faults.old_stores import make_old_store
from tests.faults.points import KillAtStatement, kill_in_statement, watched_connect
from tests.faults.shown import show


def state(path: Path) -> tuple[str, list[str]]:
    names = sorted(other.name for other in path.parent.iterdir() if not other.name.endswith("-shm"))
    return hashlib.sha256(path.read_bytes()).hexdigest(), names


@pytest.mark.parametrize(
    ("size", "told"), [(0, "is empty"), (10, "name another store"), (5_000, "put a copy back")]
)
def test_a_store_that_was_cut_off_is_never_called_whole(
    size: int, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "s.db"
    with open_store(path) as store:
        for _ in fill_store(store, 2):
            pass
    path.write_bytes(path.read_bytes()[:size])

    with pytest.raises(StoreError, match=told), open_store(path, read_only=True):
        pass

    assert path.stat().st_size == size


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("kind", ["newer", "foreign", "text"])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_or_foreign_file_is_refused_and_not_a_byte_of_it_changes(
    kind: str, log: bool, read_only: bool, tmp_path: Path
) -> None:
    path = tmp_path / "s.db"
    if kind == "text":
        path.write_text("this is no database, " * 100)
    else:
        if kind == "newer":
            open_store(path).close()
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE theirs (x)")
        if kind == "newer":
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        connection.commit()
        if not log:
            connection.close()
    before = state(path)

    with pytest.raises(StoreError) as caught:
        open_store(path, read_only=read_only)

    told = {"newer": f"schema {SCHEMA_VERSION + 1}, this one knows {SCHEMA_VERSION}"}
    told |= {"foreign": "not a tagraph store", "text": "not a database"}
    assert told[kind] in str(caught.value)
    assert state(path)[0] == before[0]
    if kind != "text" and log:
        connection.close()
    show("A12", "refused, 0 bytes changed, both versions named")


READING = ("select", "PRAGMA table_info", "SAVEPOINT")


@pytest.mark.no_cover
def test_a_migration_killed_at_any_statement_leaves_the_old_or_the_new_schema(
    tmp_path: Path,
) -> None:
    statements = {SCHEMA_VERSION: list[str]()}
    for old in range(1, SCHEMA_VERSION):
        make_old_store(tmp_path / f"{old}.db", old)
        statements[old] = list_statements(tmp_path, old)
    killed, seen = 0, set()
    whole = look(open_copy(tmp_path, SCHEMA_VERSION - 1))
    for old in range(1, SCHEMA_VERSION):
        before = look(tmp_path / f"{old}.db")
        own = len(statements[old]) - count_same_end(statements[old], statements[old + 1])
        first = statements[old].index("VACUUM INTO ?")
        for number in range(first, own):
            if statements[old][number].startswith(READING):
                continue  # nothing is written before the next one
            path = kill_at(copy_of(tmp_path, old), number)
            killed += 1
            after, names = look(path), sorted(other.name for other in path.parent.iterdir())
            assert after in (before, whole)
            if number > first:
                assert look(path.with_name(f"s.db.schema-{old}")) == before
            if (old, after[0], *names) not in seen:  # what was seen opens again as it did then
                seen.add((old, after[0], *names))
                open_store(path).close()
                assert look(path) == whole

    assert killed > 150
    told = "killed before every write of every migration, from every earlier schema: 0 half done,"
    show("A13", f"{told} a copy beside it")


def kill_at(path: Path, number: int) -> Path:
    """Bring a store up to date in a process that dies before a statement; return the store."""

    def body(pipe: int) -> None:
        sqlite3.connect = watched_connect(KillAtStatement(number))  # type: ignore[assignment]
        open_store(path).close()

    assert fork(body).wait() == -9
    return path


def copy_of(folder: Path, version: int) -> Path:
    """Return a copy of an old store in a folder of its own."""
    place = folder / "copy"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    return Path(shutil.copy(folder / f"{version}.db", place / "s.db"))


def open_copy(folder: Path, version: int) -> Path:
    """Return a copy of an old store that was brought up to date."""
    path = copy_of(folder, version)
    open_store(path).close()
    return path


def list_statements(folder: Path, version: int) -> list[str]:
    """Return what is executed while an old store is brought up to date."""
    told: list[str] = []

    def note(when: str, sql: str, connection: sqlite3.Connection) -> None:
        if when == "before":
            told.append(sql.strip().split("sqlite_utils_")[0])  # savepoints have random names

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", watched_connect(note))
        open_copy(folder, version)
    return told


def count_same_end(one: list[str], other: list[str]) -> int:
    """Return how many statements at their ends are the same."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def look(path: Path) -> tuple[int, list[tuple[str, str]], list[tuple[object, ...]]]:
    """Return version, schema and a paid row of a store."""
    with closing(sqlite3.connect(path)) as connection:
        schema = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        paid = connection.execute("SELECT * FROM comparisons").fetchall()
    return read_version(path), schema, paid


def read_version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def test_rows_of_an_older_store_are_sealed_and_damaged_ones_found(tmp_path: Path) -> None:
    make_old_store(tmp_path / "s.db")

    with open_store(tmp_path / "s.db", read_only=True) as store:
        (damage,) = store.verify().damage
        assert store.evidence.load_verdicts(["k"])["k"].outcome.value == "tie"
        assert store.evidence.load_tag_answers("t", ["d"])["d"].tags == (("tag", "because"),)
        assert store.calls.find(["whole"]) == {"whole": b"whole"}
        with pytest.raises(DamagedStoreError, match="tagraph verify"):
            store.calls.find(["rotten"])

    assert (damage.table, damage.name) == ("calls", "rotten 1")


@pytest.mark.parametrize("steps", [1, 10, 100])
def test_an_export_killed_midway_leaves_no_half_copy(steps: int, tmp_path: Path) -> None:
    path, target = tmp_path / "s.db", tmp_path / "copy.db"
    with open_store(path) as store:
        for _ in fill_store(store, 5):
            pass

    def body(pipe: int) -> None:
        from tagraph.cli.entry import run

        plan = kill_in_statement("VACUUM INTO", steps)
        sqlite3.connect = watched_connect(plan)  # type: ignore[assignment]
        run(["export", str(path), str(target)])

    assert fork(body).wait() == -9
    assert not target.exists()
    with open_store(path) as store:
        assert store.verify().is_clean


MOUNTS = (
    "22 1 0:20 / / rw - ext4 /dev/vda rw\n23 22 0:21 / {folder} rw,relatime - nfs4 host:/x rw\n"
)


def test_a_network_place_is_told_and_gets_no_write_ahead_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a place"
    folder.mkdir()
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(folder=str(folder).replace(" ", "\\040")))
    open_store(folder / "old.db").close()
    monkeypatch.setattr("tagraph.store.places.MOUNTS", mounts)
    told: list[str] = []

    for name, journal in (("new.db", "delete"), ("old.db", "delete"), ("../near.db", "wal")):
        with open_store(folder / name, tell=told.append) as store:
            for _ in fill_store(store, 1):
                pass
            assert store._connection.rows("PRAGMA journal_mode") == [(journal,)]
    monkeypatch.setattr("tagraph.store.places.MOUNTS", tmp_path / "missing")
    open_store(tmp_path / "nobody knows.db", tell=told.append).close()
    monkeypatch.undo()

    assert len(told) == 2
    assert all("network file system (nfs4)" in line for line in told)
    show("A16", "kind of file system faked: one warning, no write-ahead log")


def test_a_notebook_is_warned_as_notebooks_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("22 1 0:20 / / rw - 9p host rw\n")
    monkeypatch.setattr("tagraph.store.places.MOUNTS", mounts)

    with pytest.warns(UserWarning, match="network file system \\(9p\\)"):
        open_store(tmp_path / "s.db").close()


BAD = [
    "UPDATE calls SET reply = x'00' WHERE state = 'done'",
    "UPDATE calls SET state = 'won' WHERE state = 'open'",
    "DELETE FROM calls",
    "UPDATE comparisons SET outcome = 'second'",
    "INSERT OR REPLACE INTO comparisons SELECT * FROM comparisons",
    "DELETE FROM comparisons",
    "DELETE FROM tag_answers",
    "UPDATE tag_answers SET outcome = 'refused'",
    "DELETE FROM judges",
    "UPDATE comparisons SET judge = 99",
    "INSERT INTO scores VALUES (0, 9e999, 0, 0, 0)",
    "INSERT INTO scores VALUES (0, NULL, 0, 0, 0)",
    "INSERT INTO scores VALUES (0, 'high', 0, 0, 0)",
    "INSERT INTO pairings VALUES (0, 0, 0, 1, 'unknown')",
]


@pytest.mark.parametrize("sql", BAD)
def test_sql_that_breaks_a_rule_is_refused_by_the_schema(sql: str) -> None:
    with Store() as store:
        for _ in fill_store(store, 2):
            pass
        store.calls.begin(question(99), 1)
        connection = store._connection

        with pytest.raises(StoreError), connection.transaction():
            connection.execute(sql)

        assert store.verify().is_clean
    told = f"{len(BAD)} statements and hostile scores: 0 accepted, foreign keys on"
    show("A17", told)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(allow_nan=True, allow_infinity=True), st.floats())
def test_a_score_that_is_no_number_is_never_stored(strength: float, error: float) -> None:
    with Store() as store:
        connection = store._connection
        connection.execute("PRAGMA foreign_keys = OFF")
        finite = all(math.isfinite(x) and abs(x) <= 1e300 for x in (strength, error))
        row = [(0, strength, error, 0, 1)]
        columns = "sample strength standard_error component n_comparisons"
        try:
            with connection.transaction():
                connection.insert("scores", columns, row)
        except StoreError:
            assert not finite
        else:
            assert finite
