import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tagraph.data import Outcome, Verdict
from tagraph.errors import DamagedStoreError
from tagraph.steps.tag_answers import TagAnswer
from tagraph.store import Store, open_store
from tests.faults.disk import answer, fill_store, question
from tests.store.test_store import make_result_of_every_step

TRIGGERS = "calls_write_once comparisons_write_once tag_answers_write_once calls_stay"
TRIGGERS += " comparisons_stay tag_answers_stay"


def damage(path: Path, *statements: str) -> None:
    """Change a file as a bad disk would: without its rules."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        rules = [
            connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()[0]
            for name in TRIGGERS.split()
        ]
        for name in TRIGGERS.split():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in (*statements, *rules):
            connection.execute(statement)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "s.db"
    with open_store(path) as store:
        make_result_of_every_step(store)
        for _ in fill_store(store, 3):
            pass
    return path


def test_a_whole_store_is_clean_and_says_how_much_was_looked_at(path: Path) -> None:
    with open_store(path, read_only=True) as store:
        findings = store.verify()

    assert findings.is_clean
    # `make_result_of_every_step` stores a verdict of its own.
    assert findings.checked == {
        "calls": 3,
        "judges": 1,
        "comparisons": 4,
        "tag_answers": 3,
        "samples": 4,
    }


CHANGES = {
    "UPDATE calls SET worst_nanousd = 5 WHERE id = 2": "calls",
    "UPDATE calls SET state = 'failed' WHERE id = 2": "calls",
    "UPDATE calls SET attempt = 7 WHERE id = 2": "calls",
    "UPDATE calls SET cost_nanousd = NULL WHERE id = 2": "calls",
    "UPDATE judges SET key = 'other'": "judges",
    "UPDATE comparisons SET outcome = 'second' WHERE key = 'key 1'": "comparisons",
    "UPDATE comparisons SET grade = 9 WHERE key = 'key 1'": "comparisons",
    "UPDATE comparisons SET row_digest = 'x' WHERE key = 'key 1'": "comparisons",
    "UPDATE tag_answers SET outcome = 'refused' WHERE digest = 'sample 1'": "tag_answers",
    "UPDATE tag_reasons SET tag = 'changed' WHERE digest = 'sample 1' AND place = 1": "tag_answers",
    "DELETE FROM tag_reasons WHERE digest = 'sample 1' AND place = 1": "tag_answers",
    "UPDATE turns SET content = 'x'": "samples",
    "UPDATE samples SET digest = 'x' WHERE position = 1": "samples",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_value_is_found_and_its_row_named(change: str, tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with open_store(path) as store:
        make_result_of_every_step(store)
        for _ in fill_store(store, 3):
            pass
        store._connection.execute("INSERT INTO turns VALUES (0, 0, 'human', 'hello')")
        store._connection.execute(
            "UPDATE samples SET digest = ? WHERE position = 0",
            ["ac1ab0e2ea9c95a3fb3c9fc7ce2a7bb0e39fb6be8d0d8ebb4a0a6ee5ab15a1f5"],
        )
    damage(path, change)

    with open_store(path, read_only=True) as store:
        found = {one.table for one in store.verify().damage if one.name}

    assert CHANGES[change] in found


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("DELETE FROM calls WHERE id = 2", "3 rows were written, 2 are here"),
        ("DELETE FROM comparisons WHERE key = 'key 1'", "4 rows were written, 3 are here"),
        ("UPDATE tallies SET digest = '7'", "the rows are not those that were written"),
        ("UPDATE comparisons SET judge = 9", "refers to a row of judges that is not there"),
    ],
)
def test_a_missing_row_and_a_broken_reference_are_found(
    change: str, problem: str, path: Path
) -> None:
    damage(path, change)

    with open_store(path, read_only=True) as store:
        assert problem in {one.problem for one in store.verify().damage}


def test_damaged_rows_are_set_aside_and_the_rest_stays_usable(path: Path) -> None:
    damage(
        path,
        "UPDATE calls SET reply = x'00' WHERE id = 2",
        "UPDATE comparisons SET grade = 9 WHERE key = 'key 1'",
        "UPDATE tag_reasons SET tag = 'changed' WHERE digest = 'sample 1' AND place = 1",
    )
    with open_store(path) as store:
        assert len(store.verify().damage) == 3
        with pytest.raises(DamagedStoreError):
            store.evidence.load_verdicts(["key 0", "key 1"])
        assert store.set_damaged_aside() == 3

        assert store.verify().is_clean
        assert store.evidence.load_verdicts(["key 0", "key 1"]).keys() == {"key 0"}
        assert store.evidence.load_tag_answers("tagger", ["sample 0", "sample 1"]).keys() == {
            "sample 0"
        }
        assert store.calls.find([question(i).key for i in range(3)]).keys() == {
            question(0).key,
            question(2).key,
        }
        assert store.run("compare") is None
        assert store.run("cluster") is not None
        kept = store.query("SELECT source, name FROM damaged_rows ORDER BY id")
        assert [row["source"] for row in kept] == ["calls", "comparisons", "tag_answers"]
        store.evidence.save_verdicts("judge", [("key 1", "a", "b", Verdict(Outcome.TIE))])
        store.evidence.save_tag_answers("tagger", {"sample 1": TagAnswer("tagged", ())})
        store.calls.finish(store.calls.begin(question(1), 9), answer(1))
        assert store.verify().is_clean


def test_a_judge_whose_name_changed_is_marked_and_its_verdicts_stay(path: Path) -> None:
    damage(path, "UPDATE judges SET key = 'other'")

    with open_store(path) as store:
        assert store.set_damaged_aside() == 1
        assert store.verify().is_clean
        assert store.query("SELECT key FROM judges") == [{"key": "damaged: other"}]
        assert store.evidence.load_verdicts(["key 1"]).keys() == {"key 1"}


def test_an_empty_store_in_memory_is_clean() -> None:
    with Store() as store:
        assert store.verify().is_clean
        assert store.set_damaged_aside() == 0
