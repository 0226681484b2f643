import json
from email.utils import formatdate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tagraph.adapters.attempts import Kind, Meaning, as_time, conclude, read_response, wanted_wait
from tagraph.adapters.messages_transport import Response
from tagraph.stages.model_facts import Price
from tagraph.steps.calls import Charge, Ending, Tokens
from tests.messages_server import message

NOW = 1_700_000_000.0


def failure(status: int, kind: str = "api_error", said: str = "no") -> Response:
    return Response(status, json.dumps({"error": {"type": kind, "message": said}}).encode())


@pytest.mark.parametrize(
    ("response", "kind", "told"),
    [
        (Response(200, message("hi")), Kind.ANSWER, ""),
        (failure(400, "invalid_request_error", "prompt is too long"), Kind.REJECTED, "too long"),
        (failure(400, said="Your credit balance is too low"), Kind.FATAL, "credit balance"),
        (failure(401, "authentication_error"), Kind.FATAL, "ANTHROPIC_API_KEY"),
        (failure(402), Kind.FATAL, "cannot pay"),
        (failure(403), Kind.FATAL, "may not"),
        (failure(404, "not_found_error", "model: x"), Kind.FATAL, "--model"),
        (failure(405), Kind.FATAL, "--base-url"),
        (failure(413), Kind.REJECTED, "a sample is longer"),
        (failure(400, said="exceeds the context size"), Kind.REJECTED, "a sample is longer"),
        (failure(422), Kind.REJECTED, "422"),
        (failure(408), Kind.TEMPORARY, "408"),
        (failure(409), Kind.TEMPORARY, "409"),
        (failure(425), Kind.TEMPORARY, "425"),
        (failure(429, "rate_limit_error"), Kind.TEMPORARY, "429"),
        (failure(429, "enforced_spend_limit_reached"), Kind.FATAL, "billing page"),
        (failure(500), Kind.TEMPORARY, "500"),
        (failure(529, "overloaded_error"), Kind.TEMPORARY, "overloaded"),
        (Response(300, b""), Kind.FATAL, "--base-url"),
        (Response(307, b""), Kind.FATAL, "--base-url"),
        (Response(418, b"<html>teapot"), Kind.FATAL, "teapot"),
        (Response(problem="no API key"), Kind.FATAL, "ANTHROPIC_API_KEY"),
        (Response(problem="no reply within 5 seconds"), Kind.UNCLEAR, "within 5"),
        (Response(problem="no connection", may_have_arrived=False), Kind.TEMPORARY, "connection"),
        (Response(200, b"<html>hi</html>"), Kind.UNCLEAR, "no JSON"),
        (Response(200, b""), Kind.UNCLEAR, "no JSON"),
        (Response(200, b"{}"), Kind.UNCLEAR, "no message"),
        (Response(200, b'{"error": {"type": "x"}}'), Kind.UNCLEAR, "no message"),
        (Response(200, message("x", content="text")), Kind.UNCLEAR, "no message"),
        (Response(200, message("x", content=["text"])), Kind.UNCLEAR, "no message"),
        (Response(200, message("x", content=[{}, "text"])), Kind.UNCLEAR, "no message"),
        (Response(200, message("x", usage=None)), Kind.UNCLEAR, "no message"),
        (Response(200, message("x", stop_reason=7)), Kind.UNCLEAR, "no message"),  # type: ignore[arg-type]
    ],
)
def test_every_response_has_one_meaning_and_says_why(
    response: Response, kind: Kind, told: str
) -> None:
    meaning = read_response(response)

    assert meaning.kind is kind
    assert told in meaning.reason
    assert (meaning.message is not None) == (kind is Kind.ANSWER)
    assert "\n" not in meaning.reason


def test_an_error_is_told_with_its_details_and_without_what_does_not_belong_to_it() -> None:
    error = {"type": "x", "message": "no", "details": {"field": 3}}

    with_details = read_response(Response(400, json.dumps({"error": error}).encode()))
    plain = read_response(failure(400, "x"))

    assert with_details.reason == 'HTTP 400: x: no {"field":3}'
    assert plain.reason == "HTTP 400: x: no"
    assert read_response(Response(400, b"")).reason == "HTTP 400"
    assert read_response(failure(500, "x", "exceeds the context size")).reason.endswith("size")
    assert read_response(failure(418, "x", "a" * 400)).reason.endswith("aaa…")
    assert len(read_response(Response(418, b"b" * 400)).reason) == 300 + len("HTTP 418: ")
    assert read_response(Response(200, b"b" * 400)).reason.endswith(f": {'b' * 59 + '…'!r}")


