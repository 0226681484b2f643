import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Bags, Clustering, IntArray
from tagraph.errors import InputError, OptionsError
from tagraph.stages.selection import SelectionOptions
from tagraph.steps.select import Pool, select_pool


def clustering(membership: list[int], *names: str) -> Clustering:
    links: IntArray = np.empty((0, 2), dtype=np.int64)
    return Clustering(np.array(membership, dtype=np.int64), links, names, np.ones(len(names)))


def test_a_reason_names_cluster_strength_outcomes_rival_and_tags() -> None:
    pool = Pool(
        ids=["aa", "bb", "cc"],
        clustering=clustering([0, 0, -1], "python · code"),
        strength=np.array([0.5, 1.75, np.nan]),
        standard_error=np.array([0.2, 0.4, np.nan]),
        wins=np.array([3, 1009, 0]),
        losses=np.array([4, 2, 0]),
        bags=Bags.of([["x"], ["sorting", "python", "c", "d", "e"], []]),
    )
    selection = select_pool(pool, 2)
    assert selection.ids == ("bb", "cc")
    assert selection.rival.tolist() == [0, -1]
    assert selection.reasons == (
        "best of 2 in 'python · code', quota 1 (strength +1.75 ± 0.40, belongs in with chance 0.98,"
        " 1,009 won, 2 lost);"
        " ahead of rejected aa by 1.25; tags: sorting, python, c, d",
        "the only sample in the samples without a cluster, quota 1"
        " (never compared, 0 won, 0 lost); nothing of this cluster is left out",
    )


def test_ids_and_clusters_are_enough() -> None:
    selection = select_pool(Pool(["b", "a"], clustering([0, 0], "x")), 1)
    assert selection.ids == ("a",)
    assert selection.reasons[0] == (
        "1st of 2 in 'x', quota 1 (never compared); kept before b by order of key alone"
    )


@given(st.text(max_size=300), st.lists(st.text(max_size=300), max_size=6))
def test_reasons_stay_one_short_line_whatever_names_and_tags_hold(
    name: str, tags: list[str]
) -> None:
    pool = Pool(["a"], clustering([0], name), bags=Bags.of([tags]))
    reason = select_pool(pool, 1).reasons[0]
    assert "\n" not in reason
    assert len(reason) < 400


@pytest.mark.parametrize("policy", ["random", "longest"])
def test_baselines_say_that_strengths_are_not_used(policy: str) -> None:
    pool = Pool(
        ["a", "b"],
        clustering([0, 0], "x"),
        strength=np.array([1.0, 2.0]),
        length=np.array([10, 5]),
    )
    selection = select_pool(pool, 2, SelectionOptions(policy))
    assert all("strengths not used" in reason for reason in selection.reasons)
    assert np.isnan(selection.strength).all()
    assert selection.policy == policy


def test_parts_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match="wins of 1"):
        select_pool(Pool(["a", "b"], clustering([0, 0], "x"), wins=np.array([1])), 1)


def test_a_cluster_without_a_name_is_refused() -> None:
    with pytest.raises(InputError, match="no name"):
        select_pool(Pool(["a", "b"], clustering([0, 1], "x")), 1)


def test_a_k_above_the_pool_says_how_many_there_are() -> None:
    with pytest.raises(OptionsError, match="the pool holds 2 samples"):
        select_pool(Pool(["a", "b"], clustering([0, 0], "x")), 3)


def test_an_empty_pool_is_refused_with_its_size() -> None:
    with pytest.raises(OptionsError, match="holds 0 samples"):
        select_pool(Pool([], clustering([])), 1)
