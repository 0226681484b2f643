"""How many cores matrix products use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

EVERY = os.cpu_count() or 1


@contextmanager
def limit_cores(usual: int) -> Iterator[None]:
    """Let matrix products use `usual` cores, or as many as `OMP_NUM_THREADS` says.

    Several threads round otherwise than one: `EVERY` core is for what is computed anew before it
    counts.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    with threadpool_limits(int(asked) if asked.isdecimal() else usual):
        yield
