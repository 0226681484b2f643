"""Row E2: whatever a server does, and whenever a run is killed, the selection is the same."""

import pytest

from tests.faults.kills import Series
from tests.faults.schedules import FAULTS, run_schedules
from tests.faults.shown import show

SCHEDULES = 10


def test_schedules_of_faults_give_the_bytes_of_an_undisturbed_run(
    small: Series, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr("tagraph.adapters.caller._BACKOFF", (0.001, 0.002))

    found = run_schedules(small, SCHEDULES)

    assert found.same == SCHEDULES
    told = (
        f"{SCHEDULES} schedules of {len(FAULTS)} faults and of kills, replies in any order:"
        f" {found.same} of {SCHEDULES} byte-identical"
    )
    show("E2", told, request.node.nodeid)
