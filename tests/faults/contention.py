"""Several processes on one store at once."""

from __future__ import annotations

import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from tagraph.data import Outcome, Verdict
from tagraph.schema import SCHEMA_VERSION
from tagraph.store import open_store
from tests.faults.children import Child, fork
from tests.faults.kills import Series
from tests.faults.pool import work


def at_once(bodies: Sequence[Callable[[int], object]]) -> list[Child]:
    """Run functions in children that all start at the same moment; return them ended."""
    gate, opener = os.pipe()

    def held(body: Callable[[int], object]) -> Callable[[int], object]:
        def start(pipe: int) -> None:
            os.close(opener)
            os.read(gate, 1)
            body(pipe)

        return start

    children = [fork(held(body)) for body in bodies]
    os.close(gate)
    os.close(opener)
    for child in children:
        child.wait()
    return children


def run_two_at_once(series: Series, rounds: int) -> Counter[str]:
    """Start two runs on one store at the same moment; count what was asked twice."""
    found: Counter[str] = Counter()
    for _ in range(rounds):
        job = series.job("two.db")

        def body(pipe: int, job: object = job) -> None:
            start = time.monotonic()
            try:
                work(job, pipe)  # type: ignore[arg-type]
            finally:
                os.write(pipe, f"took {time.monotonic() - start}\n".encode())

        asked = len(series.server.asked())
        children = at_once([body, body])
        requests = Counter(series.server.asked()[asked:])
        refused = [child for child in children if child.status]
        for child in refused:
            (said,) = child.told("raised")
            found["unnamed"] += f"is in use by process {_other(children, child)} on" not in said
            found["late"] += float(child.told("took")[0]) > 2
        found["refused"] += len(refused)
        found["asked twice"] += sum(count > 1 for count in requests.values())
        found["other selections"] += series.finish(job) != series.expected
        found["rounds"] += 1
        for leftover in series.folder.glob("two.db*"):
            leftover.unlink()
    return found


def _other(children: list[Child], child: Child) -> int:
    (other,) = [one.pid for one in children if one is not child]
    return other


def write_at_once(path: Path, n_processes: int, n_rows: int) -> Counter[str]:
    """Let processes write rows one transaction each; count what arrived."""
    open_store(path).close()

    def body(number: int) -> Callable[[int], None]:
        def write(pipe: int) -> None:
            with open_store(path) as store:
                for i in range(n_rows):
                    key = f"{number} {i}"
                    row = (key, "first", "second", Verdict(Outcome.TIE))
                    store.evidence.save_verdicts("judge", [row])

        return write

    children = at_once([body(number) for number in range(n_processes)])
    with open_store(path, read_only=True) as store:
        ((count,),) = store._connection.rows("SELECT count(*) FROM comparisons")
        damaged = len(store.verify().damage)
    errors = sum(child.status != 0 for child in children)
    return Counter(arrived=count, errors=errors, damaged=damaged)


def open_at_once(path: Path, n_processes: int) -> Counter[str]:
    """Let processes open a new or an old store at once; count errors and wrong versions."""

    def body(pipe: int) -> None:
        with open_store(path, tell=lambda line: None) as store:
            store.standing()

    children = at_once([body] * n_processes)
    with closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()
    return Counter(
        errors=sum(child.status != 0 for child in children),
        wrong=int(version != (SCHEMA_VERSION,)),
        opened=len(children),
    )
