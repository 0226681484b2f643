import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagraph.adapters.caller import BREAKER, MOST_UNCLEAR, Caller
from tagraph.adapters.messages_transport import Response
from tagraph.errors import AccessError, BudgetReachedError, JudgeError, OptionsError
from tagraph.steps.calls import Question
from tagraph.steps.llm_options import LlmOptions
from tagraph.store import Store
from tests.fakes import TestClock
from tests.faults.shown import show
from tests.messages_server import message

HAIKU = "claude-haiku-5-5"
BUSY = Response(529, b'{"error": {"type": "overloaded_error", "message": "busy"}}')
LOST = Response(problem="no connection: reset")
DOWN = Response(problem="no connection: refused", may_have_arrived=False)


@dataclass
class Scripted:
    """Answers each body by a function of how often it came, and counts."""

    answer: Callable[[str, int], Response]
    seen: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    most_at_once: int = 0
    now: int = 0

    def __call__(self, body: Mapping[str, Any]) -> Response:
        text = body["messages"][0]["content"]
        with self.lock:
            self.seen[text] += 1
            self.now += 1
            self.most_at_once = max(self.most_at_once, self.now)
            said = self.answer(text, self.seen[text])
        with self.lock:
            self.now -= 1
        return said

    @property
    def total(self) -> int:
        return sum(self.seen.values())


def good(text: str, tokens: int = 10) -> Response:
    usage = {"input_tokens": tokens, "output_tokens": 5}
    return Response(200, message(f"re {text}", usage=usage))


def question(text: str, **body: Any) -> Question:
    shown = {"model": HAIKU, "max_tokens": 50, "messages": [{"role": "user", "content": text}]}
    return Question("compare", shown | body)


def asker(store: Store, script: Callable[[str, int], Response], **options: Any) -> Caller:
    chosen: dict[str, Any] = {"model": HAIKU, "concurrency": 1} | options
    return Caller(Scripted(script), store.calls, LlmOptions(**chosen), clock=TestClock())


def test_equal_questions_are_asked_once_in_a_run_and_never_in_the_next() -> None:
    with Store() as store:
        caller = asker(store, lambda text, n: good(text), concurrency=4)
        asked = [question(text) for text in "abacabb"]

        replies = caller.ask(asked)
        again = asker(store, lambda text, n: DOWN)

        assert [reply.text for reply in replies] == [f"re {text}" for text in "abacabb"]
        assert [reply.text for reply in again.ask(asked)] == [f"re {text}" for text in "abacabb"]
        assert caller.send.seen == {"a": 1, "b": 1, "c": 1}  # type: ignore[attr-defined]
        assert again.send.total == 0  # type: ignore[attr-defined]


def test_nothing_to_ask_is_no_request() -> None:
    with Store() as store:
        assert asker(store, lambda text, n: DOWN).ask([]) == []


@given(st.sampled_from(["busy", "lost", "down"]), st.integers(1, 4))
def test_a_passing_fault_is_asked_again_after_a_growing_wait(fault: str, times: int) -> None:
    said = {"busy": BUSY, "lost": LOST, "down": DOWN}[fault]
    with Store() as store:
        caller = asker(store, lambda text, n: said if n <= times else good(text))
        reply = caller.ask([question("a")])[0]
        rows = store.query("SELECT state, charge FROM calls ORDER BY attempt")
        waits = caller.clock.slept  # type: ignore[attr-defined]

    failed = min(times, MOST_UNCLEAR) if fault == "lost" else times
    given_up = fault == "lost" and times >= MOST_UNCLEAR
    assert bool(reply.error) is given_up
    assert [row["state"] for row in rows] == ["failed"] * failed + ["done"] * (not given_up)
    assert {row["charge"] for row in rows[:failed]} == {"unknown" if fault == "lost" else "none"}
    expected = [2.0**i for i in range(failed - given_up)]
    assert all(w >= e for w, e in zip(waits, expected, strict=True))


