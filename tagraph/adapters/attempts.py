"""What a response means: an answer, something to try again, or the end of a question or a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Self

import orjson

from tagraph.adapters.echoes import leave_out_echo
from tagraph.adapters.messages_transport import Response
from tagraph.stages.model_facts import Price, cost_of
from tagraph.steps.calls import Charge, Ending, Tokens
from tagraph.text import clean_text, shorten


class Kind(StrEnum):
    """What to do after a response."""

    ANSWER = "answer"
    TEMPORARY = "temporary"  # busy, or down: nothing charged, ask again
    UNCLEAR = "unclear"  # sent, but no readable reply: perhaps charged
    REJECTED = "rejected"  # this question will never be answered
    FATAL = "fatal"  # no question will


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a response means, and one line that says why."""

    kind: Kind
    reason: str = ""
    message: Mapping[str, Any] | None = None

    def without(self, asked: Mapping[str, Any]) -> Self:
        """Return the meaning with nothing in its reason that the server said back of a question."""
        if not self.reason:
            return self
        return replace(self, reason=leave_out_echo(self.reason, asked))


_KEPT = 65_536  # bytes kept of a reply that is no answer
_HINTS = {
    401: "the API key is missing or wrong; set ANTHROPIC_API_KEY",
    402: "the account cannot pay, or may not pay more; see its billing page and its limits",
    403: "the API key may not do this",
    404: "no such model, or no Messages API at this address; see --model and --base-url",
    405: "no Messages API at this address; see --base-url",
}
_SPENT_OUT = ("spend_limit", "spend limit", "credit balance", "billing")
_TOO_LONG = ("too long", "context")


def read_response(response: Response) -> Meaning:
    """Return what a response means; total: whatever a server sends has a meaning."""
    if response.problem == "no API key":
        return Meaning(Kind.FATAL, _HINTS[401])
    if response.problem:
        kind = Kind.UNCLEAR if response.may_have_arrived else Kind.TEMPORARY
        return Meaning(kind, response.problem)
    if response.status == 200:
        return _read_message(response.body)
    said = _read_error(response.body)
    told = f"HTTP {response.status}{': ' + said if said else ''}"
    return Meaning(_kind_of(response.status, said), f"{told}{_hint(response.status, said)}")


def _kind_of(status: int, said: str) -> Kind:
    """Return the kind of an HTTP error."""
    if _names(said, _SPENT_OUT):
        return Kind.FATAL
    if status in (408, 409, 425, 429) or status >= 500:
        return Kind.TEMPORARY
    if status in (400, 413, 422):
        return Kind.REJECTED
    return Kind.FATAL


def _hint(status: int, said: str) -> str:
    """Return what to do about an HTTP error in brackets; nothing where that is plain."""
    if 300 <= status < 400:
        return " (the address answers, but not as a Messages API; see --base-url)"
    if _names(said, _SPENT_OUT):
        return f" ({_HINTS[402]})"
    if status == 413 or (status == 400 and _names(said, _TOO_LONG)):
        return " (a sample is longer than the model takes)"
    return f" ({_HINTS[status]})" if status in _HINTS else ""


def _names(said: str, words: tuple[str, ...]) -> bool:
    return any(word in said.lower() for word in words)


def _read_error(body: bytes) -> str:
    """Return type and message of an error body, cleaned; the start of any other body."""
    try:
        error = orjson.loads(body)["error"]
        said = f"{error['type']}: {error['message']}"
        detail = error.get("details")
        said += f" {orjson.dumps(detail).decode()}" if detail else ""
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        said = body[:300].decode("utf-8", "replace")
    return shorten(clean_text(said), 300)


def _read_message(body: bytes) -> Meaning:
    """Return the message of a body, if it is one."""
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        start = shorten(clean_text(body[:200].decode("utf-8", "replace")), 60)
        return Meaning(Kind.UNCLEAR, f"the reply is no JSON: {start!r}")
    if not _is_message(message):
        return Meaning(Kind.UNCLEAR, "the reply is JSON, but no message of the Messages API")
    return Meaning(Kind.ANSWER, message=message)


def _is_message(message: object) -> bool:
    """Return whether JSON has the shape that the rest of the code relies on."""
    return (
        isinstance(message, dict)
        and isinstance(message.get("content"), list)
        and all(isinstance(block, dict) for block in message["content"])
        and isinstance(message.get("stop_reason"), str)
        and isinstance(message.get("usage"), dict)
    )


def conclude(meaning: Meaning, response: Response, price: Price | None) -> Ending:
    """Return how an attempt ended, as the log keeps it; without a price the cost is unknown."""
    size = len(response.body)
    if meaning.message is None:
        unclear = meaning.kind is Kind.UNCLEAR
        return Ending(
            is_answer=False,
            reply=response.body[:_KEPT],
            reply_size=size,
            status=response.status,
            error=f"{meaning.kind}: {meaning.reason}",
            charge=Charge.UNKNOWN if unclear else Charge.NONE,
        )
    tokens = Tokens.of(meaning.message["usage"])
    counts = (tokens.input, tokens.output, tokens.cache_read, tokens.cache_write)
    return Ending(
        is_answer=True,
        reply=response.body,
        reply_size=size,
        status=response.status,
        charge=Charge.KNOWN,
        cost=None if price is None else cost_of(price, *counts),
        tokens=tokens,
        stop_reason=shorten(meaning.message["stop_reason"], 40),
    )


def wanted_wait(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds that a server asks to wait, 0 if it does not say; `now` is Unix time."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = as_number(headers.get(name, ""))
        if value is not None:
            return max(0.0, value * unit)
    return max(0.0, as_time(headers.get("retry-after", ""), now) - now)


def as_number(text: str) -> float | None:
    """Return a header's number, None if it is none or not finite."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def as_time(text: str, otherwise: float) -> float:
    """Return an RFC 3339 or HTTP date as Unix time, `otherwise` if it is neither."""
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
        except (ValueError, TypeError):
            continue
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    return otherwise
