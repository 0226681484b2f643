import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.errors import InputError
from tagraph.graphs import TagGraph
from tagraph.steps.graph import GraphOptions, build_tag_graph

BAGS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=4, unique=True), max_size=10)


def build(bags: list[list[str]]) -> TagGraph:
    return build_tag_graph(bags, GraphOptions(significance=1.0))


@given(BAGS)
def test_igraph_and_networkx_hold_the_same_graph(bags: list[list[str]]) -> None:
    graph = build(bags)
    left, right = graph.to_igraph(), graph.to_networkx()
    counts = {name: values["count"] for name, values in right.nodes.items()}
    assert counts == dict(zip(left.vs["name"], left.vs["count"], strict=True))
    names = left.vs["name"]
    for layer in ("weight", "cooccurrence", "similarity"):
        other = {frozenset(ends): values[layer] for ends, values in right.edges.items()}
        assert other == {frozenset(names[i] for i in e.tuple): e[layer] for e in left.es}


@given(BAGS, st.integers(0, 999))
def test_tags_and_edges_in_any_order_give_one_graph(bags: list[list[str]], seed: int) -> None:
    graph, rng = build(bags), np.random.default_rng(seed)
    nodes, rows = rng.permutation(len(graph)), rng.permutation(len(graph.edges))
    edges = np.argsort(nodes)[graph.edges][rows]
    again = TagGraph(
        tuple(graph.tags[i] for i in nodes.tolist()),
        np.where(rng.random((len(edges), 1)) < 0.5, edges, edges[:, ::-1]),
        graph.weights[rows],
        graph.cooccurrence[rows],
        graph.similarity[rows],
        graph.counts[nodes],
        edges,
    )
    assert again.tags == graph.tags
    assert np.array_equal(again.narrower, graph.edges)
    for name in ("edges", "weights", "cooccurrence", "similarity", "counts"):
        assert np.array_equal(getattr(again, name), getattr(graph, name))


@pytest.mark.parametrize(
    ("tags", "edges", "message"),
    [
        (("a", "a"), [[0, 1]], "a tag stands twice"),
        (("a", "b"), [[0, 1], [1, 0]], "an edge stands twice"),
        (("a", "b"), [[1, 1]], "joins a tag to itself"),
    ],
)
def test_a_graph_with_repeats_is_refused(
    tags: tuple[str, ...], edges: list[list[int]], message: str
) -> None:
    ones, none = np.ones(len(edges)), np.empty((0, 2), dtype=np.int64)
    with pytest.raises(InputError, match=message):
        TagGraph(tags, np.array(edges), ones, ones, ones, np.ones(2, dtype=np.int64), none)


def test_isolated_tags_are_kept() -> None:
    graph = build([["alone"], ["a", "b"], ["c"]])
    assert len(graph) == graph.to_igraph().vcount() == len(graph.to_networkx()) == 4


def test_the_table_has_one_row_per_edge() -> None:
    table = build([["a", "b"], ["c"], ["d"]]).to_pandas()
    assert (table["left"].tolist(), table["right"].tolist()) == (["a"], ["b"])
    assert list(table.columns) == ["left", "right", "weight", "cooccurrence", "similarity"]


def test_the_notebook_view_escapes_hostile_tags_and_starts_with_the_heaviest_edge() -> None:
    graph = TagGraph(
        ("<script>", "b", "c"),
        np.array([[0, 1], [0, 2]]),
        np.array([0.2, 0.9]),
        np.array([0.2, 0.9]),
        np.zeros(2),
        np.ones(3, dtype=np.int64),
        np.empty((0, 2), dtype=np.int64),
    )
    shown = graph._repr_html_()
    assert "<script>" not in shown
    assert shown.index("0.9") < shown.index("0.2")
    assert "3 tags, 2 edges" in shown
