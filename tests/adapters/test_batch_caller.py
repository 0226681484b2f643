"""Message Batches through the real SDK, against a server on this machine, with a store behind."""

import itertools
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagraph.adapters.batch_caller import MOST_SENT, BatchCaller
from tagraph.adapters.caller import BREAKER, Caller
from tagraph.adapters.messages_transport import MessagesTransport
from tagraph.errors import AccessError, BudgetReachedError, JudgeError, PendingError
from tagraph.steps.batches import BatchState, custom_id
from tagraph.steps.calls import Question
from tagraph.steps.llm_options import LlmOptions
from tagraph.store import Store
from tests.fakes import TestClock
from tests.faults.shown import show
from tests.messages_server import Body, MessagesServer, Say, error, message, serving

HAIKU = "claude-haiku-5-5"
NOW = datetime.now(UTC)


def echo(body: Body, number: int) -> Say:
    usage = {"input_tokens": 10, "output_tokens": 5}
    return Say(body=message(f"re {body['messages'][0]['content']}", usage=usage))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesServer]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with serving(echo) as running:
        yield running


@pytest.fixture
def store() -> Iterator[Store]:
    with Store() as opened:
        yield opened


def question(text: str, **body: Any) -> Question:
    shown = {"model": HAIKU, "max_tokens": 50, "messages": [{"role": "user", "content": text}]}
    return Question("compare", shown | body)


ASKED = [question(f"{i}") for i in range(6)]
SAID = [f"re {i}" for i in range(6)]


def connect(
    server: MessagesServer, store: Store, heard: list[str] | None = None, **options: Any
) -> BatchCaller:
    """A run of its own on a store, whose clock stands unless it waits."""
    chosen: dict[str, Any] = {"model": HAIKU, "base_url": server.url, "batch": True} | options
    transport = MessagesTransport(server.url, deadline=5)
    listen = ([] if heard is None else heard).append
    clock = TestClock(now=NOW.timestamp())
    live = Caller(transport.send, store.calls, LlmOptions(**chosen), listen, clock)
    return BatchCaller(live, transport, store.batches)


def prove(server: MessagesServer, store: Store) -> None:
    """Ask one question at once, as the first batch to a model would."""
    connect(server, store).live.ask([question("proof")])


def sent_texts(server: MessagesServer) -> list[list[str]]:
    return [
        [request["params"]["messages"][0]["content"] for request in held.requests]
        for held in server.batches.held.values()
    ]


def test_answers_come_in_the_order_asked_at_half_price_and_are_never_asked_again(
    server: MessagesServer, store: Store
) -> None:
    server.batches.spoil = lambda rows: rows[::-1]

    replies = connect(server, store).ask([*ASKED, ASKED[0]])
    again = connect(server, store).ask(ASKED)
    alive = connect(server, store, batch=False).ask(ASKED)

    assert [reply.text for reply in replies] == [*SAID, SAID[0]]
    assert [reply.text for reply in again] == [reply.text for reply in alive] == SAID
    assert sent_texts(server) == [["1", "2", "3", "4", "5"]]  # the first is asked at once, as proof
    assert server.ledger.n_requests == 1
    costs = store.query("SELECT cost_nanousd, attempt, charge FROM calls ORDER BY id")
    assert [row["cost_nanousd"] for row in costs] == [3500] + [1750] * 5
    ids = [r["custom_id"] for held in server.batches.held.values() for r in held.requests]
    assert all(len(name) <= 64 and name.replace("-", "").isalnum() for name in ids)
    (row,) = store.query("SELECT * FROM v_batches")
    assert (row["state"], row["requests"], row["answers"]) == ("collected", 5, 5)
    assert row["cost_usd"] == pytest.approx(5 * 1750 / 1e9)


def test_detached_a_batch_is_sent_and_the_next_run_collects_it(
    server: MessagesServer, store: Store
) -> None:
    server.batches.looks_to_end = 2
    prove(server, store)

    for _ in range(2):  # the second run finds it still under way, and sends nothing
        with pytest.raises(PendingError, match=r"msgbatch_0 of 6 .* run the same command again"):
            connect(server, store, detach=True).ask(ASKED)
        server.batches.held["msgbatch_0"].looks = 0
        (batch,) = store.batches.open()
        assert (batch.name, batch.state, batch.n_open) == ("msgbatch_0", BatchState.OPEN, 6)
        assert store.calls.spent().attempts == 7
        assert store.calls.spent().cost >= batch.reserved > 0
    server.batches.looks_to_end = 1

    assert [reply.text for reply in connect(server, store, detach=True).ask(ASKED)] == SAID
    assert store.batches.open() == []
    assert len(server.batches.held) == 1