def test_a_question_is_given_up_after_its_attempts_and_the_others_go_on() -> None:
    with Store() as store:
        caller = asker(store, lambda text, n: BUSY if text == "bad" else good(text), max_attempts=3)

        replies = caller.ask([question(text) for text in ("bad", "x", "y")])

        assert ["529" in replies[0].error, replies[1].error, replies[2].error] == [True, "", ""]
        assert caller.send.seen == {"bad": 3, "x": 1, "y": 1}  # type: ignore[attr-defined]


def test_a_rejected_question_is_set_aside_after_one_request() -> None:
    too_long = Response(400, b'{"error": {"type": "invalid", "message": "prompt is too long"}}')
    with Store() as store:
        caller = asker(store, lambda text, n: too_long if text == "long" else good(text))

        replies = caller.ask([question("long"), question("x")])

        assert "too long" in replies[0].error
        assert replies[1].text == "re x"
        seen = caller.send.seen  # type: ignore[attr-defined]
        assert seen == {"long": 1, "x": 1}
        show("B7", f"{seen['long']} request, that one set aside, the others answered")
        assert (
            store.calls.spent().cost == store.query("SELECT sum(cost_nanousd) c FROM calls")[0]["c"]
        )


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_a_fatal_reply_stops_the_run_and_keeps_what_was_on_its_way(
    status: int, concurrency: int
) -> None:
    fatal = Response(status, b"")
    with Store() as store:
        caller = asker(
            store, lambda text, n: fatal if text == "3" else good(text), concurrency=concurrency
        )
        with pytest.raises(AccessError, match=str(status)):
            caller.ask([question(str(i)) for i in range(50)])
        rows = store.query("SELECT state, count(*) n FROM calls GROUP BY state ORDER BY state")

        assert caller.send.total <= 3 + concurrency  # type: ignore[attr-defined]
        retries = max(caller.send.seen.values()) - 1  # type: ignore[attr-defined]
        assert retries == 0
        told = f"{retries} retries, at most `concurrency` requests after the first such reply"
        show("B8", told)
        assert {row["state"] for row in rows} <= {"done", "failed"}
        assert rows[-1]["n"] == 1


def test_a_server_that_is_down_trips_the_breaker() -> None:
    questions, concurrency = [question(str(i)) for i in range(100)], 4
    most = BREAKER + concurrency - 1
    with Store() as store:
        caller = asker(store, lambda text, n: DOWN, concurrency=concurrency)

        with pytest.raises(JudgeError, match=f"{BREAKER} requests in a row"):
            caller.ask(questions)

        assert BREAKER <= caller.send.total <= most  # type: ignore[attr-defined]
    told = f"{len(questions)} questions, {concurrency} at a time, to a server that is down"
    show("B6", f"{told}: stopped after {BREAKER} failures in a row, {most} requests at most")


def test_a_success_resets_the_breaker() -> None:
    with Store() as store:
        caller = asker(store, lambda text, n: BUSY if int(text) % 2 and n == 1 else good(text))

        replies = caller.ask([question(str(i)) for i in range(4 * BREAKER)])

        assert all(not reply.error for reply in replies)
        assert caller.send.total == 6 * BREAKER  # type: ignore[attr-defined]


WAITS = {"1": 1, "30": 30, "500": 500, "Thu, 01 Jan 1970 00:18:00 GMT": 80}
NO_WAITS = ("0", "-5", "nan", "soon", None)


def test_nobody_asks_before_the_server_wants_to_be_asked() -> None:
    pauses = {told: pause_after(told) for told in (*WAITS, *NO_WAITS)}

    early = sum(pause < WAITS.get(told or "", 0) for told, both in pauses.items() for pause in both)
    least = min(pauses[told][0] for told in NO_WAITS)
    assert early == 0
    assert least >= 1
    told = f"{early} requests before the time, by anybody, in {len(pauses)} forms;"
    show("B4", f"{told} after what is no time {least:.0f} s at least")


