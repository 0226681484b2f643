import io
import json
import xml.etree.ElementTree as ET

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagraph.data import Communities
from tagraph.errors import InputError
from tagraph.graphs import TagGraph
from tagraph.report.graph_files import GRAPH_FORMS, colour_community, place_tags, render_graph
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.tag_communities import CommunityOptions, detect_communities
from tests.steps.test_cluster import draw_bags

HOSTILE = ["<script>", 'a"b&c', "\x00\x1b[31m", "\ud800", "\uffff", "]]>", "日本", "a\nb"]


def make(bags: list[list[str]]) -> tuple[TagGraph, Communities]:
    graph = build_tag_graph(bags)
    return graph, detect_communities(graph, CommunityOptions(runs=2))


def read_back(data: bytes, form: str) -> "nx.Graph[int]":
    if form == ".json":
        return nx.node_link_graph(json.loads(data), edges="edges")
    read = nx.read_graphml if form == ".graphml" else nx.read_gexf
    return read(io.BytesIO(data), node_type=int)


@pytest.mark.parametrize("form", GRAPH_FORMS)
@pytest.mark.parametrize("with_communities", [True, False])
def test_a_graph_is_read_back_whole(form: str, with_communities: bool) -> None:
    graph, communities = make([*draw_bags(size=5), ["alone"]])
    data = render_graph(graph, form, communities if with_communities else None)
    held = read_back(data, form)
    assert [held.nodes[i]["label"] for i in range(len(graph))] == list(graph.tags)
    assert [held.nodes[i]["count"] for i in range(len(graph))] == graph.counts.tolist()
    assert sorted(tuple(sorted(edge)) for edge in held.edges) == [
        tuple(edge) for edge in graph.edges.tolist()
    ]
    weights = [held.edges[left, right]["weight"] for left, right in graph.edges.tolist()]
    assert weights == pytest.approx(graph.weights.tolist())
    if with_communities:
        found = [held.nodes[i]["community"] for i in range(len(graph))]
        assert found == communities.membership.tolist()
        assert {held.nodes[i]["community_name"] for i in range(len(graph))} == set(
            communities.names
        )
        assert held.nodes[0]["upper_name"] in communities.upper_names


@pytest.mark.parametrize("form", GRAPH_FORMS)
def test_hostile_tags_leave_the_file_well_formed(form: str) -> None:
    graph, communities = make([HOSTILE, HOSTILE[:3], ["plain", "<script>"]])
    data = render_graph(graph, form, communities)
    assert len(read_back(data, form)) == len(graph)
    assert b"\x00" not in data
    assert b"\x1b" not in data


@settings(max_examples=15)
@given(st.lists(st.lists(st.text(max_size=5), max_size=4), max_size=5))
def test_any_tags_can_be_written_and_twice_the_same(bags: list[list[str]]) -> None:
    graph, communities = make(bags)
    for form in GRAPH_FORMS:
        data = render_graph(graph, form, communities)
        assert len(read_back(data, form)) == len(graph)
        assert data == render_graph(graph, form, communities)


def test_gexf_carries_colour_size_and_a_place_for_every_tag() -> None:
    graph, communities = make(draw_bags(size=5))
    root = ET.fromstring(render_graph(graph, ".gexf", communities))  # noqa: S314
    viz = "{http://www.gexf.net/1.2draft/viz}"
    assert len(list(root.iter(f"{viz}color"))) == len(graph)
    assert len(list(root.iter(f"{viz}size"))) == len(graph)
    places = {(place.get("x"), place.get("y")) for place in root.iter(f"{viz}position")}
    assert len(places) > len(graph) / 2
    colours = {tuple(colour_community(c).values()) for c in range(36)}
    assert len(colours) == 36
    assert all(0 <= channel <= 255 for colour in colours for channel in colour)


def test_places_are_the_same_every_time_and_finite() -> None:
    graph, _ = make(draw_bags(size=5))
    assert np.array_equal(place_tags(graph), place_tags(graph))
    assert np.isfinite(place_tags(graph)).all()
    assert place_tags(build_tag_graph([])).shape == (0, 2)
    assert place_tags(build_tag_graph([["a"]])).shape == (1, 2)


def test_an_unknown_form_and_communities_of_another_graph_are_refused() -> None:
    graph, communities = make(draw_bags(size=5))
    with pytest.raises(InputError, match=r"graphml.*got '\.dot'"):
        render_graph(graph, ".dot")
    with pytest.raises(InputError, match="not those of this tag graph"):
        render_graph(build_tag_graph([["a"]]), ".json", communities)
