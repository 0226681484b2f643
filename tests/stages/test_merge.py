from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from tagraph.data import Link, Merge
from tagraph.stages.merge import Groups, explain_merges, link_completely, name_groups

_N = 9
_PAIRS = list(combinations(range(_N), 2))
_SIMILARITIES = st.permutations(range(len(_PAIRS))).map(lambda p: [(x + 1) / 40 for x in p])


def _links(similarities: list[float]) -> list[Link]:
    return [Link(i, j, "fuzzy", s) for (i, j), s in zip(_PAIRS, similarities, strict=True)]


@given(_SIMILARITIES, st.sampled_from([0.3, 0.5, 0.7]))
def test_complete_linkage_agrees_with_scipy(similarities: list[float], threshold: float) -> None:
    links = _links(similarities)
    groups = Groups(_N)
    groups.unite(link_completely(links, threshold))
    tree = linkage(1 - np.array(similarities), "complete")
    expected = fcluster(tree, 1 - threshold + 1e-9, "distance")
    labels = groups.labels()
    assert all((labels[i] == labels[j]) == (expected[i] == expected[j]) for i, j in _PAIRS)
    assert squareform(1 - np.array(similarities)).shape == (_N, _N)


@given(_SIMILARITIES, st.randoms(use_true_random=False))
def test_every_pair_of_a_cluster_is_linked_and_order_does_not_matter(similarities, random):  # type: ignore[no-untyped-def]
    links = [link for link in _links(similarities) if link.similarity > 0.3]
    near = {(link.left, link.right) for link in links if link.similarity >= 0.5}
    groups = Groups(_N)
    groups.unite(link_completely(links, 0.5))
    labels = groups.labels()
    assert all((i, j) in near for i, j in _PAIRS if labels[i] == labels[j])
    random.shuffle(links)
    assert link_completely(links, 0.5) == link_completely(sorted(links), 0.5)


def test_equal_similarities_are_settled_by_position() -> None:
    links = [Link(1, 2, "fuzzy", 0.9), Link(0, 1, "fuzzy", 0.9), Link(3, 3, "fuzzy", 1.0)]
    assert link_completely(links, 0.5) == [Link(0, 1, "fuzzy", 0.9)]


def test_the_stronger_of_two_links_counts() -> None:
    links = [Link(0, 1, "fuzzy", 0.6), Link(1, 0, "embedding", 0.9)]
    assert link_completely(links, 0.5) == [Link(1, 0, "embedding", 0.9)]


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=4),
)
def test_groups_are_a_partition_that_never_holds_a_forbidden_pair(
    pairs: list[tuple[int, int]], never: list[tuple[int, int]]
) -> None:
    never = [(a, b) for a, b in never if a != b]
    groups = Groups(_N, never)
    refused = groups.unite(Link(a, b, "case") for a, b in pairs)
    labels = groups.labels()
    assert all(labels[a] != labels[b] for a, b in never)
    assert all(
        sorted(groups.members(i)) == [j for j in range(_N) if labels[j] == labels[i]]
        for i in range(_N)
    )
    assert all(label == min(groups.members(i)) for i, label in enumerate(labels))
    assert len(groups.links) == _N - len(set(labels))
    assert bool(refused) <= bool(never)


def test_the_first_by_rank_names_its_group() -> None:
    assert name_groups([0, 0, 2, 0], [(2, "a"), (1, "c"), (9, "x"), (1, "b")]) == [3, 3, 2, 3]


def test_a_merge_is_told_by_the_weakest_link_on_the_way() -> None:
    tags = ["a", "b", "c", "d"]
    links = [Link(0, 1, "case"), Link(1, 2, "embedding", 0.9), Link(2, 3, "embedding", 0.95)]
    merges = explain_merges(tags, [0, 0, 0, 0], links, ["case", "embedding"])
    assert merges == [
        Merge("b", "a", "case", 1.0),
        Merge("c", "a", "embedding", 0.9),
        Merge("d", "a", "embedding", 0.9),
    ]