def test_who_asks_one_by_one_waits_for_what_is_in_a_batch_already(
    server: MessagesServer, store: Store
) -> None:
    server.batches.looks_to_end = 3
    prove(server, store)
    with pytest.raises(PendingError):
        connect(server, store, detach=True).ask(ASKED[:5])
    heard: list[str] = []

    replies = connect(server, store, heard, batch=False).ask(ASKED)

    assert [reply.text for reply in replies] == SAID
    assert server.ledger.n_requests == 2  # the proof, and the one that no batch holds
    assert any("msgbatch_0 of 5 is under way since" in line for line in heard)


def test_waiting_is_said_at_least_every_thirty_seconds(
    server: MessagesServer, store: Store
) -> None:
    server.batches.looks_to_end = 12
    heard: list[str] = []
    caller = connect(server, store, heard)

    caller.ask(ASKED)

    slept = caller.live.clock.slept  # type: ignore[attr-defined]
    assert slept == [5, 10, 20] + [30] * 8
    told = f"a line at least every {max(slept):.0f} s, with the reason and the time of the next try"
    show("B23", told)
    assert len([line for line in heard if "under way" in line]) == len(slept)


FATES = ("succeeded", "expired", "canceled", "busy", "rejected", "missing", "doubled", "odd")


def fated(fate: str, row: Body) -> list[Body]:
    errors = {"busy": "overloaded_error", "rejected": "invalid_request_error"}
    if fate in ("expired", "canceled"):
        return [row | {"result": {"type": fate}}]
    if fate in errors:
        said = {"type": "error", "error": {"type": errors[fate], "message": "no"}}
        return [row | {"result": {"type": "errored", "error": said}}]
    other = row | {"result": {"type": "succeeded", "message": json.loads(message("other"))}}
    return {"missing": [], "doubled": [row, other], "odd": [row | {"result": 7}]}.get(fate, [row])


def ask_under(fates: list[str], seed: int, heard: list[str]) -> tuple[Any, ...]:
    """Ask in a batch whose results have these fates, in a drawn order, with two strangers."""
    strangers: list[Body] = [{"custom_id": "stranger", "result": {}}, {"result": 1}]

    with pytest.MonkeyPatch.context() as patch, serving(echo) as server, Store() as store:

        def spoil(rows: list[Body]) -> list[Body]:
            if len(server.batches.held) > 1:
                return rows
            told = [
                part for fate, row in zip(fates, rows, strict=True) for part in fated(fate, row)
            ]
            return random.Random(seed).sample([*told, *strangers], len(told) + 2)

        patch.setenv("ANTHROPIC_API_KEY", "k")
        prove(server, store)
        server.batches.spoil = spoil
        replies = connect(server, store, heard).ask(ASKED)
        return replies, sent_texts(server), store.query("SELECT * FROM calls WHERE id > 1")


@given(st.lists(st.sampled_from(FATES), min_size=5, max_size=5), st.integers(0, 2**32))
@settings(max_examples=12)
def test_every_result_counts_by_its_id_and_only_what_has_none_is_sent_again(
    some: list[str], seed: int
) -> None:
    fates, heard = [*some, "expired"], list[str]()

    replies, sent, calls = ask_under(fates, seed, heard)

    again = [str(i) for i, f in enumerate(fates) if f not in ("succeeded", "doubled", "rejected")]
    assert sent == [[str(i) for i in range(6)], again]
    extra = len({*sent[1]} - {*again})
    show("B17", f"each counts by its id, once; {extra} that have a result are sent again")
    for fate, reply, said in zip(fates, replies, SAID, strict=True):
        assert reply.error if fate == "rejected" else reply.text in (said, "other")
    assert len(calls) == 6 + len(again)
    unclear = sum(row["charge"] == "unknown" for row in calls)
    assert unclear == fates.count("missing") + fates.count("odd")
    assert "msgbatch_0: 2 ids that nobody asked for" in "\n".join(heard)
    assert ("doubled ids" in "\n".join(heard)) is ("doubled" in fates)


