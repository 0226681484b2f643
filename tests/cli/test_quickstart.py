"""docs/quickstart.md runs as it stands there; the steps that take long were run before."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tagraph.cli.entry import run
from tests.cli.conftest import Finished

PAGE = Path(__file__).resolve().parents[2] / "docs" / "quickstart.md"


def test_every_command_of_the_quickstart_runs(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(finished.source, tmp_path / "data.jsonl")
    shutil.copy(finished.store, tmp_path / "subset.db")
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"```sh\ntagraph (.*)\n```", PAGE.read_text())

    assert [run([*shlex.split(command), "--quiet"]) for command in commands] == [0] * 5
    assert len(Path("subset.jsonl").read_bytes().splitlines()) == 40
    assert Path("subset.html").stat().st_size > 100_000
    assert b'{"messages":' in Path("train.jsonl").read_bytes()
    assert "train.jsonl" in Path("README.md").read_text()
    assert b'"manifest": 1' in Path("manifest.json").read_bytes()
