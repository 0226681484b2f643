"""Arguments that no run can use are one line, before any work, and nothing is replaced by them."""

from pathlib import Path

import pytest

from tagraph.cli.entry import run
from tests.report.stores import make_store, plain_samples

RECORD = '{"instruction": "Say it.", "output": "Said.", "tags": ["a"]}\n'


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["explain", "\udcff", "--store", "run.db"], 2, r"the argument \udcff is not UTF-8"),
        (["inspect", "\udcff.jsonl"], 2, r"the argument \udcff.jsonl is not UTF-8"),
        (["select", "a.jsonl", "-k", "1", "--include", "bytes"], 2, "is no UTF-8 text"),
        (["select", "a.jsonl", "-k", "1", "--minimum", f"a={'9' * 30}"], 2, "whole number"),
        (["select", "a.jsonl", "-k", "1", "-o", "o", "--manifest", "./o"], 1, "two are one file"),
        (["select", "a.jsonl", "-k", "1", "--card", "c", "--manifest", "c"], 1, "two are one file"),
    ],
)
def test_what_no_run_can_use_is_said_and_leaves_everything_as_it_is(
    arguments: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").write_text(RECORD)
    Path("bytes").write_bytes(b"\xff\n")

    assert run(arguments) == code

    assert told in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "bytes"]
    assert Path("a.jsonl").read_text() == RECORD


@pytest.mark.parametrize("command", ["review run.db merges", "report run.db"])
def test_neither_the_store_nor_its_source_is_replaced(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    make_store(plain_samples(), "run.db").close()
    before = Path("run.db").read_bytes()

    assert run([*command.split(), "-o", "run.db", "--overwrite"]) == 1

    assert "is the source itself" in capsys.readouterr().err
    assert Path("run.db").read_bytes() == before


@pytest.mark.parametrize("flag", ["--manifest", "--card"])
def test_what_stands_beside_a_selection_never_replaces_the_source(
    flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "".join(RECORD.replace("it", f"it {i}") for i in range(6))
    Path("a.jsonl").write_text(text)
    select = ["select", "a.jsonl", "-k", "2", "-o", "b.jsonl", "--policy", "random", "-q"]

    assert run([*select, "--tagger", "field", flag, "a.jsonl", "--overwrite"]) == 1

    assert "is the source itself" in capsys.readouterr().err
    assert Path("a.jsonl").read_text() == text
