import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import FloatArray, IntArray
from tagraph.graphs import TagGraph
from tagraph.report.layout import draw_graph, strongest_edges


def make_graph(n: int, edges: list[tuple[int, int]], seed: int = 0) -> tuple[TagGraph, IntArray]:
    rng = np.random.default_rng(seed)
    pairs = np.array(sorted(set(edges)), dtype=np.int64).reshape(-1, 2)
    weights: FloatArray = rng.uniform(0.1, 1, len(pairs))
    tags = tuple(f"t{i:03d}" for i in range(n))
    counts = rng.integers(1, 50, n)
    none = np.zeros((0, 2), dtype=np.int64)
    graph = TagGraph(tags, pairs, weights, weights, weights, counts, none)
    return graph, rng.integers(0, 4, n)


PAIRS = st.lists(
    st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda p: p[0] < p[1]), max_size=40
)


@given(PAIRS, st.integers(1, 12), st.integers(1, 3))
def test_a_drawing_holds_the_most_used_tags_and_their_strongest_edges(
    edges: list[tuple[int, int]], most: int, per_tag: int
) -> None:
    graph, membership = make_graph(15, edges)

    drawing = draw_graph(graph, membership, most, per_tag)

    joined = sorted({i for pair in edges for i in pair}, key=lambda i: (-graph.counts[i], i))
    assert drawing.nodes.tolist() == joined[:most]
    assert drawing.places.shape == (len(drawing.nodes), 2)
    assert np.isfinite(drawing.places).all()
    assert np.abs(drawing.places).max(initial=0) <= 1
    found = {tuple(sorted(pair)) for pair in drawing.nodes[drawing.edges].tolist()}
    assert found <= set(edges)
    assert len(found) == len(drawing.edges)


@given(PAIRS, st.integers(1, 3))
def test_an_edge_stays_if_it_is_among_the_strongest_of_one_end(
    edges: list[tuple[int, int]], per_node: int
) -> None:
    pairs = np.array(sorted(set(edges)), dtype=np.int64).reshape(-1, 2)
    weights = np.random.default_rng(1).permutation(len(pairs)).astype(np.float64)
    expected = set()
    for node in range(15):
        held = [i for i, pair in enumerate(pairs.tolist()) if node in pair]
        expected |= set(sorted(held, key=lambda i: -weights[i])[:per_node])

    assert strongest_edges(pairs, weights, per_node).tolist() == sorted(expected)


def test_the_same_graph_is_drawn_the_same_and_communities_lie_together() -> None:
    inside = [(i, j) for i in range(40) for j in range(i + 1, 40) if i // 10 == j // 10]
    graph, _ = make_graph(40, [*inside, (0, 11), (12, 23), (24, 35)])
    membership = np.arange(40) // 10

    one = draw_graph(graph, membership, 40, 5)
    again = draw_graph(graph, membership, 40, 5)

    assert (one.places == again.places).all()
    group = membership[one.nodes]
    centres = np.stack([one.places[group == c].mean(axis=0) for c in range(4)])
    own = np.linalg.norm(one.places - centres[group], axis=1)
    others = np.linalg.norm(one.places[:, None] - centres[None], axis=2)
    others[np.arange(40), group] = np.inf
    assert (own < others.min(axis=1)).mean() > 0.9
