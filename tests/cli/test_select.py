import gzip
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import pytest

from tagraph.cli.entry import run
from tagraph.store import open_store
from tests.cli.conftest import SAMPLE, Finished

K = "40"


def test_the_selection_is_k_rows_of_the_source_byte_for_byte(finished: Finished) -> None:
    rows = finished.output.read_bytes().splitlines()

    assert finished.code == 0
    assert len(rows) == len(set(rows)) == 40
    assert set(rows) <= set(finished.source.read_bytes().splitlines())


def test_every_step_and_the_limits_of_the_judge_are_told(finished: Finished) -> None:
    steps = "ingest tag normalize graph cluster compare rank select"

    for step in steps.split():
        assert f"\n{step} " in "\n" + finished.said
    assert "heuristic" in finished.said
    assert str(finished.store) in finished.said


def test_a_log_has_no_text_of_a_selected_sample(finished: Finished) -> None:
    with open_store(finished.store) as store:
        queries = [row["query"] for row in store.query("SELECT query FROM v_selection")]

    assert len(queries) == 40
    assert [query for query in queries if query[:30] in finished.said] == []
    assert "\n1. " in finished.said


def test_every_selected_row_has_a_reason_in_the_store(finished: Finished) -> None:
    with open_store(finished.store) as store:
        rows = store.query("SELECT * FROM v_selection")

    assert len(rows) == 40
    assert all(row["reason"] and row["query"] and row["cluster"] for row in rows)


