"""`tagraph status`, `tagraph verify` and `tagraph export`."""

import json
from pathlib import Path

import pytest

from tagraph.cli.entry import run
from tagraph.errors import StoreWriteError
from tagraph.store import open_store
from tests.faults.disk import answer, fill_store, question, read_paid
from tests.store.test_checking import damage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run.db"
    with open_store(path) as store:
        for _ in fill_store(store, 3):
            pass
    return path


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    code = run([*(str(argument) for argument in arguments), "--json"])
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found | {"code": code}


def test_status_says_what_is_done_open_orphaned_and_spent(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(path) as store, store.claimed():
        store.calls.begin(question(50), 2_000_000)
        found = told(capsys, "status", path)
        assert run(["status", str(path)]) == 0
        said = capsys.readouterr().out
    with open_store(path) as store, store.claimed():
        pass

    assert found["requests"] == {"done": 3, "open": 1}
    assert found["judges"] == {"judge": {"answers": 3, "failed": 0}}
    assert (found["asked_again"], found["unpriced"]) == (1, 0)
    assert found["unclear_usd"] == pytest.approx(0.002)
    assert "held by    process " in said
    assert f"open       {question(50).key[:16]} compare by m, since " in said
    assert "runs ingest, tag" in said
    assert "asks 1 questions again" in said
    assert told(capsys, "status", path)["requests"] == {"done": 3, "orphaned": 1}


def test_status_shows_what_was_spilled(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(path) as store:
        number = store.calls.begin(question(60), 1)
        store._connection._failure = "the disk is full"
        with pytest.raises(StoreWriteError):
            store.calls.finish(number, answer(60))

    assert run(["status", str(path)]) == 0
    assert f"1 replies in {path}.spill, the next run takes them in" in capsys.readouterr().out


def test_hostile_names_are_shown_escaped(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(path) as store:
        list(fill_store(store, 0))
        connection = store._connection
        with connection.transaction():
            connection.execute("UPDATE judges SET key = 'evil \x1b[31m judge'")

    assert run(["status", str(path)]) == 0
    assert run(["verify", str(path)]) == 1
    heard = capsys.readouterr()
    assert "\x1b" not in heard.out + heard.err
    assert "\\x1b[31m" in heard.out


def test_verify_names_what_is_damaged_and_sets_it_aside_when_told(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", str(path)]) == 0
    assert "everything is as it was written" in capsys.readouterr().out
    damage(path, "UPDATE comparisons SET grade = 9 WHERE key = 'key 1'")

    found = told(capsys, "verify", path)
    assert found["code"] == 1
    assert found["damage"] == [
        {"table": "comparisons", "name": "key 1", "problem": "is not what was written"}
    ]
    assert run(["verify", str(path)]) == 1
    heard = capsys.readouterr()
    assert "damaged    comparisons key 1: is not what was written" in heard.out
    assert "is damaged in 1 places" in heard.err
    assert run(["verify", str(path), "--quiet"]) == 1
    assert capsys.readouterr().out == ""
    assert told(capsys, "verify", path, "--set-aside")["set_aside"] == 1
    assert told(capsys, "verify", path)["code"] == 0


def test_export_writes_a_whole_copy_while_a_run_goes_on(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "copy.db"
    with open_store(path) as store, store.claimed():
        store.calls.begin(question(9), 1)
        found = told(capsys, "export", path, target)
        expected = read_paid(path)

    assert (found["code"], found["bytes"]) == (0, target.stat().st_size)
    assert read_paid(target) == expected
    assert run(["export", str(path), str(target)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert run(["export", str(path), str(target), "--overwrite"]) == 0
    assert str(target) in capsys.readouterr().out
    assert run(["export", str(path), str(path), "--overwrite"]) == 1
    assert run(["export", str(tmp_path / "no.db"), str(target), "--overwrite"]) == 1
    with open_store(target) as copy:
        assert copy.verify().is_clean


def test_a_store_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("status", "verify"):
        assert run([command, str(tmp_path / "no.db")]) == 1
        assert "there is no store" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_export_for_datasette_is_a_folder_with_its_settings(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "look"

    assert run(["export", str(path), str(folder), "--datasette"]) == 0

    assert {file.name for file in folder.iterdir()} == {"tagraph.db", "datasette.yaml"}
    assert "datasette -i" in capsys.readouterr().out
    assert run(["export", str(path), str(folder), "--datasette"]) == 1
