import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Bags, FloatArray, IntArray, Move
from tagraph.stages.clusters import (
    Phase,
    assign_by_tags,
    assign_by_vectors,
    cut_evenly,
    divide_largest,
    link_clusters,
    list_moves,
    pool_clusters,
    split_clusters,
)
from tagraph.stages.profiles import weigh_tags

SIZES = st.lists(st.integers(1, 20), min_size=1, max_size=12).map(np.array)


def halve(points: IntArray, n_groups: int) -> IntArray:
    return (np.arange(len(points)) * min(n_groups, len(points))) // len(points)


def keep_whole(points: IntArray, n_groups: int) -> IntArray:
    return np.zeros(len(points), dtype=np.int64)


def near(group: int, n: int) -> FloatArray:
    return 1.0 / (1 + np.abs(np.arange(n) - group))


def test_tags_vote_by_their_weight_and_ties_go_to_the_smaller_community() -> None:
    bags = Bags.of([["a", "b", "c"], ["a", "b"], []])
    weighed = weigh_tags(bags, ["a", "b", "c"])
    assert assign_by_tags(weighed, np.array([1, 1, 0])).tolist() == [1, 1, -1]
    assert assign_by_tags(weighed, np.array([1, 0, 1])).tolist() == [1, 0, -1]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(1, 15))
def test_after_splitting_no_cluster_that_can_be_divided_is_too_large(
    membership: list[int], limit: int
) -> None:
    before = np.unique(np.array(membership), return_inverse=True)[1].astype(np.int64)
    sizes = np.ones(len(before), dtype=np.int64)
    after = split_clusters(before, sizes, limit, halve)
    assert np.bincount(after).max() <= limit
    assert all(len(set(before[after == c].tolist())) == 1 for c in range(after.max() + 1))


def test_a_cluster_without_structure_stays_whole() -> None:
    membership, sizes = np.zeros(5, dtype=np.int64), np.array([9, 1, 1, 1, 1])
    assert split_clusters(membership, sizes, 4, keep_whole).tolist() == [0] * 5
    assert split_clusters(membership[:1], sizes[:1], 4, halve).tolist() == [0]
    assert divide_largest(membership, sizes, 3, keep_whole).tolist() == [0] * 5


def test_dividing_reaches_the_number_or_single_points() -> None:
    membership, sizes = np.zeros(6, dtype=np.int64), np.ones(6, dtype=np.int64)
    assert len(set(divide_largest(membership, sizes, 4, halve).tolist())) == 4
    assert len(set(divide_largest(membership, sizes, 9, halve).tolist())) == 6


@given(SIZES, st.integers(1, 8), st.integers(16, 60))
def test_pooling_leaves_small_clusters_only_where_nothing_has_room(
    sizes: IntArray, least: int, most: int
) -> None:
    goes_to = pool_clusters(sizes, lambda c: near(c, len(sizes)), min_size=least, max_size=most)
    after = np.bincount(goes_to, weights=sizes, minlength=len(sizes))
    roots = np.flatnonzero(goes_to == np.arange(len(sizes)))
    assert (goes_to[goes_to] == goes_to).all()
    pooled = np.setdiff1d(goes_to[goes_to != np.arange(len(sizes))], [])
    assert (after[pooled] <= most).all()
    for small in roots[after[roots] < least]:
        assert all(after[small] + after[c] > most for c in roots if c != small)


@given(SIZES, st.integers(1, 12))
def test_pooling_to_a_number_reaches_it(sizes: IntArray, wanted: int) -> None:
    goes_to = pool_clusters(sizes, lambda c: near(c, len(sizes)), n_clusters=wanted)
    assert len(set(goes_to.tolist())) == min(wanted, len(sizes))


def test_strangers_gather_in_the_smallest_cluster_with_room() -> None:
    goes_to = pool_clusters(
        np.array([50, 2, 1, 3]), lambda c: np.zeros(4), min_size=5, max_size=100
    )
    assert goes_to.tolist() == [0, 1, 1, 1]


def test_a_small_cluster_that_fits_nowhere_stays() -> None:
    goes_to = pool_clusters(np.array([9, 9, 2]), lambda c: np.ones(3), min_size=3, max_size=10)
    assert goes_to.tolist() == [0, 1, 2]


def test_equal_likeness_goes_to_the_larger_cluster() -> None:
    goes_to = pool_clusters(np.array([6, 9, 1]), lambda c: np.ones(3), min_size=2)
    assert goes_to.tolist() == [0, 1, 1]


def test_cutting_follows_the_order_and_is_even() -> None:
    membership = np.array([0, 0, 0, 0, 0, -1, 1])
    order = np.array([4, 3, 2, 1, 0, 9, 9])
    assert cut_evenly(membership, order, 2).tolist() == [3, 2, 2, 0, 0, -1, 1]
    assert cut_evenly(membership, order, 5).tolist() == membership.tolist()


def test_a_tag_points_to_the_cluster_that_uses_it_most() -> None:
    bags = Bags.of([["x", "y"], ["x"], ["x", "z"], ["z"], ["y"]])
    membership = np.array([0, 0, 1, 1, -1])
    assert link_clusters(bags, membership, 2).tolist() == [[2, 0], [4, 0]]


def test_samples_without_a_cluster_go_to_the_nearest_centre() -> None:
    vectors = np.array([[1.0, 0], [0.8, 0.6], [0, 1], [0.1, 0.99], [0, 0]])
    membership = np.array([0, 0, 1, -1, -1])
    assert assign_by_vectors(vectors, membership).tolist() == [0, 0, 1, 1, 0]
    nowhere = np.full(5, -1)
    assert assign_by_vectors(vectors, nowhere).tolist() == nowhere.tolist()


def test_moves_tell_every_reason_with_the_size_of_the_cluster_left() -> None:
    phases = [
        Phase(np.array([0, 0, 0, 1, -1])),
        Phase(np.array([0, 0, 2, 1, -1]), "left {size} by split"),
        Phase(np.array([0, 0, 1, 1, 0]), "left {size} by pooling"),
    ]
    assert list_moves(phases, np.array([5, 5, 6, 6, 5])) == (
        Move(2, 0, 6, "left 3 by split; left 1 by pooling"),
        Move(4, -1, 5, "left 1 by pooling"),
    )


@pytest.mark.parametrize("n", [0, 3])
def test_without_a_second_phase_nothing_moved(n: int) -> None:
    membership = np.full(n, -1)
    assert list_moves([Phase(membership)], membership) == ()