def pause_after(told: str | None) -> tuple[float, float]:
    """Return how long after a 429 its question is asked again, and how long after it another."""
    limited = Response(429, b"", {} if told is None else {"retry-after": told})
    times: dict[str, list[float]] = {}

    with Store() as store:
        caller = asker(store, lambda text, n: good(text))

        def answer(text: str, n: int) -> Response:
            times.setdefault(text, []).append(caller.clock.monotonic())
            return limited if text == "a" and n == 1 else good(text)

        caller.send.answer = answer  # type: ignore[attr-defined]
        caller.ask([question("a"), question("b")])

    (first, second), (other,) = times["a"], times["b"]
    return second - first, other - first


def test_a_wait_beyond_the_cap_stops_the_run_instead_of_sleeping() -> None:
    with Store() as store:
        caller = asker(store, lambda text, n: Response(429, b"", {"retry-after": "86400"}))

        with pytest.raises(JudgeError, match="86,400 seconds"):
            caller.ask([question("a")])

        slept = caller.clock.slept  # type: ignore[attr-defined]
        assert slept == []
    show("B5", f"stops at once, {sum(slept)} s slept, the time in the message")


def test_a_used_up_rate_limit_is_waited_for_and_said() -> None:
    heard: list[str] = []
    reset = {"anthropic-ratelimit-requests-remaining": "0"}
    reset["anthropic-ratelimit-requests-reset"] = "1970-01-01T00:17:30Z"  # 50 s from the start
    with Store() as store:
        caller = asker(store, lambda text, n: Response(200, good(text).body, reset))
        caller.listen = heard.append

        caller.ask([question("a"), question("b")])

        assert sum(caller.clock.slept) == pytest.approx(50)  # type: ignore[attr-defined]
        assert max(caller.clock.slept) <= 30  # type: ignore[attr-defined]
        assert len(heard) == 2
        assert "1 of 2 questions answered; waiting 50 s, until " in heard[0]
        assert heard[0].endswith("the server's rate limit has no room")


MIXES = 100


@settings(max_examples=MIXES)
@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=10, unique=True),
    st.integers(0, 300).map(lambda cents: cents / 1000),
    st.floats(0, 1000),
    st.floats(0, 1000),
    st.integers(1, 8),
    st.data(),
)
def test_no_budget_is_ever_passed(
    lengths: list[int],
    limit: float,
    input_price: float,
    output_price: float,
    concurrency: int,
    data: st.DataObject,
) -> None:
    faults = data.draw(
        st.lists(st.sampled_from(["good", "busy", "lost"]), min_size=10, max_size=10)
    )

    def answer(text: str, n: int) -> Response:
        fault = faults[(len(text) + n) % len(faults)]
        if fault == "good":
            tokens = {"input_tokens": len(text) + 80, "output_tokens": 50}  # all that it may
            return Response(200, message(text, usage=tokens))
        return BUSY if fault == "busy" else LOST

    with Store() as store:
        caller = asker(
            store,
            answer,
            max_cost=limit,
            input_price=input_price,
            output_price=output_price,
            concurrency=concurrency,
            max_attempts=2,
        )
        try:
            replies = caller.ask([question("x" * length) for length in lengths])
        except BudgetReachedError:
            replies = []
        spent = store.calls.spent()

    beyond = max(0.0, spent.cost - limit * 1e9)
    assert beyond == 0
    show("B15", f"${beyond:.0f} beyond the limit, in {MIXES} mixes of prices, limits and faults")
    assert spent.attempts == caller.send.total  # type: ignore[attr-defined]
    assert len(replies) in (0, len(lengths))


