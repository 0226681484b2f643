"""Limits, presets and explanations on the command line, on a copy of one real run."""

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.selection.reasons import check_store
from tagraph.cli.entry import run
from tagraph.store import Store, open_store
from tests.cli.conftest import SAMPLE, Finished


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Path:
    """A copy of the finished store, its source beside it; the output will be subset.jsonl."""
    shutil.copy(finished.source, tmp_path)
    return Path(shutil.copy(finished.store, tmp_path / "subset.db"))


def select(store: Path, *flags: str) -> int:
    output = store.with_suffix(".jsonl")
    source = store.with_name("sample.jsonl")
    return run(["select", str(source), "-o", str(output), "--overwrite", "-q", *flags])


def ids_of(store: Path) -> list[str]:
    with open_store(store) as opened:
        return list(opened.results.load_selection().ids)


def pool_ids(store: Store) -> list[str]:
    return [row["id"] for row in store.query("SELECT id FROM samples ORDER BY position")]


def test_every_number_in_a_reason_is_what_sql_finds(finished: Finished) -> None:
    with open_store(finished.store) as store:
        found = check_store(store, 200)

    assert found.wrong == []
    assert found.checked > 1000


def test_the_audit_is_told_and_kept(finished: Finished) -> None:
    with open_store(finished.store) as store:
        rows = store.query("SELECT * FROM v_audit")

    assert "communities covered" in finished.said
    assert {name: value for name, value in rows[0].items() if value != 40} == {
        "measure": "rows",
        "pool": 139,
    }
    assert rows[0]["covering"] == 40
    assert "--policy covering" in finished.said
    assert next(row for row in rows if row["measure"] == "standing")["selection"] > 0.7
    assert all(row["pool"] == 1 for row in rows if row["measure"] in ("tags", "communities"))


@pytest.mark.parametrize("policy", ["information", "distance"])
def test_every_policy_runs_on_a_finished_store(copied: Path, policy: str) -> None:
    assert select(copied, "-k", "30", "--policy", policy) == 0
    assert len(set(ids_of(copied))) == 30


def test_a_token_limit_takes_the_place_of_k(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert select(copied) == 2
    assert "--tokens" in capsys.readouterr().err
    assert select(copied, "--tokens", "3000") == 0
    some = ids_of(copied)
    assert select(copied, "--tokens", "6000") == 0
    assert len(some) < len(ids_of(copied))
    assert select(copied, "--tokens", "1") == 2
    assert "shortest sample" in capsys.readouterr().err


def test_lists_of_ids_and_minimums_are_kept_to(copied: Path, tmp_path: Path) -> None:
    with open_store(copied) as store:
        pool, chosen = pool_ids(store), list(store.results.load_selection().ids)
    wanted = next(key for key in pool if key not in chosen)
    (tmp_path / "in.txt").write_text(f"{wanted}\n\n")
    (tmp_path / "out.txt").write_text(f"{chosen[0]}\n")
    lists = ["--include", str(tmp_path / "in.txt"), "--exclude", str(tmp_path / "out.txt")]

    assert select(copied, "-k", "40", *lists, "--minimum", "sample.jsonl=40") == 0

    found = ids_of(copied)
    assert found[0] == wanted
    assert chosen[0] not in found
    with open_store(copied) as store:
        assert store.query("SELECT rule FROM v_withheld WHERE sample_id = ?", [chosen[0]]) == [
            {"rule": "excluded"}
        ]


def test_a_field_that_records_lack_is_named(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert select(copied, "-k", "9", "--minimum", "de=2", "--minimum-field", "language") == 1
    assert "no field 'language'" in capsys.readouterr().err


def test_length_control_and_targets_are_taken_from_the_command_line(copied: Path) -> None:
    before = ids_of(copied)
    assert select(copied, "-k", "40", "--length-control") == 0
    assert ids_of(copied) != before
    with open_store(copied) as store:
        word = store.query("SELECT name FROM v_clusters LIMIT 1")[0]["name"].split(" · ")[0]
    assert select(copied, "-k", "20", "--policy", "target", "--target", f"{word}=1") == 0


def test_the_recipe_of_tacos_runs_and_prints_its_audit(
    copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "tacos.toml"
    config.write_text("[tacos]\nmin_count = 2\nn_clusters = 8\n")
    flags = ["-k", "20", "--preset", "tacos", "--config", str(config)]

    assert select(copied, *flags) == 0

    with open_store(copied) as store:
        assert store.results.load_selection().policy == "tacos"
        scored = store.query("SELECT count(*) AS n FROM pair_scores")[0]["n"]
        assert scored > 10
        assert len(store.query("SELECT * FROM v_selection WHERE reason LIKE '%of 100%'")) > 10
        key = store.results.load_selection().ids[0]
    assert run(["explain", key, "--store", str(copied)]) == 1
    assert run(["replay", str(copied)]) == 1
    assert "preset 'tacos' cannot be replayed" in capsys.readouterr().err
    assert select(copied, *flags, "--judge", "claude", "--model", "m") != 0
    assert select(copied, "-k", "138", *flags[2:]) == 2
    assert "the recipe keeps" in capsys.readouterr().err


def test_a_sample_is_explained_for_people_and_machines(
    finished: Finished, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(finished.store) as store:
        chosen = store.results.load_selection().ids[0]
        left = next(key for key in pool_ids(store) if key not in store.results.load_selection().ids)

    assert run(["explain", chosen, "--store", str(finished.store)]) == 0
    assert f"{chosen}: selected, number 1" in capsys.readouterr().out
    assert run(["explain", left, "--store", str(finished.store), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sample_id"], told["is_selected"]) == (left, False)
    assert run(["explain", "nobody", "--store", str(finished.store)]) == 1
    assert run(["explain", left]) == 2
    assert run(["explain", left, "--store", "missing.db"]) != 0


def test_two_selections_are_compared_row_by_row(
    finished: Finished, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert select(copied, "-k", "40", "--policy", "longest") == 0
    capsys.readouterr()

    assert run(["diff", str(finished.store), str(copied)]) == 0

    told = capsys.readouterr().out
    assert "selection: " in told
    assert "kept" in told
    assert "mean_length" in told
    assert run(["diff", str(copied), str(copied), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["selection"] == []


def test_a_selection_without_an_audit_is_asked_to_be_made_again(
    finished: Finished, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlite3

    with sqlite3.connect(copied) as connection:
        connection.execute("DELETE FROM audits")
    connection.close()

    assert run(["diff", str(finished.store), str(copied)]) == 1
    assert "run `tagraph select`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "limit", [["--policy", "random"], ["--tokens", "500"], ["--max-likeness", "0.5"]]
)
def test_the_recipe_of_tacos_refuses_what_it_would_not_do(
    limit: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "s.jsonl")

    assert run(["select", str(SAMPLE), "-k", "5", "-o", output, "--preset", "tacos", *limit]) == 2

    assert "leave out --policy and the limits" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