def test_what_keeps_expiring_is_given_up_and_the_next_run_may_try_again(
    server: MessagesServer, store: Store
) -> None:
    prove(server, store)
    server.batches.answer = lambda name, body: {"type": "expired"}

    replies = connect(server, store).ask(ASKED[:1])

    assert "expired" in replies[0].error
    assert len(server.batches.held) == MOST_SENT
    assert store.calls.spent().attempts == 1 + MOST_SENT
    server.batches.answer = lambda name, body: None
    assert connect(server, store).ask(ASKED[:1])[0].text == SAID[0]


LOST_REPLIES = [
    Say(reset=True, name="reset"),
    Say(500, b"{}", name="500"),
    Say(502, b"<html>", name="502"),
    Say(body=b"<html>", name="html"),
    Say(body=b'{"id": "', name="cut"),
]


@pytest.mark.parametrize("lost", LOST_REPLIES, ids=lambda say: say.name)
def test_a_batch_whose_creation_is_in_doubt_is_found_and_not_made_twice(
    server: MessagesServer, store: Store, lost: Say
) -> None:
    prove(server, store)
    server.batches.instead = lambda what, n: lost if (what, n) == ("create", 1) else None
    heard: list[str] = []

    replies = connect(server, store, heard).ask(ASKED)

    assert [reply.text for reply in replies] == SAID
    assert f"create {lost.name}" in server.ledger.done  # the fault was delivered
    made = server.batches.seen["create"]
    assert made == len(server.batches.held) == 1
    show("B18", f"{made} batch made: it is looked for first; of two that may be it none is taken")
    assert "batch msgbatch_0 is the one" in "\n".join(heard)


@pytest.mark.parametrize("point", ["before it was sent", "after it was sent"])
def test_a_run_killed_around_a_creation_leaves_a_batch_that_is_looked_for_first(
    server: MessagesServer, store: Store, point: str
) -> None:
    prove(server, store)
    dying = connect(server, store)
    dying.log.begin(dying.server.address, [(q, 100) for q in ASKED])
    if point == "after it was sent":
        dying.server.send_batch([{"custom_id": custom_id(q.key), "params": q.body} for q in ASKED])
        assert [reply.text for reply in connect(server, store).ask(ASKED)] == SAID
        assert server.batches.seen["create"] == 1
        return

    for _ in range(2):
        with pytest.raises(PendingError, match=r"unknown: the server lists none .* --resubmit"):
            connect(server, store).ask(ASKED)
    assert server.batches.seen["create"] == 0
    assert [reply.text for reply in connect(server, store, resubmit=True).ask(ASKED)] == SAID
    assert server.batches.seen["create"] == 1
    states = [row["state"] for row in store.query("SELECT state FROM batches ORDER BY id")]
    assert states == ["lost", "collected"]
    unclear = store.query("SELECT count(*) n FROM calls WHERE charge = 'unknown'")
    assert unclear == [{"n": 6}]  # what the first may have cost stays booked


def test_of_two_that_may_be_the_one_none_is_taken(server: MessagesServer, store: Store) -> None:
    prove(server, store)
    dying = connect(server, store)
    dying.log.begin(dying.server.address, [(q, 100) for q in ASKED[:1]])
    for text in ("of somebody", "of somebody else"):
        dying.server.send_batch([{"custom_id": text, "params": question(text).body}])

    with pytest.raises(PendingError, match="lists msgbatch_1, msgbatch_0"):
        connect(server, store).ask(ASKED[:1])


def test_a_batch_of_somebody_else_is_not_taken_for_ours(
    server: MessagesServer, store: Store
) -> None:
    prove(server, store)
    dying = connect(server, store)
    dying.log.begin(dying.server.address, [(q, 100) for q in ASKED[:2]])
    dying.server.send_batch([{"custom_id": t, "params": question(t).body} for t in "xy"])

    with pytest.raises(PendingError, match="msgbatch_0 holds other questions"):
        connect(server, store).ask(ASKED)
    assert store.query("SELECT state FROM batches") == [{"state": "unclear"}]
    replies = connect(server, store, resubmit=True).ask(ASKED)
    assert [reply.text for reply in replies] == SAID


def test_results_that_are_gone_are_said_and_asked_again_only_when_told(
    server: MessagesServer, store: Store
) -> None:
    server.batches.looks_to_end = 9
    prove(server, store)
    with pytest.raises(PendingError):
        connect(server, store, detach=True).ask(ASKED)
    server.batches.held.clear()  # as after 29 days
    server.batches.looks_to_end = 1

    with pytest.raises(PendingError, match="no longer has the results of batch msgbatch_0"):
        connect(server, store).ask(ASKED)
    again = server.batches.seen["create"] - 1
    assert again == 0
    show("B19", f"said; {again} sent again until told to")
    replies = connect(server, store, resubmit=True).ask(ASKED)
    assert [reply.text for reply in replies] == SAID


