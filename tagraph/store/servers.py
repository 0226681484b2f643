"""What is known of servers that models were asked through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from tagraph.steps.server_facts import ServerFacts
from tagraph.store.connection import Connection


class ServerTables:
    """Table `servers`; a row for each address and model."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, address: str, model: str) -> ServerFacts | None:
        """Return what a server did when it was tried, None if it never was."""
        rows = self._connection.rows(
            "SELECT obeys_schema, obeys_tool, counts_tokens, has_batches, limits FROM servers"
            " WHERE address = ? AND model = ? AND probed_at IS NOT NULL",
            [address, model],
        )
        for schema, tool, counts, batches, limits in rows:
            flags = (bool(schema), bool(tool), bool(counts), bool(batches))
            return ServerFacts(*flags, orjson.loads(limits))
        return None

    def save(self, address: str, model: str, facts: ServerFacts) -> None:
        """Keep what a server did, in place of what was known."""
        flags = (facts.obeys_schema, facts.obeys_tool, facts.counts_tokens, facts.has_batches)
        limits = facts.limits or self.load_limits(address, model)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row = (address, model, now, *map(int, flags), orjson.dumps(dict(limits)).decode())
        columns = "address model probed_at obeys_schema obeys_tool counts_tokens has_batches limits"
        with self._connection.transaction():
            sql = "DELETE FROM servers WHERE address = ? AND model = ?"
            self._connection.execute(sql, [address, model])
            self._connection.insert("servers", columns, [row])

    def load_limits(self, address: str, model: str) -> dict[str, int]:
        """Return what a server takes a minute, empty if it never said."""
        sql = "SELECT limits FROM servers WHERE address = ? AND model = ?"
        rows = self._connection.rows(sql, [address, model])
        return dict(orjson.loads(rows[0][0])) if rows else {}

    def typical_seconds(self, model: str) -> float | None:
        """Return how long an answer of a model took on average, batches left out."""
        ((seconds,),) = self._connection.rows(
            "SELECT avg(julianday(finished_at) - julianday(started_at)) * 86400 FROM calls"
            " WHERE state = 'done' AND model = ?"
            " AND id NOT IN (SELECT call FROM batch_requests WHERE call IS NOT NULL)",
            [model],
        )
        return None if seconds is None else float(seconds)

    def save_limits(self, address: str, model: str, limits: Mapping[str, int]) -> None:
        """Keep what a server takes a minute."""
        row = (address, model, orjson.dumps(dict(limits)).decode())
        again = "ON CONFLICT (address, model) DO UPDATE SET limits = excluded.limits"
        with self._connection.transaction():
            self._connection.insert("servers", "address model limits", [row], again)
