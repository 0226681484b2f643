"""One step of the pipeline on a store, in this process, measured."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

from tagraph import api, pipeline
from tagraph.config import Config
from tagraph.data import Outcome, Sample, Verdict
from tagraph.pipeline import Pipeline
from tagraph.store import open_store

COMPARED = 0.05  # share of the samples that there are calls for
CALLS = 8.0  # per sample of that share
ROUNDS = 8
SELECTED = 0.01


class RecordedJudge:
    """Answers as a judge did whose verdicts were recorded: at once, and the same in any run.

    The longer response is better; lengths within a tenth of each other tie.
    """

    key = "recorded/1"

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        """Return one verdict per pair."""
        return [Verdict(_compare(len(a.response), len(b.response))) for a, b in pairs]


def _compare(first: int, second: int) -> Outcome:
    if abs(first - second) * 10 <= max(first, second):
        return Outcome.TIE
    return Outcome.FIRST if first > second else Outcome.SECOND


@dataclass(frozen=True)
class Place:
    """Where a pool lies, and what is made of it."""

    source: Path
    store: Path
    n: int

    @property
    def k(self) -> int:
        """How many samples are selected."""
        return max(1, round(SELECTED * self.n))

    def write(self, held: Pipeline) -> None:
        """Write the selection."""
        target = self.store.with_suffix(".out.jsonl")
        api.write_selected(held.store, target, overwrite=True)


Stage = Callable[[Pipeline, Place], object]
STAGES: dict[str, Stage] = {
    "ingest": lambda held, place: api.ingest_source(held, str(place.source)),
    "tag": lambda held, place: api.tag_stored(held),
    "normalize": lambda held, place: api.normalize_stored(held),
    "graph": lambda held, place: pipeline.run_graph(held, api.make_encoder(held.config)),
    "cluster": lambda held, place: pipeline.run_cluster(held, api.make_encoder(held.config)),
    "compare": lambda held, place: pipeline.run_compare(held, RecordedJudge(), place.k),
    "rank": lambda held, place: pipeline.run_rank(held),
    "select": lambda held, place: pipeline.run_select(held, place.k, api.make_encoder(held.config)),
    "write": lambda held, place: place.write(held),
}


def configure(executor: str) -> Config:
    """Return the defaults, but for the tagger, the number of calls and where work is done."""
    calls = {"calls_per_item": CALLS * COMPARED, "rounds": ROUNDS}
    changed = {"tagger": "field", "tournament": calls, "executor": executor}
    return Config().changed(changed, "this benchmark")


def run_stage(name: str, place: Place, executor: str = "in-process") -> dict[str, Any]:
    """Run a step; return wall and CPU seconds, MiB at the peak, and what the step says."""
    start, used = time.perf_counter(), count_cpu()
    with open_store(place.store) as store, store.claimed():
        STAGES[name](Pipeline(store, configure(executor)), place)
        run = store.run(name)
    told = {} if run is None else dict(run.summary)
    wall, cpu = time.perf_counter() - start, count_cpu() - used
    return {"wall": wall, "cpu": cpu, "peak": read_peak(), "summary": told}


def count_cpu() -> float:
    """Return the CPU seconds of this process and its children, live ones where Linux tells."""
    ended = (getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN))
    used = sum(u.ru_utime + u.ru_stime for u in ended)
    for worker in active_children():
        stat = Path(f"/proc/{worker.pid}/stat")
        if stat.exists():
            user, system = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
            used += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return used


def read_peak() -> float:
    """Return the most memory that this process has held, in MiB, and each live worker with it.

    Where Linux tells it by itself: what `getrusage` tells begins with that of the parent.
    """
    held = [_read_status(os.getpid()), *(_read_status(w.pid) for w in active_children())]
    return sum(held) if held[0] else getrusage(RUSAGE_SELF).ru_maxrss / 1024


def _read_status(process: int | None) -> float:
    """Return the most memory that a process has held, in MiB; 0 where it is not told."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return 0.0
    told = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
    return int(told["VmHWM"].split()[0]) / 1024
