"""Kills runs, starts them again, and counts what was lost, asked twice, or damaged."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tagraph.store import open_store
from tests.faults.children import Child, fork
from tests.faults.points import KillAt, Plan, die_in_a_write, size_of, watched_connect
from tests.faults.pool import CONCURRENCY, Job, make_store, work
from tests.faults.server import Witness

WORDS, SPAN = 40, 0.02  # a run is killed so many words and seconds after its first intent


@dataclass
class Losses:
    """What a series of kills did; all but the first three are faults."""

    kills: int = 0
    kept: int = 0
    orphans: int = 0
    most_orphans: int = 0
    lost: int = 0
    damaged: int = 0
    asked_again: int = 0
    without_intent: int = 0
    other_selections: int = 0
    unpaid: int = 0
    ends: Counter[int] = field(default_factory=Counter)

    def check(self) -> None:
        """Fail unless the series did no harm."""
        harm = (self.lost, self.damaged, self.asked_again, self.without_intent)
        assert (*harm, self.other_selections, self.unpaid) == (0,) * 6, self
        assert self.most_orphans <= CONCURRENCY, self
        assert self.kept > 0, self


@dataclass
class Series:
    """A pool, what an undisturbed run selects from it, and what happened so far."""

    folder: Path
    server: Witness
    n_samples: int
    n_clusters: int
    k: int
    losses: Losses = field(default_factory=Losses)

    def __post_init__(self) -> None:
        make_store(self.base, self.n_samples, self.n_clusters)
        undisturbed = self.job("undisturbed.db")  # loads, too, what children need not load again
        self.expected = self.finish(undisturbed)
        self.calls = _count_requests(undisturbed.store)

    @property
    def base(self) -> Path:
        return self.folder / "base.db"

    def job(self, name: str) -> Job:
        """Return the work on a fresh copy of the pool."""
        return Job(Path(shutil.copy(self.base, self.folder / name)), self.server.url, self.k)

    def finish(self, job: Job) -> bytes:
        """Run a job to its end, in this process, and return the bytes of its selection."""
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - not a file
            return work(job, nowhere.fileno())

    def kill_until_done(self, job: Job, end: Callable[[Job], Child], most: int) -> None:
        """Run, end, look, again, until a run survives or `most` were killed; then compare."""
        asked = len(self.server.asked())
        for _ in range(most):
            child = end(job)
            self.losses.ends[child.wait()] += 1
            if child.status == 0:
                break
            self._look(job, child)
        self._compare(job, asked)

    def kill_in_turn(self, job: Job, ends: Sequence[Callable[[Job], Child]]) -> None:
        """Run and end a run in each of these ways, one after the other, then let it finish."""
        asked = len(self.server.asked())
        for end in ends:
            child = end(job)
            assert child.wait() < 0, f"not killed: {child.status} {child.said}"
            self.losses.ends[child.wait()] += 1
            self._look(job, child)
        self._compare(job, asked)

    def _look(self, job: Job, child: Child) -> None:
        """Count what a killed run left."""
        found = _query(job.store, "SELECT key, group_concat(state) FROM calls GROUP BY 1")
        states = {key: said for key, said in found}
        orphans = sum("open" in said.split(",") for said in states.values())
        kept = [key for key in child.told("kept") if "done" not in states.get(key, "")]
        self.losses.kills += 1
        self.losses.kept += len(child.told("kept"))
        self.losses.lost += len(kept)
        self.losses.orphans += orphans
        self.losses.most_orphans = max(self.losses.most_orphans, orphans)
        with open_store(job.store, read_only=True) as store:
            self.losses.damaged += not store.verify().is_clean
            self.losses.damaged += len(store.standing().unended) < orphans

    def _compare(self, job: Job, asked: int) -> None:
        """Finish the work undisturbed, and compare it with a run that always was."""
        self.losses.other_selections += self.finish(job) != self.expected
        requests = Counter(self.server.asked()[asked:])
        rows = _query(job.store, "SELECT key, attempt, state FROM calls ORDER BY key, attempt")
        attempts = Counter(key for key, _, _ in rows)
        last = {key: state for key, _, state in rows}
        done = Counter(key for key, _, state in rows if state == "done")
        self.losses.asked_again += sum(
            done[key] != 1 or last[key] != "done" for key in attempts.keys() | requests.keys()
        )
        self.losses.without_intent += sum((requests - attempts).values())
        self.losses.unpaid += len(done) != self.calls


def killed_at_random(dice: random.Random) -> Callable[[Job], Child]:
    """Return how to run a job and kill it at a random moment while it asks.

    What it has said sets the moment, and a little time on top: a busy machine kills no earlier.
    """

    def end(job: Job) -> Child:
        words, pause = dice.randrange(WORDS), dice.random() * SPAN
        child = fork(lambda pipe: work(job, pipe))
        while len(child.said) <= words and child.hear():
            pass
        time.sleep(pause)
        child.kill()
        return child

    return end


def run_random_kills(series: Series, kills: int, seed: int) -> Losses:
    """Kill runs at `kills` random moments in all; each pool is finished and compared."""
    dice = random.Random(seed)
    number = 0
    while series.losses.kills < kills:
        job = series.job(f"run{number}.db")
        series.kill_until_done(job, killed_at_random(dice), kills - series.losses.kills)
        number += 1
    return series.losses


def _count_requests(store: Path) -> int:
    ((count,),) = _query(store, "SELECT count(*) FROM calls")
    return int(count)


def _query(store: Path, sql: str) -> list[tuple[Any, ...]]:
    """Read a store that nobody writes."""
    with closing(sqlite3.connect(store)) as connection:
        return connection.execute(sql).fetchall()


POINTS = tuple(
    f"{place}:{label}"
    for label in ("intent", "reply", "verdicts", "result")
    for place in ("before", "inside", "after")
)


def killed_at(point: str) -> Callable[[Job], Child]:
    """Return how to run a job so that it kills itself at a named point."""

    def body(job: Job, pipe: int) -> None:
        sqlite3.connect = watched_connect(KillAt(point))  # type: ignore[assignment]
        work(job, pipe)

    return lambda job: fork(lambda pipe: body(job, pipe))


def killed_in_write(beyond: int) -> Callable[[Job], Child]:
    """Return how to run a job so that it dies in the write that makes the log larger than that."""

    def body(job: Job, pipe: int) -> None:
        die_in_a_write(beyond)
        work(job, pipe)

    return lambda job: fork(lambda pipe: body(job, pipe))


def killed_in_checkpoint(commits: int) -> Callable[[Job], Child]:
    """Return how to run a job so that it dies as the log is copied into the main file."""

    def body(job: Job, pipe: int) -> None:
        def die_late(when: str, sql: str, connection: sqlite3.Connection) -> None:
            if when == "after" and sql == "COMMIT":
                die_in_a_write(size_of(job.store))
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                os._exit(3)  # survived: the test fails

        sqlite3.connect = watched_connect(_after(commits, die_late))  # type: ignore[assignment]
        work(job, pipe)

    return lambda job: fork(lambda pipe: body(job, pipe))


def _after(commits: int, plan: Plan) -> Plan:
    """Return a plan that sleeps for some commits."""
    seen = Counter[str]()

    def late(when: str, sql: str, connection: sqlite3.Connection) -> None:
        seen[f"{when} {sql}"] += 1
        if seen["after COMMIT"] == commits:
            plan(when, sql, connection)

    return late


def run_named_points(series: Series, times: int) -> Losses:
    """Kill runs at every named point, at the first `times` occurrences of it; finish each run."""
    occurrences = range(1, times + 1)
    early = [point for point in POINTS if point.endswith(("intent", "reply"))]
    turns = [[killed_at(f"{point}:{n}") for point in early for n in occurrences]]
    turns += [[killed_at(f"{point}:{n}")] for point in POINTS[len(early) :] for n in occurrences]
    writes = [size_of(series.base) + 2048 * (3 * n + 1) for n in range(times)]
    turns += [[killed_in_write(size)] for size in writes]
    turns += [[killed_in_checkpoint(20 + 5 * n)] for n in range(times)]
    for ends in turns:
        series.kill_in_turn(series.job("point.db"), ends)
        for leftover in series.folder.glob("point.db*"):
            leftover.unlink()
    return series.losses
