import ast
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import tagraph

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("default")  # of the kernel's own libraries
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    shutil.copytree(FOLDER.parent / "data", tmp_path / "data")
    notebook = nbformat.reads(path.read_text(), as_version=4)  # type: ignore[no-untyped-call]

    NotebookClient(notebook, timeout=500, resources={"metadata": {"path": tmp_path}}).execute()

    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


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
