"""A reader that never lets go while a run writes, as a forgotten notebook does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tagraph.data import Outcome, Verdict
from tagraph.store import open_store
from tests.faults.points import size_of


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Hold a read transaction open."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM comparisons").fetchall()
        yield


def write_beside_a_reader(path: Path, n_writes: int) -> dict[str, object]:
    """Write while somebody reads; tell what the writer was told and how the log ended."""
    told: list[str] = []
    with open_store(path, tell=told.append) as store:
        with reading(path):
            for i in range(n_writes):
                row = (f"key {i}", "first", "second", Verdict(Outcome.TIE))
                store.evidence.save_verdicts("judge", [row])
            largest = size_of(Path(f"{path}-wal"))
        store.evidence.save_verdicts("judge", [("last", "a", "b", Verdict(Outcome.TIE))])
        ((count,),) = store._connection.rows("SELECT count(*) FROM comparisons")
    return {
        "written": count - 1,
        "largest": largest,
        "told": told,
        "left": size_of(Path(f"{path}-wal")),
    }
