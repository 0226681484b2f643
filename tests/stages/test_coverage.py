import math

import numpy as np
import pytest

from tagraph.data import Bags
from tagraph.stages.coverage import Coverage, Terrain, measure_coverage, rate_standing

BAGS = Bags.of([["a", "b"], ["a"], ["a", "c"], ["a", "d"], []])
TERRAIN = Terrain(
    BAGS, np.array([0, 0, 1, -1]), np.array([0, 0, 1, 1, -1]), np.array([10.0, 20, 30, 40, 50])
)


def test_a_subset_is_measured_against_its_pool() -> None:
    found = measure_coverage(TERRAIN, np.array([0, 1, 4]), 0.25)

    assert found.rows == 3
    assert found.tags == 0.5
    assert found.tail == pytest.approx(1 / 3)
    assert found.communities == 1  # the other one stands on a single sample
    assert found.clusters == 0.5
    assert found.tags_per_row == 1.0
    assert found.tag_entropy == pytest.approx(-2 / 3 * math.log2(2 / 3) - 1 / 3 * math.log2(1 / 3))
    assert found.cluster_entropy == pytest.approx(found.tag_entropy)
    assert (found.mean_length, found.median_length) == pytest.approx((80 / 3, 20))
    assert found.near_duplicates == 0.25
    assert Coverage.of(found.as_dict()) == found


def test_the_whole_pool_covers_itself_and_nothing_covers_nothing() -> None:
    whole = measure_coverage(TERRAIN, np.arange(5))
    none = measure_coverage(TERRAIN, np.empty(0, dtype=np.int64))

    assert (whole.tags, whole.tail, whole.communities, whole.clusters) == (1, 1, 1, 1)
    assert (none.tags, none.communities, none.tag_entropy, none.mean_length) == (0, 0, 0, 0)


def test_shares_of_nothing_are_one() -> None:
    nothing = np.empty(0, dtype=np.int64)
    empty = Terrain(Bags.of([[]]), nothing, np.array([-1]), np.array([3.0]))

    found = measure_coverage(empty, np.array([0]))

    assert (found.tags, found.communities, found.clusters) == (1, 1, 1)


def test_a_community_of_one_sample_is_not_counted() -> None:
    """`b` and `c` are one community on two samples, `d` one that the fourth sample alone has."""
    terrain = Terrain(BAGS, np.array([0, 1, 1, 2]), np.zeros(5, dtype=np.int64), np.ones(5))

    assert terrain.shared.tolist() == [True, True, True, False]
    assert measure_coverage(terrain, np.array([1, 3])).communities == 0.5
    assert measure_coverage(terrain, np.array([0])).communities == 1


def test_standing_is_the_share_of_its_cluster_that_a_sample_is_stronger_than() -> None:
    nan = np.nan
    strength = np.array([2.0, 1.0, 1.0, 0.0, 5.0, nan, 7.0])
    cluster = np.array([0, 0, 0, 0, 1, 0, -1])

    found = rate_standing(strength, cluster)

    np.testing.assert_allclose(found, [1, 0.5, 0.5, 0, nan, nan, nan])
    terrain = Terrain(BAGS, np.zeros(4, dtype=np.int64), cluster[:5], np.ones(5), found[:5])
    assert measure_coverage(terrain, np.array([0, 1, 4])).standing == 0.75
    assert math.isnan(measure_coverage(terrain, np.array([4])).standing)
    assert rate_standing(np.empty(0), np.empty(0, dtype=np.int64)).shape == (0,)
