"""One SQLite file that holds every step's result as tables; the only place that reads or writes it.

A step's result and its row in `runs` are one transaction, which also clears the results of the
steps after it: what stands in the store always belongs together. Verdicts and vectors are keyed by
content, added as they come, and never cleared.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tagraph.store.batches import BatchTables
from tagraph.store.calls import CallTables
from tagraph.store.claim import claim
from tagraph.store.connection import MEMORY, Connection, Run
from tagraph.store.evidence import EvidenceTables
from tagraph.store.groups import GroupTables
from tagraph.store.results import ResultTables
from tagraph.store.samples import SampleTables
from tagraph.store.servers import ServerTables
from tagraph.store.tags import TagTables

__all__ = ["MEMORY", "CallTables", "Run", "Store", "open_store"]


class Store:
    """A SQLite file opened for reading and writing; a context manager.

    Attributes:
        samples: Source files, samples and their records.
        tags: Raw tags, canonical tags and the map between them.
        groups: Tag graph, communities and clusters.
        calls: Requests to paid models.
        servers: What is known of the servers behind them.
        batches: Requests that were sent together, and wait for their answers.
        evidence: Verdicts and vectors.
        results: Tournament, scores and selection.

    Raises:
        StoreError: Not a tagraph store, of a newer version, or not writable.
    """

    def __init__(self, path: str | Path = MEMORY) -> None:
        self._connection = Connection(str(path))
        self.path = self._connection.path
        self.samples = SampleTables(self._connection)
        self.tags = TagTables(self._connection)
        self.groups = GroupTables(self._connection)
        self.calls = CallTables(self._connection)
        self.servers = ServerTables(self._connection)
        self.batches = BatchTables(self._connection, self.calls)
        self.evidence = EvidenceTables(self._connection)
        self.results = ResultTables(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was saved is on disk."""
        self._connection.close()

    def claimed(self) -> AbstractContextManager[None]:
        """Keep every other run off this store while the body runs; readers may read.

        Raises:
            StoreError: Another run holds the store.
        """
        return nullcontext() if self.path == MEMORY else claim(Path(self.path + ".lock"))

    def run(self, step: str) -> Run | None:
        """Return the latest run of a step, None if its result is missing."""
        return self._connection.run(step)

    def saving(self, run: Run) -> AbstractContextManager[None]:
        """Replace the result of a step and clear the later ones, in one transaction.

        The body saves the result; whatever it raises leaves the store as it was.
        """
        return self._connection.saving(run)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Return the rows of a SELECT as dictionaries, for eyes and notebooks."""
        return self._connection.query(sql, parameters)


def open_store(path: str | Path) -> Store:
    """Open a store, make it if it is missing.

    Raises:
        StoreError: Not a tagraph store, of a newer version, or not writable.
    """
    return Store(path)
