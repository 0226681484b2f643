"""The judges of the command line: local ones, two in a row, both orders, the card of each."""

import json
import shutil
from pathlib import Path

import pytest

from tagraph.cli.entry import run
from tagraph.store import open_store
from tests.adapters.tiny_model import make_tiny_model
from tests.cli.conftest import SAMPLE

SOURCE = [str(SAMPLE), "--limit", "40", "-k", "8"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny", chat=True)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("mapped") / "run.db"
    assert run(["ingest", str(SAMPLE), "--limit", "40", "--store", str(store), "-q"]) == 0
    for step in ("tag", "normalize", "graph", "cluster"):
        assert run([step, "--store", str(store), "-q"]) == 0
    return store


@pytest.fixture
def store(mapped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(mapped, tmp_path / "run.db"))


def select(store: Path, *more: str) -> int:
    output = store.with_name("subset.jsonl")
    budget = ["--calls-per-item", "3", "--overwrite"]
    return run(["select", *SOURCE, "-o", str(output), "--store", str(store), *budget, *more])


def test_two_local_judges_in_a_row_have_a_card_each(
    store: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judges = ["--judge", "heuristic", "--second-judge", "likelihood", "--local-model", str(model)]
    assert select(store, *judges, "--json") == 0
    shown = capsys.readouterr()
    steps = json.loads(shown.out)["steps"]
    keys = [card["judge"].split("/")[0] for card in steps["rank"]["judges"]]
    assert keys == ["heuristic", "likelihood"]
    assert "second judge likelihood:" in shown.err
    assert "heuristic/1(" in shown.err
    assert "agrees with the other judge" in shown.err
    assert steps["compare"]["cascade"]["calls"] <= 40
    with open_store(store) as opened:
        (row,) = opened.query("SELECT count(*) n FROM likelihoods")
        assert 0 < row["n"] <= 40


def test_every_pair_is_asked_in_both_orders_on_demand(store: Path) -> None:
    assert select(store, "--both-orders", "-q") == 0
    with open_store(store) as opened:
        pairs = opened.query(
            "SELECT count(*) n, sum(EXISTS (SELECT 1 FROM pairings q WHERE q.first = p.second"
            " AND q.second = p.first AND q.round = p.round)) twice FROM pairings p"
        )
        (card,) = opened.results.load_judge_cards()
    assert pairs[0]["n"] - pairs[0]["twice"] <= 1
    assert card["swap_consistency"].value == 1.0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--second-judge", "heuristic"], "both 'heuristic'"),
        (["--second-judge", "nobody"], "no judge 'nobody'"),
        (["--judge", "likelihood", "--local-model", "nowhere"], "nowhere"),
        (["--audit", "2"], "--audit"),
        (["--second-judge", "claude"], "--model"),
    ],
)
def test_a_judge_that_cannot_be_is_refused_in_one_line(
    store: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert select(store, *more) == 2
    assert said in capsys.readouterr().err


def test_the_cost_of_a_second_judge_is_estimated(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
    paid = ["--second-judge", "claude", "--model", "claude-haiku-5-5"]
    server = ["--base-url", "http://127.0.0.1:9", "--second-calls-per-item", "0.5"]
    assert select(store, *paid, *server, "--dry-run", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["second_calls"] == 20
    assert plan["cost_usd"] > 0


def test_mixed_judges_by_both(store: Path, model: Path) -> None:
    assert select(store, "--judge", "mixed", "--local-model", str(model), "-q") == 0
    with open_store(store) as opened:
        (card,) = opened.results.load_judge_cards()
    assert "heuristic=5.0" in card.judge
