import numpy as np

from tagraph.data import Communities
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.tag_communities import CommunityOptions, detect_communities
from tests.steps.test_cluster import TOPICS, draw_bags


def test_communities_are_topics_and_the_hub_does_not_glue_them() -> None:
    graph = build_tag_graph(draw_bags())
    found = detect_communities(graph)
    for topic in range(TOPICS):
        inside = [tag.startswith(f"topic{topic}") for tag in graph.tags]
        assert len(set(found.membership[np.array(inside)].tolist())) <= 3
    assert all(
        len({tag.split()[0] for tag in group if tag != "hub"}) <= 1 for group in groups(found)
    )
    assert len(set(found.names)) == len(found)


def groups(found: Communities) -> list[list[str]]:
    return [
        [tag for tag, c in zip(found.tags, found.membership, strict=True) if c == number]
        for number in range(len(found))
    ]


def test_isolated_tags_are_communities_named_by_themselves() -> None:
    found = detect_communities(build_tag_graph([["a", "b"], ["c"], *([["d"]] * 25)]))
    assert found.names == ("a · b", "c", "d")
    assert found.stability[0] >= 0.9
    assert found.stability[1:].tolist() == [1.0, 1.0]


def test_an_empty_graph_has_no_communities() -> None:
    found = detect_communities(build_tag_graph([]))
    assert len(found) == 0
    assert found.stability.shape == (0,)


def test_communities_are_grouped_into_fewer_upper_ones_with_names_of_their_own() -> None:
    bags = [
        [f"field{i % 3} topic{i % 12}", f"field{i % 3} tag{i % 7}", f"topic{i % 12} tag{i % 5}"]
        for i in range(400)
    ]
    found = detect_communities(build_tag_graph(bags), CommunityOptions(n_communities=12, runs=5))
    assert 1 <= len(found.upper_names) < len(found)
    assert found.upper.shape == (len(found),)
    assert set(found.upper.tolist()) == set(range(len(found.upper_names)))
    sizes = np.bincount(found.upper[found.membership]).tolist()
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(found.upper_names)) == len(found.upper_names)
    assert found.to_pandas()["upper"].tolist() == [found.upper_names[u] for u in found.upper]
