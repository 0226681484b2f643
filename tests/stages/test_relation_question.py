import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.protocols import Relation
from tagraph.stages.relation_question import (
    BY_WORDS,
    PROMPT,
    RELATIONS,
    frame_tags,
    read_relations,
    relation_schema,
)


def said(number: Any, relation: Any) -> dict[str, Any]:
    return {"number": number, "relation": relation}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([said(1, "same"), said(2, "different")], {1: Relation.SAME, 2: Relation.DIFFERENT}),
        ([said(2, "narrower")], {2: Relation.NARROWER}),
        ([said(1, "same"), said(1, "same"), said(2, "related")], {2: Relation.RELATED}),
        ([said(0, "same"), said(3, "same"), said(True, "same"), said("1", "same")], {}),
        ([said(1, "identical"), said(2, ["same"]), "same"], {}),
        (None, {}),
    ],
)
def test_only_what_is_said_once_and_clearly_is_read(rows: Any, found: dict[int, Relation]) -> None:
    assert read_relations({"pairs": rows}, 2) == found


@given(
    st.recursive(
        st.none() | st.integers(-1, 3) | st.sampled_from([*RELATIONS, "x"]),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["pairs", "number", "relation"]), inner)
        ),
        max_leaves=12,
    )
)
def test_json_of_any_shape_is_read(found: object) -> None:
    assert set(read_relations(found, 2)) <= {1, 2}


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_a_frame_reads_back_as_exactly_the_pairs(pairs: list[tuple[str, str]]) -> None:
    lines = frame_tags(pairs).split("\n")
    shown = json.loads(lines[2])["pairs"]

    assert len(lines) == 5
    assert [(row["left"], row["right"]) for row in shown] == pairs
    assert [row["number"] for row in shown] == list(range(1, len(pairs) + 1))


def test_every_relation_is_explained_and_in_the_schema() -> None:
    items = relation_schema()["properties"]["pairs"]["items"]

    assert items["properties"]["relation"]["enum"] == [relation.value for relation in Relation]
    assert all(f"\n{relation.value}: " in PROMPT for relation in Relation)
    example = json.loads(BY_WORDS.strip().split("\n")[-1])
    assert read_relations(example, 1) == {1: Relation.SAME}
