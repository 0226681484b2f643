"""Time, CPU and memory of every step on pools of several sizes, with growth and floors.

    python -m benchmarks.scale [--sizes 10000 100000 1000000] [--shared ../shared] [--folder DIR]
        [--executor in-process]

Makes a pool of each size (`benchmarks/scale/generate.py` says how) and runs every step from reading
to writing in a process of its own. Beside them floors: a bare loop of orjson and `executemany` that
reads the same file, one that inserts the same tags, and scipy's product of the same bags; and
peers, what others are used for a part of the work (`benchmarks/scale/peers.py`). Compared are
recorded verdicts: 8 calls for 5 % of the samples, in 8 rounds. 1 % of the samples are selected.
Growth is the power of the number of samples that CPU seconds grow with, from the size before.
Memory is that of the process and its workers, models and libraries included. A million samples
need 6 GB of disk.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.scale.floors import FLOORS
from benchmarks.scale.generate import write_pool
from benchmarks.scale.peers import PEERS
from benchmarks.scale.stages import STAGES, Place, count_cpu, read_peak, run_stage

SIZES = (10_000, 100_000, 1_000_000)
IDLE = "idle"
BESIDE = {f"floor of {name}": floor for name, floor in FLOORS.items()}
BESIDE |= {f"peer of {name}": peer for name, peer in PEERS.items()}


def main(asked: argparse.Namespace) -> None:
    """Make the pools, run the steps and print the table."""
    asked.folder.mkdir(parents=True, exist_ok=True)
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for n in asked.sizes:
        place = find_place(asked, n)
        if not place.source.exists():
            write_pool(asked.shared, place.source, n)
        for leftover in asked.folder.glob(f"{n}.*db*"):
            leftover.unlink()
        found[n] = {name: measure(asked, n, name) for name in (IDLE, *STAGES, *BESIDE)}
        print_table(n, found)


def find_place(asked: argparse.Namespace, n: int) -> Place:
    """Return where the pool of `n` samples and its store lie."""
    return Place(asked.folder / f"{n}.jsonl", asked.folder / f"{n}.db", n)


def measure(asked: argparse.Namespace, n: int, name: str) -> dict[str, Any]:
    """Return the figures of one step or floor, from a process of its own."""
    one = ["--one", str(n), name, "--folder", str(asked.folder), "--executor", asked.executor]
    command = [sys.executable, "-m", "benchmarks.scale", *one]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{n:,} {name} failed: {done.stderr.strip().splitlines()[-1:]}")
        return {"wall": math.nan, "cpu": math.nan, "peak": math.nan}
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def run_one(asked: argparse.Namespace, n: int, name: str) -> None:
    """Run one step or floor in this process and print its figures."""
    place = find_place(asked, n)
    if name == IDLE:
        print(json.dumps({"wall": 0.0, "cpu": count_cpu(), "peak": read_peak()}))
    elif name in STAGES:
        print(json.dumps(run_stage(name, place, asked.executor)))
    else:
        start, used = time.perf_counter(), count_cpu()
        BESIDE[name](place)
        figures = {"wall": time.perf_counter() - start, "cpu": count_cpu() - used}
        print(json.dumps(figures | {"peak": read_peak()}))


def print_table(n: int, found: dict[int, dict[str, dict[str, Any]]]) -> None:
    """Print the figures of one size, with the growth from the size before."""
    smaller = max((size for size in found if size < n), default=0)
    print(f"\n{n:,} samples         wall s    CPU s      MiB  growth  x floor   x peer")
    total = {"wall": 0.0, "cpu": 0.0}
    for name, figures in found[n].items():
        growth = tell_growth(found, name, smaller, n) if smaller else ""
        times = "".join(
            f"{figures['cpu'] / max(other['cpu'], 1e-9):9.1f}" if other else " " * 9
            for other in (found[n].get(f"{kind} of {name}") for kind in ("floor", "peer"))
        )
        print(
            f"{name:20} {figures['wall']:10.1f} {figures['cpu']:8.1f} {figures['peak']:8.0f}"
            f"  {growth:>6}{times}".rstrip()
        )
        for key in total if name in STAGES else ():
            total[key] += figures[key]
    peak = max(found[n][name]["peak"] for name in STAGES)
    print(f"{'all steps':20} {total['wall']:10.1f} {total['cpu']:8.1f} {peak:8.0f}", flush=True)


def tell_growth(found: dict[int, dict[str, dict[str, Any]]], name: str, small: int, n: int) -> str:
    """Return the power of growth; a time below a second says nothing."""
    ends = [found[size][name]["cpu"] for size in (small, n)]
    if not min(ends) > 1:
        return "-"
    return f"{math.log(ends[1] / ends[0]) / math.log(n / small):.2f}"


def read_arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--folder", type=Path, default=Path("out/scale"))
    parser.add_argument("--executor", default="in-process")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    given = read_arguments()
    if given.one:
        run_one(given, int(given.one[0]), given.one[1])
    else:
        main(given)
