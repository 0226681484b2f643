import json
from pathlib import Path

import pytest

from tagraph import api
from tagraph.cli.entry import run
from tagraph.cli.group import cli
from tagraph.schema import STEP_TABLES
from tagraph.store import open_store
from tests.cli.conftest import SAMPLE

SOURCE = [str(SAMPLE), "--limit", "100"]


def test_there_is_a_command_for_every_step_and_each_has_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert set(STEP_TABLES) | {"inspect"} <= set(cli.commands)
    for name in cli.commands:
        assert run([name, "--help"]) == 0
        assert "--quiet" in capsys.readouterr().out


def test_the_steps_one_by_one_end_where_select_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ["--store", str(tmp_path / "run.db"), "--quiet"]

    for command in (
        ["ingest", *SOURCE],
        ["tag", "--tagger", "field"],
        ["normalize"],
        ["graph", "--profile", "--export", str(tmp_path / "map.gexf")],
        ["cluster", "--assess"],
        ["compare", "-k", "30"],
        ["rank"],
    ):
        assert run([*command, *store, "--json"]) == 0
        assert list(json.loads(capsys.readouterr().out)) == [command[0]]
    assert run(["graph", "--export", str(tmp_path / "map.json"), *store]) == 0
    assert "upper_name" in (tmp_path / "map.json").read_text()
    with open_store(tmp_path / "run.db") as opened:
        assessed = opened.groups.load_stability()
        assert api.diff_stored_clusterings(opened, opened).n_moved == 0
        shown = opened.query("SELECT upper_name, over_subsets FROM v_communities")
    assert assessed is not None
    assert [row["over_subsets"] for row in shown] == assessed.each[2].tolist()
    arguments = ["-k", "30", "-o", str(tmp_path / "o.jsonl"), "--tagger", "field", *store]
    assert run(["select", *SOURCE, *arguments, "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert [key for key, step in steps.items() if not step["kept"]] == ["select"]


def test_a_step_before_its_turn_says_what_to_run_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rank", "--store", str(tmp_path / "run.db")]) == 1
    assert "run `tagraph compare` first" in capsys.readouterr().err


def test_a_step_without_a_store_asks_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rank"]) == 2
    assert "--store" in capsys.readouterr().err


def test_inspect_shows_form_evidence_fields_and_bad_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "a.jsonl"
    good = '{"instruction": "Say hi \\u001b[31m", "output": "Hi."}\n'
    source.write_text(good * 3 + "{\n" * 12)

    assert run(["inspect", str(source)]) == 0
    shown = capsys.readouterr().out
    assert "alpaca" in shown
    assert "\x1b" not in shown
    assert "line 4" in shown
    assert "and 2 more" in shown
    assert "--max-bad" in shown
    assert run(["inspect", str(source), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["n_samples"], len(told["set_aside"])) == (3, 12)


def test_a_flag_beats_the_environment_which_beats_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "tagraph.toml"
    config.write_text('[selection]\npolicy = "longest"\n')
    plan = ["select", str(SAMPLE), "-k", "5", "--dry-run", "--json", "--config", str(config)]

    def planned(*more: str) -> str:
        assert run([*plan, *more]) == 0
        return str(json.loads(capsys.readouterr().out)["policy"])

    assert planned() == "longest"
    monkeypatch.setenv("TAGRAPH_POLICY", "random")
    assert planned() == "random"
    assert planned("--policy", "global") == "global"