def test_an_answer_is_kept_whole_with_its_cost_and_counts() -> None:
    body = message(
        "x" * 70_000, usage={"input_tokens": 3, "output_tokens": 2}, stop_reason="s" * 50
    )
    response = Response(200, body)
    meaning = read_response(response)

    ending = conclude(meaning, response, Price(1.0, 5.0))

    assert ending == Ending(
        is_answer=True,
        reply=body,
        reply_size=len(body),
        status=200,
        charge=Charge.KNOWN,
        cost=3 * 1_000 + 2 * 5_000,
        tokens=Tokens(3, 2),
        stop_reason="s" * 39 + "…",
    )
    assert conclude(meaning, response, None).cost is None


@pytest.mark.parametrize(
    ("response", "charge", "error"),
    [
        (Response(200, b"x" * 70_000), Charge.UNKNOWN, "unclear: the reply is no JSON: '"),
        (Response(503, b"x" * 70_000), Charge.NONE, "temporary: HTTP 503: x"),
        (Response(400, b"x" * 70_000), Charge.NONE, "rejected: HTTP 400: x"),
    ],
)
def test_what_is_no_answer_is_cut_and_charged_only_if_it_may_have_been_one(
    response: Response, charge: Charge, error: str
) -> None:
    ending = conclude(read_response(response), response, Price(1.0, 5.0))

    assert (ending.is_answer, ending.charge, ending.cost) == (False, charge, None)
    assert (ending.status, ending.tokens, ending.stop_reason) == (response.status, Tokens(), "")
    assert (ending.reply_size, ending.reply) == (70_000, b"x" * 65_536)
    assert ending.error.startswith(error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["content", "usage", "stop_reason", "error", "type", "message"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
bodies = st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode())


@given(st.integers(0, 999), bodies)
@example(500, b'{"error": []}')
@example(400, b'{"error": {"type": {}, "message": [1]}}')
@example(200, b'{"content": [{"type": 1}], "usage": {}, "stop_reason": "x"}')
def test_no_body_makes_reading_fail(status: int, body: bytes) -> None:
    meaning = read_response(Response(status, body))

    if meaning.kind is Kind.ANSWER:
        assert status == 200
        assert isinstance(meaning.message["content"], list)  # type: ignore[index]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "30"}, 30),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "nan"}, 0),
        ({"retry-after": "inf"}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "86400"}, 86_400),
        ({"retry-after": formatdate(NOW + 90, usegmt=True)}, 90),
        ({"retry-after": formatdate(NOW - 90, usegmt=True)}, 0),
    ],
)
def test_the_wait_is_what_the_server_asks_for(headers: dict[str, str], seconds: float) -> None:
    assert wanted_wait(headers, NOW) == pytest.approx(seconds)


def test_a_time_is_read_in_both_forms_and_without_a_zone_is_utc() -> None:
    assert as_time("2023-11-14T22:13:20Z", 5.0) == NOW
    assert as_time("2023-11-14T22:13:20", 5.0) == NOW
    assert as_time("2023-11-14T23:13:20+01:00", 5.0) == NOW
    assert as_time(formatdate(NOW, usegmt=True), 5.0) == NOW
    assert as_time("soon", 5.0) == 5.0


TEXT = "Wie heißt die höchste Lösung? \u4f60\u597d\u4f60\u597d\u4f60\u597d\u4f60\u597d\u4f60\u597d"
ASKED = {"model": "m", "messages": [{"role": "user", "content": json.dumps({"a": TEXT})}]}


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_a_reason_holds_nothing_that_a_server_said_back(times: int) -> None:
    said = TEXT
    for _ in range(times):
        said = json.dumps(said)
    meaning = Meaning(Kind.REJECTED, f"HTTP 400: cannot take {said}: too long").without(ASKED)

    assert "cannot take" in meaning.reason
    assert "too long" in meaning.reason
    assert not any(word in meaning.reason for word in ("hei", "chste", "sung", "4f60", "\u4f60"))


def test_a_reason_of_the_server_stays_as_it_is() -> None:
    told = Meaning(Kind.REJECTED, "HTTP 400: invalid: prompt is too long: 9 tokens > 8 \\n maximum")

    assert told.without(ASKED) == told
