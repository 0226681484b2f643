from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagraph.data import IntArray
from tagraph.errors import OptionsError
from tagraph.stages.agreement import measure_agreement as compare_partitions
from tagraph.stages.communities import CommunityOptions, measure_agreement
from tagraph.stages.communities.merging import merge_groups, settle_nodes
from tagraph.stages.communities.options import ONCE
from tests.stages.communities.test_consensus import is_same_partition


def draw(seed: int) -> tuple[IntArray, IntArray, IntArray]:
    """Groups of a few nodes, runs that agree in part, and edges."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 14))
    truth = rng.integers(0, 3, n)
    runs = np.where(rng.random((4, n)) < 0.7, truth, rng.integers(0, 4, (4, n)))
    groups = np.unique(rng.integers(0, 6, n), return_inverse=True)[1]
    edges = np.array([e for e in combinations(range(n), 2) if rng.random() < 0.5], dtype=np.int64)
    return groups.astype(np.int64), runs.astype(np.int64), edges.reshape(-1, 2)


def merge_plainly(groups: IntArray, runs: IntArray, wanted: int) -> IntArray:
    """Average linkage straight from its definition."""
    parts = [np.flatnonzero(groups == g) for g in range(int(groups.max()) + 1)]
    while len(parts) > wanted:
        shares = {
            (i, j): round(float((runs[:, parts[i], None] == runs[:, None, parts[j]]).mean()), 9)
            for i, j in combinations(range(len(parts)), 2)
        }
        i, j = max(shares, key=lambda pair: (shares[pair], -pair[0], -pair[1]))
        parts[i] = np.concatenate([parts[i], parts.pop(j)])
    merged = np.empty(len(groups), dtype=np.int64)
    for number, part in enumerate(parts):
        merged[part] = number
    return merged


@settings(max_examples=60)
@given(st.integers(0, 9999), st.integers(1, 4))
def test_groups_merge_as_average_linkage_says(seed: int, wanted: int) -> None:
    groups, runs, _ = draw(seed)
    merged = merge_groups(groups, runs, wanted)
    assert is_same_partition(merged, merge_plainly(groups, runs, wanted))


@settings(max_examples=60)
@given(st.integers(0, 9999))
def test_a_node_settles_where_the_runs_put_it_most_among_the_groups_beside_it(seed: int) -> None:
    groups, runs, edges = draw(seed)
    expected = []
    for node, home in enumerate(groups.tolist()):
        beside = {home} | {int(groups[sum(e) - node]) for e in edges.tolist() if node in e}
        share = {}
        for group in sorted(beside):
            others = np.flatnonzero((groups == group) & (np.arange(len(groups)) != node))
            same = runs[:, others] == runs[:, [node]]
            share[group] = round(float(same.mean()), 9) if len(others) else 0.0
        expected.append(max(share, key=lambda g: (share[g], g == home, -g)))
    assert is_same_partition(settle_nodes(groups, runs, edges), np.array(expected))


@given(st.integers(0, 9999))
def test_agreement_with_runs_is_the_mean_adjusted_rand_index(seed: int) -> None:
    groups, runs, _ = draw(seed)
    mean = np.mean([compare_partitions(groups, run).adjusted_rand for run in runs])
    assert measure_agreement(groups, runs) == pytest.approx(mean, abs=2e-6)


def test_the_default_number_of_runs_falls_with_size_and_what_is_asked_stands() -> None:
    counts = [CommunityOptions().count_runs(m) for m in (0, 10**6, 2 * 10**6, 10**7, 10**9)]
    assert counts == [50, 50, 25, 5, 5]
    assert CommunityOptions(runs=3).count_runs(10) == 3


def test_a_run_on_a_very_large_graph_makes_one_iteration_unless_told_otherwise() -> None:
    assert [CommunityOptions().count_iterations(m) for m in (1, ONCE, ONCE + 1)] == [2, 2, 1]
    assert CommunityOptions(iterations=-1).count_iterations(ONCE + 1) == -1


def test_a_number_is_reached_roughly_on_a_very_large_graph_unless_told_otherwise() -> None:
    assert [CommunityOptions().find_tolerance(m) for m in (1, ONCE, ONCE + 1)] == [0.02, 0.02, 0.1]
    assert CommunityOptions(tolerance=0.0).find_tolerance(ONCE + 1) == 0.0
    with pytest.raises(OptionsError, match="tolerance must not be negative"):
        CommunityOptions(tolerance=-0.1)
