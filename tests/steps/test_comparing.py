import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Clustering
from tagraph.errors import InputError
from tagraph.steps.comparing import diff_clusterings, diff_pools
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.tag_communities import detect_communities
from tests.steps.test_cluster import draw_bags

NONE = np.empty((0, 2), dtype=np.int64)


def clustering(*membership: int) -> Clustering:
    names = tuple(f"c{i}" for i in range(max(membership, default=-1) + 1))
    return Clustering(np.array(membership, dtype=np.int64), NONE, names, np.ones(len(names)))


MEMBERSHIP = st.lists(st.integers(-1, 4), min_size=1, max_size=20)


@given(MEMBERSHIP)
def test_nothing_moves_between_equal_clusterings(membership: list[int]) -> None:
    found = diff_clusterings(clustering(*membership), clustering(*membership))
    assert (found.n_moved, found.adjusted_rand, found.v_measure) == (0, 1.0, 1.0)
    assert found.shared == sum(number >= 0 for number in membership)


def test_what_moved_is_told_by_the_clusters_that_carry_on() -> None:
    before, after = clustering(0, 0, 0, 1, 1, -1), clustering(1, 1, 0, 0, 0, 0)
    found = diff_clusterings(before, after)
    assert found.moved == (("c0", "c0", 1),)
    assert (found.shared, found.only_before, found.only_after) == (5, 0, 1)
    assert "1 of 5 samples moved" in str(found)
    assert found.to_pandas()["samples"].tolist() == [1]
    assert "c0" in found._repr_html_()
    assert "moved" in repr(found)


def test_pools_that_differ_are_matched_by_their_ids() -> None:
    found = diff_clusterings(
        clustering(0, 1), clustering(0, 0, 1), before_ids=["b", "c"], after_ids=["a", "b", "c"]
    )
    assert (found.shared, found.only_after, found.adjusted_rand) == (2, 1, 1.0)
    with pytest.raises(InputError, match="give the ids of both"):
        diff_clusterings(clustering(0, 1), clustering(0, 0, 1))
    with pytest.raises(InputError, match="give the ids of both"):
        diff_clusterings(clustering(0, 1), clustering(0, 0, 1), before_ids=["b"], after_ids=["a"])


def test_a_topic_that_the_second_pool_lacks_comes_first_with_its_tags() -> None:
    bags = draw_bags()
    communities = detect_communities(build_tag_graph(bags))
    second = [bag for bag in bags if not bag[0].startswith("topic0")] + [["stranger"]]
    found = diff_pools(bags, second, communities, n_tags=2)
    assert found.rows[0].first > 0
    assert found.rows[0].second == 0
    assert all(tag.startswith("topic0") for tag in found.rows[0].only_first)
    assert len(found.rows[0].only_first) <= 2
    assert found.rows[0] in found.missing
    assert found.unmapped == 1
    assert sum(row.first for row in found.rows) == pytest.approx(1, abs=1e-4)
    assert found.to_pandas().shape == (len(communities), 4)
    assert "missing in the second pool" in found._repr_html_()


def test_an_empty_pool_lacks_everything() -> None:
    communities = detect_communities(build_tag_graph([["a", "b"], ["c", "d"]]))
    found = diff_pools([["a", "c"]], [], communities)
    assert {tag for row in found.missing for tag in row.only_first} == {"a", "c"}
