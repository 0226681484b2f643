"""Executors: the same answers in order, and what happens to a batch whose worker dies."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from tagraph.adapters.executors import InProcess, Processes, make_executor
from tagraph.errors import ExecutorError, MissingPackageError, OptionsError


def double(batch: list[int]) -> list[int]:
    return [2 * one for one in batch]


def die_once(batch: tuple[Path, int]) -> int:
    """Kill the worker that does this batch first."""
    mark, number = batch
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return number
    os._exit(1)


def die(batch: int) -> int:
    os._exit(1)


def refuse(batch: int) -> int:
    raise ValueError(f"no {batch}")


def test_answers_come_in_order_and_survive_a_killed_worker(tmp_path: Path) -> None:
    batches = [[i, i + 1] for i in range(20)]
    workers = Processes(2, tries=2)
    try:
        expected = list(InProcess().map(double, batches))
        assert list(workers.map(double, batches)) == expected

        mortal = [(tmp_path / "mark", i) for i in range(3)]
        assert list(workers.map(die_once, mortal)) == [0, 1, 2]
        with pytest.raises(ValueError, match="no 1"):
            list(workers.map(refuse, [1]))
        with pytest.raises(ExecutorError, match="2 times a worker process died on one batch"):
            list(workers.map(die, [1]))
    finally:
        workers.close()


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed")
def test_without_ray_the_extra_is_named() -> None:
    with pytest.raises(MissingPackageError, match=r"tagraph\[ray\]"):
        make_executor("ray")


@pytest.mark.parametrize("name", ["", "threads", "processes:0", "processes:two", "in-process:2"])
def test_an_unknown_executor_is_refused(name: str) -> None:
    with pytest.raises(OptionsError, match="choose in-process, processes"):
        make_executor(name)