@settings(max_examples=15)
@given(st.integers(0, 12), st.integers(1, 4))
def test_no_limit_of_requests_is_ever_passed_and_a_higher_one_goes_on(
    limit: int, concurrency: int
) -> None:
    asked = [question(str(i)) for i in range(8)]
    with Store() as store:
        caller = asker(store, lambda text, n: good(text), max_calls=limit, concurrency=concurrency)
        if limit < 8:
            with pytest.raises(BudgetReachedError, match=f"{limit} requests"):
                caller.ask(asked)
        else:
            caller.ask(asked)
        assert caller.send.total == min(8, limit)  # type: ignore[attr-defined]

        more = asker(store, lambda text, n: good(text), max_calls=8)
        assert all(not reply.error for reply in more.ask(asked))
        assert more.send.total == 8 - min(8, limit)  # type: ignore[attr-defined]


def test_a_limit_in_dollars_needs_a_price_for_everything() -> None:
    with Store() as store:
        unknown = asker(store, lambda text, n: good(text), model="qwen", max_cost=1.0)
        with pytest.raises(OptionsError, match="none is known for 'qwen'"):
            unknown.ask([question("a", model="qwen")])
        asker(store, lambda text, n: good(text), model="qwen").ask([question("a", model="qwen")])
        with pytest.raises(OptionsError, match="1 requests in this store"):
            asker(store, lambda text, n: good(text), max_cost=1.0).ask([question("b")])
        assert store.query("SELECT cost_usd FROM v_costs") == [{"cost_usd": None}]


def test_as_many_requests_as_allowed_are_under_way_at_once_and_no_more() -> None:
    gate = threading.Barrier(5, timeout=20)

    def send(body: Mapping[str, Any]) -> Response:
        gate.wait()
        return good("x")

    with Store() as store:
        options = LlmOptions(model=HAIKU, concurrency=5)
        replies = Caller(send, store.calls, options).ask([question(str(i)) for i in range(20)])

    assert len(replies) == 20  # four rounds of five: fewer at once would break the barrier


def test_an_attempt_that_never_ends_is_given_up_at_its_deadline() -> None:
    forever = threading.Event()

    def send(body: Mapping[str, Any]) -> Response:
        if body["messages"][0]["content"] == "stuck":
            forever.wait(20)
        return good("x")

    with Store() as store:
        options = LlmOptions(model=HAIKU, concurrency=2, deadline=0.2, max_attempts=1)
        start = time.monotonic()
        replies = Caller(send, store.calls, options).ask([question("stuck"), question("fine")])
        took = time.monotonic() - start
        rows = store.query("SELECT state, charge, worst_nanousd, error FROM calls ORDER BY id")
        forever.set()

    assert took < 2
    assert "within 0.2 seconds" in replies[0].error
    assert replies[1].text == "re x"
    assert (rows[0]["state"], rows[0]["charge"]) == ("failed", "unknown")
    assert rows[0]["worst_nanousd"] > 0
    show("B9", f"given up at the deadline, charge {rows[0]['charge']}")


def test_an_interrupt_keeps_what_is_on_its_way() -> None:
    class Interrupting(TestClock):
        def sleep(self, seconds: float, /) -> None:
            raise KeyboardInterrupt

    with Store() as store:
        caller = asker(store, lambda text, n: BUSY if text == "b" else good(text), concurrency=2)
        caller.clock = Interrupting()
        with pytest.raises(KeyboardInterrupt):
            caller.ask([question("a"), question("b"), question("c")])
        rows = store.query("SELECT state FROM calls ORDER BY id")

    assert {row["state"] for row in rows} == {"done", "failed"}


def test_a_store_that_cannot_be_written_stops_everything_at_once() -> None:
    with Store() as store:
        caller = asker(store, lambda text, n: good(text))
        sent = caller.send

        class Full:
            find, spent, begin = store.calls.find, store.calls.spent, store.calls.begin

            def finish(self, *_: object) -> None:
                raise OSError("disk full")

        caller.log = Full()
        with pytest.raises(OSError, match="disk full"):
            caller.ask([question("a"), question("b")])

    assert sent.total == 1  # type: ignore[attr-defined]


