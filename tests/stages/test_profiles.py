import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from tagraph.data import Bags
from tagraph.stages.profiles import (
    find_distinct,
    keep_strongest,
    scale_rows,
    smooth_profiles,
    sum_groups,
    weigh_tags,
)

BAGS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=4, unique=True), max_size=12)


@given(BAGS)
def test_rare_tags_weigh_more_and_unknown_tags_nothing(bags: list[list[str]]) -> None:
    held = Bags.of(bags)
    weighed = weigh_tags(held, ["a", "b", "c", "z"]).toarray()
    for row, bag in zip(weighed, bags, strict=True):
        for column, tag in enumerate("abc"):
            count = sum(tag in other for other in bags)
            expected = np.log(1 + len(bags) / count) if tag in bag else 0
            assert row[column] == pytest.approx(expected)
    assert not weighed[:, 3].any()


def test_a_profile_reaches_the_neighbours_of_its_tags() -> None:
    weighed = weigh_tags(Bags.of([["a"], []]), ["a", "b", "c"])
    profile = smooth_profiles(weighed, np.array([[0, 1]]), np.array([0.5])).toarray()
    assert profile[0] == pytest.approx(np.array([4, 1, 0]) / np.sqrt(17))
    assert not profile[1].any()


@given(BAGS, st.randoms(use_true_random=False))
def test_samples_are_distinct_by_tags_and_vector_whatever_the_order(bags, random) -> None:  # type: ignore[no-untyped-def]
    vectors = np.array([[random.choice([0.0, 1.0]), 0.5] for _ in bags]).reshape(-1, 2)
    turn = np.array(random.sample(range(len(bags)), len(bags)), dtype=np.int64)
    tags = list("abcdef")
    first, kind = find_distinct(weigh_tags(Bags.of(bags), tags), vectors)
    _, turned = find_distinct(weigh_tags(Bags.of([bags[i] for i in turn]), tags), vectors[turn])
    keys = [(tuple(sorted(bag)), *row) for bag, row in zip(bags, vectors.tolist(), strict=True)]
    assert len(first) == len(set(keys))
    assert np.array_equal(kind[first], np.arange(len(first)))
    assert all(
        (keys[i] == keys[j]) == (kind[i] == kind[j]) for i in range(len(keys)) for j in range(i)
    )
    assert np.array_equal(turned, kind[turn])


def test_without_vectors_the_tags_alone_decide() -> None:
    first, kind = find_distinct(
        weigh_tags(Bags.of([["b"], ["a", "b"], [], ["b"]]), ["a", "b"]), None
    )
    assert kind.tolist() == [2, 1, 0, 2]
    assert first.tolist() == [2, 1, 0]


def test_groups_are_summed_with_their_sizes() -> None:
    rows = weigh_tags(Bags.of([["a"], ["a"], ["b"]]), ["a", "b"])
    summed = (sum_groups(np.array([0, 0, 1]), np.array([2, 1, 1])) @ rows).toarray()
    assert summed[0] == pytest.approx([3 * np.log1p(1.5), 0])
    assert np.linalg.norm(scale_rows(rows).toarray(), axis=1) == pytest.approx(np.ones(3))


@given(st.lists(st.lists(st.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=5))
def test_the_strongest_values_of_each_row_stay(dense: list[list[int]]) -> None:
    rows = np.array(dense, dtype=np.float64)

    kept = keep_strongest(csr_array(rows), 3).toarray()

    for row, left in zip(rows, kept, strict=True):
        best = sorted(range(6), key=lambda i: (-row[i], i))[:3]
        np.testing.assert_array_equal(left, np.where(np.isin(np.arange(6), best), row, 0.0))
