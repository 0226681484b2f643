import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import FloatArray, IntArray
from tagraph.errors import OptionsError
from tagraph.stages.communities import (
    CommunityOptions,
    find_communities,
    measure_stability,
    number_by_size,
)


def planted(groups: int, size: int, seed: int = 0) -> tuple[int, IntArray, FloatArray, IntArray]:
    """Groups joined densely inside and sparsely outside; the truth comes last."""
    rng = np.random.default_rng(seed)
    truth = np.arange(groups * size) % groups
    same = truth[:, None] == truth[None, :]
    joined = np.triu(rng.random(same.shape) < np.where(same, 0.6, 0.02), 1)
    edges = np.argwhere(joined).astype(np.int64)
    return len(truth), edges, np.ones(len(edges)), truth


def is_same_partition(left: IntArray, right: IntArray) -> bool:
    pairs = set(zip(left.tolist(), right.tolist(), strict=True))
    return len(pairs) == len(set(left.tolist())) == len(set(right.tolist()))


@pytest.mark.parametrize("options", [CommunityOptions(n_communities=6), CommunityOptions(runs=1)])
def test_planted_groups_are_found(options: CommunityOptions) -> None:
    n, edges, weights, truth = planted(6, 20)
    found = find_communities(n, edges, weights, options)
    if options.n_communities:
        assert is_same_partition(found.membership, truth)
    assert 0 < found.quality < 1
    assert found.runs.shape == (options.runs or 50, n)


def test_a_density_finds_planted_groups_by_cpm() -> None:
    n, edges, weights, truth = planted(6, 20)
    found = find_communities(n, edges, weights, CommunityOptions(resolution=0.2, objective="cpm"))
    assert is_same_partition(found.membership, truth)
    assert found.resolution == 0.2
    assert found.quality > 0


@pytest.mark.parametrize("wanted", [2, 12, 60])
def test_the_number_asked_is_met_within_a_tenth(wanted: int) -> None:
    n, edges, weights, _ = planted(12, 20)
    found = find_communities(n, edges, weights, CommunityOptions(n_communities=wanted))
    assert abs(int(found.membership.max()) + 1 - wanted) <= max(1, 0.1 * wanted)


def test_isolated_nodes_come_on_top_and_last() -> None:
    n, edges, weights, truth = planted(3, 15)
    found = find_communities(n + 2, edges, weights, CommunityOptions(n_communities=3))
    assert is_same_partition(found.membership[:n], truth)
    assert found.membership[n:].tolist() == [3, 4]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_without_edges_every_node_is_alone(n: int) -> None:
    found = find_communities(n, np.empty((0, 2), dtype=np.int64), np.empty(0), CommunityOptions())
    assert found.membership.tolist() == list(range(n))
    assert found.quality == 0.0


def test_the_default_number_grows_with_the_root_of_the_nodes() -> None:
    n, edges, weights, _ = planted(8, 25)
    found = find_communities(n, edges, weights, CommunityOptions())
    assert 12 <= int(found.membership.max()) + 1 <= 16


def test_no_global_random_state_is_touched_and_a_repeat_gives_the_same() -> None:
    n, edges, weights, _ = planted(8, 12, seed=5)
    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002
    first, second = (find_communities(n, edges, weights, CommunityOptions()) for _ in range(2))
    after = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002
    assert before == after
    assert np.array_equal(first.membership, second.membership)
    assert first.resolution == second.resolution


MEMBERSHIPS = st.lists(st.integers(-1, 5), max_size=20).map(lambda m: np.array(m, dtype=np.int64))


@given(MEMBERSHIPS)
def test_numbers_fall_with_size_and_keep_the_partition(membership: IntArray) -> None:
    numbered = number_by_size(membership)
    placed = membership >= 0
    assert is_same_partition(numbered[placed], membership[placed])
    assert (numbered[~placed] == -1).all()
    sizes = np.bincount(numbered[placed]).tolist()
    assert sizes == sorted(sizes, reverse=True)
    assert np.array_equal(number_by_size(numbered), numbered)


def test_sizes_of_nodes_count_in_the_numbering() -> None:
    assert number_by_size(np.array([7, 7, 2]), np.array([1, 1, 9])).tolist() == [1, 1, 0]


def test_stability_is_the_share_of_pairs_kept_together() -> None:
    membership = np.array([0, 0, 0, 1, 2, 2])
    runs = np.array([[0, 0, 1, 2, 3, 3], [0, 0, 0, 0, 1, 2]])
    assert measure_stability(membership, runs).tolist() == [round((1 / 3 + 1) / 2, 6), 1.0, 0.5]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"resolution": 0.0}, "resolution must be above 0"),
        ({"n_communities": 0}, "n_communities must be at least 1"),
        ({"resolution": 1.0, "n_communities": 2}, "not both"),
        ({"objective": "surprise"}, "modularity or cpm"),
        ({"runs": 0}, "runs must be at least 1"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(OptionsError, match=message):
        CommunityOptions(**wrong)  # type: ignore[arg-type]
