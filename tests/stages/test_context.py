import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Bags
from tagraph.stages.context import (
    compare_neighbours,
    count_together,
    describe_neighbours,
    find_shared_neighbours,
)

_BAGS = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=4), max_size=15)


def test_tags_with_the_same_neighbours_are_alike_though_never_together() -> None:
    bags = Bags.of([["a", "x", "y"]] * 3 + [["b", "x", "y"]] * 3 + [["c", "z"]] * 3)
    rows = describe_neighbours(bags, min_count=3)
    at = {tag: i for i, tag in enumerate(bags.vocabulary)}
    left, right, alike = find_shared_neighbours(rows, similarity=0.9)
    assert (at["a"], at["b"], 1.0) in list(
        zip(left.tolist(), right.tolist(), alike.tolist(), strict=True)
    )
    pair = np.array([at["a"]]), np.array([at["c"]])
    assert compare_neighbours(rows, *pair).tolist() == [0.0]


def test_rare_tags_and_tags_of_huge_bags_have_no_context() -> None:
    huge = [str(i) for i in range(101)]
    bags = Bags.of([["a", "b"], ["a", "b"], ["a", "c"], huge, huge, huge])
    rows = describe_neighbours(bags, min_count=3)
    used = {bags.vocabulary[i] for i in np.flatnonzero(np.diff(rows.indptr))}
    assert used == {"a"}


@given(_BAGS)
def test_found_pairs_are_those_that_a_full_comparison_finds(bags: list[list[str]]) -> None:
    held = Bags.of(bags)
    rows = describe_neighbours(held, min_count=1)
    left, right, alike = find_shared_neighbours(rows, similarity=0.2)
    dense = np.round((rows @ rows.T).toarray(), 4)
    expected = np.argwhere(np.triu(dense, 1) >= 0.2)
    assert np.column_stack([left, right]).tolist() == expected.tolist()
    assert np.allclose(alike, compare_neighbours(rows, left, right), atol=1e-4)
    assert (np.round(rows.multiply(rows).sum(axis=1), 6) <= 1).all()


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=4), max_size=8))
def test_tags_are_counted_together_as_by_hand(bags: list[list[str]]) -> None:
    held = Bags.of(bags)
    pairs = [(i, j) for i in range(len(held.vocabulary)) for j in range(len(held.vocabulary))]
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    by_hand = [
        sum(held.vocabulary[i] in bag and held.vocabulary[j] in bag for bag in bags)
        for i, j in pairs
    ]
    assert count_together(held, left, right).tolist() == by_hand
