"""Rows A3, A4, A5, A14, A15: full disks, cut logs, flipped bits, failing calls, closed places."""

import os
import sqlite3
from pathlib import Path

import pytest

from tagraph.cli.entry import run
from tagraph.errors import StoreError, StoreWriteError
from tagraph.steps.calls import Question
from tagraph.store import CallTables, open_store
from tests.faults.children import fork
from tests.faults.disk import (
    answer,
    cut_log,
    fill_store,
    flip_bits,
    limit_file_size,
    limit_pages,
    question,
    run_full_disks,
)
from tests.faults.kills import Series
from tests.faults.points import size_of, watched_connect
from tests.faults.pool import Job
from tests.faults.shown import show

SIZES, CUTS, FLIPS = 50, 200, 150


@pytest.mark.no_cover
def test_a_full_disk_stops_the_run_at_once_and_loses_nothing(small: Series) -> None:
    first = size_of(small.base)
    sizes = [first + i * 4_500 for i in range(SIZES - 5)]

    found = run_full_disks(small, sizes, limit_file_size)
    pages = run_full_disks(small, [first // 4096 + i // 2 for i in range(5)], limit_pages)

    for one, least in ((found, SIZES - 10), (pages, 5)):
        assert one.stopped >= least
        assert one.kept > 0
        assert one.spilled > 0
        faults = (one.lost, one.asked_after, one.asked_again, one.damaged, one.other_selections)
        assert faults == (0,) * 5, one
    told = f"{SIZES} sizes: 0 acknowledged lost, 0 requests after the first failed commit,"
    show("A4", f"{told} replies in flight spilled and taken in, 0 bought twice")


def test_a_full_disk_is_one_line_and_a_code_of_its_own(
    small: Series, capfd: pytest.CaptureFixture[str]
) -> None:
    told = [_judge_on_a_full_disk(small, room, capfd) for room in range(50_000, 150_000, 20_000)]

    assert all("nothing more is written or asked" in line for line in told)
    assert any(".spill, the next run takes them in" in line for line in told)


def _judge_on_a_full_disk(small: Series, room: int, capfd: pytest.CaptureFixture[str]) -> str:
    """Let the command run on a disk with so much room; return the one line it ends with."""
    job = small.job(f"run-{room}.db")
    size = size_of(job.store) + room

    def body(pipe: int) -> None:
        limit_file_size(job, size)
        paid = ["--judge", "claude", "--model", "claude-haiku-5-5", "--base-url", job.url]
        os._exit(run(["compare", "-k", "4", "--store", str(job.store), "-q", *paid]))

    assert fork(body).wait() == 5
    (line,) = capfd.readouterr().err.splitlines()
    assert str(job.store) in line
    return line


def test_replies_that_no_disk_takes_are_listed_by_their_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with open_store(tmp_path / "s.db") as store:
        number = store.calls.begin(question(1), 9)
        (tmp_path / "s.db.spill").symlink_to("/dev/full")
        store._connection._failure = "the disk is full"
        with pytest.raises(StoreWriteError, match=f"no disk took: {question(1).key}"):
            store.calls.finish(number, answer(1))


def test_what_another_process_began_is_not_spilled_but_asked_for_again(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        number = store.calls.begin(question(1), 9)
        resumed = CallTables(store._connection)
        store._connection._failure = "the disk is full"

        with pytest.raises(StoreWriteError, match="the disk is full") as caught:
            resumed.finish(number, answer(1))

    assert "on their way" not in str(caught.value)
    assert list(tmp_path.glob("*.spill")) == []


@pytest.mark.no_cover
def test_a_cut_log_is_always_a_prefix_of_what_was_committed(tmp_path: Path) -> None:
    found = cut_log(tmp_path, 30, CUTS, seed=3)

    assert found["cuts"] == CUTS
    assert found["distinct prefixes"] > 50
    assert (found["no prefix"], found["damaged"]) == (0, 0)


@pytest.mark.no_cover
def test_a_flipped_bit_in_a_paid_row_never_goes_unnoticed(tmp_path: Path) -> None:
    found = flip_bits(tmp_path, 100, FLIPS, seed=4)

    assert found["flips"] == FLIPS
    assert found["changed, noticed"] > 5
    assert found["changed, unnoticed"] == 0


@pytest.mark.no_cover
def test_whichever_store_call_fails_no_transaction_is_left_half_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sqlite3.connect
    counts = [run_failing(tmp_path / f"{i}.db", i, monkeypatch, real) for i in range(1, 90)]

    survived = [count for count in counts if count is None]
    assert len(survived) > 3  # the last ones went through untouched
    assert len(counts) - len(survived) > 50
    show("A5", "every call failed once: no open transaction, no damage")


def run_failing(path: Path, n: int, patch: pytest.MonkeyPatch, real: object) -> int | None:
    """Fail the n-th statement of a small job; return n, or None if there were fewer."""
    open_store(path).close()
    seen = 0

    def fail(when: str, sql: str, connection: sqlite3.Connection) -> None:
        nonlocal seen
        seen += when == "before"
        if when == "before" and seen == n:
            raise sqlite3.OperationalError("disk I/O error")

    with patch.context() as inner:
        inner.setattr(sqlite3, "connect", watched_connect(fail))
        try:
            with open_store(path) as store:
                try:
                    for _ in fill_store(store, 2):
                        pass
                finally:
                    assert not is_open(store._connection._db.conn)
        except StoreError:
            pass
    with open_store(path) as store, store.claimed():
        assert store.verify().is_clean
    return n if seen >= n else None


def is_open(connection: sqlite3.Connection) -> bool:
    try:
        return connection.in_transaction
    except sqlite3.ProgrammingError:
        return False


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_a_read_only_store_can_be_looked_at_and_is_never_asked_for(
    closed: str, small: Series
) -> None:
    job = small.job("run.db")
    asked = len(small.server.asked())

    def body(pipe: int) -> None:
        os.dup2(pipe, 1)
        os.dup2(pipe, 2)
        if os.getuid() == 0:  # whom no mode of a file stops
            os.setuid(65_534)
        store = str(job.store)
        paid = ["--judge", "claude", "--model", "claude-haiku-5-5", "--base-url", job.url]
        looked = run(["status", store]), run(["verify", store])
        spent = run(["compare", "-k", "4", "--store", store, "-q", *paid])
        os.write(pipe, f"codes {looked} {spent}\n".encode())

    for folder in (small.folder, *small.folder.parents[:3]):
        folder.chmod(0o755)
    if closed == "file":
        small.folder.chmod(0o777)
    job.store.chmod(0o444)
    child = fork(body)
    child.wait()
    small.folder.chmod(0o755)

    assert child.told("codes") == ["(0, 0) 1"], child.said
    assert len(small.server.asked()) == asked
    show("A15", "looking works, paying is refused: 0 requests")


def test_a_spilled_reply_is_taken_in_once_and_a_cut_or_foreign_line_never(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    asked = Question("compare", {"model": "m", "max_tokens": 1, "messages": []})
    with open_store(path) as store:
        number = store.calls.begin(asked, 9)
        store._connection._failure = "the disk is full"
        with pytest.raises(StoreWriteError, match="next run takes them in"):
            store.calls.finish(number, answer(3))
    spill = tmp_path / "s.db.spill"
    line = spill.read_bytes()
    spill.write_bytes(line.replace(b"attempt", b"ATTEMPT") + line[:50] + b"\n" + line)

    with open_store(path) as store:
        assert store.standing().spilled == {str(spill): 1}
        with store.claimed():
            assert store.calls.find([asked.key]) == {asked.key: answer(3).reply}
        assert store.query("SELECT state FROM calls") == [{"state": "done"}]
        assert store.verify().is_clean
    assert not spill.exists()


def test_a_spilled_reply_to_a_question_of_another_store_stays_where_it_is(tmp_path: Path) -> None:
    job = Job(tmp_path / "s.db", "", 1)
    with open_store(job.store) as store:
        number = store.calls.begin(question(1), 9)
        store._connection._failure = "the disk is full"
        with pytest.raises(StoreWriteError):
            store.calls.finish(number, answer(1))
    job.store.rename(tmp_path / "moved.db")

    with open_store(job.store) as store, store.claimed():
        assert store.query("SELECT * FROM calls") == []
    assert (tmp_path / "s.db.spill").exists()
