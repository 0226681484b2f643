"""What a server says of Message Batches and their results; total, nothing is taken on trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tagraph.adapters.attempts import Kind, Meaning, as_time, read_response
from tagraph.adapters.messages_transport import Response

_COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "overloaded_error": 529,
}


@dataclass(frozen=True, slots=True)
class BatchReport:
    """How far a batch is, as the server says.

    Attributes:
        name: What the server calls it.
        is_ended: Whether every request has its result.
        is_archived: Whether the results are gone.
        n_requests: How many requests it holds.
        n_waiting: Those without result.
        created_at: Unix time; 0 if unreadable.
    """

    name: str
    is_ended: bool
    is_archived: bool
    n_requests: int
    n_waiting: int
    created_at: float


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the results of a batch: which request, what came, what it means."""

    custom_id: str
    response: Response
    meaning: Meaning


def read_report(body: bytes) -> BatchReport | None:
    """Return what a body says of one batch, None if it says nothing."""
    return _report(_parsed(body))


def read_reports(body: bytes) -> list[BatchReport] | None:
    """Return what a body says of several batches, None if it is no such list."""
    found = _parsed(body)
    rows = found.get("data") if isinstance(found, Mapping) else None
    if not isinstance(rows, list):
        return None
    return [report for report in map(_report, rows) if report is not None]


def _report(found: object) -> BatchReport | None:
    if not isinstance(found, Mapping) or not isinstance(found.get("id"), str) or not found["id"]:
        return None
    said = found.get("request_counts")
    given: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    counts = [value if type(value := given.get(name)) is int else 0 for name in _COUNTS]
    created = found.get("created_at")
    return BatchReport(
        name=found["id"],
        is_ended=found.get("processing_status") == "ended",
        is_archived=bool(found.get("archived_at")),
        n_requests=sum(counts),
        n_waiting=counts[0],
        created_at=as_time(created, 0.0) if isinstance(created, str) else 0.0,
    )


def read_result(line: bytes) -> Result | None:
    """Return one line of results, None if it names no request.

    The message of a line is kept as JSON of its own, the same form as the reply to one request.
    """
    found = _parsed(line)
    name = found.get("custom_id") if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping) or not isinstance(name, str):
        return None
    result = found.get("result")
    said: Mapping[str, Any] = result if isinstance(result, Mapping) else {}
    kind = said.get("type")
    if kind == "succeeded":
        response = Response(200, orjson.dumps(said.get("message")))
        return Result(name, response, read_response(response))
    if kind == "errored":
        return _read_error(name, said.get("error"))
    if kind in ("canceled", "expired"):
        told = Meaning(Kind.TEMPORARY, f"the request was {kind} before it was answered")
        return Result(name, Response(), told)
    told = Meaning(Kind.UNCLEAR, "the batch gives no readable result for this request")
    return Result(name, Response(200, line), told)


def _read_error(name: str, found: object) -> Result:
    """Return a result that is an error, with the meaning of the same error of one request."""
    inner = found.get("error") if isinstance(found, Mapping) else None
    error = inner if isinstance(inner, Mapping) else found
    kind = error.get("type") if isinstance(error, Mapping) else None
    status = _STATUS.get(kind, 500) if isinstance(kind, str) else 500
    response = Response(status, orjson.dumps({"error": error}))
    return Result(name, response, read_response(response))


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
