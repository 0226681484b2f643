"""The main job on real instruction data: minutes, memory, repeatability, and what came out.

    python -m benchmarks.main_job FILE -k 200 [--where sets=alpagasus_random_9k] [--truth category]

Runs `tagraph select` on FILE in fresh processes: once; once again (nothing may be done twice); and
on shuffled rows under other hash seeds (the same bytes must come out). Then prints merges,
communities and selected rows as a sceptical user would read them, and the share of each value of
--truth in the selection beside the pool.
"""

import argparse
import gzip
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tagraph import Store, open_store

MIB = 1024  # ru_maxrss counts KiB


def main() -> None:
    """Run the job as the command line asks, and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("-k", type=int, default=200)
    parser.add_argument("--where", help="keep rows whose list FIELD holds VALUE: FIELD=VALUE")
    parser.add_argument("--truth", help="field with a known category")
    parser.add_argument("--hash-seeds", type=int, nargs="*", default=[0, 1, 2])
    asked = parser.parse_args()
    rows = read_rows(asked.file, asked.where)
    with tempfile.TemporaryDirectory() as folder:
        source = write_rows(Path(folder) / "pool.jsonl", rows)
        output = time_runs(source, asked.k)
        compare_shuffled(rows, asked, output)
        with open_store(output.with_suffix(".db")) as store:
            show(store)
            if asked.truth:
                show_shares(rows, output.read_bytes().splitlines(), asked.truth)


def read_rows(path: Path, where: str | None) -> list[bytes]:
    """Return the lines of a JSONL file, those that `where` keeps."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = data.splitlines()
    if where is None:
        return rows
    field, value = where.split("=", 1)
    return [row for row in rows if value in json.loads(row)[field]]


def write_rows(path: Path, rows: Sequence[bytes]) -> Path:
    """Write lines to a file."""
    path.write_bytes(b"\n".join(rows) + b"\n")
    return path


def time_runs(source: Path, k: int) -> Path:
    """Run the job twice, print seconds per step and peak memory, return the output."""
    output = source.with_name("subset.jsonl")
    first, wall = run_job(source, k, output)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / MIB
    for key, step in first["steps"].items():
        print(f"{key:<10} {step['seconds']:7.1f} s")
    print(f"{'in all':<10} {wall:7.1f} s wall, peak memory {peak:,.0f} MiB")
    before = output.read_bytes()
    second, wall = run_job(source, k, output)
    kept = all(step["kept"] for step in second["steps"].values())
    print(
        f"again      {wall:7.1f} s wall, every step kept: {kept}, same bytes: "
        f"{output.read_bytes() == before}"
    )
    return output


def run_job(source: Path, k: int, output: Path, hash_seed: int = 0) -> tuple[dict[str, Any], float]:
    """Run `tagraph select` in a process of its own; return what it tells, and wall seconds."""
    command = [sys.executable, "-m", "tagraph", "select", str(source), "-k", str(k)]
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed), "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    done = subprocess.run(
        [*command, "-o", str(output), "--json", "--quiet"],
        check=True,
        capture_output=True,
        env=environment,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told, time.perf_counter() - start


def compare_shuffled(rows: list[bytes], asked: argparse.Namespace, output: Path) -> None:
    """Run the job on shuffled rows under other hash seeds and print whether the bytes agree."""
    expected = hashlib.sha256(output.read_bytes()).hexdigest()
    for seed in asked.hash_seeds:
        shuffled = random.Random(seed).sample(rows, len(rows))
        source = write_rows(output.with_name(f"shuffled{seed}.jsonl"), shuffled)
        again = output.with_name(f"again{seed}.jsonl")
        run_job(source, asked.k, again, seed)
        same = hashlib.sha256(again.read_bytes()).hexdigest() == expected
        print(f"shuffled rows, PYTHONHASHSEED={seed}: same bytes: {same}")


def show(store: Store) -> None:
    """Print 20 merges, the communities and 5 selected rows with their reasons."""
    for step in ("tag", "normalize", "graph", "cluster", "compare", "rank"):
        run = store.run(step)
        print(f"\n{step}: {run.summary if run else None}")
    print("\n20 merges drawn by their text")
    merges = store.query("SELECT * FROM v_merges ORDER BY raw")
    for row in random.Random(0).sample(merges, min(20, len(merges))):
        print(f"  {row['raw']} -> {row['canonical']} ({row['reason']}, {row['similarity']:.2f})")
    print("\ncommunities of at least 5 tags")
    for row in store.query("SELECT * FROM v_communities WHERE n_tags >= 5"):
        print(f"  {row['n_tags']:5} {row['stability']:.2f}  {row['name']}")
    print("\nclusters")
    for row in store.query("SELECT * FROM v_clusters"):
        print(f"  {row['n_samples']:5} {row['n_selected']:4}  {row['name']}")
    print("\n5 selected rows")
    for row in store.query("SELECT * FROM v_selection WHERE position % 40 = 0 LIMIT 5"):
        print(f"  Q {row['query'][:200]!r}\n  A {row['response'][:200]!r}\n    {row['reason']}")


def show_shares(pool: Sequence[bytes], chosen: Sequence[bytes], field: str) -> None:
    """Print how often each value of a field stands in the selection and in the pool."""
    of_pool = Counter(json.loads(row)[field] for row in pool)
    of_chosen = Counter(json.loads(row)[field] for row in chosen)
    print(f"\n{field:<24} pool  selected")
    for value, count in of_pool.most_common():
        print(f"{value:<24} {count / len(pool):5.1%}  {of_chosen[value] / len(chosen):5.1%}")


if __name__ == "__main__":
    main()
