"""Forked children that die on command, and what they said before."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Child:
    """A forked process.

    Attributes:
        pid: Its number.
        status: How it ended: its exit code, or minus the signal that killed it; None before.
        said: Lines it wrote into its pipe.
    """

    pid: int
    pipe: int
    status: int | None = None
    said: list[str] = field(default_factory=list)
    _rest: bytes = b""

    def hear(self) -> bytes:
        """Wait for words, take them in, and return them; nothing once the child is gone."""
        heard = os.read(self.pipe, 65_536)
        *whole, self._rest = (self._rest + heard).split(b"\n")
        self.said += [line.decode() for line in whole]
        return heard

    def wait(self) -> int:
        """Wait for its end, and return how it ended."""
        if self.status is None:
            while self.hear():
                pass
            os.close(self.pipe)
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def kill(self) -> int:
        """Kill it, if it lives, and return how it ended."""
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()

    def told(self, what: str) -> list[str]:
        """Return what followed a word in the lines it said."""
        return [line.split(" ", 1)[1] for line in self.said if line.startswith(what + " ")]


def _stop_tracing() -> None:
    """Spare a child, which never tells what lines it ran, the doubled time of counting them."""
    sys.settrace(None)
    threading.settrace(None)


def fork(body: Callable[[int], object]) -> Child:
    """Run a function in a child; it is given the pipe to talk into."""
    out, into = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        os.close(into)
        return Child(pid, out)
    os.close(out)
    _stop_tracing()
    code = 1
    try:
        body(into)
        code = 0
    except BaseException as error:
        os.write(into, f"raised {type(error).__name__}: {error}\n".replace("\n", " ").encode())
        os.write(into, b"\n")
        if os.environ.get("TAGRAPH_FAULT_TRACES"):
            traceback.print_exc()
    finally:
        os._exit(code)
