"""Each policy against a plain reading of its method."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Bags, FloatArray, IntArray
from tagraph.errors import InputError, OptionsError
from tagraph.graphs import TagGraph
from tagraph.stages.selection import SelectionOptions, cluster_quotas, select_samples
from tagraph.stages.selection.complexity import order_by_complexity
from tagraph.stages.selection.distance import order_by_distance
from tagraph.stages.selection.information import (
    NEIGHBOURS,
    order_by_information,
    rate_quality,
    spread_information,
)

tag_bags = st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=4), max_size=14)


def scan_in_rounds(bags: list[list[str]], rows: list[int], limit: int) -> list[int]:
    """Algorithm 1 of InsTag as it is written down."""
    chosen: list[int] = []
    while len(chosen) < min(limit, len(rows)):
        covered: set[str] = set()
        before = len(chosen)
        for row in rows:
            if row not in chosen and set(bags[row]) - covered and len(chosen) < limit:
                covered |= set(bags[row])
                chosen.append(row)
        if len(chosen) == before:
            chosen += [row for row in rows if row not in chosen][: limit - before]
    return chosen


@given(tag_bags, st.integers(0, 14))
def test_complexity_takes_what_a_scan_in_rounds_takes(bags: list[list[str]], limit: int) -> None:
    rows = sorted(range(len(bags)), key=lambda row: -len(bags[row]))

    found, gains = order_by_complexity(Bags.of(bags), np.array(rows, dtype=np.int64), limit)

    assert found.tolist() == scan_in_rounds(bags, rows, limit)
    assert all((gain > 0) == bool(bags[row]) for row, gain in zip(found, gains, strict=True))


def test_complexity_covers_every_tag_before_it_repeats_one() -> None:
    bags = Bags.of([["a", "b", "c"], ["a", "b"], ["d"], ["c", "e"], ["e"]])

    chosen = select_samples(
        np.full(5, np.nan), np.zeros(5, int), 4, SelectionOptions("complexity"), bags=bags
    )

    assert chosen.index.tolist() == [0, 3, 2, 1]
    assert chosen.reasons[1].startswith("adds 1 tags that its round had not covered")


def random_graph(n_tags: int, n_edges: int, seed: int) -> TagGraph:
    rng = np.random.default_rng(seed)
    pairs = np.unique(np.sort(rng.integers(0, n_tags, (n_edges, 2)), axis=1), axis=0)
    edges = pairs[pairs[:, 0] < pairs[:, 1]].astype(np.int64)
    weights = rng.uniform(0.05, 1, len(edges))
    nothing = np.zeros(len(edges))
    tags = tuple(f"t{i:06d}" for i in range(n_tags))
    narrower = np.empty((0, 2), dtype=np.int64)
    return TagGraph(tags, edges, weights, nothing, nothing, np.ones(n_tags, int), narrower)


def random_bags(n: int, graph: TagGraph, seed: int) -> Bags:
    """Bags of one to seven tags, some tags far more often than others."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 8, n)
    drawn = (len(graph) * rng.power(0.4, int(sizes.sum()))).astype(np.int64)
    bag = np.repeat(np.arange(n), sizes)
    kept = np.unique(bag * len(graph) + drawn)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(kept // len(graph), minlength=n))])
    return Bags(indptr.astype(np.int64), kept % len(graph), graph.tags)


def spread_densely(graph: TagGraph) -> FloatArray:
    """The receiving shares, written with dense arrays and loops."""
    n = len(graph)
    weight = np.zeros((n, n))
    for (left, right), value in zip(graph.edges.tolist(), graph.weights.tolist(), strict=True):
        weight[left, right] = weight[right, left] = value
    nearest = [
        set(sorted(range(n), key=lambda j: (-weight[i, j], j))[:NEIGHBOURS]) for i in range(n)
    ]
    for i in range(n):
        for j in range(n):
            if weight[i, j] and not (j in nearest[i] and i in nearest[j]):
                weight[i, j] = 0
    weight += np.eye(n)
    shares: FloatArray = weight / weight.sum(axis=1, keepdims=True)
    return shares


def gain_densely(bags: Bags, graph: TagGraph, quality: FloatArray, k: int) -> list[int]:
    """MIG's greedy choice with dense matrices and no shortcut."""
    given_to = np.zeros((len(bags), len(graph)))
    given_to[bags.bag_of, bags.indices] = quality[bags.bag_of]
    spread, total = spread_densely(graph), np.zeros(len(graph))
    chosen: list[int] = []
    for _ in range(k):
        slope = 0.8 * (spread @ total + 1e-6) ** -0.2
        gain = np.round(given_to @ (spread.T @ slope), 9)
        gain[chosen] = -1
        chosen.append(int(np.argmax(gain)))
        total += given_to[chosen[-1]]
    return chosen


@given(st.lists(st.sampled_from([-1.0, 0.0, 2.0, 2.0 + 1e-12, np.nan]), min_size=1, max_size=12))
def test_quality_is_the_chance_to_beat_two_others_of_the_group(strengths: list[float]) -> None:
    strength = np.array([*strengths, *strengths[::2]])
    group = np.repeat([0, 1], [len(strengths), len(strengths[::2])])

    quality = rate_quality(strength, group)

    for i, value in enumerate(strength.tolist()):
        others = [s for s, g in zip(strength, group, strict=True) if g == group[i] and s == s]
        if np.isnan(value):
            assert quality[i] == 0.25
            continue
        wins = sum(0.5 if abs(value - other) < 1e-9 else value > other for other in others)
        assert quality[i] == pytest.approx((wins / len(others)) ** 2)


def rows_of(n: int) -> tuple[IntArray, IntArray, IntArray]:
    return np.arange(n), np.empty(0, dtype=np.int64), np.arange(n)


@pytest.mark.parametrize("seed", [0, 1])
def test_information_gain_takes_what_a_dense_reference_takes_of_500(seed: int) -> None:
    graph = random_graph(150, 900, seed)
    bags, spread = random_bags(500, graph, seed), spread_information(graph, 150)
    quality = rate_quality(np.random.default_rng(seed).normal(0, 1.5, 500), np.arange(500) % 9)

    found, gains = order_by_information(bags, spread, quality, rows_of(500), 200)

    assert found.tolist() == gain_densely(bags, graph, quality, 200)
    assert (np.diff(gains) <= 1e-9).all()


def test_information_gain_is_the_same_whatever_the_size_of_its_pool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = random_graph(60, 300, 3)
    bags, spread = random_bags(400, graph, 3), spread_information(graph, 60)
    quality = np.full(400, 0.5)  # many rows of one gain: ties go by turn inside and outside
    whole = order_by_information(bags, spread, quality, rows_of(400), 150)[0]

    for sizes in ((1,), (7, 3), (100, 64, 2)):
        monkeypatch.setattr("tagraph.stages.selection.information._POOLS", sizes)
        found = order_by_information(bags, spread, quality, rows_of(400), 150)[0]
        assert found.tolist() == whole.tolist()


def test_covering_gives_equal_quotas_and_takes_what_adds_most_inside_them() -> None:
    graph = random_graph(80, 300, 5)
    bags = random_bags(300, graph, 5)
    cluster = np.arange(300) % 7
    strength = np.random.default_rng(5).normal(size=300)

    found, plain = (
        select_samples(strength, cluster, 63, SelectionOptions(policy), bags=bags, graph=graph)
        for policy in ("covering", "equal")
    )

    assert np.bincount(found.cluster).tolist() == [9] * 7
    tags_of = [{tag for row in part.index for tag in bags[row]} for part in (found, plain)]
    assert len(tags_of[0]) > len(tags_of[1])
    assert "quota 9, taken by information gain" in found.reasons[0]


@given(st.integers(0, 300), st.integers(1, 20))
def test_with_one_cluster_covering_is_information_gain(seed: int, k: int) -> None:
    graph = random_graph(12, 30, seed)
    bags = random_bags(20, graph, seed)
    strength, cluster = np.random.default_rng(seed).normal(size=20), np.zeros(20, int)

    covering, plain = (
        select_samples(strength, cluster, k, SelectionOptions(policy), bags=bags, graph=graph)
        for policy in ("covering", "information")
    )

    assert covering.index.tolist() == plain.index.tolist()


def test_what_a_tag_receives_is_shared_and_adds_up_to_one() -> None:
    spread = spread_information(random_graph(40, 200, 0), 40).toarray()

    np.testing.assert_allclose(spread.sum(axis=1), 1)
    np.testing.assert_allclose(spread, spread_densely(random_graph(40, 200, 0)))
    np.testing.assert_array_equal(spread_information(None, 3).toarray(), np.eye(3))


def test_information_without_tags_still_fills_up() -> None:
    chosen = select_samples(
        np.array([0.0, 1.0, 2.0]),
        np.zeros(3, int),
        3,
        SelectionOptions("information"),
        bags=Bags.of([["a"], [], []]),
    )

    assert chosen.index.tolist() == [0, 1, 2]


@given(st.integers(0, 1000), st.integers(1, 30), st.sampled_from([-0.2, 0.3, 0.9]))
def test_distance_takes_what_a_walk_down_the_ranking_takes(
    seed: int, limit: int, highest: float
) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(30, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = rng.permutation(30)
    kept: list[int] = []
    for row in rows.tolist():
        if not kept or (vectors[kept] @ vectors[row]).max() <= highest:
            kept.append(row)
    others = [row for row in rows.tolist() if row not in kept]
    taken, groups = np.empty(0, dtype=np.int64), rng.integers(0, 4, 30)

    found, _, passed = order_by_distance(vectors, rows, groups, taken, limit, highest)

    assert found.tolist() == (kept + others)[:limit]
    assert passed.tolist() == ([False] * len(kept) + [True] * len(others))[:limit]


def test_distance_says_how_near_the_nearest_one_before_was() -> None:
    vectors = np.array([[1.0, 0.0], [0.6, 0.8], [1.0, 0.0]])
    options = SelectionOptions("distance", max_cosine=0.9)

    chosen = select_samples(
        np.array([3.0, 1.0, 2.0]), np.zeros(3, int), 3, options, vectors=vectors
    )

    assert chosen.index.tolist() == [0, 1, 2]
    assert chosen.rule == ("distance", "distance", "refill")
    assert "number 1 by strength apart from the others (the first)" in chosen.reasons[0]
    assert "(cosine 0.60 to the nearest before it)" in chosen.reasons[1]
    assert "behind rejected" not in chosen.reasons[1]
    assert "although its cosine to a row taken before is 1.00" in chosen.reasons[2]


def test_best_of_each_takes_every_cluster_before_the_strongest() -> None:
    strength = np.array([9.0, 8.0, 1.0, 0.0, -5.0])

    chosen = select_samples(
        strength, np.array([0, 0, 1, 1, 2]), 4, SelectionOptions("best-of-each")
    )

    assert chosen.index.tolist() == [0, 2, 4, 1]
    assert chosen.rule == ("best", "best", "best", "strength")
    assert "taken as the best of its cluster" in chosen.reasons[2]


def test_square_root_quotas_lie_between_equal_and_proportional() -> None:
    sizes = [400, 100, 25]
    equal, root, proportional = (
        cluster_quotas(sizes, 35, policy) for policy in ("equal", "square-root", "proportional")
    )

    assert root.tolist() == [20, 10, 5]
    assert equal[0] < root[0] < proportional[0]


def test_target_shares_are_met_and_a_cluster_without_share_waits() -> None:
    cluster = np.repeat([0, 1, 2, -1], 20)
    shares = np.array([0.7, 0.3, 0.0])

    chosen = select_samples(np.arange(80.0), cluster, 30, SelectionOptions("target"), shares=shares)

    assert np.bincount(chosen.cluster).tolist() == [20, 10]
    assert cluster_quotas([20, 20], 10, "target", np.array([0.2, 0.8])).tolist() == [2, 8]
    with pytest.raises(InputError, match="shares"):
        cluster_quotas([20, 20], 10, "target", np.array([0.2]))
    with pytest.raises(InputError, match="shares"):
        select_samples(np.arange(80.0), cluster, 3, SelectionOptions("target"), shares=shares[:2])


def test_stratified_random_draws_each_cluster_by_its_size() -> None:
    cluster = np.repeat([0, 1], [60, 30])
    keys = [f"key{i}" for i in range(90)]
    draws = [
        select_samples(
            np.zeros(90), cluster, 30, SelectionOptions("stratified-random", seed), keys=keys
        )
        for seed in (0, 1)
    ]

    assert [np.bincount(draw.cluster).tolist() for draw in draws] == [[20, 10], [20, 10]]
    assert draws[0].index.tolist() != draws[1].index.tolist()
    assert "drawn at random inside its cluster from 90 samples" in draws[0].reasons[0]


def test_sure_takes_the_certain_best_before_the_uncertain_best() -> None:
    strength = np.array([2.0, 0.0, 1.0, 0.9])
    error = np.array([0.1, 0.1, 2.0, 2.0])

    chosen = select_samples(
        strength, np.array([0, 0, 1, 1]), 2, SelectionOptions("sure"), standard_error=error
    )

    assert chosen.index.tolist() == [0, 2]
    assert chosen.rule == ("sure", "boundary")
    assert "its place is sure, chance 1.00" in chosen.reasons[0]
    assert "on the boundary, chance 0.51 of a place" in chosen.reasons[1]


def test_linked_strengths_are_told_as_one_ranking() -> None:
    arguments = (np.array([1.0, 2.0]), np.array([0, 1]), 1, SelectionOptions("global"))

    assert "by strength within its cluster" in select_samples(*arguments).reasons[0]
    linked = select_samples(*arguments, linked=True).reasons[0]
    assert "number 1 of 2 by strength (strength" in linked


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        ("information", "bags"),
        ("covering", "bags"),
        ("complexity", "bags"),
        ("distance", "vectors"),
        ("target", "shares"),
    ],
)
def test_a_policy_says_what_it_lacks(policy: str, missing: str) -> None:
    with pytest.raises(OptionsError, match=f"'{policy}' needs {missing}"):
        select_samples(np.zeros(3), np.zeros(3, int), 1, SelectionOptions(policy))


def test_a_graph_over_other_tags_is_refused() -> None:
    bags, options = Bags.of([["a"], ["b"]]), SelectionOptions("information")
    with pytest.raises(InputError, match="same vocabulary"):
        select_samples(
            np.zeros(2), np.zeros(2, int), 1, options, bags=bags, graph=random_graph(3, 3, 0)
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"policy": "target", "target": ("a=0.7", "b=0.4")},
        {"policy": "target", "target": ("a",)},
        {"policy": "target", "target": ("=1",)},
        {"policy": "target", "target": ("a=0.1", "a=0.2")},
        {"policy": "target", "target": ("a=-0.1",)},
        {"policy": "target", "target": ("a=b",)},
        {"target": ("a=0.1",)},
        {"minimum": ("de=1.5",)},
        {"tokens": -1},
        {"max_cosine": 2.0},
        {"max_likeness": 0.0},
        {"include": ("x",), "exclude": ("x",)},
    ],
)
def test_options_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(OptionsError):
        SelectionOptions(**changes)
