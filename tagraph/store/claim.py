"""One run at a time on a store: a lock file beside it, held by the operating system."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tagraph.errors import StoreError

GLANCE = 0.2  # seconds: longer than anybody looks who only wants to know the holder
UNNAMED = "another run"
NAMING = 1.5  # seconds more for a holder who has not written its name yet


@contextmanager
def claim(path: Path, patience: float = GLANCE) -> Iterator[None]:
    """Hold the lock file while the body runs; it is gone afterwards, also after a crash's next run.

    Args:
        path: The lock file.
        patience: Seconds to wait for another holder.

    Raises:
        StoreError: Another run holds it, and the message says which; or it cannot be locked.
    """
    with _as_store_error(path):
        held = _hold(path, time.monotonic() + patience)
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        os.write(held, f"{name_process()} {since}".encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(held)


def lock_of(store: str) -> Path:
    """Return the lock file of a store, the same one by whatever name the store is opened."""
    return Path(os.path.realpath(store) + ".lock")


def read_holder(path: Path) -> str:
    """Return who holds a lock file, and since when; empty if nobody does.

    A holder who has just taken it is waited for until it has written its name.

    Raises:
        StoreError: Nobody can tell, because the file cannot be opened or locked.
    """
    until = time.monotonic() + NAMING
    while True:
        with _as_store_error(path):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            except FileNotFoundError:
                return ""
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = _read(descriptor)
            else:
                return ""
            finally:
                os.close(descriptor)
        if holder or time.monotonic() > until:
            return holder or UNNAMED
        time.sleep(0.02)


def name_process() -> str:
    """Return how a lock file names this process."""
    return f"process {os.getpid()} on {socket.gethostname()} since"


@contextmanager
def _as_store_error(path: Path) -> Iterator[None]:
    """Say in one line why a lock file is of no use.

    Raises:
        StoreError: The file system has no locks, or something else stands in the file's place.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot lock {path}: {error.strerror}; remove it if it is no plain file, or keep the"
            " store on a local disk"
        ) from error


def _hold(path: Path, until: float) -> int:
    """Return the descriptor of the locked file."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _read(descriptor)
            os.close(descriptor)
            if time.monotonic() < until + (0 if holder else NAMING):
                time.sleep(0.02)
                continue
            store = str(path).removesuffix(".lock")
            told = f"{store} is in use by {holder or UNNAMED}; wait, or name another"
            raise StoreError(told) from error
        except OSError:
            os.close(descriptor)
            raise
        if _is_still(path, descriptor):
            os.ftruncate(descriptor, 0)
            return descriptor
        os.close(descriptor)  # the holder before us removed the file just now


def _read(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode("utf-8", "replace")


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
