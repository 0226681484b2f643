"""The frozen types of tagraph.data; tests/test_data.py is about the folder data/."""

import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import (
    ASSISTANT,
    HUMAN,
    SYSTEM,
    Bags,
    Clustering,
    Communities,
    Merge,
    Outcome,
    Sample,
    Samples,
    Selection,
    TagMap,
    Turn,
)
from tagraph.errors import InputError, MissingPackageError
from tagraph.tables import frame
from tests import strategies

PAYLOAD = "<script>alert(1)</script>"


@given(strategies.bags)
def test_bags_give_back_the_lists_without_repeats(lists: list[list[str]]) -> None:
    bags = Bags.of(lists)

    assert list(bags) == [list(dict.fromkeys(bag)) for bag in lists]
    assert list(bags.vocabulary) == sorted({tag for bag in lists for tag in bag})
    assert bags.counts.tolist() == [sum(t in bag for bag in lists) for t in bags.vocabulary]
    assert Bags.of(bags) is bags
    assert bags[:2] == list(bags)[:2]
    assert bags[-1] == list(bags)[-1]


@given(strategies.bags, st.data())
def test_applying_a_tag_map_renames_drops_rare_tags_and_keeps_order(
    lists: list[list[str]], data: st.DataObject
) -> None:
    bags = Bags.of(lists)
    names = st.sampled_from(["x", "y", "z"])
    canonical = {tag: data.draw(names) for tag in bags.vocabulary}
    rare = data.draw(st.frozensets(names))

    moved = TagMap(canonical, rare=rare).apply(bags)

    expected = [[canonical[t] for t in bag if canonical[t] not in rare] for bag in lists]
    assert list(moved) == [list(dict.fromkeys(bag)) for bag in expected]


def test_a_tag_that_the_map_never_saw_stays_as_it_is() -> None:
    assert list(TagMap({"a": "b"}).apply([["a", "new"]])) == [["b", "new"]]


@given(strategies.pools())
def test_samples_come_in_the_order_of_their_ids_however_they_are_asked_for(
    pool: list[Sample],
) -> None:
    samples = Samples.of(pool)
    expected = sorted(pool, key=lambda sample: sample.id)

    assert list(samples) == list(samples[:]) == [samples[i] for i in range(len(samples))]
    assert list(samples) == expected
    assert list(samples[1:3]) == samples[1:3].take([0, 1][: len(samples[1:3])]) == expected[1:3]
    assert samples[-1] == expected[-1]
    assert samples.take([0, 0]) == [expected[0]] * 2


def test_two_samples_of_one_id_are_refused() -> None:
    with pytest.raises(InputError, match="ids must be distinct"):
        Samples.of([Sample("a", ()), Sample("a", ())])


def test_query_and_response_join_the_turns_of_one_side() -> None:
    turns = (Turn(SYSTEM, "s"), Turn(HUMAN, "a"), Turn(ASSISTANT, "b"), Turn(HUMAN, "c"))
    sample = Sample("i", turns)

    assert (sample.query, sample.response) == ("a\n\nc", "b")
    assert sample.digest != Sample("i", turns[::-1]).digest


def test_only_three_outcomes_are_evidence() -> None:
    scores = [outcome.score for outcome in Outcome]

    assert scores[:3] == [1.0, 0.0, 0.5]
    assert np.isnan(scores[3:]).all()


RESULTS: list[Callable[[], object]] = [
    lambda: Samples.of([Sample("i", (Turn(HUMAN, PAYLOAD), Turn(ASSISTANT, PAYLOAD)))]),
    lambda: Bags.of([[PAYLOAD], [PAYLOAD, "b"]]),
    lambda: TagMap({"a": PAYLOAD}, (Merge("a", PAYLOAD, "case", 1.0),), {PAYLOAD: 2}),
    lambda: Communities(
        (PAYLOAD,),
        np.array([0]),
        (PAYLOAD,),
        np.array([1.0]),
        0.5,
        1.0,
        np.array([0]),
        (PAYLOAD,),
        "igraph",
    ),
    lambda: Clustering(np.array([0, -1]), np.zeros((0, 2), int), (PAYLOAD,), np.array([1.0])),
    lambda: Selection(
        index=np.array([0]),
        cluster=np.array([0]),
        strength=np.array([0.5]),
        rank=np.array([1]),
        rival=np.array([-1]),
        rule=("quota",),
        reasons=(PAYLOAD,),
        ids=(PAYLOAD,),
    ),
]


@pytest.mark.parametrize("make", RESULTS)
def test_every_result_is_a_table_and_escapes_its_data(make: Callable[[], object]) -> None:
    result = make()

    assert PAYLOAD in str(result.to_pandas().to_dict())  # type: ignore[attr-defined]
    html = result._repr_html_()  # type: ignore[attr-defined]
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert len(repr(result)) < 80


def test_communities_name_their_members() -> None:
    found = Communities(
        ("a", "b"),
        np.array([1, 0]),
        ("x", "y"),
        np.ones(2),
        0.5,
        1.0,
        np.zeros(2, int),
        ("z",),
        "igraph",
    )

    assert (len(found), found.members(1)) == (2, ["a"])


def test_a_table_without_pandas_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(MissingPackageError, match=r"tagraph\[viz\]"):
        frame([], ["a"])
