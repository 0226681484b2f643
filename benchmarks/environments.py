"""Select in twelve environments, without a network, and compare every byte that comes out.

python -m benchmarks.environments [FILE] [--limit 120] [-k 20] [--only 12]

Environments differ in hash seed, time zone, locale, working folder, umask, number of threads, CPUs,
clock, order of the rows, and order of the files in a folder. Every process may open no connection:
a socket that tries to is an error, and is counted. Compared are the selected records, the manifest,
and the tables of all steps of the store.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tagraph.schema import STEP_TABLES
from tagraph.store import open_store

ROOT = Path(__file__).resolve().parents[1]
GUARDED = """
import socket, sys, time
def refuse(self, address, *rest):
    if self.family != socket.AF_UNIX:
        print(f"CONNECTS {address}", file=sys.stderr, flush=True)
        raise OSError("no network here")
socket.socket.connect = socket.socket.connect_ex = refuse
shift = float(sys.argv.pop(1))
now = time.time
time.time = lambda: now() + shift
from tagraph.cli import main
main(sys.argv[1:])
"""
ENVIRONMENTS: Sequence[dict[str, str]] = (
    {},
    {"PYTHONHASHSEED": "1"},
    {"PYTHONHASHSEED": "2", "TZ": "Pacific/Kiritimati"},
    {"LC_ALL": "C", "LANG": "C"},
    {"LC_ALL": "C.UTF-8", "TZ": "America/St_Johns"},
    {"cwd": "elsewhere"},
    {"umask": "077"},
    {"OMP_NUM_THREADS": "2"},
    {"cpus": "1", "PYTHONHASHSEED": "3"},
    {"shift": "-400000000"},
    {"rows": "shuffled"},
    {"rows": "shuffled again", "PYTHONHASHSEED": "4", "umask": "000", "TZ": "Asia/Kathmandu"},
)


def run(folder: Path, lines: Sequence[bytes], k: int, around: dict[str, str]) -> tuple[str, int]:
    """Return a digest of everything that came out, and how many connections were tried."""
    rows = list(lines)
    if "rows" in around:
        random.Random(around["rows"]).shuffle(rows)
    (folder / "elsewhere").mkdir(parents=True)
    (folder / "pool.jsonl").write_bytes(b"\n".join(rows) + b"\n")
    names = ("PYTHONHASHSEED", "TZ", "LC_ALL", "LANG", "OMP_NUM_THREADS")
    own = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    env = {**os.environ, **own, **{name: around[name] for name in names if name in around}}
    taskset = ["taskset", "-c", "0"] if "cpus" in around and shutil.which("taskset") else []
    command = ["select", "../pool.jsonl" if "cwd" in around else "pool.jsonl", "-k", str(k)]
    out, place = folder / "out.jsonl", folder / "elsewhere" if "cwd" in around else folder
    command += ["-o", str(out), "--manifest", str(folder / "manifest.json")]
    done = subprocess.run(
        [*taskset, sys.executable, "-c", GUARDED, around.get("shift", "0"), *command],
        cwd=place,
        env=env,
        umask=int(around.get("umask", "022"), 8),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr.decode(errors="replace"))
    return _digest(folder, out, is_shuffled="rows" in around), done.stderr.count(b"CONNECTS")


def _digest(folder: Path, out: Path, *, is_shuffled: bool) -> str:
    """Return one digest of the records and of each step; rows that moved move in the store, too."""
    told = json.loads((folder / "manifest.json").read_text())
    parts = [hashlib.sha256(out.read_bytes()).hexdigest(), json.dumps(told["selection"])]
    with open_store(out.with_suffix(".db"), read_only=True) as store:
        steps = [step for step in STEP_TABLES if step != "ingest" and store.run(step)]
        parts += [store.digest(step) for step in steps]
        parts.append(json.dumps(store.query("SELECT id, query, response FROM v_samples")))
    manifest = "" if is_shuffled else (folder / "manifest.json").read_text()
    return hashlib.sha256("\n".join(parts).encode()).hexdigest() + manifest


def _is_same(one: str, other: str) -> bool:
    """Return whether two runs gave the same bytes; the manifest of shuffled rows is left out."""
    return other in (one, one[:64])


def main() -> None:
    """Print each environment, and how many gave the same bytes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "data" / "sample.jsonl")
    parser.add_argument("--limit", type=int, default=120)
    parser.add_argument("-k", type=int, default=20)
    parser.add_argument("--only", type=int, default=len(ENVIRONMENTS))
    chosen = parser.parse_args()
    lines = chosen.file.read_bytes().splitlines()[: chosen.limit]
    found: list[str] = []
    connected = 0
    with tempfile.TemporaryDirectory() as folder:
        for i, around in enumerate(ENVIRONMENTS[: chosen.only]):
            digest, tried = run(Path(folder) / str(i), lines, chosen.k, around)
            found.append(digest)
            connected += tried
            print(
                f"{'same' if _is_same(found[0], digest) else 'OTHER'}  {around or 'plain'}",
                flush=True,
            )
    alike = sum(_is_same(found[0], one) for one in found)
    print(f"{alike} of {len(found)} the same bytes, {connected} connections tried")
    sys.exit(alike != len(found) or bool(connected))


if __name__ == "__main__":
    main()
