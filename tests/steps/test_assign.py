import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagraph.data import Clustering
from tagraph.errors import InputError
from tagraph.graphs import TagGraph
from tagraph.steps.assign import Assignment, assign_samples
from tagraph.steps.cluster import ClusterOptions, cluster_samples
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.tag_communities import detect_communities
from tests.steps.test_cluster import TOPICS, draw_bags, draw_vectors

BAGS = draw_bags()


@pytest.fixture(scope="module")
def pool() -> tuple[TagGraph, Clustering]:
    graph = build_tag_graph(BAGS)
    options = ClusterOptions(n_clusters=TOPICS, runs=5)
    return graph, cluster_samples(BAGS, graph, detect_communities(graph), options)


def assign(pool: tuple[TagGraph, Clustering], bags: list[list[str]]) -> Assignment:
    return assign_samples(bags, BAGS, *pool)


def test_the_pool_itself_goes_where_it_is(pool: tuple[TagGraph, Clustering]) -> None:
    again = assign(pool, BAGS)
    assert np.mean(again.membership == pool[1].membership) > 0.95


def test_new_samples_go_to_their_topic(pool: tuple[TagGraph, Clustering]) -> None:
    fresh = draw_bags(seed=9)
    topics = np.array([bag[0].split()[0] for bag in BAGS])
    home = {t: np.bincount(pool[1].membership[topics == t]).argmax() for t in set(topics.tolist())}
    found = assign(pool, fresh)
    expected = [home[bag[0].split()[0]] for bag in fresh]
    assert np.mean(found.membership == np.array(expected)) > 0.95
    assert ((found.likeness > 0) & (found.likeness <= 1.000001)).all()


@settings(max_examples=10)
@given(st.integers(0, 99))
def test_a_sample_goes_the_same_way_alone_and_in_company(seed: int) -> None:
    graph = build_tag_graph(BAGS)
    numbers = (np.arange(len(BAGS)) % TOPICS).astype(np.int64)
    none = np.empty((0, 2), dtype=np.int64)
    held = Clustering(numbers, none, tuple("abcdef"), np.ones(TOPICS))
    fresh = draw_bags(seed, size=3)
    together = assign((graph, held), fresh)
    alone = [int(assign((graph, held), [bag]).membership[0]) for bag in fresh]
    assert together.membership.tolist() == alone


def test_without_a_known_tag_the_vector_speaks_or_the_sample_stays_out(
    pool: tuple[TagGraph, Clustering],
) -> None:
    old = draw_vectors(BAGS)
    new = [[], ["never seen"], BAGS[0]]
    rows = np.vstack([old[1], old[1], old[0]])
    spoken = assign_samples(new, BAGS, *pool, vectors=(rows, old))
    membership = pool[1].membership
    assert spoken.membership.tolist() == [membership[1], membership[1], membership[0]]
    assert spoken.by_vector.tolist() == [True, True, False]
    quiet = ClusterOptions(place_untagged=False)
    for found in (
        assign(pool, new),
        assign_samples(new, BAGS, *pool, quiet, vectors=(rows, old)),
    ):
        assert found.membership.tolist() == [-1, -1, membership[0]]
        assert found.likeness[0] == 0
        assert found.to_pandas()["name"].tolist()[:2] == ["", ""]
        assert "1 of 3 new samples" in found._repr_html_()


def test_nothing_is_assigned_without_clusters_or_samples(pool: tuple[TagGraph, Clustering]) -> None:
    none = np.empty((0, 2), dtype=np.int64)
    bare = Clustering(np.full(len(BAGS), -1), none, (), np.empty(0))
    assert assign((pool[0], bare), BAGS[:2]).membership.tolist() == [-1, -1]
    assert assign(pool, []).membership.tolist() == []
    with pytest.raises(InputError, match="not of these bags"):
        assign_samples(BAGS, BAGS[1:], *pool)
