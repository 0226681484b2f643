import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Turn
from tagraph.stages.tag_question import (
    BY_WORDS,
    EXAMPLE,
    LONGEST_TAG,
    MOST_TAGS,
    frame_samples,
    instruct_tagger,
    read_tags,
    tag_schema,
)

IDS = ["aaa", "bbb"]


def row(key: Any, *tags: str) -> dict[str, Any]:
    return {"id": key, "tags": [{"tag": tag, "explanation": f"about {tag}"} for tag in tags]}


def test_tags_come_with_their_reasons_in_the_order_given() -> None:
    reading = read_tags({"samples": [row("bbb", "x y", "z"), row("aaa", "w")]}, IDS)

    assert reading.tags == {
        "aaa": (("w", "about w"),),
        "bbb": (("x y", "about x y"), ("z", "about z")),
    }
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("rows", "good", "problem"),
    [
        ([row("aaa", "x")], {"aaa"}, "id bbb left out"),
        ([row("aaa", "x"), row("bbb", "y"), row("ccc", "z")], {"aaa", "bbb"}, "unknown id 'ccc'"),
        ([row("aaa", "x"), row("aaa", "y"), row("bbb", "z")], {"bbb"}, "id aaa repeated"),
        ([row("aaa"), row("bbb", "z")], {"bbb"}, "id aaa without tags"),
        ([row(7, "x"), row("bbb", "z")], {"bbb"}, "unknown id '7'"),
        (["aaa", row("bbb", "z")], {"bbb"}, "unknown id"),
        ([{"id": "aaa", "tags": "x"}, row("bbb", "z")], {"bbb"}, "id aaa without tags"),
        ([row("aaa", " \n", "x" * 200), row("bbb", "z")], {"bbb"}, "id aaa without tags"),
        (None, set(), "id aaa left out"),
    ],
)
def test_ids_that_are_unknown_repeated_or_left_out_are_caught(
    rows: Any, good: set[str], problem: str
) -> None:
    reading = read_tags({"samples": rows}, IDS)

    assert set(reading.tags) == good
    assert any(line.startswith(problem) for line in reading.problems)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["samples", "id", "tags", "tag", "explanation"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_json_of_any_shape_is_read_and_only_clean_tags_come_out(found: object) -> None:
    reading = read_tags(found, IDS)

    assert set(reading.tags) <= set(IDS)
    for tags in reading.tags.values():
        assert 1 <= len(tags) <= MOST_TAGS
        assert all(0 < len(tag) <= LONGEST_TAG and "\n" not in tag for tag, _ in tags)


def test_no_more_than_the_most_telling_tags_are_kept_and_none_twice() -> None:
    many = row("aaa", "t0", *(f"t{i}" for i in range(20)))

    tags = read_tags({"samples": [many]}, ["aaa"]).tags["aaa"]

    assert [tag for tag, _ in tags] == [f"t{i}" for i in range(MOST_TAGS)]


@given(st.dictionaries(st.text(max_size=5), st.lists(st.builds(Turn, st.text(), st.text()))))
def test_a_frame_reads_back_as_exactly_the_samples(samples: dict[str, list[Turn]]) -> None:
    lines = frame_samples(samples).split("\n")
    shown = json.loads(lines[2])["samples"]

    assert len(lines) == 5
    assert {s["id"]: [Turn(**turn) for turn in s["turns"]] for s in shown} == samples


def test_the_prompt_names_the_language_and_spells_the_form_out_only_where_needed() -> None:
    assert "in German" in instruct_tagger("German")
    assert '"samples"' in BY_WORDS
    assert '"samples"' not in instruct_tagger("German")
    assert tag_schema()["required"] == ["samples"]
    assert read_tags({"samples": [json.loads(EXAMPLE)]}, ["0123456789ab"]).problems == ()
