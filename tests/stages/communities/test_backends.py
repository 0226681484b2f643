import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagraph.data import IntArray
from tagraph.errors import OptionsError
from tagraph.stages.communities import (
    BACKENDS,
    LARGE,
    CommunityOptions,
    WeightedGraph,
    choose_backend,
    find_communities,
)
from tests.faults.shown import show
from tests.stages.communities.test_consensus import is_same_partition, planted

NAMED = [name for name in BACKENDS if name != "auto"]


@pytest.mark.parametrize("backend", NAMED)
def test_every_backend_finds_planted_groups_and_is_recorded(backend: str) -> None:
    n, edges, weights, truth = planted(6, 20)
    options = CommunityOptions(n_communities=6, backend=backend, runs=5)  # type: ignore[arg-type]
    found = find_communities(n, edges, weights, options)
    assert is_same_partition(found.membership, truth)
    assert found.backend == backend


@pytest.mark.parametrize("backend", ["leidenalg", "igraph", "graspologic"])
def test_every_leiden_knows_cpm(backend: str) -> None:
    n, edges, weights, truth = planted(6, 20)
    options = CommunityOptions(0.2, objective="cpm", backend=backend, runs=3)  # type: ignore[arg-type]
    assert is_same_partition(find_communities(n, edges, weights, options).membership, truth)


@pytest.mark.parametrize("backend", NAMED)
def test_every_backend_takes_isolated_and_single_nodes(backend: str) -> None:
    options = CommunityOptions(1.0, backend=backend, runs=3)  # type: ignore[arg-type]
    edge, none = np.array([[0, 2]]), np.empty((0, 2), dtype=np.int64)
    assert find_communities(4, edge, np.ones(1), options).membership.tolist() == [0, 1, 0, 2]
    for n in (0, 1, 2):
        found = find_communities(n, none, np.empty(0), options)
        assert found.membership.tolist() == list(range(n))
        assert found.runs.shape == (3, n)


def test_a_seed_gives_one_answer_and_the_global_generators_are_left_alone() -> None:
    n, edges, weights, _ = planted(8, 12, seed=5)
    touched, same = 0, 0
    for backend in NAMED:
        graph = WeightedGraph(n, edges, weights, CommunityOptions(backend=backend))
        before = generators()
        same += np.array_equal(graph.run(3.0, 7), graph.run(3.0, 7))
        touched += generators() != before

    assert (same, touched) == (len(NAMED), 0)
    told = f"{same} of {len(NAMED)} backends give one answer to a seed"
    show("E5 seed", f"{told}, {touched} touch `random` or `numpy.random`")


def generators() -> tuple[object, str]:
    """Return the states of the generators that belong to nobody."""
    return random.getstate(), repr(np.random.get_state())  # noqa: NPY002 - what must not be touched


def weigh_inside(n: int, edges: IntArray, membership: IntArray, resolution: float) -> float:
    """Modularity straight from its definition, every pair of nodes looked at."""
    matrix = np.zeros((n, n))
    matrix[edges[:, 0], edges[:, 1]] = matrix[edges[:, 1], edges[:, 0]] = 1.0
    degree, total = matrix.sum(axis=1), matrix.sum()
    same = membership[:, None] == membership[None, :]
    return float(((matrix - resolution * np.outer(degree, degree) / total) * same).sum() / total)


@settings(max_examples=10)
@given(st.integers(0, 99), st.floats(0.2, 5.0))
def test_the_quality_is_that_of_the_definition_and_of_leidenalg(seed: int, gamma: float) -> None:
    import leidenalg

    n, edges, weights, _ = planted(4, 8, seed)
    membership = np.random.default_rng(seed).integers(0, 5, n)
    graph = WeightedGraph(n, edges, weights, CommunityOptions(gamma))
    assert graph.quality(membership, gamma) == pytest.approx(
        weigh_inside(n, edges, membership, gamma), abs=1e-6
    )
    cpm = WeightedGraph(n, edges, weights, CommunityOptions(gamma, objective="cpm"))
    peer = leidenalg.CPMVertexPartition(
        cpm.igraph, membership.tolist(), weights="weight", resolution_parameter=gamma
    )
    assert cpm.quality(membership, gamma) == pytest.approx(peer.quality() / 2, abs=1e-6)


def test_the_backends_reach_like_quality_at_one_resolution() -> None:
    n, edges, weights, _ = planted(12, 20)
    reached = [
        find_communities(n, edges, weights, CommunityOptions(2.0, backend=name, runs=1)).quality
        for name in NAMED
    ]
    assert all(abs(one - two) < 0.02 for one, two in combinations(reached, 2))


def test_a_large_graph_is_given_to_the_faster_backend() -> None:
    assert choose_backend(CommunityOptions(), LARGE) == "leidenalg"
    assert choose_backend(CommunityOptions(), LARGE + 1) == "graspologic"
    assert choose_backend(CommunityOptions(backend="igraph"), LARGE + 1) == "igraph"


def test_wrong_backends_are_refused() -> None:
    with pytest.raises(OptionsError, match="backend must be one of auto, leidenalg"):
        CommunityOptions(backend="infomap")  # type: ignore[arg-type]
    with pytest.raises(OptionsError, match="networkx knows no cpm"):
        CommunityOptions(backend="networkx", objective="cpm")
    with pytest.raises(OptionsError, match="spread must be at least 1"):
        CommunityOptions(spread=0.5)
