"""One run at a time on a store: a lock file beside it, held by the operating system."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tagraph.errors import StoreError


@contextmanager
def claim(path: Path) -> Iterator[None]:
    """Hold the lock file while the body runs; it is gone afterwards, also after a crash's next run.

    Raises:
        StoreError: Another run holds it; the message says which.
    """
    held = _hold(path)
    try:
        holder = f"process {os.getpid()} on {socket.gethostname()}"
        since = datetime.now(UTC).isoformat(timespec="seconds")
        os.write(held, f"{holder} since {since}".encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(held)


def _hold(path: Path) -> int:
    """Return the descriptor of the locked file."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace") or "another run"
            os.close(descriptor)
            store = str(path).removesuffix(".lock")
            raise StoreError(f"{store} is in use by {holder}; wait, or name another") from error
        if _is_still(path, descriptor):
            os.ftruncate(descriptor, 0)
            return descriptor
        os.close(descriptor)  # the holder before us removed the file just now


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
