"""The judge through the real SDK against a server on this machine, with a store behind it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.adapters.claude_judge import ClaudeJudge, read_verdict
from tagraph.adapters.language_model import LanguageModel
from tagraph.data import ASSISTANT, HUMAN, Outcome, Sample, Samples, Turn, digest_turns
from tagraph.errors import AccessError, BudgetReachedError, OptionsError
from tagraph.pipeline.remembered import RememberedJudge
from tagraph.stages.pair_question import ONE_WORD, RUBRIC, VERDICTS
from tagraph.steps.calls import Reply
from tagraph.steps.llm_options import LlmOptions
from tagraph.store import Store
from tests.faults.shown import show
from tests.messages_server import (
    Body,
    MessagesServer,
    Say,
    error,
    longer_wins,
    message,
    serving,
    shown_pair,
    verdict,
)

HAIKU = "claude-haiku-5-5"


def sample(answer: str, query: str = "q") -> Sample:
    turns = (Turn(HUMAN, query), Turn(ASSISTANT, answer))
    return Sample(digest_turns(turns)[:20], turns)


SAMPLES = [sample("x" * i) for i in range(8)]
PAIR = (SAMPLES[3], SAMPLES[5])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesServer]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with serving() as running:
        yield running


def connect(server: MessagesServer, store: Store, **options: Any) -> ClaudeJudge:
    chosen: dict[str, Any] = {"model": HAIKU, "base_url": server.url, "max_attempts": 1} | options
    return ClaudeJudge(LanguageModel.connect(LlmOptions(**chosen), store.calls))


def test_verdicts_follow_the_order_shown_and_carry_digest_and_usage(server: MessagesServer) -> None:
    with Store() as store:
        judge = connect(server, store)
        verdicts = judge.compare([PAIR, PAIR[::-1], (SAMPLES[1], SAMPLES[1])])

    assert [v.outcome for v in verdicts] == [Outcome.SECOND, Outcome.FIRST, Outcome.TIE]
    assert [v.grade for v in verdicts] == [1, 1, 0]
    assert len(verdicts[0].reply_digest) == 64
    assert verdicts[0].usage["input_tokens"] > 0
    assert verdicts[2].usage == {}
    assert server.ledger.n_requests == 2  # equal texts tie without a question


def test_the_server_sees_the_rubric_the_schema_and_both_samples_whole(
    server: MessagesServer,
) -> None:
    with Store() as store:
        connect(server, store, extra_body='{"seed": 7}').compare([PAIR])

    (body,) = server.ledger.bodies
    first, second = shown_pair(body)
    assert first == [{"role": t.role, "content": t.content} for t in PAIR[0].turns]
    assert second == [{"role": t.role, "content": t.content} for t in PAIR[1].turns]
    assert body["system"] == RUBRIC
    form = body["output_config"]["format"]
    assert form["schema"]["properties"]["verdict"]["enum"] == list(VERDICTS)
    assert (body["seed"], body["thinking"]) == (7, {"type": "disabled"})


@pytest.mark.parametrize("label", VERDICTS)
def test_every_label_is_read_in_every_structure(server: MessagesServer, label: str) -> None:
    def answer(body: Body, number: int) -> Say:
        if "tools" in body:
            (tool,) = body["tools"]
            assert body["tool_choice"] == {"type": "tool", "name": tool["name"]}
            assert tool["strict"]  # else a server may ignore the schema
            block = {"type": "tool_use", "id": "t", "name": "x", "input": {"verdict": label}}
            return Say(body=message("", body, "tool_use", content=[block]))
        if "output_config" in body:
            return verdict(label, body)
        return Say(body=message(f"They differ.\n\nVERDICT: {label}", body))

    server.script = answer
    with Store() as store:
        found = [
            connect(server, store, structure=structure).compare([PAIR])[0]
            for structure in ("schema", "tool", "prompt")
        ]

    assert [(v.outcome, v.grade) for v in found] == [VERDICTS[label]] * 3


SCENARIOS: dict[str, tuple[Callable[[Body], Say], Outcome, int]] = {
    "refusal": (lambda b: verdict("tie", b, stop_reason="refusal"), Outcome.REFUSED, 1),
    "refusal without content": (
        lambda b: Say(body=message("", b, "refusal")),
        Outcome.REFUSED,
        1,
    ),
    "cut off twice": (lambda b: verdict("tie", b, stop_reason="max_tokens"), Outcome.TRUNCATED, 2),
    "context full": (
        lambda b: verdict("tie", b, stop_reason="model_context_window_exceeded"),
        Outcome.TRUNCATED,
        1,
    ),
    "prose": (lambda b: Say(body=message("The first is better.", b)), Outcome.UNPARSED, 1),
    "prose that quotes a verdict": (
        lambda b: Say(body=message('It says {"verdict": "first_better"}', b)),
        Outcome.UNPARSED,
        1,
    ),
    "another label": (lambda b: verdict("A", b), Outcome.UNPARSED, 1),
    "a list": (lambda b: Say(body=message('["tie"]', b)), Outcome.UNPARSED, 1),
    "no content": (lambda b: Say(body=message("", b)), Outcome.UNPARSED, 1),
    "pause": (lambda b: Say(body=message("", b, "pause_turn")), Outcome.UNPARSED, 1),
    "pause with a verdict": (
        lambda b: verdict("tie", b, stop_reason="pause_turn"),
        Outcome.UNPARSED,
        1,
    ),
    "unknown reason": (lambda b: verdict("tie", b, stop_reason="moon"), Outcome.UNPARSED, 1),
    "html": (lambda b: Say(body=b"<html>", name="html"), Outcome.FAILED, 1),
    "empty object": (lambda b: Say(body=b"{}", name="{}"), Outcome.FAILED, 1),
    "too large": (lambda b: Say(body=b"x" * 9_000_000, name="9 MB"), Outcome.FAILED, 1),
    "too long": (
        lambda b: error(400, "invalid_request_error", "prompt is too long"),
        Outcome.FAILED,
        1,
    ),
    "busy": (lambda b: error(529, "overloaded_error"), Outcome.FAILED, 1),
    "reset": (lambda b: Say(reset=True, name="reset"), Outcome.FAILED, 1),
    "short": (lambda b: Say(body=message("x"), cut_after=9, name="short"), Outcome.FAILED, 1),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_is_no_verdict_is_an_outcome_of_its_own_and_never_a_side(
    server: MessagesServer, scenario: str
) -> None:
    fault, outcome, requests = SCENARIOS[scenario]
    server.script = lambda body, number: fault(body)

    with Store() as store:
        found = connect(server, store).compare([PAIR])
        rows = store.query("SELECT state, reply FROM calls")

    assert [(v.outcome, v.grade) for v in found] == [(outcome, 0)]
    sides = sum(v.outcome in (Outcome.FIRST, Outcome.SECOND, Outcome.TIE) for v in found)
    told = f"{len(SCENARIOS)} replies that are no verdict: {sides} taken for a side or a tie;"
    show("B13", f"{told} one second try where cut off")
    assert server.ledger.done == [fault({"max_tokens": 1}).name] * requests
    expected = "failed" if outcome is Outcome.FAILED else "done"
    assert {row["state"] for row in rows} == {expected}


def test_a_reply_that_was_cut_off_is_asked_for_once_more_with_room(server: MessagesServer) -> None:
    def answer(body: Body, number: int) -> Say:
        if body["max_tokens"] < 1000:
            return verdict("tie", body, stop_reason="max_tokens")
        return longer_wins(body, number)

    server.script = answer
    with Store() as store:
        judge = connect(server, store)
        assert judge.compare([PAIR])[0].outcome is Outcome.SECOND
        assert judge.compare([PAIR])[0].outcome is Outcome.SECOND

    assert [body["max_tokens"] for body in server.ledger.bodies] == [512, 2048]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (error(401, "authentication_error", "invalid x-api-key"), "ANTHROPIC_API_KEY"),
        (error(404, "not_found_error", "model: nope"), "--model"),
        (error(403, "permission_error"), "may not"),
        (error(402, "billing_error"), "cannot pay"),
        (error(429, "enforced_spend_limit_reached"), "spend_limit"),
        (Say(404, b"<html>nginx</html>", name="no api"), "--base-url"),
        (Say(302, headers={"location": "http://127.0.0.1:9/"}, name="302"), "--base-url"),
    ],
    ids=lambda value: value.name if isinstance(value, Say) else None,
)
def test_what_no_question_survives_is_one_clear_line_after_one_request(
    server: MessagesServer, fault: Say, told: str
) -> None:
    server.script = lambda body, number: fault

    with Store() as store:
        judge = connect(server, store, concurrency=1, max_attempts=5)
        with pytest.raises(AccessError, match=told) as caught:
            judge.compare([PAIR, PAIR[::-1]])

    assert server.ledger.done == [fault.name]
    assert "\n" not in str(caught.value)


def test_a_stopped_run_goes_on_without_paying_twice(server: MessagesServer) -> None:
    pairs = [(SAMPLES[i], SAMPLES[j]) for i in range(5) for j in range(i)]
    with Store() as store:
        limited = RememberedJudge(connect(server, store, max_calls=6), store)
        with pytest.raises(BudgetReachedError):
            limited.compare(pairs)
        assert server.ledger.n_requests == 6

        verdicts = RememberedJudge(connect(server, store), store).compare(pairs)

        undisturbed = connect(server, Store()).compare(pairs)
        kept = Counter(body["messages"][0]["content"] for body in server.ledger.bodies[:10])
    assert verdicts == undisturbed
    assert set(kept.values()) == {1}
    assert server.ledger.n_requests == 20


def test_a_comparison_that_failed_is_asked_again_by_the_next_run_and_no_other(
    server: MessagesServer,
) -> None:
    def first_day(body: Body, number: int) -> Say:
        return error(529, "overloaded_error") if number == 2 else longer_wins(body, number)

    pairs = [PAIR, PAIR[::-1], (SAMPLES[1], SAMPLES[2])]
    server.script = first_day
    with Store() as store:
        judge = RememberedJudge(connect(server, store, concurrency=1), store)
        before = judge.compare(pairs)
        server.script = longer_wins
        after = judge.compare(pairs)
        stored = store.query("SELECT outcome FROM comparisons")

    assert [v.outcome for v in before] == [Outcome.SECOND, Outcome.FAILED, Outcome.SECOND]
    assert [v.outcome for v in after] == [Outcome.SECOND, Outcome.FIRST, Outcome.SECOND]
    assert server.ledger.n_requests == 4
    assert "failed" not in {row["outcome"] for row in stored}


BASE = LlmOptions(model=HAIKU)
CHANGES: list[dict[str, Any]] = [
    {"model": "claude-sonnet-5-5"},
    {"structure": "tool"},
    {"structure": "prompt"},
    {"max_tokens": 100},
    {"extra_body": '{"temperature": 0}'},
]
LIMITS: list[dict[str, Any]] = [
    {"concurrency": 2},
    {"deadline": 5.0},
    {"max_attempts": 2},
    {"max_wait": 5.0},
    {"max_cost": 1.0},
    {"max_calls": 5},
    {"input_price": 9.0, "output_price": 9.0},
]


def key_of(options: LlmOptions, server: str = "") -> str:
    return ClaudeJudge(LanguageModel(options, server=server)).key


def test_what_changes_answers_is_in_the_key_and_limits_are_not() -> None:
    keys = [key_of(BASE), key_of(BASE, "localhost")]
    keys += [key_of(replace(BASE, **change)) for change in CHANGES]

    assert len(set(keys)) == len(keys)
    assert {key_of(replace(BASE, **limit)) for limit in LIMITS} == {key_of(BASE)}
    assert HAIKU in key_of(BASE)


@given(
    st.sampled_from(["schema", "tool", "prompt"]),
    st.text(),
    st.sampled_from(["end_turn", "tool_use", "stop_sequence", "pause_turn", "new_reason"]),
)
def test_no_reply_makes_reading_fail(structure: str, text: str, stop_reason: str) -> None:
    outcome, grade = read_verdict(Reply.of(message(text, None, stop_reason)), structure)

    assert outcome is Outcome.UNPARSED
    assert grade == 0


def test_without_a_model_nothing_starts() -> None:
    with pytest.raises(OptionsError, match="--model"):
        key_of(LlmOptions())


def test_tokens_of_a_dry_run_are_within_a_tenth_of_what_the_server_counts(
    server: MessagesServer,
) -> None:
    pool = Samples.of(
        sample(f"{'word ' * (7 * i % 90)}end", f"{'why ' * (i % 11)}{i}?") for i in range(150)
    )
    pairs = [(pool[i], pool[(i * 7 + 3) % 150]) for i in range(150)]
    with Store() as store:
        judge = connect(server, store)
        estimate = judge.estimate(pairs, len(pairs))
        assert server.ledger.n_requests == 0
        judge.compare(pairs)
        spent = store.calls.spent()

    true = server.ledger.usage["input_tokens"]
    assert estimate.counted_by == "server"
    assert estimate.calls == server.ledger.n_requests
    assert abs(estimate.input_tokens[1] / true - 1) < 0.1
    assert estimate.input_tokens[0] <= true <= estimate.input_tokens[2]
    assert estimate.live_usd is not None
    assert estimate.live_usd[2] * 1e9 > spent.cost


def test_without_a_server_that_counts_tokens_are_a_guess_and_say_so() -> None:
    judge = ClaudeJudge(LanguageModel(BASE))

    estimate = judge.estimate([(SAMPLES[0], SAMPLES[1])], 10)

    assert "guess" in estimate.counted_by
    low, likely, high = estimate.input_tokens
    assert 0 < low < likely < high
    assert "language model" in judge.describe()


def test_a_reply_read_again_later_gives_the_same_verdict_without_a_request(
    server: MessagesServer,
) -> None:
    with Store() as store:
        judge = connect(server, store)
        given_then = judge.compare([PAIR])
        (raw,) = store.calls.find([judge.question(PAIR[0].turns, PAIR[1].turns).key]).values()

    assert [judge.read(Reply.of(raw))] == given_then
    assert json.loads(raw)["usage"]["input_tokens"] == given_then[0].usage["input_tokens"]


def test_of_one_word_it_does_not_matter_what_would_have_come_after(server: MessagesServer) -> None:
    said = iter(["first_better, as", "I think that", "still I think"])
    server.script = lambda body, n: Say(body=message(next(said), body, "max_tokens"))

    with Store() as store:
        judge = connect(server, store, structure="word")
        found = judge.compare([PAIR, PAIR[::-1]])

    assert sorted(verdict.outcome for verdict in found) == [Outcome.FIRST, Outcome.TRUNCATED]
    assert server.ledger.n_requests == 3
    assert server.ledger.bodies[0]["messages"][0]["content"].endswith(ONE_WORD)
    assert "output_config" not in server.ledger.bodies[0]
