"""The notebooks run from top to bottom, on a fifth of the sample and in one kernel."""

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient

import tagraph

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
EVERY = 5  # row of the sample


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


@pytest.fixture(scope="module")
def kernel() -> Iterator[AsyncKernelManager]:
    """One kernel for all notebooks: libraries and models are loaded once; names are not kept."""
    manager = AsyncKernelManager()
    yield manager
    run_sync(manager.shutdown_kernel)(now=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with every fifth row of the sample, and the truth about those rows."""
    (tmp_path / "data").mkdir()
    data = FOLDER.parent / "data"
    lines = (data / "sample.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "data" / "sample.jsonl").write_bytes(b"".join(lines[::EVERY]))
    with (data / "sample_truth.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    place = header.index("line")
    with (tmp_path / "data" / "sample_truth.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            line = int(row[place]) - 1
            if line % EVERY == 0:
                writer.writerow([*row[:place], line // EVERY + 1, *row[place + 1 :]])
    return tmp_path


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("default")  # of the kernel's own libraries
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(
    path: Path, folder: Path, kernel: AsyncKernelManager
) -> None:
    notebook = nbformat.reads(path.read_text(), as_version=4)  # type: ignore[no-untyped-call]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    alone = f"%reset -f\nimport os\nos.chdir({str(folder)!r})\ndel os"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(alone))  # type: ignore[no-untyped-call]

    client = NotebookClient(notebook, km=kernel, timeout=500)
    try:
        client.execute()
    finally:
        if client.kc is not None:
            client.kc.stop_channels()

    assert all(cell.execution_count for cell in cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_public_names_only_and_is_short(path: Path) -> None:
    notebook = nbformat.reads(path.read_text(), as_version=4)  # type: ignore[no-untyped-call]
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    used = {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "tagraph"
    }

    assert used <= set(tagraph.__all__)
    assert "from tagraph" not in source
    assert "import tagraph." not in source
    assert len(notebook.cells) <= 20
    assert path.stat().st_size < 80_000  # outputs are kept, a figure among them
