"""A release as a stranger gets it: sdist and wheel built, installed elsewhere, the job run there.

Prints sizes and seconds of each step and stops at the first that fails. What is built is the last
commit, not the working tree. `python -m benchmarks.release`; `--python` names another interpreter,
`--pool FILE -k N` another job, `--keep FOLDER` where everything stays.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
WANTED = (
    "tagraph/py.typed",
    "tagraph/report/assets/page.html",
    "tagraph/report/assets/page.css",
    "tagraph/report/assets/start.js",
    "tagraph/report/assets/cytoscape.min.js",
    "tagraph/report/assets/cytoscape.LICENSE",
    "licenses/LICENSE",
    "licenses/NOTICE",
)


def main() -> None:
    """Build, install, run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--pool", type=Path, default=ROOT / "data" / "sample.jsonl")
    parser.add_argument("-k", default="50")
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        place = arguments.keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        wheel = build(place, arguments.python)
        check_wheel(wheel)
        run_elsewhere(place, wheel, arguments)


def build(place: Path, python: str) -> Path:
    """Return the wheel, built from the sdist, which was built from the last commit."""
    checkout, tools = place / "checkout", place / "tools"
    step("checkout", ["git", "clone", "-q", str(ROOT), str(checkout)], place)
    step("tools", [python, "-m", "venv", str(tools)], place)
    step("tools", [str(tools / "bin/python"), "-m", "pip", "install", "-q", "build"], place)
    dist = place / "dist"
    step("build", [str(tools / "bin/python"), "-m", "build", "-o", str(dist)], checkout)
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    with tarfile.open(sdist) as archive:
        n_files = len(archive.getnames())
    print(f"{'sdist':<10} {sdist.stat().st_size / 1e6:7.2f} MB {sdist.name}, {n_files} files")
    return wheel


def check_wheel(wheel: Path) -> None:
    """Print what a wheel holds; stop if it lacks something or holds what it should not."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    unpacked = f"{len(names)} files"
    print(f"{'wheel':<10} {wheel.stat().st_size / 1e6:7.2f} MB {wheel.name}, {unpacked}")
    missing = [name for name in WANTED if not any(one.endswith(name) for one in names)]
    strange = [name for name in names if name.split("/")[0] not in ("tagraph", _info(wheel))]
    if missing or strange:
        sys.exit(f"the wheel lacks {missing} and should not hold {strange}")


def _info(wheel: Path) -> str:
    return "-".join(wheel.name.split("-")[:2]) + ".dist-info"


def run_elsewhere(place: Path, wheel: Path, arguments: argparse.Namespace) -> None:
    """Install the wheel into an empty environment and run the main job, far from the checkout."""
    home, here = place / "home", place / "here"
    for folder in (home, here):
        folder.mkdir(exist_ok=True)
    venv = place / "venv"
    step("install", [arguments.python, "-m", "venv", str(venv)], here)
    pip = [str(venv / "bin/python"), "-m", "pip", "install", "-q", "--no-cache-dir"]
    pins = ["-c", str(ROOT / "constraints.txt")]
    step("install", [*pip, *pins, str(wheel)], here)
    step("pip check", [str(venv / "bin/python"), "-m", "pip", "check"], here)
    size = sum(path.lstat().st_size for path in venv.rglob("*")) / 1e9
    print(f"{'installed':<10} {size:7.2f} GB")
    program = str(venv / "bin/tagraph")
    for name, *rest in (
        ("version", "--version"),
        ("inspect", "inspect", str(arguments.pool)),
        ("select", "select", str(arguments.pool), "-k", arguments.k, "-o", "subset.jsonl", "-q"),
        ("report", "report", "subset.db"),
        ("verify", "verify", "subset.db", "-q"),
        ("export", "export", "subset.db", "look", "--datasette"),
        ("replay", "replay", "subset.db"),
    ):
        step(name, [program, *rest], here, home)
    where = "import tagraph, importlib.metadata as m; print(tagraph.__file__, m.version('tagraph'))"
    step("import", [str(venv / "bin/python"), "-c", where], here, home)
    n_rows = len((here / "subset.jsonl").read_bytes().splitlines())
    print(f"{'rows':<10} {n_rows:7}    in subset.jsonl")


def step(name: str, command: list[str], place: Path, home: Path | None = None) -> None:
    """Run one command, print the seconds it took and its last line; stop if it fails."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    changed = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"} | (
        {"HOME": str(home)} if home else {}
    )
    start = time.perf_counter()
    done = subprocess.run(command, cwd=place, env=kept | changed, capture_output=True, text=True)
    lines = (done.stdout or done.stderr).strip().splitlines()
    if done.returncode:
        sys.exit(
            f"{name} failed with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    seconds = time.perf_counter() - start
    print(f"{name:<10} {seconds:7.1f} s  {lines[-1][:100] if lines else ''}", flush=True)


if __name__ == "__main__":
    main()
