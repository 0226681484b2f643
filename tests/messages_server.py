"""A loopback server that speaks the Messages API, breaks on demand, and keeps a ledger."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

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


@dataclass
class MessagesServer:
    """A running server; `script` may be changed while it runs."""

    url: str
    script: Script
    ledger: Ledger = field(default_factory=Ledger)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, path: str, body: Body, headers: dict[str, str]) -> Say:
        """Note a request, and decide what to do with it."""
        with self.lock:
            self.ledger.paths[path] += 1
            if path == "/v1/messages":
                self.ledger.bodies.append(body)
                self.ledger.headers.append(headers)
                self.ledger.times.append(time.monotonic())
            said = self._route(path, body)
            self.ledger.done.append(said.name)
            if path == "/v1/messages" and said.status == 200 and said.name == "answer":
                self.ledger.usage.update(json.loads(said.body).get("usage") or {})
        return said

    def _route(self, path: str, body: Body) -> Say:
        if path == "/v1/messages/count_tokens":
            tokens = {"input_tokens": count_tokens(json.dumps(body))}
            return Say(body=json.dumps(tokens).encode(), name="count")
        if path != "/v1/messages":
            return error(404, "not_found_error")
        return self.script(body, self.ledger.n_requests)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    app: MessagesServer

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        said = self.app.take(self.path.split("?")[0], body, headers)
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
