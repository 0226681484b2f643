"""Paid replies that the store could not take: kept in a file elsewhere until a later run can.

A line is one ending of an attempt as JSON with a digest of its own. The file lies beside the store
or, where that disk is full, in the folder for temporary files under a name that only this user's
files of that name are trusted with.
"""

from __future__ import annotations

import base64
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from tagraph.steps.calls import Charge, Ending, Tokens
from tagraph.store.opening import MEMORY
from tagraph.store.places import sync_file
from tagraph.text import digest

_SAFELY = os.O_NOFOLLOW | os.O_NONBLOCK  # no link, and no pipe that waits for its other end


@dataclass(frozen=True, slots=True)
class Spilled:
    """How an attempt ended that the store does not know the end of."""

    key: str
    attempt: int
    ending: Ending


def spill_places(store: str) -> tuple[Path, ...]:
    """Return where the spilled replies of a store are looked for, the better place first.

    A store in memory has none: no later run could take them in.
    """
    if store == MEMORY:
        return ()
    path = os.path.realpath(store)
    elsewhere = f"tagraph-{os.getuid()}-{digest(path)[:20]}.spill"
    return Path(path + ".spill"), Path(tempfile.gettempdir()) / elsewhere


def write_spill(store: str, spilled: Spilled) -> Path | None:
    """Add a reply to the spill of a store and return where it is; None if no disk takes it."""
    line = _encode(spilled)
    for place in spill_places(store):
        try:
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _SAFELY, 0o600)
        except OSError:
            continue
        try:
            if not _is_ours(os.fstat(handle)):
                continue
            size = os.fstat(handle).st_size
            if _write_whole(handle, line, place.parent):
                return place
            os.ftruncate(handle, size)
        finally:
            os.close(handle)
    return None


def read_spill(store: str) -> dict[Path, list[Spilled]]:
    """Return the whole, undamaged lines of a store's spill files; others are passed by."""
    found = {}
    for place in spill_places(store):
        try:
            handle = os.open(place, os.O_RDONLY | _SAFELY)
        except OSError:
            continue
        if not _is_ours(os.fstat(handle)):
            os.close(handle)
            continue
        with os.fdopen(handle, "rb") as file:
            lines = (_decode(line) for line in file.read().split(b"\n"))
            found[place] = [spilled for spilled in lines if spilled is not None]
    return found


def _is_ours(facts: os.stat_result) -> bool:
    return stat.S_ISREG(facts.st_mode) and facts.st_uid == os.getuid()


def _write_whole(handle: int, line: bytes, folder: Path) -> bool:
    try:
        done = os.write(handle, line) == len(line)
        os.fsync(handle)
        sync_file(folder)
    except OSError:
        return False
    return done


def _encode(spilled: Spilled) -> bytes:
    ending = asdict(spilled.ending)
    ending["reply"] = base64.b64encode(spilled.ending.reply).decode()
    data = orjson.dumps({"key": spilled.key, "attempt": spilled.attempt, "ending": ending})
    return digest("spill 1", data).encode() + b" " + data + b"\n"


def _decode(line: bytes) -> Spilled | None:
    """Return what a line says, None if it is cut or changed."""
    said, _, data = line.partition(b" ")
    if said != digest("spill 1", data).encode():
        return None
    values: Mapping[str, Any] = orjson.loads(data)
    ending = dict(values["ending"])
    ending["reply"] = base64.b64decode(ending["reply"])
    ending["tokens"] = Tokens(**ending["tokens"])
    ending["charge"] = Charge(ending["charge"])
    return Spilled(values["key"], values["attempt"], Ending(**ending))
