"""The sample in data/: it holds what its README promises, and its truth fits it line by line."""

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parent.parent / "data"
TEXT_OF = {"conversations": "value", "messages": "content"}
FLAWS = {
    "factual_error",
    "garbled",
    "ignores_input",
    "near_duplicate",
    "off_topic",
    "placeholder",
    "refusal",
    "repetitive",
    "too_short",
    "truncated",
    "wrong_format",
}
WILD_SPELLINGS = [
    ("Python", "python", "PYTHON"),
    ("machine-learning", "machine_learning", "Machine Learning", "ML"),
    ("recipe", "recipes"),
    ("SQL", "Structured Query Language"),
    ("NLP", "Natural Language Processing"),
    ("gardening", "gardenning"),
    ("colour", "color"),
    ("investing", "investment"),
    ("python 2", "python 3"),
    ("ww1", "ww2"),
    ("c", "c++", "c#"),
    ("java", "javascript"),
    ("中文", "datenschutz", "🌱"),
]

Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    lines = (DATA / "sample.jsonl").read_bytes().decode("utf-8").split("\n")
    assert lines.pop() == "", "the last line ends with a newline"
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def truth() -> list[dict[str, str]]:
    with (DATA / "sample_truth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def readme() -> str:
    return (DATA / "README.md").read_text(encoding="utf-8")


def form_of(row: Row) -> str:
    if "conversations" in row:
        return "sharegpt"
    return "messages" if "messages" in row else "alpaca"


def texts_of(row: Row) -> list[str]:
    """Return every text of the row in reading order, the response last."""
    for key, text in TEXT_OF.items():
        if key in row:
            return [turn[text] for turn in row[key]]
    return [row["instruction"], row["input"], row["output"]]


def tags_of(row: Row) -> list[str]:
    tags = row.get("tags", [])
    return tags.split(", ") if isinstance(tags, str) else tags


def test_truth_covers_every_line_exactly_once(rows: list[Row], truth: list[dict[str, str]]) -> None:
    assert [int(entry["line"]) for entry in truth] == list(range(1, len(rows) + 1))


def test_truth_names_the_form_of_every_row(rows: list[Row], truth: list[dict[str, str]]) -> None:
    assert [entry["form"] for entry in truth] == [form_of(row) for row in rows]
    assert set(Counter(entry["form"] for entry in truth)) == {"alpaca", "sharegpt", "messages"}


def test_there_are_enough_rows_and_every_area_has_twenty(truth: list[dict[str, str]]) -> None:
    areas = Counter(entry["area"] for entry in truth)
    assert len(truth) >= 360
    assert len(areas) >= 10
    assert min(areas.values()) >= 20
    assert max(areas.values()) <= 50


def test_every_area_holds_good_rows_and_every_kind_of_flaw(truth: list[dict[str, str]]) -> None:
    pairs = {(entry["area"], entry["flaw"]) for entry in truth}
    areas = {area for area, _ in pairs}
    assert pairs == {(area, flaw) for area in areas for flaw in FLAWS | {"none"}}
    good = sum(entry["flaw"] == "none" for entry in truth)
    assert 0.55 <= good / len(truth) <= 0.65


def test_a_note_is_given_for_every_flaw_and_for_nothing_else(truth: list[dict[str, str]]) -> None:
    assert all(bool(entry["note"]) == (entry["flaw"] != "none") for entry in truth)


def test_every_row_asks_something_and_answers_something(rows: list[Row]) -> None:
    for row in rows:
        texts = texts_of(row)
        assert texts[0].strip()
        assert texts[-1].strip()


def test_near_duplicates_point_to_the_good_line_whose_answer_they_repeat(
    rows: list[Row], truth: list[dict[str, str]]
) -> None:
    for line, entry in enumerate(truth, 1):
        if entry["flaw"] != "near_duplicate":
            continue
        found = re.search(r"of line (\d+):", entry["note"])
        assert found is not None
        original = int(found[1])
        assert original != line
        assert truth[original - 1]["flaw"] == "none"
        assert texts_of(rows[original - 1])[-1] == texts_of(rows[line - 1])[-1]
        assert texts_of(rows[original - 1])[:-1] != texts_of(rows[line - 1])[:-1]


def test_good_answers_hold_no_broken_characters_and_garbled_ones_do(
    rows: list[Row], truth: list[dict[str, str]]
) -> None:
    broken = re.compile("\ufffd|â€|Ã.|Â.|Ä[…‡™]")
    for row, entry in zip(rows, truth, strict=True):
        answer = texts_of(row)[-1]
        assert bool(broken.search(answer)) == (entry["flaw"] == "garbled"), entry["line"]


def test_no_good_row_repeats_the_question_and_answer_of_another(
    rows: list[Row], truth: list[dict[str, str]]
) -> None:
    good = [row for row, entry in zip(rows, truth, strict=True) if entry["flaw"] == "none"]
    assert len({tuple(texts_of(row)) for row in good}) == len(good)


def test_about_three_rows_in_five_have_two_to_six_tags(rows: list[Row]) -> None:
    tagged = [row for row in rows if "tags" in row]
    assert 0.55 <= len(tagged) / len(rows) <= 0.65
    assert all(2 <= len(tags_of(row)) <= 6 for row in tagged)
    assert sum(isinstance(row["tags"], str) for row in tagged) == 3


@pytest.mark.parametrize("spellings", WILD_SPELLINGS, ids=lambda spellings: spellings[0])
def test_tags_are_spelled_wildly(rows: list[Row], spellings: tuple[str, ...]) -> None:
    assert set(spellings) <= {tag for row in rows for tag in tags_of(row)}


def test_conversations_include_several_turns_and_system_prompts(rows: list[Row]) -> None:
    talks = [row for row in rows if form_of(row) != "alpaca"]
    roles = [[turn.get("from", turn.get("role")) for turn in talk_of(row)] for row in talks]
    assert sum(turns[0] == "system" for turns in roles) >= 10
    assert (
        sum(len([role for role in turns if role in {"human", "user"}]) > 1 for turns in roles) > 9
    )


def talk_of(row: Row) -> list[dict[str, str]]:
    talk: list[dict[str, str]] = row.get("conversations") or row["messages"]
    return talk


@pytest.mark.parametrize("field", ["source", "lang", "difficulty"])
def test_some_rows_carry_extra_fields(rows: list[Row], field: str) -> None:
    assert 5 <= sum(field in row for row in rows) < len(rows)


def test_nothing_points_to_a_site(rows: list[Row]) -> None:
    assert not [row for row in rows if re.search(r"https?:|www\.", json.dumps(row))]


def test_readme_names_the_licence_and_the_count_of_every_flaw(
    readme: str, truth: list[dict[str, str]]
) -> None:
    assert "CC0-1.0" in readme
    counts = Counter(entry["flaw"] for entry in truth)
    for flaw, count in counts.items():
        assert re.search(rf"\| `{flaw}` \| {count} \|", readme), flaw


def test_readme_names_every_area_with_its_count(readme: str, truth: list[dict[str, str]]) -> None:
    for area, count in Counter(entry["area"] for entry in truth).items():
        assert f"{area} {count}" in readme