def test_a_batch_that_takes_longer_than_a_day_is_said_and_not_sent_again(
    server: MessagesServer, store: Store
) -> None:
    server.batches.looks_to_end = 9
    prove(server, store)
    for waited, told in ((timedelta(0), "under way"), (timedelta(hours=25), "longer than the 24")):
        caller = connect(server, store, detach=True)
        caller.live.clock = TestClock(now=(NOW + waited).timestamp())
        with pytest.raises(PendingError, match=told):
            caller.ask(ASKED)
    assert server.batches.seen["create"] == 1


def test_results_cut_off_on_the_way_are_read_again(server: MessagesServer, store: Store) -> None:
    prove(server, store)

    def cut(what: str, n: int) -> Say | None:
        line = b'{"custom_id": "stranger"}\n' * 9
        return Say(body=line, cut_after=60, name="cut") if what == "results" and n < 3 else None

    server.batches.instead = cut

    assert [reply.text for reply in connect(server, store).ask(ASKED)] == SAID
    assert server.ledger.done.count("results cut") == 2


@given(st.integers(0, 40_000), st.integers(1, 4))
@settings(max_examples=10)
def test_no_limit_in_dollars_is_passed_by_batches_and_a_higher_one_goes_on(
    limit: int, room: int
) -> None:
    asked = [question(f"{i}", max_tokens=10 * room) for i in range(5)]
    with pytest.MonkeyPatch.context() as patch, serving(echo) as server, Store() as store:
        patch.setenv("ANTHROPIC_API_KEY", "k")
        with suppress(BudgetReachedError):
            connect(server, store, max_cost=limit / 1e9).ask(asked)
        assert store.calls.spent().cost <= limit
        assert store.batches.open() == []
        replies = connect(server, store).ask(asked)
        sent = sum(len(texts) for texts in sent_texts(server)) + server.ledger.n_requests

    assert [reply.text for reply in replies] == SAID[:5]
    assert sent == 5


def test_batches_go_on_as_long_as_answers_free_what_was_reserved(
    server: MessagesServer, store: Store
) -> None:
    prove(server, store)

    connect(server, store, max_cost=0.0005).ask(ASKED)

    assert len(server.batches.held) > 1
    assert store.calls.spent().cost < 500_000


def test_a_limit_of_requests_holds_for_batches(server: MessagesServer, store: Store) -> None:
    with pytest.raises(BudgetReachedError, match="4 requests"):
        connect(server, store, max_calls=4).ask(ASKED)

    assert store.calls.spent().attempts == 4
    assert [reply.text for reply in connect(server, store, max_calls=6).ask(ASKED)] == SAID


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (error(404, "not_found_error"), "no Message Batches"),
        (error(401, "authentication_error"), "ANTHROPIC_API_KEY"),
        (error(400, "invalid_request_error", "bad batch"), "refuses the batch: .*bad batch"),
        (error(413, "request_too_large"), "413"),
    ],
    ids=lambda value: value.name if isinstance(value, Say) else None,
)
def test_a_server_that_takes_no_batch_is_one_line_and_nothing_is_booked(
    server: MessagesServer, store: Store, said: Say, told: str
) -> None:
    prove(server, store)
    server.batches.instead = lambda what, n: said
    before = store.calls.spent()

    with pytest.raises(AccessError, match=told):
        connect(server, store).ask(ASKED)

    assert server.batches.seen["create"] == 1
    assert store.calls.spent() == before
    assert store.batches.open() == []


def test_a_busy_server_gets_the_batch_later_and_a_dead_one_stops_the_run(
    server: MessagesServer, store: Store
) -> None:
    prove(server, store)
    busy = error(529, "overloaded_error", retry_after="40")
    server.batches.instead = lambda what, n: busy if (what, n) == ("create", 1) else None
    caller = connect(server, store)

    assert [reply.text for reply in caller.ask(ASKED[:3])] == SAID[:3]
    assert caller.live.clock.slept[0] == 40  # type: ignore[attr-defined]

    server.batches.instead = lambda what, n: busy
    with pytest.raises(JudgeError, match="takes no batch now"):
        connect(server, store).ask(ASKED)
    late = error(429, "rate_limit_error", retry_after="86400")
    server.batches.instead = lambda what, n: late
    with pytest.raises(JudgeError, match="takes no batch now"):
        connect(server, store).ask(ASKED)
    assert len(server.batches.held) == 1