def test_the_same_command_again_does_nothing_twice(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = copy_of(finished, tmp_path)
    before = output.read_bytes()

    code = run(["select", str(finished.source), "-k", K, "-o", str(output), "--json", "--quiet"])

    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert all(step["kept"] for step in told["steps"].values())
    assert len(told["steps"]) == 8
    assert output.read_bytes() == before


def test_numbered_files_hold_the_selection_part_by_part(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(finished.store, tmp_path / "part.db")
    command = [
        "select",
        str(finished.source),
        "-k",
        K,
        "-o",
        str(tmp_path / "part-{}.jsonl"),
        "--quiet",
    ]

    for _ in range(2):
        assert run([*command, "--per-file", "15"]) == 0
        parts = sorted(tmp_path.glob("part-*"))
        assert [path.name for path in parts] == [f"part-0000{i}.jsonl" for i in range(3)]
        assert b"".join(path.read_bytes() for path in parts) == finished.output.read_bytes()

    assert run([*command, "--per-file", "15", "--to", "alpaca", "--overwrite"]) == 0
    assert [len(path.read_bytes().splitlines()) for path in parts] == [15, 15, 10]
    assert run([*command, "--per-file", "20", "--overwrite"]) == 1
    assert "part-00002.jsonl is no part of this selection" in capsys.readouterr().err


def test_a_changed_policy_runs_only_what_depends_on_it(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = copy_of(finished, tmp_path)
    arguments = ["-k", K, "-o", str(output), "--policy", "random", "--overwrite"]

    assert run(["select", str(finished.source), *arguments, "--json", "--quiet"]) == 0

    steps = json.loads(capsys.readouterr().out)["steps"]
    assert [key for key, step in steps.items() if not step["kept"]] == ["select"]


def test_shuffled_rows_and_another_hash_seed_give_the_same_bytes(
    finished: Finished, tmp_path: Path
) -> None:
    rows = finished.source.read_bytes().splitlines(keepends=True)
    random.Random(5).shuffle(rows)
    shuffled = tmp_path / "shuffled.jsonl.gz"
    shuffled.write_bytes(gzip.compress(b"".join(rows)))
    output = tmp_path / "again.jsonl"

    command = [sys.executable, "-m", "tagraph", "select", str(shuffled), "-k", K]
    environment = os.environ | {"PYTHONHASHSEED": "2"}
    subprocess.run([*command, "-o", str(output), "--quiet"], check=True, env=environment)

    assert output.read_bytes() == finished.output.read_bytes()


def test_an_output_with_other_bytes_is_not_replaced_unless_told(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = copy_of(finished, tmp_path)
    output.write_text("precious\n")

    command = ["select", str(finished.source), "-k", K, "-o", str(output), "-q"]
    assert run(command) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert output.read_text() == "precious\n"
    assert run([*command, "--overwrite"]) == 0
    assert output.read_bytes() == finished.output.read_bytes()


def test_a_run_stopped_in_the_tournament_goes_on_where_it_was(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = copy_of(finished, tmp_path)
    stop_after_rounds(tmp_path / "subset.db")
    output.unlink()

    assert run(["select", str(finished.source), "-k", K, "-o", str(output), "-q", "--json"]) == 0

    steps = json.loads(capsys.readouterr().out)["steps"]
    assert steps["cluster"]["kept"]
    assert not steps["compare"]["kept"]
    assert output.read_bytes() == finished.output.read_bytes()


def stop_after_rounds(path: Path) -> None:
    """Bring a finished store to where Ctrl-C in the third round leaves it."""
    import sqlite3

    connection = sqlite3.connect(path)
    with connection:
        connection.execute("DELETE FROM runs WHERE step IN ('compare', 'rank', 'select')")
        late = "SELECT comparison FROM pairings WHERE round > 2"
        keys = [row[0] for row in connection.execute(late)]
        assert keys
        for table in ("selections", "scores", "pairings"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names above
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.execute(guards).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.executemany("DELETE FROM comparisons WHERE key = ?", [(key,) for key in keys])
    connection.close()


def copy_of(finished: Finished, folder: Path) -> Path:
    shutil.copy(finished.store, folder / finished.store.name)
    shutil.copy(finished.output, folder / finished.output.name)
    return folder / finished.output.name


def test_a_dry_run_tells_the_plan_and_touches_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "subset.jsonl"

    assert run(["select", str(SAMPLE), "-k", "5", "-o", str(output), "--dry-run", "--json"]) == 0

    plan = json.loads(capsys.readouterr().out)
    assert plan["cost_usd"] == 0
    assert plan["comparisons_at_most"] >= plan["samples"]
    assert list(tmp_path.iterdir()) == []
    assert run(["select", str(SAMPLE), "-k", "5", "--dry-run", "--policy", "random"]) == 0
    assert "comparisons_at_most  0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["missing.jsonl", "-k", "5"], 1, "missing.jsonl"),
        (["empty.jsonl", "-k", "5"], 1, "empty.jsonl"),
        (["prose.txt", "-k", "5"], 1, "prose.txt"),
        (["three.jsonl", "-k", "4"], 1, "the pool holds 3 samples"),
        (["three.jsonl", "-k", "0"], 1, "k is 0"),
        (["bad.jsonl", "-k", "1"], 1, "--max-bad"),
        (["three.jsonl", "-k", "1", "--tagger", "x"], 2, "no tagger 'x'"),
        (["three.jsonl", "-k", "1", "--judge", "x"], 2, "no judge 'x'"),
        (["three.jsonl", "-k", "1", "--config", "wrong.toml"], 2, "unknown option 'speed'"),
        (["three.jsonl", "-k", "1", "--store", "newer.db"], 1, "newer tagraph"),
        (["three.jsonl", "-k", "1", "-o", "nowhere/out.jsonl"], 1, "nowhere"),
        (["three.jsonl", "-k", "1", "-o", "three.jsonl"], 1, "--overwrite"),
        (["three.jsonl", "-k", "1", "-o", "out.db"], 1, "is also the store"),
        ([".", "-k", "1", "-o", "out.jsonl"], 1, "a part of the source"),
        (["three.jsonl", "-k", "1", "--dry-run", "--judge", "x"], 2, "no judge 'x'"),
        (["three.jsonl", "-k", "9", "--dry-run"], 1, "the pool holds 3 samples"),
        (["three.jsonl", "-k", "1", "--store", "nowhere/run.db"], 1, "nowhere"),
        (["three.jsonl", "-k", "1", "--json"], 2, "add -o FILE"),
        (["three.jsonl"], 2, "-k"),
    ],
)
def test_bad_input_is_one_clear_line_and_the_right_exit_code(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    make_bad_inputs(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.chdir(tmp_path)

    assert run(["select", *arguments]) == code

    heard = capsys.readouterr()
    assert said in heard.err
    assert heard.out == ""
    assert "Traceback" not in heard.err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def make_bad_inputs(folder: Path) -> None:
    import sqlite3

    row = '{"instruction": "Say %s", "output": "%s it is."}\n'
    (folder / "three.jsonl").write_text("".join(row % (w, w) for w in ("a", "b", "c")))
    (folder / "bad.jsonl").write_text(row % ("a", "a") + "{\n")
    (folder / "empty.jsonl").write_text("")
    (folder / "prose.txt").write_text("This is no data.\nNot at all.\n")
    (folder / "wrong.toml").write_text("speed = 3\n")
    open_store(folder / "newer.db").close()
    connection = sqlite3.connect(folder / "newer.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def test_a_refused_request_leaves_the_results_of_the_last_one(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = copy_of(finished, tmp_path)
    arguments = ["--limit", "10", "-o", str(output), "--overwrite", "-q"]

    assert run(["select", str(finished.source), "-k", K, *arguments]) == 1
    assert "the pool holds 10 samples" in capsys.readouterr().err
    with open_store(finished.store) as store:
        assert len(store.results.load_selection()) == 40


def test_a_source_that_moved_is_known_again_and_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_bad_inputs(tmp_path)
    source, moved = tmp_path / "three.jsonl", tmp_path / "moved.jsonl"
    store = ["--store", str(tmp_path / "run.db"), "--policy", "longest", "-k", "2", "-q"]
    assert run(["select", str(source), *store, "-o", str(tmp_path / "a.jsonl")]) == 0
    source.rename(moved)
    before = moved.read_bytes()

    assert run(["select", str(moved), *store, "-o", str(moved), "--overwrite"]) == 1
    assert "is the source itself" in capsys.readouterr().err
    assert moved.read_bytes() == before
    assert run(["select", str(moved), *store, "-o", str(tmp_path / "b.jsonl")]) == 0


def test_a_store_in_use_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_bad_inputs(tmp_path)
    path = tmp_path / "run.db"
    command = ["select", str(tmp_path / "three.jsonl"), "-k", "1", "--store", str(path)]

    with open_store(path) as store, store.claimed():
        assert run(command) == 1
    assert "is in use by process" in capsys.readouterr().err


def inspect_into(stream: TextIO, tmp_path: Path, *, is_buffered: bool) -> tuple[int, str]:
    """Return exit code and standard error of a command that prints into a stream."""
    make_bad_inputs(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tagraph", "inspect", str(tmp_path / "three.jsonl")],
        stdout=stream,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "" if is_buffered else "1"},
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("is_buffered", [True, False])
def test_output_that_cannot_be_written_is_one_line(tmp_path: Path, is_buffered: bool) -> None:
    with Path("/dev/full").open("w") as full:
        code, told = inspect_into(full, tmp_path, is_buffered=is_buffered)

    assert code == 1
    assert told.count("\n") == 1
    assert "cannot write to standard output" in told


@pytest.mark.parametrize("is_buffered", [True, False])
def test_a_reader_that_has_gone_is_no_fault_to_tell(tmp_path: Path, is_buffered: bool) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "w") as gone:
        assert inspect_into(gone, tmp_path, is_buffered=is_buffered) == (1, "")


def test_a_pool_as_small_as_k_is_selected_whole(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    make_bad_inputs(tmp_path)
    source = tmp_path / "three.jsonl"

    assert run(["select", str(source), "-k", "3", "-q"]) == 0
    assert sorted(capfdbinary.readouterr().out.splitlines()) == source.read_bytes().splitlines()


def test_records_flow_from_standard_input_to_standard_output(tmp_path: Path) -> None:
    make_bad_inputs(tmp_path)
    source = (tmp_path / "three.jsonl").read_bytes()
    command = [sys.executable, "-m", "tagraph", "select", "-", "-k", "2", "--policy", "longest"]

    done = subprocess.run(command, input=source, capture_output=True, check=True)

    assert len(done.stdout.splitlines()) == 2
    assert b"no store: -o FILE keeps both" in done.stderr.splitlines()[0]
    assert set(done.stdout.splitlines()) <= set(source.splitlines())
    assert b"longest" in done.stderr


def test_ctrl_c_is_code_130_and_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    make_bad_inputs(tmp_path)
    monkeypatch.setattr("tagraph.api.running.run_tag", interrupt)

    source, store = str(tmp_path / "three.jsonl"), tmp_path / "run.db"
    assert run(["select", source, "-k", "1", "--store", str(store)]) == 130
    assert "run the same command again" in capsys.readouterr().err
    with open_store(store) as opened:
        assert opened.run("ingest") is not None
        assert opened.run("tag") is None


def test_a_selection_in_the_form_of_a_trainer_says_what_to_tell_it(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "run.db"
    shutil.copy(finished.store, store)
    output = tmp_path / "chat.jsonl"
    source = ["select", str(finished.source), "-k", "40"]
    command = [*source, "-o", str(output), "--store", str(store)]

    assert run([*command, "--to", "messages"]) == 0
    said = capsys.readouterr().err
    assert run([*command, "--to", "messages"]) == 0
    again = capsys.readouterr().err

    chats = [json.loads(line)["messages"] for line in output.read_text().splitlines()]
    assert len(chats) == 40
    assert {turn["role"] for chat in chats for turn in chat} <= {"system", "user", "assistant"}
    assert "converted to messages, other fields of the records left out" in said
    assert '"chat": {"file_name": "chat.jsonl", "formatting": "sharegpt"' in said
    assert "unchanged" in again


def test_a_form_that_the_file_cannot_hold_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "chat.csv"

    code = run(["select", str(SAMPLE), "-k", "4", "-o", str(output), "--to", "messages"])

    assert code == 2
    assert "CSV cannot hold the lists of 'messages'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
