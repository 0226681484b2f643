from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from tagraph.data import ASSISTANT, HUMAN, Bags, Clustering, Communities, Sample, Samples, Turn
from tagraph.errors import OptionsError
from tagraph.steps.tacos import (
    ScoredPairs,
    TacosOptions,
    cluster_by_labels,
    cluster_tags,
    keep_longest,
    score_neighbours,
    select_top,
    stem_tags,
)
from tests.fakes import LetterEncoder


@dataclass(frozen=True)
class LengthScorer:
    """Scores a response by its characters; gives no score to a pair with an empty one."""

    key: str = "length"

    def score_pairs(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[tuple[float, float]]:
        nothing = float("nan")
        both = [(float(len(a.response)), float(len(b.response))) for a, b in pairs]
        return [pair if all(pair) else (nothing, nothing) for pair in both]


def samples_of(lengths: Sequence[int]) -> Samples:
    return Samples.of(
        Sample(f"s{i}", (Turn(HUMAN, "q"), Turn(ASSISTANT, "x" * n))) for i, n in enumerate(lengths)
    )


def clustering_of(members: Sequence[Sequence[int]], n_clusters: int) -> Clustering:
    membership = np.array([labels[0] if labels else -1 for labels in members])
    links = [(row, label) for row, labels in enumerate(members) for label in labels[1:]]
    names = tuple(f"c{i}" for i in range(n_clusters))
    return Clustering(
        membership, np.array(links, np.int64).reshape(-1, 2), names, np.ones(n_clusters)
    )


def test_seldom_tags_go_and_tags_of_one_stem_add_up() -> None:
    raw = Bags.of([["Stars", "sky"], ["stars"], ["Stars"], ["stars"], ["Stars", "rare"], ["sky"]])

    tag_map = stem_tags(raw, TacosOptions(min_count=2))

    assert tag_map.rare == {"rare"}
    assert tag_map.canonical_of["stars"] == "Stars"
    assert [list(bag) for bag in tag_map.apply(raw)] == [
        ["Stars", "sky"],
        ["Stars"],
        ["Stars"],
        ["Stars"],
        ["Stars"],
        ["sky"],
    ]
    assert [merge.reason for merge in tag_map.merges] == ["stem"]


def test_tags_of_like_vectors_form_one_cluster_named_after_its_most_used() -> None:
    bags = Bags.of([["tea", "ate"], ["tea"], ["zzz"]])

    found = cluster_tags(bags, LetterEncoder(), TacosOptions(min_count=1, n_clusters=2))

    assert found.names == ("tea · ate", "zzz")
    assert found.membership.tolist() == [0, 0, 1]


def test_no_tag_left_is_said() -> None:
    with pytest.raises(OptionsError, match="no tag is in 20 samples"):
        cluster_tags(Bags.of([[]]), LetterEncoder())


def test_a_sample_is_in_the_clusters_of_all_its_tags() -> None:
    bags = Bags.of([["a", "b", "c"], ["c"], []])
    communities = Communities.of_one_level(
        ("a", "b", "c"), np.array([1, 1, 0]), ("x", "y"), "k-means"
    )

    found = cluster_by_labels(bags, communities)

    assert found.membership.tolist() == [1, 0, -1]
    assert found.links.tolist() == [[0, 0]]


def test_the_longest_of_each_set_of_clusters_stays() -> None:
    clustering = clustering_of([[0, 1], [1, 0], [0], [0], []], 2)

    kept = keep_longest(clustering, np.array([5, 9, 3, 3, 99]), ["a", "b", "d", "c", "e"])

    assert kept.tolist() == [1, 3]


def test_neighbours_are_scored_once_in_every_cluster_and_the_odd_one_out_is_not() -> None:
    clustering = clustering_of([[0, 1], [0], [0], [1, 0], []], 2)
    samples = samples_of([4, 7, 2, 9, 1])

    pairs = score_neighbours(clustering, np.array([0, 1, 3]), samples, LengthScorer())

    assert (pairs.cluster.tolist(), pairs.first.tolist(), pairs.second.tolist()) == (
        [0, 1],
        [0, 0],
        [1, 3],
    )
    assert pairs.score.tolist() == [[4.0, 7.0], [4.0, 9.0]]


def test_the_smallest_cluster_is_served_first_and_k_is_exact() -> None:
    clustering = clustering_of([[0], [0], [0], [1, 0]], 2)
    kept = np.arange(4)
    pairs = score_neighbours(clustering, kept, samples_of([10, 30, 20, 5]), LengthScorer())
    ids = ["s0", "s1", "s2", "s3"]

    selection = select_top(clustering, kept, pairs, 3, ids)

    assert selection.ids == ("s3", "s1", "s2")
    assert selection.policy == "tacos"
    assert selection.reasons == (
        "number 1 of 1 in 'c1', not scored",
        "number 1 of 4 in 'c0', scored 30 of 100 beside its neighbour",
        "number 2 of 4 in 'c0', scored 20 of 100 beside its neighbour",
    )
    assert selection.rival.tolist() == [-1, 0, 0]
    assert len(select_top(clustering, kept, pairs, 4, ids)) == 4
    with pytest.raises(OptionsError, match="keeps 4 samples"):
        select_top(clustering, kept, pairs, 5, ids)


def test_a_pair_without_scores_ranks_last() -> None:
    clustering, ids = clustering_of([[0], [0], [0]], 1), ["a", "b", "c"]
    nan = float("nan")
    pairs = ScoredPairs(np.array([0]), np.array([0]), np.array([1]), np.array([[nan, nan]]))
    scored = ScoredPairs(np.array([0]), np.array([1]), np.array([2]), np.array([[0.0, 3.0]]))

    assert np.isnan(select_top(clustering, np.arange(3), pairs, 3, ids).strength).all()
    assert select_top(clustering, np.arange(3), scored, 3, ids).ids == ("c", "b", "a")


@pytest.mark.parametrize("options", [(0, 50, 0), (20, 0, 0), (20, 50, -1)])
def test_numbers_that_make_no_sense_are_refused(options: tuple[int, int, int]) -> None:
    with pytest.raises(OptionsError):
        TacosOptions(*options)
