import numpy as np
import pytest

from tagraph.errors import OptionsError
from tagraph.graphs import TagGraph
from tagraph.stages.communities import CommunityOptions
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.resolution_profile import profile_resolutions
from tests.steps.test_cluster import draw_bags


def test_communities_grow_in_number_and_lose_coverage_as_the_resolution_grows() -> None:
    profile = profile_resolutions(build_tag_graph(draw_bags()), [0.5, 1.0, 8.0])
    counts = [row.communities + round(row.alone * 49) for row in profile.rows]
    assert counts == sorted(counts)
    coverage = [row.coverage for row in profile.rows]
    assert coverage == sorted(coverage, reverse=True)
    assert profile.rows[1].stability > profile.rows[1].by_chance
    assert str(profile).splitlines()[0].split() == list(profile.rows[0]._fields)
    assert profile.to_pandas().shape == (3, 8)
    assert "3 resolutions" in profile._repr_html_()


def test_a_graph_without_edges_has_an_empty_profile() -> None:
    assert profile_resolutions(build_tag_graph([["a"], ["b"]])).rows == ()


def test_a_single_edge_can_be_profiled() -> None:
    one = np.ones(1)
    graph = TagGraph(
        ("a", "b"),
        np.array([[0, 1]]),
        one,
        one,
        one,
        np.ones(2, dtype=np.int64),
        np.empty((0, 2), dtype=np.int64),
    )
    rows = profile_resolutions(graph, [0.5, 32.0]).rows
    assert [row.communities for row in rows] == [1, 0]
    assert [row.alone for row in rows] == [0.0, 1.0]


def test_wrong_resolutions_and_single_runs_are_refused() -> None:
    graph = build_tag_graph(draw_bags())
    with pytest.raises(OptionsError, match="resolution must be above 0"):
        profile_resolutions(graph, [0.0])
    with pytest.raises(OptionsError, match="runs must be at least 2"):
        profile_resolutions(graph, options=CommunityOptions(runs=1))