def test_the_raw_reply_is_kept_byte_for_byte_and_a_broken_one_is_cut() -> None:
    whole = good("a").body
    with Store() as store:
        caller = asker(
            store,
            lambda text, n: Response(200, whole if text == "a" else b"<" * 100_000),
            max_attempts=1,
        )
        replies = caller.ask([question("a"), question("b")])
        rows = store.query("SELECT reply, reply_size, error FROM calls ORDER BY id")

    assert rows[0]["reply"] == whole == replies[0].raw
    assert (len(rows[1]["reply"]), rows[1]["reply_size"]) == (65_536, 100_000)
    assert "no JSON" in rows[1]["error"]


@dataclass
class Bucket:
    """A server's limit: it fills evenly within a minute, and tells what is in it."""

    name: str
    whole: float
    need: float
    level: float
    at: float = 1000.0

    def fill(self, now: float) -> bool:
        self.level = min(self.whole, self.level + self.whole * (now - self.at) / 60)
        self.at = now
        return self.level >= self.need - 1e-6

    def take(self) -> dict[str, str]:
        self.level -= self.need
        reset = self.at + (self.whole - self.level) * 60 / self.whole
        told = {
            "limit": str(int(self.whole)),
            "remaining": str(int(self.level)),
            "reset": datetime.fromtimestamp(reset, UTC).isoformat(),
        }
        return {f"anthropic-ratelimit-{self.name}-{part}": value for part, value in told.items()}


def test_a_server_that_tells_its_limits_never_has_to_say_no() -> None:
    buckets = [Bucket("requests", 60, 1, 60), Bucket("output-tokens", 3000, 100, 3000)]
    refused: list[str] = []

    with Store() as store:
        caller = asker(store, lambda text, n: good(text))
        clock = caller.clock

        def answer(text: str, n: int) -> Response:
            if not all([bucket.fill(clock.monotonic()) for bucket in buckets]):
                refused.append(text)
                return Response(429, b"")
            first, second = (bucket.take() for bucket in buckets)
            return Response(200, good(text).body, first | second)

        caller.send.answer = answer  # type: ignore[attr-defined]
        replies = caller.ask([question(str(i), max_tokens=100) for i in range(120)])

    assert all(not reply.error for reply in replies)
    assert refused == []
    assert 175 < clock.monotonic() - 1000 < 200  # 12,000 tokens, 3,000 at once and 50 a second
    assert caller.limits.wholes == {"requests": 60, "output-tokens": 3000}


def test_a_silent_server_is_not_a_silent_run() -> None:
    heard: list[str] = []
    gate = threading.Event()

    def listen(line: str) -> None:
        heard.append(line)
        if len(heard) == 3:
            gate.set()

    def send(body: Mapping[str, Any]) -> Response:
        gate.wait(20)
        return good("x")

    with Store() as store:
        options = LlmOptions(model=HAIKU, concurrency=2)
        Caller(send, store.calls, options, listen, quiet=0.05).ask([question("a"), question("b")])

    assert heard[:3] == ["0 of 2 questions answered; 2 requests under way"] * 3


@given(st.integers(0, 2**32), st.integers(1, 8))
@settings(max_examples=10)
def test_a_mix_of_faults_ends_with_every_question_answered_or_given_up(
    seed: int, concurrency: int
) -> None:
    """Three in ten requests fail, in seven ways."""
    faults = [BUSY, LOST, DOWN, *(Response(status, b"") for status in (500, 502, 503, 504))]

    def answer(text: str, n: int) -> Response:
        drawn = random.Random(f"{seed} {text} {n}")
        return drawn.choice(faults) if drawn.random() < 0.3 else good(text)

    with Store() as store:
        caller = asker(store, answer, concurrency=concurrency)
        replies = caller.ask([question(str(i)) for i in range(40)])
        ((attempts,),) = [tuple(r.values()) for r in store.query("SELECT count(*) FROM calls")]
        (most,) = store.query("SELECT max(attempt) m FROM calls")

    assert attempts == caller.send.total  # type: ignore[attr-defined]
    assert most["m"] <= 8
    for i, reply in enumerate(replies):
        assert reply.text == f"re {i}" or reply.error
