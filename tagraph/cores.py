"""Every core for products whose last bits decide nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def every_core() -> Iterator[None]:
    """Let matrix products use all cores, or `OMP_NUM_THREADS` of them.

    Several threads round otherwise than one, so this is for what is computed anew before it counts.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    with threadpool_limits(int(asked) if asked.isdecimal() else os.cpu_count()):
        yield
