import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tagraph import cores as cores_module
from tagraph.cores import count_cores, keep_to_one_core, spread


@pytest.fixture(params=["1", "2", "7"])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(cores_module, "ASKED", request.param)
    return int(request.param)


def count_product_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_parts_come_back_in_order_from_as_many_threads_as_cores(cores: int) -> None:
    met = threading.Barrier(cores, timeout=30)  # breaks unless so many are at work at once

    def work(part: int) -> tuple[int, str]:
        met.wait()
        return part, threading.current_thread().name

    found = list(spread(work, range(7 * cores)))

    assert [part for part, _ in found] == list(range(7 * cores))
    assert len({name for _, name in found}) == cores


def test_products_inside_use_one_core_and_give_the_bytes_of_one_thread(cores: int) -> None:
    rows = np.random.default_rng(0).normal(size=(300, 200))
    with threadpool_limits(1):
        alone = [rows[start : start + 50] @ rows.T for start in range(0, 300, 50)]
    seen: list[set[int]] = []

    def work(start: int) -> np.ndarray:
        seen.append(count_product_threads())
        return rows[start : start + 50] @ rows.T

    with keep_to_one_core():
        found = list(spread(work, range(0, 300, 50)))
    assert all(np.array_equal(one, other) for one, other in zip(alone, found, strict=True))
    assert all(threads <= {1} for threads in seen)


def test_work_inside_work_stays_in_its_thread(cores: int) -> None:
    def outer(part: int) -> bool:
        here = threading.current_thread()
        return all(spread(lambda _: threading.current_thread() is here, range(3)))

    assert all(spread(outer, range(4)))


def test_what_one_part_raises_is_raised_once_the_others_are_out_of_work(cores: int) -> None:
    begun, left = threading.Event(), threading.Event()

    def work(part: int) -> None:
        if part == 0:
            assert cores == 1 or begun.wait(timeout=30)
            raise ValueError("part 0")
        begun.set()
        left.set()

    with pytest.raises(ValueError, match="part 0"):
        list(spread(work, range(100)))
    assert left.is_set() == (cores > 1)
    assert not any(t.name.startswith("tagraph-core") for t in threading.enumerate())


def test_nothing_is_done_for_no_parts() -> None:
    def none() -> Iterator[int]:
        yield from ()

    assert list(spread(lambda part: part, none())) == []


@pytest.mark.parametrize(("asked", "cores"), [("3", 3), ("0", 1), ("", 5), ("many", 5)])
def test_the_environment_says_how_many(
    asked: str, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores_module, "ASKED", asked)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(5)))
    assert count_cores() == cores


def test_unless_told_there_are_as_many_as_this_process_may_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cores_module, "ASKED", "")
    assert count_cores() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")
    assert count_cores() == os.cpu_count()


def test_only_a_few_parts_are_taken_ahead(cores: int) -> None:
    taken: list[int] = []

    def parts() -> Iterator[int]:
        for part in range(40):
            taken.append(part)
            yield part

    for done in spread(lambda part: part, parts()):
        assert len(taken) - done <= cores + 2


def test_a_model_that_is_loaded_leaves_the_cores_to_others() -> None:
    code = (
        "from tagraph.adapters.bundled_models import use_one_thread\n"
        "use_one_thread()\n"
        "from tagraph.cores import count_cores\n"
        "print(count_cores())"
    )
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == len(os.sched_getaffinity(0))
