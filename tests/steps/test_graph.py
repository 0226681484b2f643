import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Bags
from tagraph.errors import InputError, OptionsError
from tagraph.graphs import TagGraph
from tagraph.steps.graph import GraphOptions, build_tag_graph
from tests.fakes import LetterEncoder
from tests.strategies import bags as hostile_bags

BAGS = st.lists(st.lists(st.sampled_from(["ab", "ba", "cd", "dc", "ef"]), max_size=4), max_size=12)
EVERY_PAIR = GraphOptions(significance=1.0)


def encode(bags: list[list[str]]) -> np.ndarray:
    return LetterEncoder().encode(Bags.of(bags).vocabulary)


def same(left: TagGraph, right: TagGraph) -> bool:
    fields = ("edges", "weights", "cooccurrence", "similarity", "counts", "narrower")
    return left.tags == right.tags and all(
        np.array_equal(getattr(left, name), getattr(right, name)) for name in fields
    )


@given(BAGS, st.randoms(use_true_random=False))
def test_the_order_of_bags_and_tags_does_not_matter(bags, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = [random.sample(bag, len(bag)) for bag in random.sample(bags, len(bags))]
    one = build_tag_graph(bags, EVERY_PAIR, vectors=encode(bags))
    assert same(one, build_tag_graph(shuffled, EVERY_PAIR, vectors=encode(shuffled)))


@given(BAGS)
def test_edges_are_canonical_and_weigh_the_mix_of_their_layers(bags: list[list[str]]) -> None:
    graph = build_tag_graph(bags, GraphOptions(significance=1.0, mix=0.25), vectors=encode(bags))
    assert graph.tags == tuple(sorted({tag for bag in bags for tag in bag}))
    assert (graph.edges[:, 0] < graph.edges[:, 1]).all()
    assert graph.edges.tolist() == sorted(graph.edges.tolist())
    assert (graph.weights > 0).all()
    mixed = 0.75 * graph.cooccurrence + 0.25 * graph.similarity
    assert graph.weights == pytest.approx(mixed, abs=1e-6)


@given(hostile_bags)
def test_hostile_tags_stay_as_they_are(bags: list[list[str]]) -> None:
    assert set(build_tag_graph(bags).tags) == {tag for bag in bags for tag in bag}


def test_similar_tags_are_joined_without_meeting() -> None:
    bags = [["ab"], ["ba"], ["xy"]]
    graph = build_tag_graph(bags, vectors=encode(bags))
    assert graph.edges.tolist() == [[0, 1]]
    assert graph.cooccurrence.tolist() == [0.0]
    assert graph.similarity.tolist() == [1.0]


def test_a_hub_that_meets_everything_by_chance_is_joined_to_nothing() -> None:
    bags = [["hub", f"t{i % 5}", f"u{i % 5}"] for i in range(50)]
    graph = build_tag_graph(bags)
    joined = {graph.tags[i] for i in graph.edges.ravel().tolist()}
    assert "hub" not in joined
    assert {"t0", "u0"} <= joined


def test_the_minimum_count_removes_rare_pairs() -> None:
    bags = [["a", "b"], ["a", "b"], ["c", "d"], *([["e"]] * 20)]
    graph = build_tag_graph(bags, GraphOptions(min_count=2))
    assert [tuple(graph.tags[i] for i in pair) for pair in graph.edges.tolist()] == [("a", "b")]


def test_narrower_pairs_are_kept_beside_the_edges() -> None:
    pairs = [("b", "a"), ("b", "a"), ("b", "unknown"), ("c", "c")]
    graph = build_tag_graph([["a"], ["b"], ["c"]], narrower=pairs)
    assert graph.narrower.tolist() == [[1, 0]]
    assert len(graph.edges) == 0


@pytest.mark.parametrize("bags", [[], [[]], [["alone"]]])
def test_small_input_gives_a_graph_without_edges(bags: list[list[str]]) -> None:
    graph = build_tag_graph(bags, vectors=encode(bags) if bags and bags[0] else np.empty((0, 3)))
    assert graph.edges.shape == (0, 2)
    assert graph.narrower.shape == (0, 2)


def test_vectors_must_fit_the_vocabulary() -> None:
    with pytest.raises(InputError, match="one row for each tag: 2"):
        build_tag_graph([["a", "b"]], vectors=np.ones((3, 4)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"min_count": 0}, "min_count"),
        ({"significance": 0.0}, "significance"),
        ({"association": "magic"}, "npmi, cosine, overlap"),
        ({"max_bag": 1}, "max_bag"),
        ({"threshold": 1.0}, "threshold"),
        ({"neighbours": 0}, "neighbours"),
        ({"mix": 1.5}, "mix"),
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(OptionsError, match=message):
        GraphOptions(**wrong)  # type: ignore[arg-type]
