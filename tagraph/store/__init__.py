"""One SQLite file that holds every step's result as tables; the only place that reads or writes it.

A step's result and its row in `runs` are one transaction, which also clears the results of the
steps after it: what stands in the store always belongs together. Verdicts and vectors are keyed by
content, added as they come, and never cleared.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tagraph.store.batches import BatchTables
from tagraph.store.calls import CallTables
from tagraph.store.checking import Damage, Findings, check_store, set_damaged_aside
from tagraph.store.claim import claim, lock_of
from tagraph.store.connection import Connection, Run
from tagraph.store.evidence import EvidenceTables
from tagraph.store.groups import GroupTables
from tagraph.store.opening import MEMORY
from tagraph.store.results import ResultTables
from tagraph.store.samples import SampleTables
from tagraph.store.servers import ServerTables
from tagraph.store.standing import Standing, read_standing
from tagraph.store.tags import TagTables
from tagraph.store.trust import TrustTables

__all__ = [
    "MEMORY",
    "CallTables",
    "Damage",
    "Findings",
    "Run",
    "Standing",
    "Store",
    "open_store",
]


def warn(line: str) -> None:
    """Warn of the place where a store lies, as notebooks show it."""
    warnings.warn(line, UserWarning, stacklevel=2)


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
        trust: Planted questions, and samples that talk to a judge.

    Args of the constructor are those of `open_store`.

    Raises:
        StoreError: Not a tagraph store, of a newer version, or not writable.
    """

    def __init__(
        self,
        path: str | Path = MEMORY,
        *,
        read_only: bool = False,
        tell: Callable[[str], object] = warn,
    ) -> None:
        self._connection = Connection(str(path), tell=tell, read_only=read_only)
        self.path = self._connection.path
        self._held = ExitStack()
        self._is_held = False
        self.samples = SampleTables(self._connection)
        self.tags = TagTables(self._connection)
        self.groups = GroupTables(self._connection)
        self.calls = CallTables(self._connection, self._hold)
        self.servers = ServerTables(self._connection)
        self.batches = BatchTables(self._connection, self.calls)
        self.evidence = EvidenceTables(self._connection)
        self.results = ResultTables(self._connection)
        self.trust = TrustTables(self._connection)

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
        self._held.close()

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Keep every other run off this store while the body runs; readers may read.

        Replies that an earlier run had to spill are taken in, and what it left open is orphaned:
        whoever holds the store knows that nobody else is waiting for them.

        Raises:
            StoreError: Another run holds the store.
        """
        self._hold()
        try:
            yield
        finally:
            self._is_held = False
            self._held.close()

    def _hold(self) -> None:
        """Claim the store until it is closed, unless it is claimed already."""
        if self._is_held:
            return
        try:
            if self.path != MEMORY:
                self._held.enter_context(claim(lock_of(self.path)))
                self.calls.take_spilled()
            self.calls.give_up_open()
        except BaseException:
            self._held.close()
            raise
        self._is_held = True

    def run(self, step: str) -> Run | None:
        """Return the latest run of a step, None if its result is missing."""
        return self._connection.run(step)

    def saving(self, run: Run) -> AbstractContextManager[None]:
        """Replace the result of a step and clear the later ones, in one transaction.

        The body saves the result; whatever it raises leaves the store as it was.
        """
        return self._connection.saving(run)

    def forget(self, step: str) -> None:
        """Clear the results of a step and of those after it; verdicts and vectors stay."""
        with self._connection.transaction():
            self._connection.forget(step)

    def digest(self, step: str) -> str:
        """Return what stands in the tables of a step as 64 hex digits; times are not in it."""
        return self._connection.digest(step)

    def standing(self) -> Standing:
        """Return how far the store is: done, open, orphaned, spent, and what comes next."""
        return read_standing(self._connection)

    def verify(self) -> Findings:
        """Compare every paid row and every sample with its digest, and check the file."""
        return check_store(self._connection)

    def set_damaged_aside(self) -> int:
        """Move damaged paid rows to table `damaged_rows`, so that they are asked again.

        Raises:
            StoreError: Another run holds the store, or the file cannot be changed.
        """
        with self.claimed():
            return set_damaged_aside(self._connection)

    def snapshot(self) -> AbstractContextManager[None]:
        """Let everything that the body reads be of one moment, whatever others write meanwhile."""
        return self._connection.snapshot()

    def copy_to(self, path: str | Path) -> None:
        """Write a consistent copy to a file that is not there, also while a run goes on.

        Raises:
            StoreError: The copy cannot be written.
        """
        self._connection.copy_to(str(path))

    def query(
        self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()
    ) -> list[dict[str, Any]]:
        """Return the rows of a SELECT as dictionaries, for eyes and notebooks.

        Args:
            sql: With `?` or `:name` where a parameter goes.
            parameters: Values in order, or by name.
        """
        return self._connection.query(sql, parameters)


def open_store(
    path: str | Path, *, read_only: bool = False, tell: Callable[[str], object] = warn
) -> Store:
    """Open a store, make it if it is missing.

    Args:
        path: The file.
        read_only: Look only; the file must be there, and may lie where nobody can write.
        tell: Told what the user should know about the file's place, one line at a time.

    Raises:
        StoreError: Not a tagraph store, of a newer version, or not writable.
    """
    return Store(path, read_only=read_only, tell=tell)
