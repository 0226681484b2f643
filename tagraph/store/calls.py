"""Every request to a paid model: intent first, then its raw reply; written once, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from tagraph.steps.calls import Asked, Charge, Ending, Question, Spent
from tagraph.store.connection import Connection
from tagraph.text import digest


class CallTables:
    """Table `calls`; a row is an attempt."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the raw replies of the questions among `keys` that were answered."""
        found = self._connection.rows(
            "SELECT key, reply FROM calls WHERE state = 'done'"
            " AND key IN (SELECT value FROM json_each(?)) ORDER BY id DESC",
            [orjson.dumps(list(keys)).decode()],
        )
        return dict(found)

    def begin(self, question: Question | Asked, worst: int | None) -> int:
        """Keep the intent to ask, with its worst cost, and return the number of the attempt."""
        key = question.key
        with self._connection.transaction():
            (before,) = self._connection.rows("SELECT count(*) FROM calls WHERE key = ?", [key])[0]
            row = (key, before + 1, question.step, question.model, "open", _now(), worst)
            columns = "key attempt step model state started_at worst_nanousd"
            self._connection.insert("calls", columns, [row])
            ((number,),) = self._connection.rows("SELECT last_insert_rowid()")
        return int(number)

    def finish(self, number: int, ending: Ending) -> None:
        """Keep how an attempt ended, in one transaction."""
        state = "done" if ending.is_answer else "failed"
        tokens = ending.tokens
        counts = (tokens.input, tokens.output, tokens.cache_read, tokens.cache_write)
        values = (
            state,
            _now(),
            ending.cost,
            ending.charge.value,
            ending.status,
            ending.error,
            ending.stop_reason,
            *counts,
            ending.reply,
            ending.reply_size,
            digest_ending(state, ending.cost, ending.reply),
        )
        with self._connection.transaction():
            self._connection.execute(
                "UPDATE calls SET state = ?, finished_at = ?, cost_nanousd = ?, charge = ?,"
                " http_status = ?, error = ?, stop_reason = ?, input_tokens = ?,"
                " output_tokens = ?, cache_read_tokens = ?, cache_write_tokens = ?, reply = ?,"
                " reply_size = ?, row_digest = ? WHERE id = ?",
                (*values, number),
            )

    def give_up_open(self) -> int:
        """Mark what an earlier process left open as orphaned, charge unknown; return how many."""
        with self._connection.transaction():
            ((count,),) = self._connection.rows("SELECT count(*) FROM calls WHERE state = 'open'")
            self._connection.execute(
                "UPDATE calls SET state = 'orphaned', finished_at = ?, charge = ?,"
                " error = 'the run ended before a reply came' WHERE state = 'open'",
                [_now(), Charge.UNKNOWN.value],
            )
        return int(count)

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

    def last_error(self) -> str:
        """Return what the latest attempt that failed said; empty if none did."""
        rows = self._connection.rows(
            "SELECT error FROM calls WHERE state = 'failed' ORDER BY id DESC LIMIT 1"
        )
        return str(rows[0][0]) if rows else ""

    def damaged(self) -> list[int]:
        """Return the numbers of finished attempts whose row is not what was written."""
        rows = self._connection.rows(
            "SELECT id, state, cost_nanousd, reply, row_digest FROM calls"
            " WHERE state IN ('done', 'failed') ORDER BY id"
        )
        return [number for number, *said, kept in rows if digest_ending(*said) != kept]


def digest_ending(state: str, cost: int | None, reply: bytes) -> str:
    """Return the digest kept in a finished row: what it says, what it cost, the raw reply."""
    return digest("ending 1", state, str(cost), reply)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
