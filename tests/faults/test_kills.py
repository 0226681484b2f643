"""Rows A1, A2, B1 and B3: whatever kills a run, nothing acknowledged is lost or bought twice."""

from pathlib import Path

import pytest

from tagraph.store import open_store
from tests.faults.kills import POINTS, Series, run_named_points, run_random_kills
from tests.faults.server import Witness
from tests.faults.shown import show

pytestmark = pytest.mark.no_cover
KILLS, TIMES = 100, 3


def test_a_run_killed_at_any_moment_loses_nothing_and_buys_nothing_twice(
    tmp_path: Path, server: Witness
) -> None:
    series = Series(tmp_path, server, 60, 3, 15)

    losses = run_random_kills(series, KILLS, seed=1)

    losses.check()
    assert losses.ends[-9] == losses.kills == KILLS
    show("A1", f"{KILLS} SIGKILLs: 0 acknowledged lost, 0 stores damaged")
    show("B1", f"{KILLS} SIGKILLs: 0 stored asked again, <= 8 repeated a kill, all shown")


def test_a_run_killed_at_every_named_point_loses_nothing(small: Series) -> None:
    losses = run_named_points(small, TIMES)

    losses.check()
    assert losses.kills == (len(POINTS) + 2) * TIMES
    assert sum(losses.ends[-number] for number in (9, 25)) == losses.kills
    points = len(POINTS) + 2
    told = f"{points} points x {TIMES}: 0 lost, 0 bought twice, same selection"
    show("A2", told)


def test_costs_after_kills_are_the_sum_of_what_the_server_answered(small: Series) -> None:
    run_random_kills(small, 5, seed=2)
    job = small.job("whole.db")
    small.finish(job)

    for path in (job.store, small.folder / "run0.db"):
        with open_store(path, read_only=True) as store:
            (told,) = store.query(
                "SELECT count(*) n, sum(input_tokens) i, sum(cost_nanousd) c FROM calls"
                " WHERE state = 'done'"
            )
        if path == job.store:
            expected = told
        assert told == expected
    show("B3", "selection of a killed run byte-identical; answers, tokens and cost the same")
