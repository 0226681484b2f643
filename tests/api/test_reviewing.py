"""Tasks for people out of a store, and their answers back into it and into the ranking."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import orjson
import pytest

from tagraph import open_store, take_review_answers, write_review_tasks
from tagraph.adapters.override_files import read_overrides
from tagraph.adapters.people_judge import PEOPLE, PeopleJudge
from tagraph.config import Config
from tagraph.errors import InputError, OptionsError
from tagraph.pipeline import Pipeline, run_compare, run_rank, run_select
from tagraph.stages.review_tasks import Answer, read_answers
from tagraph.store import Store
from tests.report.stores import JUDGE, make_store, plain_samples

HOSTILE = 'a"]<Text value="$x"/>\n&\x1b[31m'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "run.db"
    make_store(plain_samples(), path).close()
    return path


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Store:
    shutil.copy(made, tmp_path / "run.db")
    return open_store(tmp_path / "run.db")


def answered(rows: list[dict[str, Any]], *verdicts: list[str]) -> list[dict[str, Any]]:
    """Return an export of Label Studio: for each row what each person said."""
    return [
        row
        | {
            "annotations": [
                {
                    "was_cancelled": False,
                    "result": [{"from_name": "verdict", "value": {"choices": [one]}}],
                }
                for one in said
            ]
        }
        for row, said in zip(rows, verdicts, strict=True)
    ]


def save(path: Path, rows: object) -> Path:
    path.write_bytes(orjson.dumps(rows))
    return path


def test_pairs_go_out_blind_closest_first_and_their_verdicts_come_back(
    store: Store, tmp_path: Path
) -> None:
    tasks = write_review_tasks(store, "pairs", tmp_path / "pairs.json", limit=5)
    rows = orjson.loads((tmp_path / "pairs.json").read_bytes())
    assert len(tasks) == len(rows) == 5
    assert "strength" not in str(rows)
    interface = ElementTree.fromstring((tmp_path / "pairs.xml").read_text())  # noqa: S314 - ours
    assert {one.get("value") for one in interface.iter("Text")} <= {
        f"${n}" for n in rows[0]["data"]
    }
    longer = [
        "first" if len(t.texts["first_response"]) > len(t.texts["second_response"]) else "second"
        for t in tasks
    ]

    taken = take_review_answers(
        store, save(tmp_path / "a.json", answered(rows, *([one] for one in longer)))
    )

    assert taken.answers == {"pairs": 5}
    assert (taken.open, taken.unknown) == (0, 0)
    ((judge, agreement),) = taken.agreement.items()
    assert judge == JUDGE.key
    assert agreement.value == 1.0
    said = store.query("SELECT outcome FROM v_comparisons WHERE judge = :j", {"j": PEOPLE})
    assert said == []  # evidence, but no part of this tournament
    assert store.evidence.count_verdicts(PEOPLE) == 5


def test_people_as_second_judge_are_waited_for_and_then_heard(store: Store, tmp_path: Path) -> None:
    pipeline = Pipeline(store, Config())
    run_compare(pipeline, JUDGE, 9, PeopleJudge())
    assert store.run("compare").summary["unfinished"] > 0  # type: ignore[union-attr]
    run_rank(pipeline)
    run_select(pipeline, 9)
    before = store.results.load_scores()[0]
    tasks = write_review_tasks(store, "pairs", tmp_path / "pairs.json", tool="argilla", limit=999)
    rows = orjson.loads((tmp_path / "pairs.json").read_bytes())
    waiting = store.run("compare").summary["unfinished"]  # type: ignore[union-attr]
    assert len(tasks) >= waiting
    for row in rows:
        row["responses"] = {"verdict": [{"value": "first", "status": "submitted"}]}

    take_review_answers(store, save(tmp_path / "records.json", rows))
    run_compare(pipeline, JUDGE, 9, PeopleJudge())
    run_rank(pipeline)

    heard = store.results.load_scores()[0]
    assert np.abs(heard - before).max() > 0.1
    assert store.query("SELECT DISTINCT judge FROM v_judges ORDER BY judge") == [
        {"judge": JUDGE.key},
        {"judge": PEOPLE},
    ]


def test_merges_are_confirmed_or_forbidden_for_the_next_run(store: Store, tmp_path: Path) -> None:
    write_review_tasks(store, "merges", tmp_path / "merges.json")
    rows = orjson.loads((tmp_path / "merges.json").read_bytes())
    said = [["same"], ["apart"], ["same", "apart"], *([] for _ in rows[3:])]
    answers = save(tmp_path / "a.json", answered(rows, *said[: len(rows)]))

    with pytest.raises(OptionsError, match="-o FILE"):
        take_review_answers(store, answers)
    taken = take_review_answers(store, answers, tmp_path / "tags.toml")

    assert taken.answers == {"merges": 2}
    assert taken.open == len(rows) - 2
    decided = read_overrides(tmp_path / "tags.toml")
    assert decided.always == ((rows[0]["data"]["left"], rows[0]["data"]["right"]),)
    assert decided.never == ((rows[1]["data"]["left"], rows[1]["data"]["right"]),)


def test_what_a_person_did_not_finish_does_not_count_and_most_voices_do() -> None:
    facts = {"kind": "merges", "left": HOSTILE, "right": "b"}
    skipped = {
        "was_cancelled": True,
        "result": [{"from_name": "verdict", "value": {"choices": ["same"]}}],
    }
    draft = {"value": "same", "status": "draft"}

    one, two, three = read_answers(
        [
            {"data": facts, "annotations": [skipped]},
            {"metadata": facts, "responses": {"verdict": [draft, *[{"value": "apart"}] * 2]}},
            {**facts, "verdict": "same"},
        ]
    )

    assert (one.verdict, two.verdict, three.verdict) == ("", "apart", "same")
    assert three.left == HOSTILE
    assert Answer("pairs", "a", "b", ("first", "second", "first")).verdict == "first"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([1], "row 1 is no task: int"),
        ([{"text": "x"}], "row 1 is no task that"),
        ([{"kind": "pairs", "left": "a", "right": "b", "verdict": "left"}], "row 1 says 'left'"),
    ],
)
def test_a_file_of_something_else_is_refused_with_its_row(
    store: Store, tmp_path: Path, rows: list[object], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        take_review_answers(store, save(tmp_path / "x.json", rows))


def test_pairs_of_another_store_are_counted(store: Store, tmp_path: Path) -> None:
    row = {"kind": "pairs", "left": "gone", "right": store.samples.load_samples().ids[0]}

    taken = take_review_answers(store, save(tmp_path / "x.json", [row | {"verdict": "first"}]))

    assert taken.unknown == 1
    assert store.evidence.count_verdicts(PEOPLE) == 0
