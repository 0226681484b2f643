"""Ray for real: the same store and selection as in one process, also where a worker is killed.

    python -m benchmarks.ray_cluster [FILE] [-k 50]

FILE (`data/sample.jsonl`) is selected from four times: in this process; on a cluster of two workers
that Ray starts here; on such a cluster while the first worker seen at work is killed; and on two
Ray nodes on this machine. Every table of every step, and the written records, must be the same.
Needs the extra [ray]; Ray's workers get the priority of this process. This script is the check of
that executor: Ray alone takes longer to install and start than the tests may.
"""

import argparse
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tagraph import api, open_store, select
from tagraph.adapters.executors import make_executor
from tagraph.config import Config

STEPS = ("ingest", "tag", "normalize", "graph", "cluster", "compare", "rank", "select")


def main() -> None:
    """Run the four selections and print whether the last three equal the first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("file", nargs="?", type=Path, default=Path("data/sample.jsonl"))
    parser.add_argument("-k", type=int, default=50)
    asked = parser.parse_args()
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    os.environ.setdefault("RAY_worker_niceness", "0")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        expected = run("in-process", asked, place / "alone")
        report("two workers", expected, on_cluster(start_two, "ray", asked, place / "two"))
        killer = threading.Thread(target=kill_worker, daemon=True)
        killer.start()
        report("a worker killed", expected, on_cluster(start_two, "ray", asked, place / "killed"))
        print("killed", KILLED)
        cluster = import_module("ray.cluster_utils").Cluster(
            initialize_head=True, head_node_args={"num_cpus": 1}
        )
        cluster.add_node(num_cpus=1)
        address = f"ray:{cluster.address}"
        report("two nodes", expected, on_cluster(lambda: None, address, asked, place / "nodes"))
        cluster.shutdown()


def start_two() -> None:
    """Start a cluster of two workers."""
    import_module("ray").init(num_cpus=2, include_dashboard=False, log_to_driver=False)


def on_cluster(
    start: Callable[[], object], name: str, asked: argparse.Namespace, place: Path
) -> dict[str, Any]:
    """Return what a selection on a cluster leaves."""
    start()
    try:
        return run(name, asked, place)
    finally:
        make_executor(name).close()  # type: ignore[attr-defined]
        make_executor.cache_clear()


def run(executor: str, asked: argparse.Namespace, place: Path) -> dict[str, Any]:
    """Select, and return the digest of every step and the records written."""
    begin = time.perf_counter()
    stored, written = place.with_suffix(".db"), place.with_suffix(".jsonl")
    select(asked.file, asked.k, store=stored, config=Config(executor=executor))
    with open_store(stored) as store:
        api.write_selected(store, written)
        found: dict[str, Any] = {step: store.digest(step) for step in STEPS}
    print(f"{executor:<24} {time.perf_counter() - begin:6.1f} s")
    return found | {"records": written.read_bytes()}


def report(name: str, expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Print which results differ from those of one process."""
    differ = [step for step, value in expected.items() if found[step] != value]
    print(f"{name:<24} {'differs: ' + ', '.join(differ) if differ else 'the same'}", flush=True)


KILLED: list[int] = []


def kill_worker() -> None:
    """Kill the first worker of our own cluster that is seen at a batch."""
    while not KILLED:
        for process in Path("/proc").glob("[0-9]*"):
            pid = int(process.name)
            try:
                at_work = (process / "cmdline").read_bytes().startswith(b"ray::_do")
            except OSError:
                continue
            if at_work and is_ours(pid):
                os.kill(pid, signal.SIGKILL)
                KILLED.append(pid)
                return
        time.sleep(0.05)


def is_ours(pid: int) -> bool:
    """Say whether a process descends from this one."""
    while pid > 1:
        if pid == os.getpid():
            return True
        try:
            status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        pid = int(status.rpartition(")")[2].split()[1])
    return False


if __name__ == "__main__":
    main()
