"""The loopback Messages server in a process of its own, with a ledger that outlives its clients."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tagraph.steps.calls import Question
from tests.messages_server import Body, Say, longer_wins, serving


@dataclass
class Witness:
    """A server elsewhere; what it was asked is the truth about spending."""

    url: str
    ledger: Path

    def asked(self) -> list[str]:
        """Return the keys of the questions received so far, in order."""
        return self.ledger.read_text().split()


@contextmanager
def witness(folder: Path) -> Iterator[Witness]:
    """Run a server in a process of its own."""
    ledger = folder / "ledger"
    ledger.touch()
    command = [sys.executable, "-m", "tests.faults.server", str(ledger)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield Witness(process.stdout.readline().strip(), ledger)
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def serve(ledger: Path) -> None:
    """Answer until standard input is closed; note the key of every question before the answer."""
    handle = os.open(ledger, os.O_WRONLY | os.O_APPEND)

    def answer(body: Body, number: int) -> Say:
        key = Question("compare", body, "127.0.0.1").key
        os.write(handle, f"{key}\n".encode())
        return longer_wins(body, number)

    with serving(answer) as running:
        print(running.url, flush=True)  # noqa: T201 - read by the parent
        sys.stdin.read()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
