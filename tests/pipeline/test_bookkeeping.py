import threading

import pytest

from tagraph.errors import MissingResultError
from tagraph.pipeline.bookkeeping import Event, Plan, Result, run_step
from tagraph.store import Store


def run(store: Store, plan: Plan, events: list[Event] | None = None) -> bool:
    work = lambda: Result({"n": 1}, lambda: None)  # noqa: E731
    return run_step(store, plan, work, (events if events is not None else []).append)


def test_a_step_runs_once_and_is_kept_after_that() -> None:
    with Store() as store:
        events: list[Event] = []

        assert run(store, Plan("ingest", None, {"a": 1}), events)
        assert not run(store, Plan("ingest", None, {"a": 1}), events)
        assert [event.state for event in events] == ["started", "finished", "kept"]
        assert events[-1].summary == {"n": 1}


def test_a_changed_option_runs_the_step_again_and_what_depends_on_it() -> None:
    with Store() as store:
        run(store, Plan("ingest", None, {"a": 1}))
        run(store, Plan("tag", "ingest", {}))

        assert run(store, Plan("ingest", None, {"a": 2}))
        assert run(store, Plan("tag", "ingest", {}))
        assert not run(store, Plan("tag", "ingest", {}))


def test_a_step_whose_parent_is_missing_says_what_to_run() -> None:
    with Store() as store, pytest.raises(MissingResultError, match="run `tagraph ingest` first"):
        run(store, Plan("tag", "ingest", {}))


def test_work_that_fails_leaves_no_result_behind() -> None:
    def work() -> Result:
        raise ZeroDivisionError

    with Store() as store:
        with pytest.raises(ZeroDivisionError):
            run_step(store, Plan("ingest", None, {}), work)
        assert store.run("ingest") is None


def test_a_step_that_goes_on_says_so_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagraph.pipeline.bookkeeping.BEAT_SECONDS", 0.001)
    told, heard = threading.Event(), []

    def listen(event: Event) -> None:
        heard.append(event)
        if event.state == "working":
            told.set()

    def work() -> Result:
        assert told.wait(60)
        return Result({}, lambda: None)

    with Store() as store:
        run_step(store, Plan("ingest", None, {}), work, listen)

    assert {event.state for event in heard[1:-1]} == {"working"}
    assert heard[1].seconds > 0
    assert [heard[0].state, heard[-1].state] == ["started", "finished"]
    assert "tagraph-beat" not in {thread.name for thread in threading.enumerate()}
