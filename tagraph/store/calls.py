"""Every request to a paid model: intent first, then its raw reply; written once, never changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from tagraph.errors import DamagedStoreError, StoreError, StoreWriteError
from tagraph.schema import SEALED
from tagraph.steps.calls import Asked, Charge, Ending, Question, Spent
from tagraph.store.connection import Connection
from tagraph.store.spill import Spilled, read_spill, write_spill

_SEAL = SEALED["calls"]
_COLUMNS = ", ".join(_SEAL.columns)
_GAVE_UP = "the run ended before a reply came"


class CallTables:
    """Table `calls`; a row is an attempt."""

    def __init__(self, connection: Connection, claim: Callable[[], object] = lambda: None) -> None:
        self._connection = connection
        self._claim = claim
        self._begun: dict[int, tuple[str, int]] = {}
        self._unkept: list[str] = []
        self._spilled: set[Path] = set()

    def find(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the raw replies of the questions among `keys` that were answered.

        Raises:
            DamagedStoreError: One of them is not what was written.
        """
        found = self._connection.rows(
            f"SELECT {_COLUMNS}, row_digest FROM calls WHERE state = 'done'"  # noqa: S608
            " AND key IN (SELECT value FROM json_each(?)) ORDER BY id DESC",
            [orjson.dumps(list(keys)).decode()],
        )
        replies = {}
        for *values, kept in found:
            row = dict(zip(_SEAL.columns, values, strict=True))
            if _SEAL.digest(values) != kept:
                raise DamagedStoreError(self._connection.path, "call", row["key"])
            replies[row["key"]] = row["reply"]
        return replies

    def begin(self, question: Question | Asked, worst: int | None) -> int:
        """Keep the intent to ask, with its worst cost, and return the number of the attempt.

        Raises:
            StoreError: Another run holds the store, or the intent cannot be kept.
        """
        self._claim()
        key = question.key
        with self._connection.transaction():
            (before,) = self._connection.rows("SELECT count(*) FROM calls WHERE key = ?", [key])[0]
            row = {name: _BLANK.get(name) for name in _SEAL.columns} | {
                "key": key,
                "attempt": before + 1,
                "step": question.step,
                "model": question.model,
                "state": "open",
                "started_at": _now(),
                "worst_nanousd": worst,
            }
            sealed = _SEAL.digest(row.values())
            columns = " ".join((*_SEAL.columns, "row_digest"))
            self._connection.insert("calls", columns, [(*row.values(), sealed)])
            ((number,),) = self._connection.rows("SELECT last_insert_rowid()")
            self._connection.tally("calls", [sealed])
        self._begun[number] = (key, before + 1)
        return int(number)

    def finish(self, number: int, ending: Ending) -> None:
        """Keep how an attempt ended, in one transaction; where that fails, in a spill file.

        Raises:
            StoreWriteError: The store did not take it; the message says where it is.
        """
        begun = self._begun.pop(number, None)
        try:
            with self._connection.transaction():
                self._finish(number, _as_columns(ending))
        except StoreError as error:
            if begun is None or self._connection.is_writing:  # part of more, which fails as a whole
                raise
            place = write_spill(self._connection.path, Spilled(*begun, ending))
            if place is None:
                self._unkept.append(begun[0])
            else:
                self._spilled.add(place)
            raise StoreWriteError(f"{error}{self._tell_spilled()}") from error

    def take_spilled(self) -> int:
        """Take in the replies that an earlier run had to spill; return how many."""
        taken = 0
        for place, spilled in read_spill(self._connection.path).items():
            missing = 0
            with self._connection.transaction():
                for one in spilled:
                    found = self._connection.rows(
                        "SELECT id FROM calls WHERE key = ? AND attempt = ? AND state = 'open'",
                        [one.key, one.attempt],
                    )
                    for (number,) in found:
                        self._finish(number, _as_columns(one.ending))
                    taken += len(found)
                    missing += not found and not self._is_finished(one)
            if not missing:
                place.unlink(missing_ok=True)
        return taken

    def give_up_open(self) -> int:
        """Mark what an earlier process left open as orphaned, charge unknown; return how many."""
        with self._connection.transaction():
            found = self._connection.rows("SELECT id FROM calls WHERE state = 'open'")
            for (number,) in found:
                change = {"state": "orphaned", "finished_at": _now(), "error": _GAVE_UP}
                self._finish(number, change | {"charge": Charge.UNKNOWN.value})
        return len(found)

    def spent(self) -> Spent:
        """Return what all attempts and open batches add up to, the unclear at their worst case."""
        ((attempts, cost, unpriced),) = self._connection.rows(
            "SELECT count(*), ifnull(sum(booked), 0), ifnull(sum(booked IS NULL), 0) FROM"
            " (SELECT CASE charge WHEN 'known' THEN cost_nanousd WHEN 'none' THEN 0"
            " ELSE worst_nanousd END AS booked FROM calls UNION ALL"
            " SELECT worst_nanousd FROM batch_requests JOIN batches ON id = batch"
            " WHERE call IS NULL AND state IN ('sending', 'unclear', 'open'))"
        )
        return Spent(attempts, cost, unpriced)

    def load_costs(self) -> list[dict[str, Any]]:
        """Return the rows of `v_costs`: answers, tokens and dollars by step, model and day."""
        return self._connection.query("SELECT * FROM v_costs ORDER BY step, model, day")

    def last_error(self) -> str:
        """Return what the latest attempt that failed said; empty if none did."""
        rows = self._connection.rows(
            "SELECT error FROM calls WHERE state = 'failed' ORDER BY id DESC LIMIT 1"
        )
        return str(rows[0][0]) if rows else ""

    def _finish(self, number: int, change: dict[str, Any]) -> None:
        """Give an open attempt its end, and the row its new digest."""
        sql = f"SELECT {_COLUMNS}, row_digest FROM calls WHERE id = ?"  # noqa: S608
        ((*values, old),) = self._connection.rows(sql, [number])
        row = dict(zip(_SEAL.columns, values, strict=True)) | change
        sealed = _SEAL.digest(row.values())
        setting = ", ".join(f"{name} = ?" for name in change)
        self._connection.execute(
            f"UPDATE calls SET {setting}, row_digest = ? WHERE id = ?",  # noqa: S608
            [*change.values(), sealed, number],
        )
        self._connection.tally("calls", [sealed], [old])

    def _is_finished(self, spilled: Spilled) -> bool:
        """Return whether the store has these very words already."""
        sql = "SELECT 1 FROM calls WHERE key = ? AND attempt = ? AND state IN ('done', 'failed')"
        return bool(self._connection.rows(sql, [spilled.key, spilled.attempt]))

    def _tell_spilled(self) -> str:
        told = ""
        if self._spilled:
            places = " and ".join(str(place) for place in sorted(self._spilled))
            told += f"; replies that were on their way are in {places}, the next run takes them in"
        if self._unkept:
            told += f"; replies that no disk took: {' '.join(self._unkept)}"
        return told


_BLANK = {
    "charge": Charge.UNKNOWN.value,
    "error": "",
    "stop_reason": "",
    "reply": b"",
    **dict.fromkeys(
        (
            *("http_status", "input_tokens", "output_tokens", "cache_read_tokens"),
            *("cache_write_tokens", "reply_size"),
        ),
        0,
    ),
}


def _as_columns(ending: Ending) -> dict[str, Any]:
    """Return how an attempt ended as the columns of its row."""
    return {
        "state": "done" if ending.is_answer else "failed",
        "finished_at": _now(),
        "cost_nanousd": ending.cost,
        "charge": ending.charge.value,
        "http_status": ending.status,
        "error": ending.error,
        "stop_reason": ending.stop_reason,
        "input_tokens": ending.tokens.input,
        "output_tokens": ending.tokens.output,
        "cache_read_tokens": ending.tokens.cache_read,
        "cache_write_tokens": ending.tokens.cache_write,
        "reply": ending.reply,
        "reply_size": ending.reply_size,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
