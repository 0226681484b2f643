"""All notebooks on the whole sample, their outputs kept in them; prints CPU seconds of each.

`python -m benchmarks.notebooks [NAME...]`, for instance `06`. They run in one kernel, in a folder
that holds `data/` and nothing else, so that all get what is kept. Look at every figure after.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
BEFORE = "%reset -f\nimport os\nos.chdir({folder!r})\ndel os"
AFTER = "import time\nprint(time.process_time())\ndel time"


def main() -> None:
    """Run them one by one."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", default=[""])
    names = parser.parse_args().names
    manager, spent = AsyncKernelManager(), 0.0
    with TemporaryDirectory() as place:
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            if any(path.name.startswith(name) for name in names):
                total = run(path, manager, Path(place) / path.stem)
                print(f"{path.stem:<28} {total - spent:6.1f} s", flush=True)
                spent = total
        run_sync(manager.shutdown_kernel)(now=True)
    print(f"{'together':<28} {spent:6.1f} s")


def run(path: Path, manager: AsyncKernelManager, folder: Path) -> float:
    """Execute a notebook, keep its outputs, return the CPU seconds of the kernel so far."""
    notebook = nbformat.reads(path.read_text(), as_version=4)  # type: ignore[no-untyped-call]
    shutil.copytree(ROOT / "data", folder / "data")
    around = [BEFORE.format(folder=str(folder)), AFTER]
    first, last = (nbformat.v4.new_code_cell(text) for text in around)  # type: ignore[no-untyped-call]
    notebook.cells = [first, *notebook.cells, last]
    client = NotebookClient(notebook, km=manager, timeout=1200, record_timing=False)
    client.execute()
    if client.kc is not None:
        client.kc.stop_channels()
    notebook.cells = notebook.cells[1:-1]
    for count, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
        cell.execution_count, cell.metadata = count, {}
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    return float(last.outputs[0].text)


if __name__ == "__main__":
    main()
