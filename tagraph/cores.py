"""On how many cores work is done, with the same result on any number."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import TypeVar

from threadpoolctl import threadpool_limits

Part = TypeVar("Part")
Done = TypeVar("Done")

_EVERY = os.cpu_count() or 1
_AHEAD = 2  # parts for each thread that wait or are worked on
_here = threading.local()


@contextmanager
def limit_cores(usual: int) -> Iterator[None]:
    """Let matrix products use `usual` cores, or as many as `OMP_NUM_THREADS` says.

    Several threads round otherwise than one.
    """
    with threadpool_limits(count_cores(usual)):
        yield


def count_cores(usual: int = _EVERY) -> int:
    """Return `usual`, or what `OMP_NUM_THREADS` says."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, int(asked)) if asked.isdecimal() else usual


def spread(work: Callable[[Part], Done], parts: Iterable[Part]) -> list[Done]:
    """Return `work(part)` of every part, in order, done by as many threads as there are cores.

    For work that leaves Python for long: products, sorting, a run of Leiden. Each thread's products
    use one core, so no result depends on the number of threads. Parts are taken one by one, only a
    few before they are worked on. Inside such work there is one thread. `OMP_NUM_THREADS` sets
    another number.
    """
    coming, n_threads = iter(parts), count_cores()
    first = list(islice(coming, 2))
    every = chain(first, coming)
    if min(n_threads, len(first)) < 2 or getattr(_here, "is_spread", False):
        return [work(part) for part in every]

    def work_here(part: Part) -> Done:
        _here.is_spread = True
        return work(part)

    done: list[Done] = []
    waiting: deque[Future[Done]] = deque()
    pool = ThreadPoolExecutor(n_threads, thread_name_prefix="tagraph-core")
    try:
        with threadpool_limits(1):
            for part in every:
                waiting.append(pool.submit(work_here, part))
                if len(waiting) > _AHEAD * n_threads:
                    done.append(waiting.popleft().result())
            return done + [one.result() for one in waiting]
    finally:
        pool.shutdown(cancel_futures=True)
