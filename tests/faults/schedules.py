"""Schedules of faults, each drawn from its seed: what a server does, and when the run is killed.

The server is a process of its own, `python -m tests.faults.schedules`: a run is a fork, and a fork
of a process with threads may hang.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from tagraph.store import open_store
from tests.faults.children import Child, fork
from tests.faults.kills import Series
from tests.faults.pool import Job, work
from tests.messages_server import Body, Say, error, longer_wins, serving

FAULTY, SLOWEST, MOST_RUNS = 0.4, 0.01, 40


def _cut(said: Say) -> Say:
    return replace(said, cut_after=len(said.body) // 2, name="cut body")


FAULTS: Mapping[str, Callable[[Say], Say]] = {
    "429": lambda said: replace(error(429, "rate_limit_error", retry_after="0"), name="429"),
    "500": lambda said: replace(error(500, "api_error"), name="500"),
    "529": lambda said: replace(error(529, "overloaded_error"), name="529"),
    "reset": lambda said: Say(reset=True, name="reset"),
    "cut body": _cut,
    "cut JSON": lambda said: Say(body=said.body[:-9], name="cut JSON"),
    "no message": lambda said: Say(body=b"<html>busy</html>", name="no message"),
    "slow": lambda said: replace(said, drip=SLOWEST / len(said.body), name="slow"),
}


@dataclass
class Schedule:
    """What a server does; the answer to request `number` since it began depends on the seed."""

    seed: int = 0
    number: int = 0
    fired: Counter[str] = field(default_factory=Counter)

    def answer(self, body: Body, number: int) -> Say:
        """Answer late, or with a fault."""
        self.number += 1
        dice = random.Random(f"{self.seed} {self.number}")
        said = replace(longer_wins(body, number), wait=dice.random() * SLOWEST)
        if dice.random() >= FAULTY:
            return said
        name = dice.choice(sorted(FAULTS))
        self.fired[name] += 1
        return FAULTS[name](said)


@dataclass
class FaultyServer:
    """The server elsewhere."""

    url: str
    tell: Callable[[str], None]
    hear: Callable[[], str]

    def begin(self, seed: int) -> Counter[str]:
        """Begin the schedule of a seed, and return how often each fault happened before."""
        self.tell(f"{seed}\n")
        return Counter(json.loads(self.hear()))


@contextmanager
def faulty_server() -> Iterator[FaultyServer]:
    """Run a server of schedules in a process of its own."""
    command = [sys.executable, "-m", "tests.faults.schedules"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, bufsize=1) as process:  # type: ignore[call-overload]
        url = process.stdout.readline().strip()
        yield FaultyServer(url, process.stdin.write, process.stdout.readline)
        process.stdin.close()


def serve() -> None:
    """Answer by the schedule whose seed was read last, until standard input is closed."""
    schedule = Schedule()
    with serving(lambda body, number: schedule.answer(body, number)) as running:
        print(running.url, flush=True)  # noqa: T201 - read by the parent
        for line in sys.stdin:
            fired, schedule = schedule.fired, Schedule(int(line))
            print(json.dumps(fired), flush=True)  # noqa: T201 - read by the parent


@dataclass
class Outcome:
    """What a series of schedules came to.

    Attributes:
        same: Runs that gave the bytes of an undisturbed one.
        fired: How often each fault happened, kills included.
    """

    same: int = 0
    fired: Counter[str] = field(default_factory=Counter)


def run_schedules(series: Series, most: int) -> Outcome:
    """Run through the schedules of the seeds below `most`."""
    found = Outcome()
    with faulty_server() as server:
        for seed in range(most):
            found.fired += server.begin(seed)
            selected, killed = _run_through(series, server.url, seed)
            found.same += selected == series.expected
            found.fired["killed"] += killed
        found.fired += server.begin(most)
    assert all(found.fired[name] > most // 10 for name in (*FAULTS, "killed")), found
    return found


def _run_through(series: Series, url: str, seed: int) -> tuple[bytes, int]:
    """Run, and run again after every stop and kill, until nothing is missing.

    Returns:
        The bytes of the selection, and how often the run was killed.
    """
    dice = random.Random(f"{seed} kills")
    kills = [dice.randrange(1, 20) for _ in range(dice.randrange(3))]
    job = replace(series.job(f"schedule{seed}.db"), url=url)
    target = job.store.with_suffix(".out")
    killed = 0
    for _ in range(MOST_RUNS):
        child = fork(lambda pipe: target.write_bytes(work(job, pipe)))
        if kills:
            killed += _kill_after(child, kills.pop()) == -9
        elif child.wait() == 0 and not _is_unfinished(job):
            return target.read_bytes(), killed
    raise AssertionError(f"schedule {seed} is not done after {MOST_RUNS} runs")


def _kill_after(child: Child, words: int) -> int:
    """Kill a child once it has said so many words, unless it is done before."""
    while len(child.said) < words and child.hear():
        pass
    return child.kill()


def _is_unfinished(job: Job) -> bool:
    """Return whether a comparison has no answer."""
    with open_store(job.store, read_only=True) as store:
        return bool(store.query("SELECT 1 FROM v_comparisons WHERE outcome = 'failed'"))


if __name__ == "__main__":
    serve()
