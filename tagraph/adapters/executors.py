"""Where batches of free work are done: in this process, or in several on this machine."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import get_context
from typing import TypeVar

from tagraph.errors import ExecutorError, OptionsError
from tagraph.protocols import Executor

Batch = TypeVar("Batch")
Found = TypeVar("Found")

NAMES = ("in-process", "processes", "ray")
TRIES = 4  # workers that a batch may lose before it is taken for what kills them
AHEAD = 2  # batches per worker that wait or are worked on


class InProcess:
    """Does one batch after the other."""

    def map(self, work: Callable[[Batch], Found], batches: Sequence[Batch]) -> Iterator[Found]:
        """Yield what `work` makes of each batch, in order."""
        yield from map(work, batches)


class Processes:
    """Does batches in processes of their own, which start afresh and share nothing.

    A process that dies costs the batches it and its fellows had under way: they are done again.
    """

    def __init__(self, n_workers: int, tries: int = TRIES) -> None:
        """Use so many processes, started when there is work."""
        self._n_workers, self._tries = n_workers, tries
        self._pool: ProcessPoolExecutor | None = None

    def map(self, work: Callable[[Batch], Found], batches: Sequence[Batch]) -> Iterator[Found]:
        """Yield what `work` makes of each batch, in order.

        Raises:
            ExecutorError: A batch was under way each time that workers died.
        """
        todo, lost = iter(batches), 0
        held: deque[tuple[Batch, Future[Found]]] = deque()
        while True:
            for batch in todo:
                held.append((batch, self._submit(work, batch)))
                if len(held) >= AHEAD * self._n_workers:
                    break
            if not held:
                return
            try:
                found = held[0][1].result()
            except BrokenProcessPool as error:
                lost += 1
                if lost >= self._tries:
                    told = f"{lost} times a worker process died on one batch"
                    raise ExecutorError(told) from error
                self.close()
                held = deque((batch, self._submit(work, batch)) for batch, _ in held)
                continue
            lost = 0
            held.popleft()
            yield found

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _submit(self, work: Callable[[Batch], Found], batch: Batch) -> Future[Found]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._n_workers, mp_context=get_context("spawn"))
        try:
            return self._pool.submit(work, batch)
        except BrokenProcessPool as error:
            broken: Future[Found] = Future()
            broken.set_exception(error)
            return broken


@cache
def make_executor(name: str) -> Executor:
    """Return the executor of a name, one per process: `processes:4`, `ray`, `ray:HOST:PORT`.

    Raises:
        OptionsError: There is none of that name.
        MissingPackageError: Ray is not installed.
    """
    kind, _, place = name.partition(":")
    if kind == "in-process" and not place:
        return InProcess()
    if kind == "processes" and (not place or (place.isdecimal() and int(place) > 0)):
        return Processes(int(place) if place else os.cpu_count() or 1)
    if kind == "ray":
        from tagraph.adapters.ray_executor import RayExecutor

        return RayExecutor(place)
    raise OptionsError(
        f"no executor {name!r}; choose in-process, processes, processes:N, ray or ray:ADDRESS"
    )
