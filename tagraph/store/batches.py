"""Message Batches: what was sent together, and which attempt each result became."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import orjson

from tagraph.steps.batches import Batch, BatchState, custom_id
from tagraph.steps.calls import Asked, Ending, Question
from tagraph.store.calls import CallTables
from tagraph.store.connection import Connection

_ENDED = (BatchState.COLLECTED, BatchState.REFUSED, BatchState.LOST)
_BATCHES = """
SELECT b.id, b.address, ifnull(b.name, ''), b.state, b.sent_at, count(*), sum(r.call IS NULL),
  sum(CASE WHEN r.call IS NULL THEN ifnull(r.worst_nanousd, 0) ELSE 0 END)
FROM batches b JOIN batch_requests r ON r.batch = b.id
WHERE b.state IN ('sending', 'unclear', 'open') %s GROUP BY b.id ORDER BY b.id
"""


class BatchTables:
    """Tables `batches` and `batch_requests`; a result becomes a row of `calls`."""

    def __init__(self, connection: Connection, calls: CallTables) -> None:
        self._connection = connection
        self._calls = calls

    def open(self) -> list[Batch]:
        """Return the batches that are on their way, or may be, oldest first."""
        return self._select("")

    def holding(self, keys: Sequence[str]) -> list[Batch]:
        """Return those of them that hold a question among `keys` without result."""
        among = (
            "AND b.id IN (SELECT batch FROM batch_requests WHERE call IS NULL"
            " AND key IN (SELECT value FROM json_each(?)))"
        )
        wanted = [orjson.dumps(list(keys)).decode()]
        return self._select(among, wanted)

    def _select(self, among: str, parameters: Sequence[str] = ()) -> list[Batch]:
        rows = self._connection.rows(_BATCHES % among, parameters)
        return [
            Batch(number, address, name, BatchState(state), sent_at, n_requests, n_open, reserved)
            for number, address, name, state, sent_at, n_requests, n_open, reserved in rows
        ]

    def begin(self, address: str, asked: Sequence[tuple[Question, int | None]]) -> Batch:
        """Keep the intent to send questions, each with its worst cost."""
        with self._connection.transaction():
            row = (address, BatchState.SENDING.value, _now())
            self._connection.insert("batches", "address state sent_at", [row])
            ((number,),) = self._connection.rows("SELECT last_insert_rowid()")
            rows = (
                (number, custom_id(question.key), question.key, question.step, question.model, cost)
                for question, cost in asked
            )
            columns = "batch custom_id key step model worst_nanousd"
            self._connection.insert("batch_requests", columns, rows)
        return next(batch for batch in self.open() if batch.number == number)

    def move(self, number: int, state: BatchState, name: str = "", error: str = "") -> None:
        """Keep what became of a batch; a name that is empty stays as it is."""
        closed = _now() if state in _ENDED else None
        with self._connection.transaction():
            self._connection.execute(
                "UPDATE batches SET state = ?, name = ifnull(nullif(?, ''), name), error = ?,"
                " closed_at = ? WHERE id = ?",
                [state.value, name, error, closed, number],
            )

    def requests(self, number: int) -> dict[str, str]:
        """Return the key of each request without result, by its id in the batch."""
        sql = "SELECT custom_id, key FROM batch_requests WHERE batch = ? AND call IS NULL"
        return dict(self._connection.rows(sql, [number]))

    def settle(self, number: int, endings: Mapping[str, Ending]) -> int:
        """Keep results by id in the batch; return how many were new, the first of each counts."""
        with self._connection.transaction():
            found = self._connection.rows(
                "SELECT custom_id, key, step, model, worst_nanousd FROM batch_requests"
                " WHERE batch = ? AND call IS NULL"
                " AND custom_id IN (SELECT value FROM json_each(?)) ORDER BY custom_id",
                [number, orjson.dumps(list(endings)).decode()],
            )
            for name, key, step, model, worst in found:
                call = self._calls.begin(Asked(key, step, model), worst)
                self._calls.finish(call, endings[name])
                self._connection.execute(
                    "UPDATE batch_requests SET call = ? WHERE batch = ? AND custom_id = ?",
                    [call, number, name],
                )
        return len(found)

    def names(self) -> set[str]:
        """Return the names of all batches ever sent."""
        rows = self._connection.rows("SELECT name FROM batches WHERE name IS NOT NULL")
        return {name for (name,) in rows}

    def is_proven(self, model: str) -> bool:
        """Return whether the log holds an answer of a model."""
        sql = "SELECT 1 FROM calls WHERE state = 'done' AND step != 'probe' AND model = ? LIMIT 1"
        return bool(self._connection.rows(sql, [model]))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
