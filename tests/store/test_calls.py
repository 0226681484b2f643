import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.errors import DamagedStoreError, StoreError
from tagraph.steps.batches import BatchState
from tagraph.steps.calls import Charge, Ending, Question, Spent, Tokens
from tagraph.store import Store, open_store
from tagraph.store.calls import CallTables
from tagraph.store.spill import Spilled, spill_places, write_spill
from tests.report.stores import JUDGE, make_store, plain_samples

BODY = {"model": "m", "max_tokens": 5, "messages": []}


def question(name: str = "a", step: str = "compare") -> Question:
    return Question(step, BODY | {"system": name})


def answer(raw: bytes = b"{}", cost: int | None = 7) -> Ending:
    return Ending(True, raw, len(raw), 200, "", Charge.KNOWN, cost, Tokens(10, 2, 3, 4), "end_turn")


def failure(charge: Charge = Charge.NONE) -> Ending:
    return Ending(False, b"oops", 4, 500, "HTTP 500", charge)


def test_an_intent_is_there_before_its_ending(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        store.calls.begin(question(), 99)
        with open_store(tmp_path / "s.db") as other:
            seen = other.query("SELECT state, attempt, worst_nanousd, step, model FROM calls")

    assert seen == [
        {"state": "open", "attempt": 1, "worst_nanousd": 99, "step": "compare", "model": "m"}
    ]


def test_what_a_dead_run_left_open_is_orphaned_and_counts_with_its_worst_case() -> None:
    with Store() as store:
        store.calls.finish(store.calls.begin(question("done"), 50), answer(cost=7))
        store.calls.begin(question("lost"), 99)

        assert store.calls.spent() == Spent(2, 106, 0)
        assert store.calls.give_up_open() == 1
        assert store.calls.give_up_open() == 0
        assert store.calls.spent() == Spent(2, 106, 0)
        assert store.calls.begin(question("lost"), 99) == 3
        rows = store.query("SELECT attempt, state FROM calls ORDER BY id")

    assert [(row["attempt"], row["state"]) for row in rows] == [
        (1, "done"),
        (1, "orphaned"),
        (2, "open"),
    ]


def test_the_first_answer_to_a_question_counts_and_a_second_is_kept_beside_it() -> None:
    with Store() as store:
        for raw in (b"first", b"second"):
            store.calls.finish(store.calls.begin(question(), 1), answer(raw))

        assert store.calls.find([question().key, "unknown"]) == {question().key: b"first"}
        assert len(store.query("SELECT 1 FROM calls")) == 2


def test_a_failure_is_no_answer() -> None:
    with Store() as store:
        store.calls.finish(store.calls.begin(question(), 1), failure())

        assert store.calls.find([question().key]) == {}
        assert store.calls.last_error() == "HTTP 500"


def test_a_finished_call_is_never_changed() -> None:
    with Store() as store:
        number = store.calls.begin(question(), 1)
        store.calls.finish(number, answer(b"first"))

        with pytest.raises(StoreError, match="never changed"):
            store.calls.finish(number, answer(b"second"))

        assert store.calls.find([question().key]) == {question().key: b"first"}


@given(
    st.lists(st.tuples(st.sampled_from(["known", "free", "none", "unknown"]), st.integers(0, 9)))
)
def test_what_was_spent_is_known_costs_and_the_worst_case_of_the_rest(
    attempts: list[tuple[str, int]],
) -> None:
    endings = {
        "known": lambda cost: answer(cost=cost),
        "free": lambda cost: answer(cost=None),
        "none": lambda cost: failure(),
        "unknown": lambda cost: failure(Charge.UNKNOWN),
    }
    with Store() as store:
        for kind, cost in attempts:
            store.calls.finish(store.calls.begin(question(), 100), endings[kind](cost))
        spent = store.calls.spent()

    known = sum(cost for kind, cost in attempts if kind == "known")
    unclear = sum(100 for kind, _ in attempts if kind == "unknown")
    assert spent == Spent(len(attempts), known + unclear, sum(k == "free" for k, _ in attempts))


def test_costs_are_shown_by_step_model_and_day() -> None:
    with Store() as store:
        store.calls.finish(store.calls.begin(question("a"), 100), answer(cost=3_000))
        store.calls.finish(store.calls.begin(question("b"), 100), failure(Charge.UNKNOWN))
        store.calls.finish(store.calls.begin(question("b"), 100), answer(cost=2_000))
        store.calls.finish(store.calls.begin(question("c", "tag"), 100), answer(cost=None))
        compare, tag = store.calls.load_costs()

    assert (compare["step"], compare["model"], compare["requests"]) == ("compare", "m", 3)
    assert (compare["answers"], compare["failed"]) == (2, 1)
    assert compare["cost_usd"] == pytest.approx(5e-6)
    assert compare["unclear_usd_at_most"] == pytest.approx(1e-7)
    assert (compare["input_tokens"], compare["cache_read_tokens"]) == (20, 6)
    assert len(compare["day"]) == len("2026-01-01")
    assert (tag["step"], tag["cost_usd"]) == ("tag", None)  # no price is not free


def test_a_judge_that_costs_nothing_stands_among_the_costs_by_its_key() -> None:
    with make_store(plain_samples(3), until="compare") as store:
        (row,) = store.calls.load_costs()

    assert (row["step"], row["model"], row["day"]) == ("compare", JUDGE.key, None)
    assert (row["requests"], row["cost_usd"]) == (0, 0.0)
    assert row["answers"] > 0


def test_a_byte_that_changed_on_disk_is_noticed_and_never_used(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with open_store(path) as store:
        for name in "ab":
            store.calls.finish(store.calls.begin(question(name), 1), answer(name.encode()))
        assert store.verify().is_clean
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("DROP TRIGGER calls_write_once")
        connection.execute("UPDATE calls SET reply = x'00' WHERE id = 2")
    connection.close()

    with open_store(path) as store:
        (damage,) = store.verify().damage
        assert (damage.table, damage.name) == ("calls", f"{question('b').key} 1")
        assert store.calls.find([question("a").key]) == {question("a").key: b"a"}
        with pytest.raises(DamagedStoreError, match=question("b").key[:16]):
            store.calls.find([question("b").key])


def test_an_ending_that_is_part_of_more_fails_with_it_and_is_not_spilled(tmp_path: Path) -> None:
    def settle(store: Store) -> None:
        with store._connection.transaction():
            number = store.calls.begin(question(), 1)
            store._connection._failure = "the disk is full"
            store.calls.finish(number, answer())

    with open_store(tmp_path / "s.db") as store:
        with pytest.raises(StoreError, match="the disk is full"):
            settle(store)

        assert store.query("SELECT * FROM calls") == []
    assert not (tmp_path / "s.db.spill").exists()


def test_a_store_in_memory_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Store() as store:
        number = store.calls.begin(question(), 1)
        store._connection._failure = "there is no room"
        with pytest.raises(StoreError, match="there is no room"):
            store.calls.finish(number, answer())

    assert list(tmp_path.iterdir()) == []


def test_nothing_is_begun_in_a_store_that_cannot_be_claimed(tmp_path: Path) -> None:
    def refuse() -> None:
        raise StoreError("somebody else has it")

    with Store() as store:
        calls = CallTables(store._connection, refuse)
        with pytest.raises(StoreError, match="somebody else"):
            calls.begin(question(), 1)

        assert store.query("SELECT * FROM calls") == []


def test_spilled_replies_are_taken_in_once_and_their_file_goes_with_the_last(
    tmp_path: Path,
) -> None:
    path = tmp_path / "s.db"
    a, b = question("a"), question("b")
    with open_store(path) as store:
        for asked in (a, a, b):
            store.calls.begin(asked, 1)
        for asked, attempt, raw in ((a, 1, b"1"), (a, 2, b"2"), (b, 1, b"3")):
            write_spill(str(path), Spilled(asked.key, attempt, answer(raw)))
        beside, elsewhere = spill_places(str(path))
        lines = beside.read_bytes()

        assert store.calls.take_spilled() == 3
        assert not beside.exists()
        beside.write_bytes(lines)  # as if the run had died before it could remove the file
        elsewhere.write_bytes(lines)
        assert store.calls.take_spilled() == 0
        assert not beside.exists()
        assert not elsewhere.exists()

        assert store.calls.find([a.key, b.key]) == {a.key: b"1", b.key: b"3"}
        assert store.calls.spent() == Spent(3, 21, 0)


def test_a_spill_with_a_reply_of_another_store_is_kept_though_ours_are_taken(
    tmp_path: Path,
) -> None:
    path = tmp_path / "s.db"
    with open_store(path) as store:
        store.calls.begin(question("a"), 1)
        foreign = [(question("a").key, 9), (question("other").key, 1)]
        for key, attempt in (*foreign, (question("a").key, 1)):
            write_spill(str(path), Spilled(key, attempt, answer()))

        assert store.calls.take_spilled() == 1
        assert store.calls.take_spilled() == 0
        assert (tmp_path / "s.db.spill").exists()
        assert store.calls.find([question("a").key]) == {question("a").key: b"{}"}


def test_the_latest_error_is_told_and_none_where_all_went_well() -> None:
    with Store() as store:
        assert store.calls.last_error() == ""
        for said in ("first", "last"):
            number = store.calls.begin(question(), 1)
            store.calls.finish(number, Ending(False, error=said))
        store.calls.finish(store.calls.begin(question(), 1), answer())

        assert store.calls.last_error() == "last"


@pytest.mark.parametrize("state", list(BatchState))
def test_a_batch_on_its_way_is_booked_at_its_worst_case_until_it_is_settled(
    state: BatchState,
) -> None:
    with Store() as store:
        asked = [(question("a"), 100), (question("b"), None)]
        batch = store.batches.begin("http://here", asked)
        store.batches.move(batch.number, state)
        is_open = state in (BatchState.SENDING, BatchState.UNCLEAR, BatchState.OPEN)

        assert store.calls.spent() == (Spent(2, 100, 1) if is_open else Spent())

        ids = {key: name for name, key in store.batches.requests(batch.number).items()}
        store.batches.settle(batch.number, {ids[question("a").key]: answer(cost=7)})
        assert store.calls.spent() == (Spent(2, 7, 1) if is_open else Spent(1, 7, 0))
