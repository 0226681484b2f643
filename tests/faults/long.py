"""The long versions of the fault tests: `make faults`, once before a release.

Each row's figure goes into `long_figures.json` with the date, and from there into
docs/reliability.md. `python -m tests.faults.long A1 A14` runs some of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tagraph.adapters import caller
from tagraph.config import Config
from tests.faults.contention import open_at_once
from tests.faults.disk import cut_log, flip_bits
from tests.faults.kills import Series, run_random_kills
from tests.faults.old_stores import make_old_store
from tests.faults.orders import count_selections, find_partitions
from tests.faults.readers import write_beside_a_reader
from tests.faults.schedules import run_schedules
from tests.faults.server import witness

FIGURES = Path(__file__).with_name("long_figures.json")
KILLS, CUTS, FLIPS, ROUNDS, WRITES, SCHEDULES = 1_000, 2_000, 600, 50, 100_000, 50
ORDERS = 20


def kill(folder: Path) -> dict[str, str]:
    """Rows A1 and B1."""
    with witness(folder) as server:
        losses = run_random_kills(Series(folder, server, 120, 6, 30), KILLS, seed=0)
    losses.check()
    return {
        "A1": f"{losses.kills:,} SIGKILLs, {losses.kept:,} acknowledged meanwhile: {losses.lost}"
        f" lost, {losses.damaged} stores damaged, {losses.other_selections} other selections",
        "B1": f"{losses.kills:,} SIGKILLs: {losses.asked_again} stored asked again, at most"
        f" {losses.most_orphans} and on average {losses.orphans / losses.kills:.1f} open intents"
        f" a kill, {losses.without_intent} requests without one",
    }


def cut(folder: Path) -> dict[str, str]:
    """Row A3."""
    found = cut_log(folder, 40, CUTS, seed=0)
    assert found["no prefix"] == found["damaged"] == 0
    told = (
        f"{found['cuts']:,} cuts, {found['distinct prefixes']} different states: 0 no exact prefix"
    )
    return {"A3": told}


def open_many(folder: Path) -> dict[str, str]:
    """Row A7."""
    wrong = 0
    for i in range(ROUNDS):
        path = folder / f"{i}.db"
        if i % 2:
            make_old_store(path)
        found = open_at_once(path, 20)
        wrong += found["errors"] + found["wrong"]
    assert wrong == 0
    return {"A7": f"{ROUNDS} rounds of 20 processes, new and old stores in turn: {wrong} errors"}


def read_on(folder: Path) -> dict[str, str]:
    """Row A10."""
    found = write_beside_a_reader(folder / "s.db", WRITES)
    assert (found.written, found.left) == (WRITES, 0)
    (line,) = found.told
    return {
        "A10": f"{WRITES:,} writes beside a reader: none blocked; a log of"
        f" {found.largest >> 20:,} MB,"
        f" one warning ({line.split('has grown to ')[1].split(':')[0]}), 0 MB left at the end"
    }


def flip(folder: Path) -> dict[str, str]:
    """Row A14."""
    found = flip_bits(folder, 100, FLIPS, seed=0)
    assert found["changed, unnoticed"] == 0
    return {
        "A14": f"{FLIPS:,} bit flips, {found['changed, noticed']:,} of them changed paid rows that"
        f" SQLite still read: {found['changed, unnoticed']} unnoticed"
    }


def fuzz(target: str, folder: Path) -> dict[str, str]:
    """Row D26, one of its three targets; needs atheris. What breaks it is kept here."""
    corpus = folder / "corpus"
    command = [sys.executable, "-m", "benchmarks.fuzz", target, "--corpus", str(corpus)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        kept = [shutil.copy(found, ".") for found in corpus.glob("*-*")]
        raise SystemExit(f"{done.stderr[-4000:]}\nkept: {', '.join(kept)}")
    inputs, reached = (_last_number(done.stderr, name) for name in _FUZZED)
    return {
        f"D26 {target}": f"{inputs:,} inputs in 10 minutes, {reached:,} of them kept because they"
        " reached new code: 0 uncaught exceptions"
    }


_FUZZED = ("number_of_executed_units", "new_units_added")


def _last_number(said: str, name: str) -> int:
    (line,) = (line for line in said.splitlines() if name in line)
    return int(line.split()[-1])


def forge(folder: Path) -> dict[str, str]:
    """Row C2."""
    return {"C2": _last_line("benchmarks.hostile_frames")}


def change_environment(folder: Path) -> dict[str, str]:
    """Row E1, and no connection tried."""
    return {"E1": _last_line("benchmarks.environments")}


def _last_line(module: str) -> str:
    """Return the last line of what a program says."""
    done = subprocess.run(
        [sys.executable, "-m", module], check=True, capture_output=True, text=True
    )
    return done.stdout.strip().splitlines()[-1]


def follow_schedules(folder: Path) -> dict[str, str]:
    """Row E2."""
    caller._BACKOFF = (0.001, 0.002)
    with witness(folder) as server:
        found = run_schedules(Series(folder, server, 8, 2, 4), SCHEDULES)
    return {
        "E2": f"{SCHEDULES} seeded schedules, {found.fired.total():,} faults,"
        f" {found.fired['killed']} of them kills: {found.same} of {SCHEDULES} selections"
        " byte-identical"
    }


def turn_rows(folder: Path) -> dict[str, str]:
    """Row E3."""
    same = count_selections(ORDERS, Config())
    return {"E3": f"{same} of {ORDERS} selections byte-identical"}


def turn_graph(folder: Path) -> dict[str, str]:
    """Row E5."""
    found = len(find_partitions(ORDERS, ORDERS))
    return {"E5": f"{ORDERS} orders and {ORDERS} processes: {found} partition"}


RUNS: dict[str, Callable[[Path], dict[str, str]]] = {
    "A1": kill,
    "A3": cut,
    "A7": open_many,
    "A10": read_on,
    "A14": flip,
    "C2": forge,
    "D26 reader": partial(fuzz, "reader"),
    "D26 verdicts": partial(fuzz, "verdicts"),
    "D26 tags": partial(fuzz, "tags"),
    "E1": change_environment,
    "E2": follow_schedules,
    "E3": turn_rows,
    "E5": turn_graph,
}


def main(rows: list[str]) -> None:
    """Run some of the rows, or all, and keep their figures with the date."""
    os.environ.setdefault("ANTHROPIC_API_KEY", "sk-of-the-test")
    for row in rows or RUNS:
        shelf = "/dev/shm" if row == "A10" and Path("/dev/shm").is_dir() else None  # noqa: S108
        with tempfile.TemporaryDirectory(dir=shelf) as folder:
            figures = RUNS[row](Path(folder))
        known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
        today = datetime.now(UTC).date().isoformat()
        for name, figure in figures.items():
            known[name] = {"figure": figure, "date": today}
            print(name, figure, flush=True)  # noqa: T201 - a command of its own
        FIGURES.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
