"""The entry point: errors become one line and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from tagraph.cli.group import cli
from tagraph.cli.telling import flush_output, tell
from tagraph.errors import (
    BudgetReachedError,
    JudgeError,
    OptionsError,
    PartialResultError,
    PendingError,
    StoreWriteError,
    TagraphError,
)

DONE, ERROR, USAGE, PARTIAL, BUDGET, UNWRITABLE = range(6)
INTERRUPTED, TERMINATED = 130, 143
_CODES = (
    (OptionsError, USAGE),
    (JudgeError, PARTIAL),
    (PartialResultError, PARTIAL),
    (PendingError, PARTIAL),
    (BudgetReachedError, BUDGET),
    (StoreWriteError, UNWRITABLE),
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with one of the codes above."""
    code = run(arguments)
    _discard_unwritable_output()
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    try:
        _check_text(sys.argv[1:] if arguments is None else arguments)
        with terminated_as_interrupted():
            cli.main(arguments, prog_name="tagraph", standalone_mode=False)
            flush_output()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except TagraphError as error:
        return _tell(error, next((c for kind, c in _CODES if isinstance(error, kind)), ERROR))
    except BrokenPipeError:  # the reader, such as head, has seen enough
        return ERROR
    except OSError as error:
        what = (
            f"cannot use {error.filename}" if error.filename else "cannot write to standard output"
        )
        return _tell(TagraphError(f"{what}: {error.strerror}"), ERROR)
    except (click.Abort, KeyboardInterrupt) as error:
        tell("", "stopped; run the same command again to continue", err=True)
        is_told = isinstance(error.__cause__, Terminated) or isinstance(error, Terminated)
        return TERMINATED if is_told else INTERRUPTED
    return DONE


def _discard_unwritable_output() -> None:
    """Keep the interpreter, which flushes once more as it ends, from failing a second time."""
    try:
        flush_output()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _check_text(arguments: list[str]) -> None:
    """Refuse arguments that neither a store nor a message can hold."""
    for argument in arguments:
        if "\0" in argument:
            raise OptionsError(f"the argument {argument} holds a NUL, which no name of a file can")
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            raise OptionsError(
                f"the argument {argument} is not UTF-8; rename the file, or write it as UTF-8"
            ) from error


class Terminated(KeyboardInterrupt):
    """SIGTERM came: to a run it means what Ctrl-C means."""


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does: what is on its way is stored first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, usual)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _tell(error: TagraphError, code: int) -> int:
    tell(f"tagraph: {error}", err=True)
    return code
