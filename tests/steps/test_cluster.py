import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagraph.data import Clustering, FloatArray
from tagraph.errors import InputError, OptionsError
from tagraph.steps.cluster import ClusterOptions, cluster_samples
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.tag_communities import CommunityOptions, detect_communities

TOPICS, SIZE = 6, 20
QUICK = CommunityOptions(runs=2)


def draw_bags(seed: int = 0, topics: int = TOPICS, size: int = SIZE) -> list[list[str]]:
    """Bags of two to four tags of one topic, with a hub in every second one."""
    rng = np.random.default_rng(seed)
    bags = []
    for sample in range(topics * size):
        topic = sample % topics
        tags = rng.choice(8, int(rng.integers(2, 5)), replace=False)
        bags.append([f"topic{topic} tag{tag}" for tag in tags] + ["hub"] * (sample // topics % 2))
    return bags


def draw_vectors(bags: list[list[str]], seed: int = 1) -> FloatArray:
    """A noisy direction per topic, the topic told by the first tag; noise for an empty bag."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(scale=0.1, size=(len(bags), TOPICS))
    for row, bag in zip(noise, bags, strict=True):
        if bag:
            row[int(bag[0][5])] += 1
    return noise


def run(
    bags: list[list[str]], options: ClusterOptions, vectors: FloatArray | None = None
) -> Clustering:
    graph = build_tag_graph(bags)
    return cluster_samples(bags, graph, detect_communities(graph, QUICK), options, vectors=vectors)


@pytest.mark.parametrize("method", ["samples", "tags"])
@pytest.mark.parametrize("with_vectors", [True, False])
def test_topics_are_found(method: str, with_vectors: bool) -> None:
    bags = draw_bags()
    vectors = draw_vectors(bags) if with_vectors else None
    found = run(bags, ClusterOptions(n_clusters=TOPICS, method=method, runs=2), vectors)  # type: ignore[arg-type]
    assert len(found) == TOPICS
    topic = np.arange(len(bags)) % TOPICS
    agreed = sum(np.bincount(topic[found.membership == c]).max() for c in range(TOPICS))
    assert agreed / len(bags) > 0.95
    assert len(set(found.names)) == TOPICS
    assert not any("hub" in name for name in found.names)
    assert ((found.stability > 0) & (found.stability <= 1)).all()


@settings(max_examples=5)
@given(st.integers(0, 99), st.sampled_from(["samples", "tags"]), st.booleans())
def test_the_order_of_samples_does_not_matter(seed: int, method: str, with_vectors: bool) -> None:
    bags = draw_bags(seed, size=6) + [[]] * 3
    turn = np.random.default_rng(seed).permutation(len(bags))
    options = ClusterOptions(max_size=12, method=method, runs=2)  # type: ignore[arg-type]
    vectors = draw_vectors(bags) if with_vectors else None
    one = run(bags, options, vectors)
    two = run([bags[i] for i in turn], options, None if vectors is None else vectors[turn])
    assert np.array_equal(one.membership[turn], two.membership)
    assert one.names == two.names
    assert np.array_equal(one.stability, two.stability)


@settings(max_examples=8)
@given(st.integers(0, 99), st.integers(2, 6), st.sampled_from(["samples", "tags"]))
def test_clusters_keep_the_size_limits(seed: int, least: int, method: str) -> None:
    bags = draw_bags(seed, topics=3, size=12) + [["stranger"]] + [["same"]] * 30
    most = 3 * least
    options = ClusterOptions(least, most, method=method, runs=1)  # type: ignore[arg-type]
    found = run(bags, options)
    assert (found.membership >= 0).all()
    assert found.sizes.max() <= most
    assert found.sizes.sum() == len(bags)
    assert found.sizes.tolist() == sorted(found.sizes.tolist(), reverse=True)
    small = found.sizes[found.sizes < least]
    assert all(size + found.sizes.min() > most for size in found.sizes[:-1]) or not len(small)


@pytest.mark.parametrize("n_clusters", [1, 5, 40])
@pytest.mark.parametrize("method", ["samples", "tags"])
def test_the_number_asked_is_given(n_clusters: int, method: str) -> None:
    found = run(draw_bags(), ClusterOptions(n_clusters=n_clusters, method=method, runs=2))  # type: ignore[arg-type]
    assert abs(len(found) - n_clusters) <= 0.15 * n_clusters


def test_a_pool_too_large_to_be_compared_is_divided_by_one_quick_run() -> None:
    bags = draw_bags()
    large = ClusterOptions(max_compared=len(bags) // 2, max_size=12)
    named = ClusterOptions(method="tags", max_size=12, runs=1, backend="graspologic")
    found, expected = run(bags, large), run(bags, named)
    assert found.membership.tolist() == expected.membership.tolist()
    assert found.sizes.max() <= 12


def test_every_move_says_why_and_where_to() -> None:
    bags = [*draw_bags(topics=2), *([["same"]] * 25), ["stranger"], []]
    vectors = np.vstack([draw_vectors(draw_bags(topics=2)), np.ones((27, TOPICS))])
    found = run(bags, ClusterOptions(5, 10, runs=2), vectors)
    reasons = " | ".join({move.reason for move in found.moves})
    assert "above max_size 10 and was split" in reasons
    assert "cut evenly" in reasons
    assert "nearest to its vector" in reasons
    assert all(found.membership[move.sample] == move.after for move in found.moves)
    assert found.moves[-1].before == -1


def test_samples_without_a_tag_stay_out_without_vectors_or_on_request() -> None:
    bags = [*draw_bags(), []]
    vectors = np.vstack([draw_vectors(draw_bags()), np.ones((1, TOPICS))])
    assert run(bags, ClusterOptions(runs=1)).membership[-1] == -1
    stay = ClusterOptions(place_untagged=False, runs=1)
    assert run(bags, stay, vectors).membership[-1] == -1
    assert run(bags, ClusterOptions(runs=1), vectors).membership[-1] >= 0


@pytest.mark.parametrize("bags", [[], [[]], [[], []], [["a"]], [["a"], ["b"]]])
def test_tiny_pools_are_clustered_without_complaint(bags: list[list[str]]) -> None:
    found = run(bags, ClusterOptions())
    tagged = np.array([bool(bag) for bag in bags], dtype=bool)
    assert np.array_equal(found.membership >= 0, tagged)
    assert len(found.names) == len(found.stability) == len(found.sizes)


def test_a_pool_without_any_tag_is_clustered_by_its_vectors() -> None:
    vectors = np.repeat(np.eye(3), 8, axis=0) + np.random.default_rng(0).normal(0, 0.05, (24, 3))
    found = run([[]] * 24, ClusterOptions(n_clusters=3, runs=2), vectors)
    assert len({tuple(set(part)) for part in found.membership.reshape(3, 8).tolist()}) == 3
    assert found.names == ("untagged", "untagged (2)", "untagged (3)")


def test_equal_samples_share_a_cluster() -> None:
    found = run(draw_bags() * 2, ClusterOptions(runs=2))
    assert np.array_equal(*found.membership.reshape(2, -1))


def test_links_are_other_clusters() -> None:
    found = run(draw_bags(), ClusterOptions(n_clusters=TOPICS, runs=2))
    assert (found.membership[found.links[:, 0]] != found.links[:, 1]).all()
    assert found.links.tolist() == sorted(found.links.tolist())


def test_communities_of_another_graph_are_refused() -> None:
    bags = draw_bags()
    other = detect_communities(build_tag_graph([["x"]]))
    with pytest.raises(InputError, match="detect them again"):
        cluster_samples(bags, build_tag_graph(bags), other)


def test_vectors_must_fit_the_samples() -> None:
    with pytest.raises(InputError, match="one row for each sample: 120"):
        run(draw_bags(), ClusterOptions(), np.ones((3, 2)))


def test_tags_that_the_graph_does_not_know_are_left_out() -> None:
    graph = build_tag_graph(draw_bags())
    bags = [["topic0 tag0", "news"], ["news"]]
    found = cluster_samples(bags, graph, detect_communities(graph, QUICK))
    assert found.membership.tolist() == [0, -1]


def describe() -> str:
    bags = draw_bags(size=10)
    found = run(bags, ClusterOptions(max_size=15, runs=2), draw_vectors(bags))
    return f"{found.membership.tolist()} {found.names} {found.moves}\n"


def test_neither_the_hash_seed_nor_the_threads_matter() -> None:
    root = Path(__file__).resolve().parent.parent.parent
    program = "from tests.steps.test_cluster import describe; print(describe(), end='')"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads},
            cwd=root,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed, threads in (("1", "2"), ("2", "1"))
    }
    assert outputs == {describe()}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"min_size": 0}, "min_size"),
        ({"min_size": 6, "max_size": 11}, "max_size at least twice"),
        ({"n_clusters": 0}, "n_clusters"),
        ({"method": "dice"}, "auto, samples or tags"),
        ({"mix": -0.1}, "mix"),
        ({"runs": 0}, "at least 1"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(OptionsError, match=message):
        ClusterOptions(**wrong)  # type: ignore[arg-type]
