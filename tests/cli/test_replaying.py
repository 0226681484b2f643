import json
import re
import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tagraph.cli.entry import run
from tagraph.store import open_store
from tests.cli.conftest import Finished
from tests.faults.shown import show


@pytest.fixture
def store(finished: Finished, tmp_path: Path) -> Path:
    """A copy of a finished store that a test may change."""
    with open_store(finished.store, read_only=True) as opened:
        opened.copy_to(tmp_path / "run.db")
    return tmp_path / "run.db"


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Whom somebody tried to connect to; nobody can be reached."""
    addresses: list[object] = []

    def refuse(this: socket.socket, address: object) -> None:
        addresses.append(address)
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return addresses


def test_a_store_gives_its_selection_again_and_stays_as_it_is(
    store: Path, tried: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    before = store.read_bytes()

    assert run(["replay", str(store), "--json", "--quiet"]) == 0

    told = json.loads(capsys.readouterr().out)
    steps = told["steps"]
    same = sum(one["was_run"] and one["same_input"] and one["same_result"] for one in steps)
    assert told["same"]
    assert [one["step"] for one in steps] == [
        "normalize",
        "graph",
        "cluster",
        "compare",
        "rank",
        "select",
    ]
    assert (same, tried) == (len(steps), [])
    changed = sum(a != b for a, b in zip(before, store.read_bytes(), strict=True))
    assert changed == 0
    told = f"{same} of {len(steps)} steps run again with the same input and result"
    show("E7", f"{told}, {len(tried)} connections tried, {changed} bytes of the store changed")


DAMAGES = {
    "select": "UPDATE selections SET reason = 'because' WHERE position = 3",
    "rank": "UPDATE scores SET strength = strength + 1 WHERE sample = 3",
    "graph": "DELETE FROM tag_edges WHERE left_tag = (SELECT min(left_tag) FROM tag_edges)",
}


def test_results_that_were_changed_by_hand_are_found_out_step_by_step(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(store) as connection:
        assert all(connection.execute(sql).rowcount > 0 for sql in DAMAGES.values())

    assert run(["replay", str(store), "--quiet"]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines if "DIFFERS" in line} == set(DAMAGES)


def test_a_verdict_that_is_missing_is_not_asked_for(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(store) as connection:
        connection.execute("DELETE FROM scores")
        connection.execute("DELETE FROM pairings")
        guards = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'comparisons'"
        )
        for (name,) in connection.execute(guards).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM comparisons")

    assert run(["replay", str(store), "--quiet"]) == 1
    assert "verdicts that the store does not hold" in capsys.readouterr().err


def test_a_store_without_selection_has_nothing_to_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(tmp_path / "empty.db"):
        pass

    assert run(["replay", str(tmp_path / "empty.db")]) == 1
    assert "no result of 'select' in this store" in capsys.readouterr().err


def manifest_of(finished: Finished, store: Path, path: Path) -> dict[str, Any]:
    files = [str(finished.source), "-o", str(finished.output), "--quiet"]
    assert run(["select", *files, "-k", "40", "--store", str(store), "--manifest", str(path)]) == 0
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def test_the_manifest_holds_what_the_selection_was_made_of_and_no_time(
    finished: Finished, store: Path, tmp_path: Path
) -> None:
    path = tmp_path / "manifest.json"

    told = manifest_of(finished, store, path)
    manifest_of(finished, store, tmp_path / "again.json")

    assert path.read_bytes() == (tmp_path / "again.json").read_bytes()
    assert told["sources"][0]["records"] == 139
    assert told["steps"]["compare"]["options"]["judge"].startswith("heuristic/")
    assert told["selection"]["rows"] == 40
    assert told["cost"] == {"usd": 0.0, "requests": 0, "unpriced": 0}
    times = re.findall(r"\d{4}-\d\d-\d\d|\d\d:\d\d|_at\b|seconds", path.read_text())
    assert times == []
    assert run(["replay", str(store), "--manifest", str(path), "--quiet"]) == 0
    held = f"{len(told['steps'])} steps with options and digests, {len(told['packages'])} versions"
    show("E7 manifest", f"{held}, cost, {len(times)} times; written twice: the same bytes")


def test_a_manifest_of_another_selection_is_found_out(
    finished: Finished, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "manifest.json"
    told = manifest_of(finished, store, path)
    told["selection"]["ids"] = "0" * 64
    path.write_text(json.dumps(told))

    assert run(["replay", str(store), "--manifest", str(path), "--quiet"]) == 1
    assert f"selection of {path} and of the store differ" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"sources": []}'])
def test_a_file_that_is_no_manifest_is_refused(
    store: Path, tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content)

    assert run(["replay", str(store), "--manifest", str(path)]) == 1
    assert f"{path} is not a manifest of tagraph" in capsys.readouterr().err


def test_a_diff_of_a_store_with_its_copy_finds_the_same_clusters_and_selection(
    finished: Finished, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", str(finished.store), str(store)]) == 0

    told = capsys.readouterr().out
    assert "clusters: 0 of 139 samples moved; adjusted Rand index 1.000" in told
    assert "tags: the same canonical tags" in told
