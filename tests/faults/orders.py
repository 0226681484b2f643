"""The same rows in another order, the same graph in another process: does anything change?"""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

from benchmarks.reproducible_clusters import digest_clusters
from tagraph import api
from tagraph.adapters.sample_files import read_source
from tagraph.config import Config
from tagraph.pipeline import Pipeline
from tagraph.store import Store
from tests.report.stores import plain_samples, run_pipeline

ROOT = Path(__file__).resolve().parents[2]
QUICK = {
    "bradley_terry": {"integrate": False, "prior": 3.0, "careless": False},
    "communities": {"runs": 1},
    "clusters": {"runs": 1},
}


def select_in_order(order: int, config: Config) -> bytes:
    """Select from rows in one of many orders, three of them twice; return what was written.

    Args:
        order: 0 leaves the rows as they stand; others are seeds of permutations.
        config: The options of all steps.
    """
    lines = [
        json.dumps({"prompt": one.query, "completion": one.response + ".", "tags": one.tags})
        for one in plain_samples(6)
    ]
    lines += lines[:3]
    if order:
        random.Random(order).shuffle(lines)
    found = read_source("-", config.ingest, stdin=io.BytesIO("\n".join(lines).encode()))
    with Store() as store:
        assert [*run_pipeline(Pipeline(store, config), found, 9)][-1] == "select"
        written = io.BytesIO()
        api.write_selected(store, written)
        return written.getvalue()


def count_selections(orders: int, config: Config) -> int:
    """Return in how many of so many orders of the rows the selection is that of the first."""
    first = select_in_order(0, config)
    assert first.count(b"\n") == 9
    return sum(select_in_order(order + 1, config) == first for order in range(orders))


def draw_bags() -> list[list[str]]:
    """Return tags of a few topics, with a hub."""
    dice = random.Random(7)
    return [
        [f"topic{i % 4} tag{tag}" for tag in dice.sample(range(6), 3)] + ["hub"] * (i % 2)
        for i in range(32)
    ]


def find_partitions(orders: int, processes: int) -> set[str]:
    """Return the digests of communities and clusters that come out.

    Args:
        orders: Of the rows, of the nodes of the graph and of its edges with their ends.
        processes: New ones, each with a hash seed of its own, with one and two threads in turn.
    """
    found = {digest_clusters(draw_bags(), order) for order in range(orders + 1)}
    program = "from tests.faults.orders import *; print(digest_clusters(draw_bags(), 0))"
    for seed in range(processes):
        threads = str(1 + seed % 2)
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
        changed = {"PYTHONHASHSEED": str(seed)} | dict.fromkeys(names, threads)
        own = [sys.executable, "-c", program]
        done = subprocess.run(own, env=os.environ | changed, cwd=ROOT, capture_output=True)
        found.add(done.stdout.decode().strip() or done.stderr.decode())
    return found
