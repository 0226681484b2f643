"""What is asked of a model and what comes back: questions, attempts, replies, and their log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import orjson

from tagraph.text import digest


@dataclass(frozen=True, slots=True)
class Question:
    """One request to a Messages API.

    Attributes:
        step: Key of the step that asks, for the costs.
        body: Everything that is sent: model, max_tokens, system, messages, and every parameter.
        server: Host that answers; empty for the default one. Ports do not count.
        repeat: Number of the repetition, where the same thing is asked again on purpose.
    """

    step: str
    body: Mapping[str, Any]
    server: str = ""
    repeat: int = 0

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.body["model"])

    @property
    def max_tokens(self) -> int:
        """The most tokens the reply may have."""
        return int(self.body["max_tokens"])

    @property
    def key(self) -> str:
        """Digest of everything that may change the answer, 64 hex digits; not of the step."""
        return digest("call 1", self.server, str(self.repeat), self.encoded)

    @property
    def encoded(self) -> bytes:
        """The body as canonical JSON."""
        return orjson.dumps(self.body, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a log keeps of a question, for one whose body is not at hand."""

    key: str
    step: str
    model: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a reply was made of, as its server counted."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @classmethod
    def of(cls, usage: object) -> Tokens:
        """Return the counts of a reply's `usage`; what is no whole number from 0 counts as 0."""
        if not isinstance(usage, Mapping):
            return cls()
        names = ("input_tokens", "output_tokens")
        caches = ("cache_read_input_tokens", "cache_creation_input_tokens")
        return cls(*(_count(usage.get(name)) for name in (*names, *caches)))

    def as_usage(self) -> dict[str, int]:
        """Return the counts under their names of the Messages API, zeros of caches left out."""
        caches = {
            "cache_read_input_tokens": self.cache_read,
            "cache_creation_input_tokens": self.cache_write,
        }
        counts = {"input_tokens": self.input, "output_tokens": self.output}
        return counts | {name: count for name, count in caches.items() if count}


_MOST = 2**40  # more than any reply; a server's larger number is no count


def _count(value: object) -> int:
    return value if type(value) is int and 0 <= value < _MOST else 0


class Charge(StrEnum):
    """What an attempt costs: what its usage says, nothing, or nobody knows."""

    KNOWN = "known"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended, as it is stored.

    Attributes:
        is_answer: Whether the reply is a message; everything else has an `error`.
        reply: Raw bytes of the reply, cut to 64 kB if it is no answer.
        reply_size: Bytes that were read.
        status: HTTP status; 0 if none came.
        error: One line; empty for an answer.
        charge: Whether the cost is known.
        cost: Billionths of a dollar; None if the price or the charge is unknown.
        tokens: What the server counted.
        stop_reason: Of the message; empty if it is none.
    """

    is_answer: bool
    reply: bytes = b""
    reply_size: int = 0
    status: int = 0
    error: str = ""
    charge: Charge = Charge.NONE
    cost: int | None = None
    tokens: Tokens = field(default_factory=Tokens)
    stop_reason: str = ""


_WHOLE = ("end_turn", "stop_sequence", "tool_use")  # other reasons leave something open
_CUT = ("max_tokens", "model_context_window_exceeded")  # of these, the first by our own limit


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a question.

    Attributes:
        message: The message as JSON values; empty if there is no answer.
        raw: Its bytes.
        error: Why there is no answer, one line; empty if there is one.
        is_rejected: Whether the server will not answer this question, however often it is asked.
    """

    message: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes = b""
    error: str = ""
    is_rejected: bool = False

    @classmethod
    def of(cls, raw: bytes) -> Reply:
        """Return the answer that stands in stored bytes."""
        return cls(orjson.loads(raw), raw)

    @property
    def stop_reason(self) -> str:
        """Why the model stopped; empty if there is no answer."""
        return str(self.message.get("stop_reason") or "")

    @property
    def is_whole(self) -> bool:
        """Whether the model said all it had to say, and said that it did."""
        return not self.error and self.stop_reason in _WHOLE

    @property
    def is_cut(self) -> bool:
        """Whether the model had more to say and no room for it."""
        return self.stop_reason in _CUT

    @property
    def may_end_with_room(self) -> bool:
        """Whether a larger `max_tokens` would have let the model say more."""
        return self.stop_reason == _CUT[0]

    @property
    def text(self) -> str:
        """The text blocks of the answer, joined; thinking and tool blocks left out."""
        return "".join(
            block["text"]
            for block in self.message.get("content", ())
            if block.get("type") == "text" and isinstance(block.get("text"), str)
        )

    @property
    def tool_inputs(self) -> list[Mapping[str, Any]]:
        """What the tool blocks of the answer hold."""
        return [
            block["input"]
            for block in self.message.get("content", ())
            if block.get("type") == "tool_use" and isinstance(block.get("input"), Mapping)
        ]

    @property
    def tokens(self) -> Tokens:
        """What the server counted."""
        return Tokens.of(self.message.get("usage"))


@dataclass(frozen=True, slots=True)
class Spent:
    """What a log adds up to.

    Attributes:
        attempts: Requests that were, or may have been, sent.
        cost: Billionths of a dollar: known costs, and the worst case of those open or unclear.
        unpriced: Attempts whose price nobody knows.
    """

    attempts: int = 0
    cost: int = 0
    unpriced: int = 0


class CallLog(Protocol):
    """Keeps every attempt: its intent before it is sent, its raw reply before it is read."""

    def find(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the raw replies of the questions among `keys` that were answered."""
        ...

    def begin(self, question: Question, worst: int | None) -> int:
        """Keep the intent to ask, with its worst cost, and return the number of the attempt."""
        ...

    def finish(self, number: int, ending: Ending) -> None:
        """Keep how an attempt ended, in one transaction."""
        ...

    def spent(self) -> Spent:
        """Return what all attempts add up to."""
        ...
