"""`tagraph select --judge claude`, through the real SDK, against a server on this machine."""

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tagraph.adapters.language_model import Prompt
from tagraph.api.registry import connect_model
from tagraph.cli.entry import run
from tagraph.pipeline import Event
from tagraph.steps.llm_options import LlmOptions
from tagraph.store import MEMORY, open_store
from tests.cli.conftest import SAMPLE
from tests.fakes import TestClock
from tests.messages_server import Body, MessagesServer, Say, error, longer_wins, message, serving

MODEL = "claude-haiku-5-5"
KEY = "sk-secret-of-the-test"
POOL = [str(SAMPLE), "--limit", "30"]
ASKED = 60  # two questions a sample


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesServer]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with clusters, before any comparison: 30 samples."""
    store = tmp_path_factory.mktemp("mapped") / "run.db"
    assert run(["ingest", *POOL, "--store", str(store), "-q"]) == 0
    for step in ("tag", "normalize", "graph", "cluster"):
        assert run([step, "--store", str(store), "-q"]) == 0
    return store


@pytest.fixture
def store(mapped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(mapped, tmp_path / "run.db"))


def select(store: Path, server: MessagesServer, *more: str) -> int:
    output = store.with_name("subset.jsonl")
    source = [*POOL, "-k", "10", "-o", str(output), "--store", str(store)]
    paid = ["--judge", "claude", "--model", MODEL, "--base-url", server.url]
    return run(["select", *source, *paid, "--calls-per-item", "2", *more])


def costs(store: Path) -> dict[str, Any]:
    with open_store(store) as opened:
        (row,) = opened.query("SELECT * FROM v_costs WHERE step = 'compare'")
    return row


def test_a_selection_by_claude_is_paid_once_and_says_who_judged(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert select(store, server) == 0
    first = store.with_name("subset.jsonl").read_bytes()
    asked = server.ledger.n_requests
    assert select(store, server) == 0

    assert asked == server.ledger.n_requests == ASKED
    assert store.with_name("subset.jsonl").read_bytes() == first
    assert len(first.splitlines()) == 10
    assert f"language model {MODEL}" in capsys.readouterr().err
    spent = costs(store)
    assert (spent["requests"], spent["answers"], spent["failed"]) == (ASKED, ASKED, 0)
    assert spent["input_tokens"] == server.ledger.usage["input_tokens"]
    assert spent["output_tokens"] == server.ledger.usage["output_tokens"]
    assert spent["cost_usd"] == pytest.approx(
        (spent["input_tokens"] * 0.1 + spent["output_tokens"] * 0.5) / 1e6, rel=1e-9
    )


def test_the_key_is_neither_stored_nor_printed(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.script = lambda body, number: error(401, "authentication_error", "invalid key")

    assert select(store, server) == 1

    heard = capsys.readouterr()
    assert "ANTHROPIC_API_KEY" in heard.err
    assert KEY not in heard.err + heard.out
    assert all(KEY.encode() not in path.read_bytes() for path in store.parent.iterdir())


@pytest.mark.parametrize("limit", [["--max-calls", "25"], ["--max-cost", "0.002"]])
def test_a_limit_stops_with_code_4_and_a_higher_one_goes_on_where_it_was(
    store: Path, server: MessagesServer, limit: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert select(store, server, *limit) == 4
    before = server.ledger.n_requests
    assert "limit" in capsys.readouterr().err
    assert 0 < before < ASKED
    assert costs(store)["answers"] == before
    assert costs(store)["cost_usd"] <= 0.002
    assert select(store, server, *limit) == 4
    assert server.ledger.n_requests == before  # the limit holds for the store, not for one run

    assert select(store, server) == 0
    assert server.ledger.n_requests == ASKED
    undisturbed = store.with_name("undisturbed")
    undisturbed.mkdir()
    assert select(Path(shutil.copy(store, undisturbed / "run.db")), server) == 0
    names = [folder / "subset.jsonl" for folder in (store.parent, undisturbed)]
    assert names[0].read_bytes() == names[1].read_bytes()


def test_comparisons_without_an_answer_are_code_3_and_are_asked_again(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    def too_long(body: Body, number: int) -> Say:
        bad = number % 10 == 0
        return error(400, "invalid_request_error") if bad else longer_wins(body, number)

    server.script = too_long
    assert select(store, server) == 3
    assert "6 comparisons got no answer" in capsys.readouterr().err
    assert len(store.with_name("subset.jsonl").read_bytes().splitlines()) == 10
    server.script = longer_wins
    assert select(store, server, "--overwrite") == 0
    with open_store(store) as opened:
        assert opened.query("SELECT 1 FROM v_comparisons WHERE outcome = 'failed'") == []


@pytest.mark.parametrize("step", ["--judge", "--tagger"])
def test_a_model_that_answers_in_prose_is_one_line_and_code_1_before_all_is_paid(
    store: Path, server: MessagesServer, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.script = lambda body, number: Say(body=message("I like the first one.", body))
    paid = ["--model", MODEL, "--base-url", server.url, "--store", str(store), "-q"]
    command = ["compare", "-k", "10"] if step == "--judge" else ["tag"]
    asked = []
    for _ in range(2):
        assert run([*command, step, "claude", *paid]) == 1
        assert "none of the first " in (told := capsys.readouterr().err)
        assert "unparsed): the model does not answer as it is asked to" in told
        assert len(told.splitlines()) == 1
        asked.append(server.ledger.n_requests)
    assert asked[0] == asked[1] <= 60  # a whole run asks 240 about pairs


def test_a_dry_run_tells_tokens_and_dollars_and_asks_nothing(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert select(store, server, "--dry-run", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert server.ledger.n_requests == 0
    assert not store.with_name("subset.jsonl").exists()
    assert plan["compare_calls"] == ASKED
    assert plan["compare_counted_by"] == "server"
    assert 0 < plan["cost_usd"] == plan["compare_live_usd"][1] == 2 * plan["compare_batch_usd"][1]

    assert select(store, server) == 0
    true = server.ledger.usage["input_tokens"]
    assert abs(plan["compare_input_tokens"][1] / true - 1) < 0.1
    capsys.readouterr()
    assert select(store, server, "--dry-run") == 0
    told = capsys.readouterr().out
    assert f"compare_owned        {ASKED}" in told
    assert "compare_calls        0" in told


def test_an_unknown_model_has_tokens_and_no_price(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert select(store, server, "--model", "qwen", "--dry-run") == 0
    told = capsys.readouterr().out
    assert "cost_usd             unknown" in told
    assert "no price" in told
    assert select(store, server, "--model", "qwen", "--max-cost", "1") == 2
    assert "--max-calls" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--model", ""], "--model"),
        (["--base-url", "nowhere"], "http://"),
        (["--extra-body", "{"], "extra_body"),
    ],
)
def test_a_wrong_option_is_one_line_and_code_2(
    store: Path,
    server: MessagesServer,
    more: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert select(store, server, *more) == 2
    assert told in capsys.readouterr().err
    assert server.ledger.n_requests == 0


def test_compare_alone_reports_what_got_no_answer(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.script = lambda body, number: error(400, "invalid_request_error", "too long")
    paid = ["--judge", "claude", "--model", MODEL, "--base-url", server.url]

    assert run(["compare", "-k", "10", "--store", str(store), *paid, "-q"]) == 3
    assert "comparisons got no answer" in capsys.readouterr().err


def test_tags_by_claude_have_reasons_and_are_paid_once(
    tmp_path: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(body: Body, number: int) -> Say:
        shown = json.loads(body["messages"][0]["content"].split("\n")[2])["samples"]
        tags = [{"tag": "writing", "explanation": "it asks for a text"}]
        rows = [{"id": row["id"], "tags": tags} for row in shown]
        failing = number == 1 and len(rows) == 8
        return (
            error(500, "api_error") if failing else Say(body=message(json.dumps({"samples": rows})))
        )

    server.script = answer
    store = str(tmp_path / "run.db")
    paid = ["--tagger", "claude", "--model", MODEL, "--base-url", server.url]
    assert run(["ingest", str(SAMPLE), "--limit", "20", "--store", store, "-q"]) == 0

    assert run(["tag", "--store", store, *paid]) == 0
    assert run(["tag", "--store", store, *paid]) == 0

    assert "1 raw tags" in capsys.readouterr().err
    with open_store(store) as opened:
        reasons = opened.query("SELECT DISTINCT raw_tag, reason, outcome FROM v_tag_reasons")
        done = opened.query("SELECT sum(answers) n FROM v_costs WHERE step = 'tag'")
    assert reasons == [{"raw_tag": "writing", "reason": "it asks for a text", "outcome": "tagged"}]
    assert done == [{"n": 3}]


def test_an_adjudicator_is_asked_about_tags_and_its_merges_have_a_reason(
    mapped: Path, tmp_path: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(body: Body, number: int) -> Say:
        pairs = json.loads(body["messages"][0]["content"].split("\n")[2])["pairs"]
        rows = [{"number": pair["number"], "relation": "same"} for pair in pairs]
        return Say(body=message(json.dumps({"pairs": rows}), body))

    server.script = answer
    store = shutil.copy(mapped, tmp_path / "run.db")
    paid = ["--adjudicator", "claude", "--model", MODEL, "--base-url", server.url]

    assert run(["normalize", "--store", str(store), *paid]) == 0
    assert run(["normalize", "--store", str(store), "--adjudicator", "x"]) == 2

    assert "no adjudicator 'x'" in capsys.readouterr().err
    with open_store(store) as opened:
        merged = opened.query("SELECT count(*) n FROM v_merges WHERE reason = 'adjudicated'")
        step = opened.query("SELECT DISTINCT step FROM v_costs ORDER BY 1")
    assert merged[0]["n"] > 0
    assert step == [{"step": "normalize"}, {"step": "probe"}]


def test_in_batches_a_round_is_a_batch_at_half_price_and_the_next_run_collects(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.batches.looks_to_end = 2
    runs = 0
    while (code := select(store, server, "--batch", "--detach")) == 3 and runs < 9:
        told = capsys.readouterr().err.splitlines()
        assert "run the same command again to collect it" in told[-1]
        assert any(line.startswith("compare") and "was sent" in line for line in told)
        with open_store(store) as opened:
            assert len(opened.batches.open()) == 1
        runs += 1

    assert (code, runs) == (0, 4)  # rounds
    in_batches = [len(held.requests) for held in server.batches.held.values()]
    assert server.ledger.n_requests == 1
    assert sum(in_batches) == ASKED - 1
    spent = costs(store)
    per_token = (spent["input_tokens"] * 0.1 + spent["output_tokens"] * 0.5) / 1e6
    assert per_token / 2 < spent["cost_usd"] < per_token * 0.51  # all but the first at half price
    first = store.with_name("subset.jsonl").read_bytes()
    assert select(store, server, "--batch", "--overwrite") == 0
    assert (store.with_name("subset.jsonl").read_bytes(), server.ledger.n_requests) == (first, 1)


def test_tags_in_a_batch_survive_a_run_that_only_sent_it(
    tmp_path: Path, server: MessagesServer
) -> None:
    def answer(body: Body, number: int) -> Say:
        shown = json.loads(body["messages"][0]["content"].split("\n")[2])["samples"]
        rows = [{"id": row["id"], "tags": [{"tag": "x", "explanation": ""}]} for row in shown]
        return Say(body=message(json.dumps({"samples": rows}), body))

    server.script = answer
    server.batches.looks_to_end = 2
    output = tmp_path / "subset.jsonl"
    source = ["select", *POOL, "-k", "5", "-o", str(output), "-q"]
    paid = ["--tagger", "claude", "--model", MODEL, "--base-url", server.url, "--batch"]

    assert run([*source, *paid, "--detach"]) == 3
    server.batches.looks_to_end = 1
    assert run([*source, *paid]) == 0

    assert [len(held.requests) for held in server.batches.held.values()] == [3]
    assert server.ledger.n_requests == 1
    assert len(output.read_bytes().splitlines()) == 5


def test_a_limit_while_tagging_keeps_a_new_store_with_what_was_paid(
    tmp_path: Path, server: MessagesServer
) -> None:
    server.script = lambda body, number: Say(body=message("{}", body))
    output = tmp_path / "subset.jsonl"
    source = ["select", *POOL, "-k", "5", "-o", str(output), "-q"]
    paid = ["--tagger", "claude", "--model", MODEL, "--base-url", server.url, "--max-calls", "3"]

    assert run([*source, *paid]) == 4

    with open_store(tmp_path / "subset.db") as kept:
        assert kept.calls.spent().attempts == 3


def test_waiting_is_told_as_an_event_with_its_reason(server: MessagesServer) -> None:
    busy = error(429, "rate_limit_error", "slow down", retry_after="45")
    server.script = lambda body, number: busy if number == 1 else Say(body=message("yes"))
    heard: list[Event] = []
    options = LlmOptions(model=MODEL, base_url=server.url)

    with open_store(MEMORY) as opened:
        model = connect_model(options, opened, heard.append, "compare")
        model.ask.__self__.live.clock = TestClock()  # type: ignore[attr-defined]
        model.ask([model.question("compare", Prompt("s", "c", {}, ""))])

    assert [(event.step, event.state) for event in heard] == [("compare", "waiting")] * 2
    assert "0 of 1 questions answered; waiting" in heard[0].note
    assert "slow down" in heard[0].note


def test_a_server_that_ignores_every_form_is_found_out_once_and_asked_in_words(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.obeys = set()
    server.script = lambda body, number: Say(body=message("VERDICT: first_better", body))

    for _ in range(2):
        assert select(store, server, "--overwrite") == 0
    told = capsys.readouterr().err

    assert server.ledger.paths["probe"] == 2
    assert told.count("ignores JSON schemas, ignores forced tools") == 1
    assert "structure prompt" in told
    assert all("output_config" not in body for body in server.ledger.bodies)
    assert server.ledger.n_requests == ASKED
    with open_store(store) as opened:
        outcomes = opened.query("SELECT DISTINCT outcome FROM v_comparisons")
    assert outcomes == [{"outcome": "first"}]
    assert select(store, server, "--structure", "schema", "--dry-run") == 0
    assert server.ledger.paths["probe"] == 2


def test_a_plan_names_every_paid_step_with_the_time_it_takes_and_the_price_in_batches(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.limits = {"anthropic-ratelimit-requests-limit": "60"}
    server.limits["anthropic-ratelimit-requests-remaining"] = "59"
    assert select(store, server, "--max-calls", "2") == 4  # tries the server, and no more
    capsys.readouterr()
    more = ["--tagger", "claude", "--adjudicator", "claude", "--dry-run", "--json"]

    assert select(store, server, *more) == 0
    live = json.loads(capsys.readouterr().out)
    assert select(store, server, *more, "--batch") == 0
    batched = json.loads(capsys.readouterr().out)

    assert live["tag_calls"] == 4
    assert live["normalize_calls"] == 50
    assert live["compare_seconds"] >= ASKED
    assert live["normalize_seconds"] >= 50
    assert live["cost_usd"] == pytest.approx(2 * batched["cost_usd"])
    assert live["cost_usd"] == pytest.approx(
        sum(live[f"{step}_live_usd"][1] for step in ("tag", "normalize", "compare"))
    )
    assert server.ledger.n_requests == 0


def test_the_card_of_a_paid_judge_holds_its_audit_and_its_cost(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert select(store, server) == 0
    assert f"claude/1({MODEL}," in capsys.readouterr().err
    with open_store(store) as opened:
        (card,) = opened.results.load_judge_cards()
    paid = costs(store)
    assert card["swap_consistency"].value == 1.0
    assert card["swap_consistency"].n > 0
    assert card["cost_usd"].value == pytest.approx(paid["cost_usd"])
    assert card["input_tokens"].value == paid["input_tokens"]
    assert math.isnan(card["cached_tokens"].value)


def test_what_a_server_read_from_its_cache_is_priced_and_on_the_card(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = {"input_tokens": 100, "output_tokens": 10, "cache_read_input_tokens": 400}
    text = json.dumps({"verdict": "first_better"})
    server.script = lambda body, number: Say(body=message(text, body, usage=usage))
    paid = ["--judge", "claude", "--model", MODEL, "--base-url", server.url]
    assert run(["compare", "-k", "10", "--store", str(store), "--calls-per-item", "1", *paid]) == 0
    assert run(["rank", "--store", str(store)]) == 0
    n, row = server.ledger.n_requests, costs(store)
    assert row["cache_read_tokens"] == 400 * n
    assert row["cost_usd"] == pytest.approx(n * (100 * 0.1 + 400 * 0.01 + 10 * 0.5) / 1e6)
    assert f"{400 * n:,} tokens read from the server's cache" in capsys.readouterr().err


CASCADE = ["--second-judge", "claude", "--second-model", "claude-sonnet-5-5"]


def test_a_second_model_at_its_own_server_judges_where_the_first_leaves_the_cut_open(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as other:
        other.obeys = {"tool"}
        other.script = in_a_tool
        more = [*CASCADE, "--second-base-url", other.url, "--extra-body", '{"temperature": 0}']
        assert select(store, server, *more) == 0
        bodies = other.ledger.bodies
    told = capsys.readouterr().err

    assert {body["model"] for body in server.ledger.bodies} == {MODEL}
    assert {body["model"] for body in bodies} == {"claude-sonnet-5-5"}
    assert all("tools" in body and "temperature" not in body for body in bodies)
    assert f"{MODEL} and then claude-sonnet-5-5" in told
    assert f"second judge claude: {len(bodies)} comparisons" in told
    with open_store(store) as opened:
        cards = opened.results.load_judge_cards()
    assert [card["requests"].value for card in cards] == [ASKED, len(bodies)]


def test_a_plan_prices_two_models_apart_and_one_model_twice_is_refused(
    store: Path, server: MessagesServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert select(store, server, *CASCADE, "--dry-run", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    steps = ("compare", "second")
    per_token = [plan[f"{s}_live_usd"][0] / plan[f"{s}_input_tokens"][0] for s in steps]

    assert (plan["compare_calls"], plan["second_calls"]) == (ASKED, 30)
    assert per_token[1] > 15 * per_token[0]
    assert select(store, server, *CASCADE[:2]) == 2
    assert "--second-model" in capsys.readouterr().err


def in_a_tool(body: Body, number: int) -> Say:
    """Judge by length, by way of the one tool."""
    said = json.loads(json.loads(longer_wins(body, number).body)["content"][0]["text"])
    block = {"type": "tool_use", "id": "t", "name": "answer", "input": said}
    return Say(body=message("", body, "tool_use", content=[block]))
