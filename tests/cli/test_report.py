import json
from pathlib import Path

import pytest

from tagraph.cli.entry import run
from tests.report.stores import make_store, plain_samples


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "run.db"
    make_store(plain_samples(2), path, until="tag").close()
    return path


def test_the_page_goes_beside_the_store_unless_named(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", str(store)]) == 0
    assert "opens offline" in capsys.readouterr().err
    assert (tmp_path / "run.html").read_bytes().startswith(b"<!doctype html>")

    other = tmp_path / "other.html"
    assert run(["report", str(store), "-o", str(other), "--json", "-q"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    size = other.stat().st_size
    assert json.loads(said.out) == {"output": str(other), "bytes": size, "store": str(store)}


def test_the_store_may_come_from_the_environment(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAGRAPH_STORE", str(store))

    assert run(["report", "-q"]) == 0
    assert (tmp_path / "run.html").exists()


def test_what_cannot_be_done_is_one_line(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report"]) == 2
    assert "name the store" in capsys.readouterr().err
    assert run(["report", str(tmp_path / "none.db")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "none.db").exists()
    assert run(["report", str(store), "-o", str(store)]) == 1
    assert "the source itself" in capsys.readouterr().err
    (tmp_path / "run.html").write_text("mine")
    assert run(["report", str(store)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert run(["report", str(store), "--overwrite", "-q"]) == 0
