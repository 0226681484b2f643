import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tagraph.store.spill import Spilled, read_spill, spill_places, write_spill
from tests.faults.disk import answer

FIRST, SECOND = (Spilled(name, 2, answer(7)) for name in ("first", "second"))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
    return str(tmp_path / "s.db")


def test_replies_are_read_as_they_were_written_and_by_their_owner_alone(store: str) -> None:
    beside, _ = spill_places(store)

    assert read_spill(store) == {}
    assert [write_spill(store, one) for one in (FIRST, SECOND)] == [beside, beside]

    assert read_spill(store) == {beside: [FIRST, SECOND]}
    assert beside.stat().st_mode & 0o777 == 0o600


def link(place: Path) -> None:
    place.symlink_to(place.with_name("somewhere"))


@pytest.mark.parametrize("occupy", [Path.mkdir, os.mkfifo, link])
def test_what_is_no_file_of_ours_is_passed_by(occupy: Callable[[Path], object], store: str) -> None:
    beside, elsewhere = spill_places(store)
    occupy(beside)

    assert write_spill(store, FIRST) == elsewhere

    assert read_spill(store) == {elsewhere: [FIRST]}
    assert not beside.with_name("somewhere").exists()


def test_a_file_of_another_user_is_neither_written_nor_read(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, _ = spill_places(store)
    write_spill(store, FIRST)
    line, uid = beside.read_bytes(), os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)

    assert write_spill(store, SECOND) is None

    assert read_spill(store) == {}
    assert beside.read_bytes() == line


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_reply_that_a_disk_takes_in_part_goes_to_another_and_leaves_nothing(
    call: str, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, elsewhere = spill_places(store)
    write_spill(store, FIRST)
    real = getattr(os, call)
    failures = [OSError("no space")] if call == "fsync" else [None]

    def fail_once(handle: int, *rest: bytes) -> object:
        if not failures:
            return real(handle, *rest)
        error = failures.pop()
        if error is not None:
            raise error
        return real(handle, rest[0][:-1])

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail_once)
        assert write_spill(store, SECOND) == elsewhere

    assert read_spill(store) == {beside: [FIRST], elsewhere: [SECOND]}
    assert beside.read_bytes().endswith(b"\n")


def test_a_reply_that_no_place_takes_is_not_written(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", synced.append)
        write_spill(store, FIRST)
    for place in spill_places(store):
        place.unlink(missing_ok=True)
        place.mkdir()
    before = len(list(Path("/proc/self/fd").iterdir()))

    assert write_spill(store, FIRST) is None
    assert read_spill(store) == {}
    assert len(synced) == 2  # the file, and its name in the folder
    assert len(list(Path("/proc/self/fd").iterdir())) == before
