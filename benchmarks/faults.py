"""Break a Messages API in every way we know and print what became of it, one line per scenario.

The real SDK asks a server on this machine; its ledger says whether the fault was delivered. Nothing
waits: the clock moves when somebody sleeps.

    python -m benchmarks.faults
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tagraph.adapters.batch_caller import BatchCaller
from tagraph.adapters.caller import Caller
from tagraph.adapters.claude_judge import ClaudeJudge
from tagraph.adapters.language_model import LanguageModel
from tagraph.adapters.messages_transport import MessagesTransport
from tagraph.data import ASSISTANT, HUMAN, Sample, Turn
from tagraph.errors import TagraphError
from tagraph.steps.llm_options import LlmOptions
from tagraph.store import Store
from tests.fakes import TestClock
from tests.messages_server import (
    Body,
    MessagesServer,
    Say,
    error,
    longer_wins,
    message,
    serving,
    verdict,
)

SHORT, LONG = (Sample(t, (Turn(HUMAN, "q"), Turn(ASSISTANT, t))) for t in ("x", "x" * 9))
JSON = b'{"a": 1}'


@dataclass(frozen=True)
class Scenario:
    """A fault, where it strikes, and how often.

    Attributes:
        what: `message`, or a request about batches: `create`, `list`, `look`, `results`.
        said: What the server says instead.
        times: How often; for ever unless given.
    """

    what: str
    said: Say
    times: int = 10**9


def message_faults() -> Iterator[Scenario]:
    """Yield what goes wrong with one request."""
    for status, kind in (
        *((400, "invalid_request_error"), (413, "request_too_large"), (422, "unprocessable")),
        *((401, "authentication_error"), (402, "billing_error"), (403, "permission_error")),
        *((404, "not_found_error"), (405, "method"), (429, "enforced_spend_limit_reached")),
    ):
        yield Scenario("message", error(status, kind))
    yield Scenario("message", error(400, "prompt is too long"))
    for status in (408, 409, 425, 429, 500, 502, 503, 504, 529):
        yield Scenario("message", error(status, "passing"), 2)
        yield Scenario("message", error(status, "lasting"))
    for told in ("1", "30", "0", "-5", "NaN", "soon", "86400", "Thu, 01 Jan 1970 00:17:10 GMT"):
        fault = error(429, f"retry-after {told}", retry_after=told)
        yield Scenario("message", fault, 1)
    yield from (Scenario("message", said) for said in broken_replies())


def broken_replies() -> Iterator[Say]:
    """Yield replies that are no verdict."""
    for name, body in (
        *(("html", b"<html>"), ("nothing", b""), ("{}", b"{}"), ("a list", b"[]")),
        *(("an error in a 200", error(500, "x").body), ("50 MB", b"x" * 50_000_000)),
        *(("no usage", message("x", usage=None)), ("odd stop", message("x", None, "moon"))),
    ):
        yield Say(body=body, name=name)
    yield Say(reset=True, name="reset")
    yield Say(body=message("x"), cut_after=9, name="cut short")
    yield Say(body=b"\x1f\x8bno", headers={"content-encoding": "gzip"}, name="broken gzip")
    yield Say(302, headers={"location": "http://127.0.0.1:9/"}, name="redirect")
    yield Say(body=message("late"), wait=0.5, name="silent")
    yield Say(body=message("slow"), drip=0.05, name="drip")
    for reason in ("refusal", "max_tokens", "pause_turn", "model_context_window_exceeded"):
        yield Say(body=verdict("tie", stop_reason=reason).body, name=f"stop {reason}")
    for text in ("The first.", '"VERDICT: tie"', '{"verdict": "A"}', '{"verdict": 1}', "null"):
        yield Say(body=message(text), name=f"says {text}")


def batch_faults() -> Iterator[Scenario]:
    """Yield what goes wrong with batches."""
    for what in ("create", "look", "results"):
        for status in (401, 404, 429, 500, 503, 529):
            yield Scenario(what, error(status, "fault"), 1)
        yield Scenario(what, Say(reset=True, name="reset"), 1)
        yield Scenario(what, Say(body=b"<html>", name="html"), 1)
        yield Scenario(what, Say(body=JSON, name="other JSON"), 1)
        yield Scenario(what, Say(body=JSON * 9, cut_after=9, name="cut short"), 1)
    for kind in ("expired", "canceled", "succeeded", "moon"):
        line = b'{"custom_id": "stranger", "result": {"type": "%s"}}' % kind.encode()
        yield Scenario("results", Say(body=line, name=f"stranger {kind}"), 1)


def play(scenario: Scenario) -> tuple[int, int, str]:
    """Return how often the fault was delivered, requests in all, and what became of it."""
    with serving(longer_wins) as server, Store() as store:
        judge, label = prepare(server, store, scenario)
        try:
            outcome = judge.compare([(SHORT, LONG)])[0].outcome.value
        except TagraphError as stopped:
            outcome = f"{type(stopped).__name__}: {stopped}"
        ledger = server.ledger
        return ledger.done.count(label), len(ledger.done), outcome


def prepare(server: MessagesServer, store: Store, scenario: Scenario) -> tuple[ClaudeJudge, str]:
    """Return a judge at a server that will break, and the name of the fault in its ledger."""
    is_batch = scenario.what != "message"
    options = LlmOptions(
        model="claude-haiku-5-5", base_url=server.url, batch=is_batch, max_attempts=3
    )
    transport = MessagesTransport(server.url, deadline=0.3)
    live = Caller(transport.send, store.calls, options, clock=TestClock())
    ask = BatchCaller(live, transport, store.batches).ask if is_batch else live.ask
    judge = ClaudeJudge(LanguageModel(options, ask))
    if not is_batch:
        server.script = striking(scenario)
        return judge, scenario.said.name
    ClaudeJudge(LanguageModel(options, live.ask)).compare([(LONG, SHORT)])
    server.batches.instead = lambda what, n: (
        scenario.said if what == scenario.what and n <= scenario.times else None
    )
    return judge, f"{scenario.what} {scenario.said.name}"


def striking(scenario: Scenario) -> Callable[[Body, int], Say]:
    """Return what a server says that breaks so many times."""
    return lambda body, n: scenario.said if n <= scenario.times else longer_wins(body, n)


def main() -> None:
    """Print the table; end with 1 if a fault was not delivered or gave a wrong verdict."""
    os.environ["ANTHROPIC_API_KEY"] = "none"
    scenarios = [*message_faults(), *batch_faults()]
    bad = 0
    print(f"{'at':<8} {'fault':<44} delivered requests  became")
    for scenario in scenarios:
        delivered, requests, outcome = play(scenario)
        is_bad = not delivered or outcome in ("first", "tie")
        bad += is_bad
        name = f"{scenario.said.name}{f', {scenario.times}x' if scenario.times < 9 else ''}"
        mark = "  WRONG" if is_bad else ""
        print(f"{scenario.what:<8} {name:<44} {delivered:>9} {requests:>8}  {outcome[:70]}{mark}")
    print(f"{len(scenarios)} scenarios, {bad} undelivered or with a wrong verdict")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
