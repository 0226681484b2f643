"""Ctrl-C and SIGTERM while paid replies are on their way: the first one waits for them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Interrupt:
    """The number of the signal that came; 0 if none did."""

    number: int = 0


@contextmanager
def interrupts_wait(is_busy: Callable[[], bool]) -> Iterator[Interrupt]:
    """Hold the first SIGINT or SIGTERM back until the body ends; then it takes its usual way.

    A signal that comes while `is_busy` says no, or a second one, takes its usual way at once.
    Outside the main thread, where Python handles no signals, this does nothing.
    """
    came = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    usual = {number: signal.getsignal(number) for number in _SIGNALS}

    def note(number: int, frame: FrameType | None) -> None:
        if came.number or not is_busy():
            signal.signal(number, usual[signal.Signals(number)])
            signal.raise_signal(number)
        else:
            came.number = number

    for number in _SIGNALS:
        signal.signal(number, note)
    try:
        yield came
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
    if came.number:
        signal.raise_signal(came.number)
        raise KeyboardInterrupt  # where the usual way is to do nothing
