"""Run a step once: skip it when its result is there, else save it with its fingerprint."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, TypeAlias

from tagraph.config import fingerprint, plain
from tagraph.cores import keep_to_one_core
from tagraph.errors import MissingResultError
from tagraph.store import Run, Store

BEAT_SECONDS = 5  # how often a step that cannot count its work says that it goes on


@dataclass(frozen=True, slots=True)
class Event:
    """What happens to a step, for whoever watches.

    Attributes:
        step: Key of the step.
        state: `started`, `working` (with `done` of `total`, or neither and `seconds` so far),
            `waiting` (with a `note` why), `finished`, or `kept` (was there).
        summary: What the step found; empty before the end.
        seconds: How long it took, of the run that made the result.
        done: Units of work finished.
        total: Units of work in all.
        dollars: What paid answers in the store have cost so far.
        note: One line for people.
    """

    step: str
    state: str
    summary: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    done: int = 0
    total: int = 0
    dollars: float = 0.0
    note: str = ""


Listen: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Watch nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes the result of a step: its options, and the step it builds on."""

    step: str
    parent: str | None
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a step found, and how to save it."""

    summary: Mapping[str, Any]
    save: Callable[[], None]


def run_step(store: Store, plan: Plan, work: Callable[[], Result], listen: Listen = ignore) -> bool:
    """Run a step unless its result is there already; return whether it ran.

    A result whose summary says that something is `unfinished` is made again.

    Raises:
        MissingResultError: The step it builds on was never run.
    """
    wanted = fingerprint(plan.step, _parent_fingerprint(store, plan), plan.options)
    stored = store.run(plan.step)
    if stored and stored.fingerprint == wanted and not stored.summary.get("unfinished"):
        listen(Event(plan.step, "kept", stored.summary, stored.seconds))
        return False
    listen(Event(plan.step, "started"))
    start = time.perf_counter()
    with keep_to_one_core(), telling_time(plan.step, listen):
        result = work()
    seconds = time.perf_counter() - start
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    options = plain(plan.options)
    run = Run(plan.step, wanted, options, result.summary, version("tagraph"), finished, seconds)
    with store.saving(run):
        result.save()
    listen(Event(plan.step, "finished", result.summary, seconds))
    return True


@contextmanager
def telling_time(step: str, listen: Listen) -> Iterator[None]:
    """Tell every few seconds, from a thread of its own, that a step is still at work."""
    if listen is ignore:
        yield
        return
    start, ended = time.perf_counter(), threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            listen(Event(step, "working", seconds=time.perf_counter() - start))

    thread = threading.Thread(target=beat, name="tagraph-beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _parent_fingerprint(store: Store, plan: Plan) -> str:
    if plan.parent is None:
        return ""
    parent = store.run(plan.parent)
    if parent is None:
        raise MissingResultError(plan.parent)
    return parent.fingerprint
