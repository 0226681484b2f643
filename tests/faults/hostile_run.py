"""A whole run on hostile texts with a hostile judge, on a terminal, and everything it wrote."""

from __future__ import annotations

import json
import os
import pty
import socket
import sys
import threading
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tagraph.cli.entry import run
from tests.messages_server import Body, MessagesServer, Say, error, longer_wins, message

KEY, TEXT = "sk-ant-canary-0123456789", "canary text 0123456789"
ECHO = f"you sent x-api-key {KEY}"
ACTING = (
    *("\x1b[31mred", "\x1b]52;c;aGk=\x07", "\x1b]8;;http://x\x1b\\y", "\x1bP1$r\x1b\\", "\x9b2J"),
    *("\r\nspent $0.00", "\x07", "\u202egnp.exe", "\u2028forged line", "\x00", "[bold red]x[/]"),
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'; DROP TABLE calls;--"),
    *("=HYPERLINK(1)", "../../etc/passwd", "--help", "\U000e0041", "\u200bx", "💥"),
)


@dataclass
class Terminal:
    """What commands wrote on a terminal, and how they ended."""

    written: bytearray = field(default_factory=bytearray)
    codes: list[int] = field(default_factory=list)

    def run(self, *arguments: str) -> int:
        """Run a command with standard output and standard error on a terminal."""
        with _on_a_terminal(self.written):
            self.codes.append(run(list(arguments)))
        return self.codes[-1]


@contextmanager
def _on_a_terminal(written: bytearray) -> Iterator[None]:
    """Let standard output and standard error be a terminal, and keep every byte it gets."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    reader = threading.Thread(target=_drain, args=(master, written))
    reader.start()
    before = sys.stdout, sys.stderr
    with open(slave, "w", encoding="utf-8", buffering=1, closefd=False) as screen:
        sys.stdout = sys.stderr = screen
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before
    os.close(slave)
    reader.join()
    os.close(master)


def _drain(master: int, written: bytearray) -> None:
    try:
        while heard := os.read(master, 65_536):
            written += heard
    except OSError:  # the other end was closed
        return


@dataclass
class Connections:
    """The hosts that anybody connected to."""

    hosts: set[str] = field(default_factory=set)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note where sockets of this process connect to."""
        real = socket.socket.connect

        def connect(this: socket.socket, address: object) -> None:
            if this.family != socket.AF_UNIX:
                self.hosts.add(str(address[0]))  # type: ignore[index]
            real(this, address)  # type: ignore[arg-type]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket.socket, "connect", connect)
            yield


def write_pool(path: Path, count: int = 40) -> None:
    """Write records of hostile texts and tags in a few topics."""
    rows: list[dict[str, object]] = []
    for i in range(count):
        act = ACTING[i % len(ACTING)]
        tags = [f"topic {i % 3}", f"part {i % 6}", act]
        said = f"{TEXT} {act} answer {'word ' * (i % 17)}"
        asked = f"{TEXT} {i} {act}"
        rows.append({"id": f"{act}{i}", "instruction": asked, "output": said, "tags": tags})
    rows.append({"instruction": f"{TEXT} without an answer", "\x1b[31m": TEXT})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def rant(body: Body, number: int) -> Say:
    """Judge by length, with an explanation that attacks whoever shows it, and repeats the key."""
    if number and number % 7 == 0:
        return Say(status=500, body=ECHO.encode(), headers={"x-echo": KEY}, name="echo")
    label = json.loads(json.loads(longer_wins(body, number).body)["content"][0]["text"])["verdict"]
    told = {name: f"{ACTING[number % len(ACTING)]} {ECHO}" for name in ("accuracy", "reason")}
    return Say(body=message(json.dumps({**told, "verdict": label}), body))


@dataclass
class HostileRun:
    """The folder of the run, what it wrote on the terminal, and whom it connected to."""

    folder: Path
    terminal: Terminal = field(default_factory=Terminal)
    connections: Connections = field(default_factory=Connections)

    def play(self, server: MessagesServer) -> None:
        """Fail with a key that is refused, select, select in batches, and look from every side."""
        write_pool(self.folder / "pool.jsonl")
        paid = ["--judge", "claude", "--model", "claude-haiku-5-5", "--base-url", server.url]
        pool = ["select", "pool.jsonl", "-k", "6", "--tagger", "field", "--max-bad", "0.5", *paid]
        pool += ["--calls-per-item", "1"]
        with self.connections.watched():
            server.script = lambda body, number: error(401, "authentication_error", ECHO)
            assert self.terminal.run(*pool, "-o", "a.jsonl") == 1
            server.script = rant
            beside = ["--manifest", "m.json", "--card", "card.md", "--id-field", "id"]
            assert self.terminal.run(*pool, "-o", "a.jsonl", *beside) == 0
            assert self.terminal.run(*pool, "-o", "b.jsonl", "--batch", "--json") == 0
            self.look()

    def look(self) -> None:
        """Run every command that shows something of the store, for people and as JSON."""
        (first, *_) = json.loads((self.folder / "a.jsonl").read_text().splitlines()[0]).values()
        looks: Sequence[Sequence[str]] = (
            *(["status", "a.db"], ["verify", "a.db"], ["replay", "a.db", "--manifest", "m.json"]),
            *(["explain", first, "--store", "a.db"], ["explain", ACTING[0], "--store", "a.db"]),
            *(["diff", "a.db", "b.db"], ["config"], ["inspect", "pool.jsonl"], ["nothing" + KEY]),
            *(
                ["report", "a.db"],
                ["export", "a.db", "copy.db"],
                ["review", "a.db", "pairs", "-o", "t.json"],
            ),
            ["normalize", "pool.jsonl", "-o", "map.csv", "--review", "merges.csv"],
        )
        for command in looks:
            self.terminal.run(*command)
        for command in (["status", "a.db"], ["diff", "a.db", "b.db"], ["inspect", "pool.jsonl"]):
            self.terminal.run(*command, "--json")
