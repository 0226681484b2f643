"""Named points of a run at which a process can kill itself, without a hook in the package.

A point is `before`, `inside` or `after` one of the transactions `intent`, `reply`, `verdicts` and
`result`, and the number of that transaction: `inside:reply:4` dies before the fourth reply's
COMMIT. `TAGRAPH_KILL_AT=inside:reply:4 python -m tests.faults.points select ...` runs a command so.
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

Plan: TypeAlias = Callable[[str, str, sqlite3.Connection], None]

_LABELS = {
    "INSERT INTO calls": "intent",
    "UPDATE calls": "reply",
    "INSERT INTO comparisons": "verdicts",
    "INSERT INTO runs": "result",
}


class Watched(sqlite3.Connection):
    """A connection that tells of every statement, before and after it ran."""

    plan: ClassVar[Plan]

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        type(self).plan("before", sql, self)
        cursor = super().execute(sql, *rest)
        type(self).plan("after", sql, self)
        return cursor

    def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        type(self).plan("before", sql, self)
        cursor = super().executemany(sql, *rest)
        type(self).plan("after", sql, self)
        return cursor


def watched_connect(plan: Plan) -> Callable[..., sqlite3.Connection]:
    """Return what to put in the place of `sqlite3.connect`."""
    factory = type("Planned", (Watched,), {"plan": staticmethod(plan)})
    return partial(sqlite3.connect, factory=factory)


def die() -> None:
    """End this process at once, as a power cut of its own would."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class KillAt:
    """Dies at a named point."""

    point: str
    _label: str = ""
    _seen: Counter[str] = field(default_factory=Counter)

    def __call__(self, when: str, sql: str, connection: sqlite3.Connection) -> None:
        place, label, number = self.point.split(":")
        if sql.startswith("BEGIN") and when == "after":
            self._label = ""
        starts = next((name for start, name in _LABELS.items() if sql.startswith(start)), "")
        if starts and when == "before" and self._label != starts:
            self._label = starts
            self._seen[starts] += 1
        is_mine = self._label == label and self._seen[label] == int(number)
        commits = sql == "COMMIT"
        at = {
            "before": when == "before" and starts == label,
            "inside": when == "before" and commits,
            "after": when == "after" and commits,
        }
        if is_mine and at[place]:
            die()


def die_in_a_write(size: int) -> None:
    """Let the kernel kill this process in the write that takes a file past `size` bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def kill_in_statement(start: str, steps: int) -> Plan:
    """Return a plan that dies while a statement runs, after so many steps of SQLite's machine."""

    def plan(when: str, sql: str, connection: sqlite3.Connection) -> None:
        if sql.startswith(start):
            connection.set_progress_handler(die if when == "before" else None, steps)

    return plan


@dataclass
class KillAtStatement:
    """Dies before the n-th statement, counted from 0."""

    number: int
    _seen: int = 0

    def __call__(self, when: str, sql: str, connection: sqlite3.Connection) -> None:
        if when == "before":
            if self._seen == self.number:
                die()
            self._seen += 1


def size_of(path: Path) -> int:
    """Return the bytes of a file, 0 if it is not there."""
    return path.stat().st_size if path.exists() else 0


if __name__ == "__main__":
    from tagraph.cli import main

    sqlite3.connect = watched_connect(KillAt(os.environ["TAGRAPH_KILL_AT"]))  # type: ignore[assignment]
    main(sys.argv[1:])
