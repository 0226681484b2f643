"""Who holds a store is told by name, also while the holder is still writing it."""

import errno
import fcntl
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tagraph.errors import StoreError
from tagraph.store import open_store
from tagraph.store.claim import UNNAMED, claim, name_process, read_holder


def test_a_holder_is_named_and_a_free_store_has_none(tmp_path: Path) -> None:
    lock = tmp_path / "s.db.lock"

    assert read_holder(lock) == ""
    with claim(lock):
        assert read_holder(lock).startswith(name_process())
        with pytest.raises(StoreError, match=f"is in use by process {os.getpid()} on "):
            claim(lock, patience=0).__enter__()
    assert not lock.exists()


def test_a_holder_that_has_not_written_its_name_is_waited_for(tmp_path: Path) -> None:
    lock = tmp_path / "s.db.lock"
    held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(held, fcntl.LOCK_EX)
    naming = threading.Timer(0.1, os.write, (held, b"process 7 on there since then"))

    naming.start()

    assert read_holder(lock) == "process 7 on there since then"
    naming.join()
    os.close(held)


def test_a_holder_that_never_names_itself_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[claim.__module__], "NAMING", 0.05)
    lock = tmp_path / "s.db.lock"
    held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(held, fcntl.LOCK_EX)

    assert read_holder(lock) == UNNAMED
    with pytest.raises(StoreError, match=f"is in use by {UNNAMED}; wait"):
        claim(lock, patience=0).__enter__()
    os.close(held)


@pytest.mark.parametrize("occupy", [Path.mkdir, lambda lock: lock.symlink_to("elsewhere")])
def test_what_is_no_lock_file_is_one_line(occupy: Callable[[Path], object], tmp_path: Path) -> None:
    lock = tmp_path / "s.db.lock"
    occupy(lock)

    with pytest.raises(StoreError, match=r"cannot lock .*s.db.lock: .*remove it"):
        claim(lock).__enter__()


def test_a_file_system_without_locks_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    held = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(StoreError, match=r"No locks available; .* keep the store on a local disk"):
        open_store(tmp_path / "s.db")
    assert len(list(Path("/proc/self/fd").iterdir())) == held
