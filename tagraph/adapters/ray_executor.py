"""Batches of free work on a Ray cluster: this machine's cores, or a cluster that is running."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, TypeVar

from tagraph.errors import ExecutorError, MissingPackageError

Batch = TypeVar("Batch")
Found = TypeVar("Found")

TRIES = 4  # workers that a batch may lose before it is taken for what kills them
AHEAD = 2  # batches per core that wait or are worked on


def _do(work: Callable[[Batch], Found], batch: Batch) -> Found:
    """Do a batch; Ray takes plain functions only."""
    return work(batch)


class RayExecutor:
    """Does each batch as a Ray task; Ray does the batch of a lost worker or node again.

    Results come in the order of the batches to the process that asked, the only one that writes.
    Workers need the same tagraph and its models installed, and are told to use one thread each.
    """

    def __init__(self, address: str = "") -> None:
        """Connect to the cluster at `address`, or start one on this machine.

        Raises:
            MissingPackageError: Ray is not installed.
            ExecutorError: There is no cluster at that address.
        """
        try:
            self._ray: Any = import_module("ray")
        except ImportError as error:
            raise MissingPackageError("Ray is missing; install it with `tagraph[ray]`") from error
        if not self._ray.is_initialized():
            self._connect(address)
        cores = self._ray.cluster_resources().get("CPU", 1)
        self._ahead = max(2, AHEAD * int(cores))

    def _connect(self, address: str) -> None:
        options: dict[str, Any] = {"logging_level": "warning", "log_to_driver": False}
        options["runtime_env"] = {"env_vars": {"OMP_NUM_THREADS": "1"}}
        options |= {"address": address} if address else {"include_dashboard": False}
        try:
            self._ray.init(**options)
        except (ConnectionError, ValueError, RuntimeError) as error:
            where = address or "this machine"
            raise ExecutorError(f"no Ray cluster on {where}: {error}") from error

    def map(self, work: Callable[[Batch], Found], batches: Sequence[Batch]) -> Iterator[Found]:
        """Yield what `work` makes of each batch, in order.

        Raises:
            ExecutorError: A batch lost its worker again and again.
        """
        task = self._ray.remote(max_retries=TRIES)(_do)
        todo, held = iter(batches), deque[Any]()
        while True:
            for batch in todo:
                held.append(task.remote(work, batch))
                if len(held) >= self._ahead:
                    break
            if not held:
                return
            try:
                found: Found = self._ray.get(held.popleft())
            except self._ray.exceptions.RayTaskError as error:
                raise error.cause from None
            except self._ray.exceptions.RayError as error:
                raise ExecutorError(f"Ray lost a batch for good: {error}") from error
            yield found

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        self._ray.shutdown()
