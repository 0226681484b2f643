"""A loopback server that speaks the Messages API, breaks on demand, and keeps a ledger."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

from tagraph.adapters.server_probe import PROBE

Body: TypeAlias = dict[str, Any]
JSON = "application/json"


@dataclass(frozen=True)
class Say:
    """What the server does with one request."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    name: str = "answer"
    cut_after: int | None = None  # bytes sent of the length announced
    drip: float = 0.0  # seconds between bytes
    wait: float = 0.0  # seconds before the first byte
    reset: bool = False  # close without a word


Script: TypeAlias = Callable[[Body, int], Say]


def count_tokens(text: str) -> int:
    """The server's own way to count, unlike a guess from the length: words and signs."""
    return max(1, len(text.split()) * 4 // 3 + text.count("\\n"))


def message(
    text: str, body: Body | None = None, stop_reason: str = "end_turn", **fields: Any
) -> bytes:
    """A message of the Messages API that says `text`."""
    asked = json.dumps(body or {})
    content = {"content": [{"type": "text", "text": text}] if text else []}
    usage = {"input_tokens": count_tokens(asked), "output_tokens": count_tokens(text)}
    shown = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", **content}
    whole = shown | {"stop_reason": stop_reason, "stop_sequence": None, "usage": usage} | fields
    return json.dumps(whole).encode()


def error(status: int, kind: str, said: str = "no", **headers: str) -> Say:
    shown = {"type": "error", "error": {"type": kind, "message": said}}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Say(status, json.dumps(shown).encode(), sent, f"{status} {kind}")


def shown_pair(body: Body) -> tuple[list[Body], list[Body]]:
    """The two samples of a judge's question, read from the frame: line 3 of 5."""
    lines = body["messages"][0]["content"].split("\n")
    found = json.loads(lines[2])
    return found["first"], found["second"]


def verdict(label: str, body: Body | None = None, **fields: Any) -> Say:
    return Say(body=message(json.dumps({"verdict": label}), body, **fields))


def longer_wins(body: Body, number: int) -> Say:
    """Judge by the length of the responses."""
    first, second = (sum(len(turn["content"]) for turn in turns) for turns in shown_pair(body))
    label = "tie" if first == second else "first_better" if first > second else "second_better"
    return verdict(label, body)


@dataclass
class Ledger:
    """What the server received and did, in the order it came."""

    bodies: list[Body] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    paths: Counter[str] = field(default_factory=Counter)
    usage: Counter[str] = field(default_factory=Counter)

    @property
    def n_requests(self) -> int:
        return len(self.bodies)


def succeeded(said: Say) -> Body:
    """The result in a batch of what one request would have been answered."""
    found = json.loads(said.body)
    if said.status == 200:
        return {"type": "succeeded", "message": found}
    return {"type": "errored", "error": found}


@dataclass
class HeldBatch:
    """A batch on the server: what was asked, and how often somebody looked."""

    name: str
    requests: list[Body]
    created_at: datetime
    looks: int = 0

    def describe(self, *, is_ended: bool, **more: Any) -> Body:
        processing = 0 if is_ended else len(self.requests)
        counts = dict.fromkeys(("succeeded", "errored", "canceled", "expired"), 0)
        counts["succeeded"] = len(self.requests) - processing
        shown = {"id": self.name, "type": "message_batch", "results_url": "http://127.0.0.2:9/no"}
        shown["processing_status"] = "ended" if is_ended else "in_progress"
        shown["created_at"] = self.created_at.isoformat()
        shown["expires_at"] = (self.created_at + timedelta(days=1)).isoformat()
        return shown | {"request_counts": counts | {"processing": processing}} | more


@dataclass
class BatchBook:
    """The batches of a server, and the ways they go wrong; changed by a test as it likes.

    Attributes:
        held: By name, in the order they came.
        looks_to_end: How often one has to be looked at before it ends.
        answer: The result of one request, where it is not what `script` says.
        spoil: Changes the lines of results.
        instead: What is said to a request (`create`, `list`, `look`, `results`), None as usual; a
            creation counts all the same, unless its status is 400 to 499 or 529.
    """

    held: dict[str, HeldBatch] = field(default_factory=dict)
    looks_to_end: int = 1
    answer: Callable[[str, Body], Body | None] = lambda custom_id, body: None
    spoil: Callable[[list[Body]], list[Body]] = lambda rows: rows
    instead: Callable[[str, int], Say | None] = lambda what, number: None
    seen: Counter[str] = field(default_factory=Counter)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass
class MessagesServer:
    """A running server; `script` and `batches` may be changed while it runs."""

    url: str
    script: Script
    ledger: Ledger = field(default_factory=Ledger)
    lock: threading.Lock = field(default_factory=threading.Lock)
    batches: BatchBook = field(default_factory=BatchBook)
    obeys: set[str] = field(default_factory=lambda: {"schema", "tool"})
    limits: dict[str, str] = field(default_factory=dict)

    def take_batch(self, what: str, name: str, body: Body) -> Say:
        """Note a request about batches, and decide what to do with it."""
        with self.lock:
            book = self.batches
            book.seen[what] += 1
            said = book.instead(what, book.seen[what])
            if what == "create" and (said is None or said.status in (0, 200, 500, 502, 504)):
                held = HeldBatch(f"msgbatch_{len(book.held)}", body["requests"], book.now())
                book.held[held.name] = held
                name = held.name
            said = said or self._tell_of_batch(what, name)
            self.ledger.done.append(f"{what} {said.name}")
        return said

    def _tell_of_batch(self, what: str, name: str) -> Say:
        book = self.batches
        if what == "list":
            rows = [self._describe(held) for held in reversed(book.held.values())]
            return Say(body=json.dumps({"data": rows, "has_more": False}).encode())
        if name not in book.held:
            return error(404, "not_found_error")
        held = book.held[name]
        if what == "results":
            rows = book.spoil([self._result(request) for request in held.requests])
            return Say(body=b"".join(json.dumps(row).encode() + b"\n" for row in rows))
        held.looks += what == "look"
        return Say(body=json.dumps(self._describe(held)).encode())

    def _describe(self, held: HeldBatch) -> Body:
        return held.describe(is_ended=held.looks >= self.batches.looks_to_end)

    def _result(self, request: Body) -> Body:
        name, body = request["custom_id"], request["params"]
        found = self.batches.answer(name, body) or succeeded(self.script(body, 0))
        return {"custom_id": name, "result": found}

    def take(self, path: str, body: Body, headers: dict[str, str]) -> Say:
        """Note a request, and decide what to do with it."""
        with self.lock:
            self.ledger.paths[path] += 1
            if path == "/v1/messages" and not is_probe(body):
                self.ledger.bodies.append(body)
                self.ledger.headers.append(headers)
                self.ledger.times.append(time.monotonic())
            said = self._route(path, body)
            self.ledger.done.append(said.name)
            if (
                path == "/v1/messages"
                and not is_probe(body)
                and said.status == 200
                and said.name == "answer"
            ):
                self.ledger.usage.update(json.loads(said.body).get("usage") or {})
        return said

    def _greet(self, body: Body) -> Say:
        """Answer a probe in the form it asks for, as far as this server obeys."""
        self.ledger.paths["probe"] += 1
        word = {"colour": "verdigris"}
        if "tools" in body and "tool" in self.obeys:
            block = {"type": "tool_use", "id": "t", "name": "answer", "input": word}
            return Say(body=message("", body, "tool_use", content=[block]), headers=self.limits)
        obeys = "output_config" in body and "schema" in self.obeys
        return Say(body=message(json.dumps(word) if obeys else "Hello!", body), headers=self.limits)

    def _route(self, path: str, body: Body) -> Say:
        if path == "/v1/messages/count_tokens":
            tokens = {"input_tokens": count_tokens(json.dumps(body))}
            return Say(body=json.dumps(tokens).encode(), name="count")
        if path != "/v1/messages":
            return error(404, "not_found_error")
        if is_probe(body):
            return self._greet(body)
        return self.script(body, self.ledger.n_requests)


def is_probe(body: Body) -> bool:
    """Whether a request only finds out what the server obeys; the ledger counts it apart."""
    return bool(body["messages"][0]["content"] == PROBE)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    app: MessagesServer

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path = self.path.split("?")[0].removeprefix("/v1/messages/batches").strip("/")
        if not self.path.startswith("/v1/messages/batches"):
            self._answer(error(404, "not_found_error"))
        elif not path:
            self._answer(self.app.take_batch("list", "", {}))
        else:
            name, _, results = path.partition("/")
            self._answer(self.app.take_batch("results" if results else "look", name, {}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = self.path.split("?")[0]
        if path == "/v1/messages/batches":
            self._answer(self.app.take_batch("create", "", body))
        else:
            self._answer(self.app.take(path, body, headers))

    def _answer(self, said: Say) -> None:
        try:
            self._say(said)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _say(self, said: Say) -> None:
        time.sleep(said.wait)
        if said.reset:
            self.close_connection = True
            return
        self.send_response(said.status)
        for name, value in ({"content-type": JSON} | said.headers).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(said.body)))
        self.end_headers()
        sent = said.body[: said.cut_after]
        step = 1 if said.drip else max(1, len(sent))
        for start in range(0, len(sent), step):
            self.wfile.write(sent[start : start + step])
            time.sleep(said.drip)
        if len(sent) < len(said.body):
            self.close_connection = True


class _Listener(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that died."""


@contextmanager
def serving(script: Script = longer_wins) -> Iterator[MessagesServer]:
    """Run a server on a free port of this machine."""
    handler = type("Handler", (_Handler,), {})
    listener = _Listener(("127.0.0.1", 0), handler)
    listener.daemon_threads = True
    running = MessagesServer(f"http://127.0.0.1:{listener.server_port}", script)
    handler.app = running  # type: ignore[attr-defined]
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
