"""What the README shows works as it stands there."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tagraph.cli.entry import run

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rows = (ROOT / "data" / "sample.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sample.jsonl").write_bytes(b"".join(rows[::3]))  # quicker than all
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_example_runs(folder: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, object] = {}

    exec(code, names)  # noqa: S102 - our own README

    assert len(names["selection"]) == 50  # type: ignore[arg-type]
    assert (folder / "run.db").exists()


def test_the_commands_on_a_file_of_ones_own_run(folder: Path) -> None:
    shutil.copy("data/sample.jsonl", "data.jsonl")
    commands = re.findall(r"^\.venv/bin/python -m tagraph (.*)$", TEXT, re.MULTILINE)

    assert [shlex.split(command)[0] for command in commands] == ["inspect", "select"]
    for command in commands:
        assert run([*shlex.split(command.replace("-k 1000", "-k 100")), "--quiet"]) == 0
    assert len((folder / "subset.jsonl").read_bytes().splitlines()) == 100


def test_every_view_and_link_that_is_named_is_there() -> None:
    schema = "".join(path.read_text() for path in (ROOT / "tagraph" / "schema").glob("*.py"))
    views = set(re.findall(r"\bv_\w+", TEXT))

    assert len(views) >= 8
    assert [view for view in sorted(views) if f"CREATE VIEW {view} " not in schema] == []
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()

    for target in re.findall(r"^make (\w+)", TEXT, re.MULTILINE):
        assert f"\n{target}:" in makefile
