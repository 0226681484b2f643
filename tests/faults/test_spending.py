"""Rows B2, B11, B12, B16, B21, B22 and B24 to B26: what is asked, and what is never asked again."""

import asyncio
import json
import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from tagraph import api
from tagraph.adapters.attempts import Kind, read_response
from tagraph.adapters.claude_judge import read_verdict
from tagraph.adapters.messages_transport import Response
from tagraph.cli.entry import run, terminated_as_interrupted
from tagraph.data import Outcome
from tagraph.errors import BudgetReachedError
from tagraph.pipeline import Pipeline, run_compare
from tagraph.steps.calls import Question, Reply
from tagraph.store import Store, open_store
from tests.adapters.test_caller import asker, good, question
from tests.fakes import TestClock
from tests.faults.children import fork
from tests.faults.kills import Series
from tests.faults.pool import CONCURRENCY, Job, work
from tests.faults.shown import show
from tests.messages_server import JSON, Body, Say, longer_wins, message, serving

SIGNALS, BODIES = 20, 2_000


def test_a_finished_run_asks_nothing_and_says_the_same(small: Series) -> None:
    job = small.job("again.db")
    first = small.finish(job)
    asked = len(small.server.asked())
    again = small.finish(job)
    with closing(sqlite3.connect(job.store)) as connection, connection:
        connection.execute("DELETE FROM pairings")
        connection.execute("DELETE FROM runs WHERE step IN ('compare', 'rank', 'select')")

    assert first == again == small.finish(job)
    assert len(small.server.asked()) == asked
    show("B2", "0 requests, same bytes, also where every answer is stored")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_what_is_on_its_way_land(number: signal.Signals, small: Series) -> None:
    dice = random.Random(number)
    stopped = 0
    for _ in range(SIGNALS // 2):
        job = small.job("signal.db")
        asked = len(small.server.asked())

        def body(pipe: int, job: Job = job) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            with terminated_as_interrupted():
                work(job, pipe)

        child = fork(body)
        child.hear()
        time.sleep(dice.random() * 0.05)
        os.kill(child.pid, number)
        stopped += child.wait() == 1
        requests = Counter(small.server.asked()[asked:])
        with open_store(job.store, read_only=True) as store:
            assert store.standing().requests.keys() <= {"done"}
            assert store.calls.find(list(requests)).keys() == requests.keys()
        assert small.finish(job) == small.expected
        for leftover in small.folder.glob("signal.db*"):
            leftover.unlink()
    assert stopped > SIGNALS // 4
    told = f"{SIGNALS} signals at random moments: 0 replies lost, code 130 or 143"
    show("B16", told)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_command_has_its_code(
    number: signal.Signals, code: int, small: Series, capfd: pytest.CaptureFixture[str]
) -> None:
    def hold(body: Body, count: int) -> Say:
        if count == 3:
            os.kill(child.pid, number)
        return replace(longer_wins(body, count), wait=0.05)

    with serving(hold) as slow:
        job = replace(small.job("code.db"), url=slow.url)

        def body(pipe: int) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            paid = ["--judge", "claude", "--model", "claude-haiku-5-5", "--base-url", job.url]
            os._exit(run(["compare", "-k", "4", "--store", str(job.store), "-q", *paid]))

        child = fork(body)
        assert child.wait() == code
        n_requests = slow.ledger.paths["/v1/messages"]  # with what finds out about the server

    assert n_requests <= 4 + CONCURRENCY
    assert "run the same command again" in capfd.readouterr().err
    with open_store(job.store, read_only=True) as store:
        assert store.standing().requests == {"done": n_requests}


def test_requests_at_the_server_are_the_attempts_in_the_store(
    small: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tagraph.adapters.caller._BACKOFF", (0.001, 0.001))
    whole = message("x" * 300)
    faults = [
        Say(reset=True, name="reset"),
        Say(body=whole, cut_after=100, name="short body"),
        Say(body=whole[:-40], name="cut JSON"),
        Say(headers={"content-encoding": "gzip", "content-type": JSON}, body=b"gz", name="gzip"),
        Say(status=503, body=b"<html>", name="down"),
    ]

    def answer(body: Body, number: int) -> Say:
        return faults[number // 2 % 5] if number % 2 else longer_wins(body, number)

    with serving(answer) as server:
        job = replace(small.job("faulty.db"), url=server.url)
        play(job)
        fired = Counter(server.ledger.done)
    with open_store(job.store, read_only=True) as store:
        counted = sum(store.standing().requests.values())
        assert store.verify().is_clean

    assert all(fired[fault.name] for fault in faults)
    assert counted == server.ledger.n_requests
    told = "resets, short and cut bodies, broken gzip, 503: requests equal attempts, difference 0"
    show("B11", told)


def test_what_was_asked_again_is_compared_with_the_rest(
    small: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tagraph.adapters.caller._BACKOFF", (0.001, 0.001))
    seen: Counter[str] = Counter()

    def answer(body: Body, number: int) -> Say:
        key = Question("compare", body, "127.0.0.1").key
        seen[key] += 1
        is_faulty = seen[key] == 1 and len(body["messages"][0]["content"]) % 3 == 0
        return Say(status=503, name="down") if is_faulty else longer_wins(body, number)

    with serving(answer) as server:
        job = replace(small.job("retried.db"), url=server.url)
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - not a file
            assert work(job, nowhere.fileno()) == small.expected
    with open_store(job.store, read_only=True) as store:
        rows = store.query(
            "SELECT x.call, v.attempts, v.outcome FROM v_comparisons v JOIN pairings USING"
            " (position) JOIN comparison_calls x USING (comparison)"
        )
        (card,) = store.results.load_judge_cards()

    wrong = sum(row["attempts"] != seen[row["call"]] for row in rows)
    again = [row["outcome"] for row in rows if row["attempts"] > 1]
    once = [row["outcome"] for row in rows if row["attempts"] == 1]
    assert len(rows) == small.calls
    assert (wrong, len(again) > 2, len(once) > 2) == (0, True, True)
    assert (card["asked_again"].value, card["asked_again"].n) == (len(again) / len(rows), len(rows))
    for name, outcomes in (("again", again), ("once", once)):
        decided = [said for said in outcomes if said != "tie"]
        assert card[f"{name}_decided"].value == len(decided) / len(outcomes)
        assert card[f"{name}_first"].value == decided.count("first") / len(decided)
    assert sum("asked again: decided" in line for line in card.lines()) == 1
    told = f"attempts of every verdict stored, {wrong} unlike the server's; the judge card compares"
    show("B24", f"{told} those asked again with the others")


def play(job: Job, **limits: object) -> None:
    """Compare in this process."""
    config = job.config.changed({"llm": limits}, "a test") if limits else job.config
    with open_store(job.store) as store, store.claimed():
        run_compare(Pipeline(store, config), api.make_judge(config, store), job.k)


def draw_json(dice: random.Random, depth: int = 3) -> object:
    """Draw JSON that is near to a message and none."""
    names = ("content", "stop_reason", "usage", "type", "error", "text", "verdict")
    simple = (None, True, 0, -1.5, "", "end_turn", "text", "first_better", "\ud800", 10**30)
    kind = dice.random()
    if depth == 0 or kind < 0.4:
        return dice.choice(simple)
    if kind < 0.6:
        return [draw_json(dice, depth - 1) for _ in range(dice.randrange(3))]
    return {name: draw_json(dice, depth - 1) for name in names if dice.random() < 0.6}


def test_no_body_of_a_server_is_taken_for_a_verdict() -> None:
    dice = random.Random(6)
    kinds: Counter[Kind] = Counter()
    for number in range(BODIES):
        body = json.dumps(draw_json(dice)).encode() if number % 4 else dice.randbytes(number % 90)
        meaning = read_response(Response(200, body))
        kinds[meaning.kind] += 1
        if meaning.message is not None:
            reply = Reply.of(body)
            assert read_verdict(reply, "schema")[0] not in (Outcome.FIRST, Outcome.SECOND)
        else:
            assert meaning.kind is Kind.UNCLEAR

    assert kinds[Kind.UNCLEAR] > BODIES // 2
    show("B12", f"{BODIES:,} generated bodies: 0 verdicts, 0 exceptions")


class Jumping(TestClock):
    """A clock whose time of day jumps to and fro, as after a sleep or a correction."""

    def time(self) -> float:
        return self.now + (150 if len(self.slept) % 2 else -150)


WAITS = ("5", "Thu, 01 Jan 1970 00:18:00 GMT", "")


def busy_at_first(told: str) -> Callable[[str, int], Response]:
    """Return a server that asks to wait, three times."""
    busy = Response(429, b"", {"retry-after": told})
    return lambda text, n: busy if n < 4 else good(text)


def test_a_clock_that_jumps_makes_no_wait_negative_or_endless() -> None:
    slept = []
    for told in WAITS:
        with Store() as store:
            caller = asker(store, busy_at_first(told))
            caller.clock = clock = Jumping()
            (reply,) = caller.ask([question("a")])
        assert reply.text == "re a"
        slept += clock.slept
    wrong = sum(not 0 < pause <= 30 for pause in slept)

    assert wrong == 0
    assert sum(slept) <= 3 * 600
    told = f"{len(WAITS)} forms of 429 while the time of day jumps by 300 s: {len(slept)} waits"
    show("B21", f"{told}, {wrong} of them negative or above 30 s")


def run_in_a_thread(body: Callable[[], object]) -> None:
    thread = threading.Thread(target=body)
    thread.start()
    thread.join()


async def run_in_a_loop(body: Callable[[], object]) -> None:
    body()


PLACES: tuple[Callable[[Callable[[], object]], object], ...] = (
    run_in_a_thread,
    lambda body: asyncio.run(run_in_a_loop(body)),
    lambda body: asyncio.run(asyncio.to_thread(body)),
)


def test_a_run_works_wherever_it_is_called(small: Series) -> None:
    done: list[bytes] = []
    for number, place in enumerate(PLACES):
        job = small.job(f"place{number}.db")
        place(lambda job=job: done.append(small.finish(job)))  # type: ignore[misc]
    same = done.count(small.expected)

    assert same == len(PLACES)
    show("B22", f"{same} of {len(PLACES)} places, thread, event loop and thread of one: same bytes")


def test_a_reply_is_read_again_by_a_newer_reader_without_paying(
    small: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = small.job("reread.db")
    play(job)
    asked = len(small.server.asked())
    monkeypatch.setattr("tagraph.adapters.claude_judge.VERSION", 999)
    play(job)
    paid = len(small.server.asked()) - asked

    assert paid == 0
    with open_store(job.store, read_only=True) as store:
        old, new = store.standing().judges.values()
    assert old == new
    read = sum(new.values())
    assert read == small.calls
    show("B25", f"reader's version raised: {paid} requests, {read} of {small.calls} read anew")


def test_a_run_that_is_stopped_invents_nothing(small: Series) -> None:
    job = small.job("limited.db")
    for limit in range(small.calls):
        with pytest.raises(BudgetReachedError):
            play(job, max_calls=limit)
        with open_store(job.store, read_only=True) as store:
            standing = store.standing()
            (stored,) = store.query(
                "SELECT count(*) n FROM comparisons WHERE outcome NOT IN ('first','second','tie')"
            )
        assert stored["n"] == 0
        assert sum(standing.requests.values()) == standing.requests.get("done", 0) == limit
        assert not standing.steps[5].finished_at  # no ranking of half a tournament

    assert small.finish(job) == small.expected
    told = "stopped after each call: 0 invented outcomes, no ranking of a part, then the same bytes"
    show("B26", told)
