"""Full disks, cut logs and flipped bits: what a store makes of them."""

from __future__ import annotations

import random
import resource
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tagraph.data import Outcome, Verdict
from tagraph.errors import StoreError
from tagraph.steps.calls import Charge, Ending, Question, Tokens
from tagraph.steps.tag_answers import TagAnswer
from tagraph.store import Store, open_store
from tests.faults.children import Child, fork
from tests.faults.kills import Series
from tests.faults.pool import CONCURRENCY, Job, work

PAGE = 4096
SEALED = ("calls", "judges", "comparisons", "tag_answers", "tag_reasons")


@dataclass
class FullDisk:
    """What runs on full disks did; all but the first three must be 0."""

    stopped: int = 0
    kept: int = 0
    spilled: int = 0
    lost: int = 0
    asked_after: int = 0
    asked_again: int = 0
    damaged: int = 0
    other_selections: int = 0


def run_full_disks(series: Series, limits: list[int], fill: Callable[[Job, int], None]) -> FullDisk:
    """Run a job with each limit, then without; `fill` makes the disk full at a limit."""
    found = FullDisk()
    for limit in limits:
        job = series.job("full.db")

        def body(pipe: int, job: Job = job, limit: int = limit) -> None:
            fill(job, limit)
            work(job, pipe)

        asked = len(series.server.asked())
        child = fork(body)
        found.stopped += child.wait() == 1 and "StoreWriteError" in " ".join(child.said)
        requests = Counter(series.server.asked()[asked:])
        _look(job, child, requests, found)
        found.other_selections += series.finish(job) != series.expected
        again = Counter(series.server.asked()[asked:])
        found.asked_again += sum(count - 1 for count in again.values())
        for leftover in series.folder.glob("full.db*"):
            leftover.unlink()
    return found


def _look(job: Job, child: Child, requests: Counter[str], found: FullDisk) -> None:
    """Count what is there after a run on a full disk, spilled replies taken in."""
    words = [line.split(" ")[0] for line in child.said]
    first = words.index("refused") if "refused" in words else len(words)
    found.asked_after += words[first:].count("began")
    found.asked_after += max(0, requests.total() - words.count("began"))
    with open_store(job.store) as store:
        found.spilled += sum(store.standing().spilled.values())
        with store.claimed():
            done = set(store.calls.find(list(requests)))
        found.damaged += not store.verify().is_clean
    found.kept += len(child.told("kept"))
    found.lost += len(set(child.told("kept")) - done)
    assert len(requests - Counter(child.told("kept"))) <= CONCURRENCY


def limit_file_size(job: Job, size: int) -> None:
    """Let no file of this process grow past `size`: a write beyond fails as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def limit_pages(job: Job, pages: int) -> None:
    """Let SQLite find the disk full at so many pages."""
    real = sqlite3.connect

    def connect(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = real(*arguments, **named)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    sqlite3.connect = connect  # type: ignore[assignment]


def question(number: int) -> Question:
    """Return a question of its own."""
    shown = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": f"{number}"}]}
    return Question("compare", shown)


def answer(number: int) -> Ending:
    """Return an answer with a raw reply of its own."""
    raw = f'{{"number": {number}, "text": "{"so " * (number % 40)}"}}'.encode()
    return Ending(True, raw, len(raw), 200, "", Charge.KNOWN, number, Tokens(number, 2), "end_turn")


def fill_store(store: Store, n_rows: int) -> Iterator[None]:
    """Pay for rows one by one; yield after each commit."""
    for i in range(n_rows):
        number = store.calls.begin(question(i), 99)
        yield
        store.calls.finish(number, answer(i))
        yield
        shown = (f"key {i}", f"first {i}", f"second {i}")
        store.evidence.save_verdicts("judge", [(*shown, Verdict(Outcome.FIRST, i % 3, f"{i}"))])
        yield
        said = TagAnswer("tagged", ((f"tag {i}", "because"), ("other", f"{i}")))
        store.evidence.save_tag_answers("tagger", {f"sample {i}": said})
        yield


def read_paid(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every paid row as it can be read; raises where SQLite cannot read it."""
    rows = {}
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        for table in SEALED:
            found = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            rows[table] = sorted(found, key=repr)
    return rows


def cut_log(folder: Path, n_rows: int, cuts: int, seed: int) -> Counter[str]:
    """Cut the log of a run at frame borders and random places; count what is no prefix."""
    path = folder / "whole.db"
    store = open_store(path)
    states = [read_paid(path), *(read_paid(path) for _ in fill_store(store, n_rows))]
    log, main = (folder / "whole.db-wal").read_bytes(), path.read_bytes()
    store.close()
    known = {repr(state): i for i, state in enumerate(states)}
    found: Counter[str] = Counter()
    seen = set()
    for place in _places(len(log), cuts, seed):
        copy = folder / "cut.db"
        copy.write_bytes(main)
        (folder / "cut.db-wal").write_bytes(log[:place])
        with open_store(copy) as cut:
            found["damaged"] += place % 8 == 0 and not cut.verify().is_clean
        state = known.get(repr(read_paid(copy)))
        found["no prefix"] += state is None
        seen.add(state)
        for leftover in folder.glob("cut.db*"):
            leftover.unlink()
    return found + Counter({"cuts": cuts, "distinct prefixes": len(seen)})


def _places(size: int, cuts: int, seed: int) -> list[int]:
    """Return where to cut a log: half at borders of frames, half anywhere."""
    frames = range(32, size + 1, PAGE + 24)
    dice = random.Random(seed)
    half = cuts // 2
    borders = [frames[i * len(frames) // half] for i in range(half)]
    return borders + [dice.randrange(size + 1) for _ in range(cuts - half)]


def flip_bits(folder: Path, n_rows: int, flips: int, seed: int) -> Counter[str]:
    """Flip one bit of a store's file at a time; count changed rows, and those unnoticed."""
    path = folder / "whole.db"
    with open_store(path) as store:
        for _ in fill_store(store, n_rows):
            pass
    whole, data = read_paid(path), path.read_bytes()
    dice = random.Random(seed)
    found: Counter[str] = Counter()
    for _ in range(flips):
        place = dice.randrange(8 * len(data))
        rotten = bytearray(data)
        rotten[place // 8] ^= 1 << place % 8
        copy = folder / "rotten.db"
        copy.write_bytes(rotten)
        found[_judge(copy, whole)] += 1
        found["flips"] += 1
        for leftover in folder.glob("rotten.db*"):
            leftover.unlink()
    return found


def _judge(path: Path, whole: dict[str, list[tuple[object, ...]]]) -> str:
    """Say what a flipped bit did, and whether `verify` sees it."""
    is_changed, is_readable = True, False
    with suppress(sqlite3.Error, UnicodeDecodeError):
        is_changed, is_readable = read_paid(path) != whole, True
    try:
        with open_store(path, read_only=True) as store:
            is_noticed = not store.verify().is_clean
    except StoreError:
        return "refused"
    if is_noticed:
        return "changed, noticed" if is_changed and is_readable else "unreadable or other, noticed"
    return "changed, unnoticed" if is_changed else "unchanged"
