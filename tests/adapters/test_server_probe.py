"""The probe through the real SDK, against servers that obey, refuse, or ignore without a word."""

from collections.abc import Iterator

import pytest

from tagraph.adapters.server_probe import probe_server
from tagraph.errors import AccessError, BudgetReachedError, JudgeError
from tagraph.steps.llm_options import LlmOptions
from tagraph.steps.server_facts import ServerFacts
from tagraph.store import Store
from tests.messages_server import Body, MessagesServer, Say, error, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesServer]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with serving() as running:
        yield running


def probe(server: MessagesServer, store: Store, **options: object) -> ServerFacts:
    chosen = LlmOptions(model="m", base_url=server.url, max_attempts=1, **options)  # type: ignore[arg-type]
    return probe_server(chosen, store.calls)


@pytest.mark.parametrize(
    ("obeys", "structure"),
    [({"schema", "tool"}, "schema"), ({"schema"}, "schema"), ({"tool"}, "tool"), (set(), "prompt")],
    ids=["both", "schema", "tool", "neither"],
)
def test_the_best_form_that_a_server_obeys_is_found(
    server: MessagesServer, obeys: set[str], structure: str
) -> None:
    server.obeys = obeys
    server.limits = {"anthropic-ratelimit-requests-limit": "50"}
    server.limits["anthropic-ratelimit-requests-remaining"] = "49"

    with Store() as store:
        facts = probe(server, store)
        calls = store.query("SELECT DISTINCT step, state FROM calls")

    assert facts.structure == structure
    assert (facts.obeys_schema, facts.obeys_tool) == ("schema" in obeys, "tool" in obeys)
    assert facts.counts_tokens
    assert facts.has_batches
    assert facts.limits == {"requests": 50}
    assert server.ledger.paths["probe"] == 2
    assert calls == [{"step": "probe", "state": "done"}]


def test_a_server_that_ignores_forms_silently_and_has_no_batches_is_found_out(
    server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.obeys = set()
    server.batches.instead = lambda what, n: Say(404, b"<html>", name="no batches")

    def no_counting(path: str, body: Body) -> Say:
        return error(404, "x") if "count" in path else server._greet(body)

    monkeypatch.setattr(server, "_route", no_counting)
    with Store() as store:
        facts = probe(server, store)

    assert facts == ServerFacts(False, False, False, False)
    assert facts.describe() == (
        "ignores JSON schemas, ignores forced tools, does not count tokens, has no batches,"
        " tells no rate limits"
    )


def test_a_form_that_is_refused_is_not_obeyed(
    server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(body: Body) -> Say:
        fault = error(400, "invalid_request_error", "unknown field")
        return fault if "output_config" in body else MessagesServer._greet(server, body)

    monkeypatch.setattr(server, "_greet", refuse)
    with Store() as store:
        assert probe(server, store).structure == "tool"


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (error(401, "authentication_error"), AccessError),
        (error(529, "overloaded_error"), JudgeError),
        (Say(reset=True, name="reset"), JudgeError),
    ],
    ids=lambda value: value.name if isinstance(value, Say) else None,
)
def test_a_server_that_does_not_answer_is_not_taken_for_one_that_ignores(
    server: MessagesServer, monkeypatch: pytest.MonkeyPatch, fault: Say, raised: type[Exception]
) -> None:
    monkeypatch.setattr(server, "_greet", lambda body: fault)

    with Store() as store, pytest.raises(raised):
        probe(server, store)
    assert fault.name in server.ledger.done


def test_the_limits_hold_for_the_probe_too(server: MessagesServer) -> None:
    with Store() as store, pytest.raises(BudgetReachedError):
        probe(server, store, max_calls=1)
