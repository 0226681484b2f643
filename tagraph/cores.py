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

ASKED = os.environ.get("OMP_NUM_THREADS", "")
"""What the environment says before a model is loaded, which sets it to 1."""
_MOST = 8  # threads: each holds what it works on
_here = threading.local()


@contextmanager
def keep_to_one_core() -> Iterator[None]:
    """Let matrix products use one core: several threads round otherwise than one."""
    with threadpool_limits(1):
        yield


def count_cores() -> int:
    """Return what `OMP_NUM_THREADS` says, or the cores that this process may use."""
    if ASKED.isdecimal():
        return max(1, int(ASKED))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(work: Callable[[Part], Done], parts: Iterable[Part]) -> Iterator[Done]:
    """Yield `work(part)` of every part, in order, done by a thread for every core, up to `_MOST`.

    For work that leaves Python for long: products, sorting, a run of Leiden. Each thread's products
    use one core, as they do in a step, so that no result depends on the number of threads. Parts
    are taken one by one, one more than are worked on. Inside such work there is one thread.
    `OMP_NUM_THREADS` sets another number.
    """
    coming, n_threads = iter(parts), min(count_cores(), _MOST)
    first = list(islice(coming, 2))
    every = chain(first, coming)
    if min(n_threads, len(first)) < 2 or getattr(_here, "is_spread", False):
        yield from map(work, every)
        return

    def work_here(part: Part) -> Done:
        _here.is_spread = True
        return work(part)

    waiting: deque[Future[Done]] = deque()
    pool = ThreadPoolExecutor(n_threads, thread_name_prefix="tagraph-core")
    try:
        with keep_to_one_core():
            for part in every:
                waiting.append(pool.submit(work_here, part))
                if len(waiting) > n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