def test_looking_is_repeated_while_the_server_is_down_and_no_longer_than_allowed(
    server: MessagesServer, store: Store
) -> None:
    prove(server, store)
    down = error(503, "api_error")
    server.batches.instead = lambda what, n: down if what == "look" and n <= 3 else None
    assert [reply.text for reply in connect(server, store).ask(ASKED[:2])] == SAID[:2]

    faults = itertools.cycle([down, Say(body=b"{}", name="{}"), Say(reset=True, name="reset")])
    server.batches.instead = lambda what, n: next(faults) if what == "look" else None
    before = server.batches.seen["look"]
    with pytest.raises(JudgeError, match="does not say what became of a batch"):
        connect(server, store).ask(ASKED)
    assert server.batches.seen["look"] == before + BREAKER
    server.batches.instead = lambda what, n: error(403, "permission_error")
    with pytest.raises(AccessError, match="may not"):
        connect(server, store).ask(ASKED)
    server.batches.instead = lambda what, n: error(429, "x", retry_after="9999")
    with pytest.raises(JudgeError, match="does not say"):
        connect(server, store).ask(ASKED)
    server.batches.instead = lambda what, n: None
    assert [reply.text for reply in connect(server, store).ask(ASKED)] == SAID
    assert server.batches.seen["create"] == 2


def test_a_model_that_takes_no_question_is_found_out_before_a_batch(
    server: MessagesServer, store: Store
) -> None:
    server.script = lambda body, n: error(400, "invalid_request_error", "no such parameter")

    with pytest.raises(AccessError, match="no such parameter"):
        connect(server, store).ask(ASKED)

    assert server.ledger.n_requests == 3
    assert server.batches.seen["create"] == 0


def test_an_unknown_model_in_the_results_stops_the_run(
    server: MessagesServer, store: Store
) -> None:
    prove(server, store)
    said = {"type": "error", "error": {"type": "not_found_error", "message": "model: x"}}
    server.batches.answer = lambda name, body: {"type": "errored", "error": said}

    with pytest.raises(AccessError, match="model: x"):
        connect(server, store).ask(ASKED)
    assert store.batches.open() == []


def test_questions_beyond_the_size_of_a_batch_make_several(
    server: MessagesServer, store: Store
) -> None:
    prove(server, store)
    caller = connect(server, store)
    caller.most_requests = 4
    assert [reply.text for reply in caller.ask(ASKED)] == SAID
    caller = connect(server, store)
    caller.most_bytes = 500
    more = [question("x" * i) for i in (1, 200, 900, 2)]
    caller.ask(more)

    assert [len(texts) for texts in sent_texts(server)] == [4, 2, 1, 1, 1, 1]


def test_a_batch_at_another_address_is_named(server: MessagesServer, store: Store) -> None:
    server.batches.looks_to_end = 9
    prove(server, store)
    with pytest.raises(PendingError):
        connect(server, store, detach=True).ask(ASKED)

    with serving(echo) as other:
        with pytest.raises(PendingError, match=f"--base-url {server.url}"):
            connect(other, store).ask(ASKED)
        replies = connect(other, store, resubmit=True).ask(ASKED)

    assert [reply.text for reply in replies] == SAID


def test_without_room_for_a_request_the_batch_of_another_step_is_not_waited_for(
    server: MessagesServer, store: Store
) -> None:
    server.batches.looks_to_end = 9
    prove(server, store)
    with pytest.raises(PendingError):
        connect(server, store, detach=True).ask(ASKED[:2])

    with pytest.raises(BudgetReachedError, match="3 requests"):
        connect(server, store, max_calls=3).ask(ASKED[2:])
    assert [batch.n_open for batch in store.batches.open()] == [2]


def test_an_interrupt_while_waiting_leaves_the_batch_to_the_next_run(
    server: MessagesServer, store: Store
) -> None:
    class Interrupting(TestClock):
        def sleep(self, seconds: float, /) -> None:
            raise KeyboardInterrupt

    prove(server, store)
    server.batches.looks_to_end = 2
    caller = connect(server, store)
    caller.live.clock = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        caller.ask(ASKED)

    assert [reply.text for reply in connect(server, store).ask(ASKED)] == SAID
    assert server.batches.seen["create"] == 1
