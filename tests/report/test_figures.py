"""Every figure is drawn to an image, without pyplot knowing of it, for tame and odd data."""

import io
import sys
from typing import Any

import numpy as np
import pytest

import tagraph
from tagraph.data import Bags, Communities, Merge, Selection, TagMap
from tagraph.errors import InputError, MissingPackageError
from tagraph.graphs import TagGraph
from tagraph.stages.bradley_terry import Scores
from tagraph.steps.resolution_profile import ResolutionRow

RAW = [["Cats", "cat", "$x_1$"], ["cat"], ["dog", "a" * 200], ["cat", "dog"], []]
TAGS = [["cat", "$x_1$"], ["cat"], ["dog"], ["cat", "dog"], []]


def a_map() -> TagMap:
    return TagMap(
        {"Cats": "cat", "cat": "cat", "dog": "dog"}, (Merge("Cats", "cat", "plural", 0.9),)
    )


def a_graph() -> TagGraph:
    edges = np.array([[0, 1], [1, 2]])
    half = np.array([0.5, 0.25])
    return TagGraph(
        ("$x_1$", "cat", "dog", "lone"),
        edges,
        half,
        half,
        half,
        np.array([1, 3, 2, 1]),
        np.zeros((0, 2), dtype=np.int64),
    )


def communities(tags: tuple[str, ...] = ("$x_1$", "cat", "dog", "lone")) -> Communities:
    membership, upper = np.array([0, 0, 1, 2]), np.array([0, 0, 1])
    names = ("x", "y", "z")
    return Communities(tags, membership, names, np.ones(3), 0.1, 1.0, upper, ("u", "v"), "none")


def nothing_joined() -> tuple[TagGraph, Communities]:
    none, pairs = np.zeros(0), np.zeros((0, 2), dtype=np.int64)
    graph = TagGraph(("a",), pairs, none, none, none, np.array([1]), pairs)
    zero = np.array([0])
    return graph, Communities(("a",), zero, ("x",), np.ones(1), 0.1, 1.0, zero, ("u",), "none")


def a_profile() -> tagraph.ResolutionProfile:
    rows = [(2.0, 40, 0.1, 5.0, 0.0, 0.6, 0.7, 0.4), (0.5, 9, 0.4, 20.0, 0.0, 0.8, 0.9, 0.3)]
    return tagraph.ResolutionProfile(tuple(ResolutionRow(*row) for row in rows))


def a_selection() -> Selection:
    index = np.array([0, 2])
    return Selection(
        index,
        index * 0,
        np.ones(2),
        index + 1,
        index - 5,
        ("quota",) * 2,
        ("so",) * 2,
        policy="equal",
    )


def scores() -> tuple[Scores, Any, Any, Any]:
    first, second = np.array([0, 1, 2, 0, 3, 1]), np.array([1, 2, 3, 2, 0, 0])
    outcome = np.array([1, 1, 0.5, 1, 0, np.nan])
    return tagraph.fit_bradley_terry(first, second, outcome, n_items=5), first, second, outcome


COSTS: list[dict[str, Any]] = [
    {"step": "tag", "model": "m$_1$", "day": "2026-01-01", "answers": 3, "cost_usd": 0.5},
    {"step": "compare", "model": "h", "day": None, "answers": 9, "cost_usd": None},
]


def all_figures() -> dict[str, Any]:
    fit, first, second, outcome = scores()
    none = np.zeros(0)
    return {
        "frequency": tagraph.plot_frequency(RAW, Bags.of(TAGS)),
        "merges": tagraph.plot_merges(tagraph.review_merges(RAW, a_map())),
        "no merges": tagraph.plot_merges(tagraph.review_merges(TAGS, TagMap({}))),
        "graph": tagraph.plot_tag_graph(a_graph(), communities()),
        "communities": tagraph.plot_communities(communities()),
        "resolutions": tagraph.plot_resolutions(a_profile()),
        "no resolutions": tagraph.plot_resolutions(tagraph.ResolutionProfile(())),
        "graph of nothing": tagraph.plot_tag_graph(*nothing_joined()),
        "coverage": tagraph.plot_coverage(TAGS, a_selection(), draws=3),
        "ranks": tagraph.plot_ranks(fit, cut=2, names=["a", "$b_c$", "c", "d", "e\u202ef"]),
        "ranks without a cut": tagraph.plot_ranks(fit, most=3),
        "position": tagraph.plot_position_bias(fit, first, second, outcome),
        "position of nothing": tagraph.plot_position_bias(
            fit, none.astype(int), none.astype(int), none
        ),
        "costs": tagraph.plot_costs(COSTS),
        "no costs": tagraph.plot_costs([]),
    }


def test_every_figure_can_be_drawn_and_none_is_shown() -> None:
    import matplotlib.pyplot as plt

    for name, figure in all_figures().items():
        image = io.BytesIO()
        figure.savefig(image, dpi=40)
        assert len(image.getvalue()) > 1000, name
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert plt.get_fignums() == []


def test_a_figure_says_what_it_shows_in_words() -> None:
    made = all_figures()

    (axes,) = made["frequency"].axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["raw tags (5, 3 used once)", "canonical tags (3, 1 used once)"]
    assert [text.get_text() for text in made["costs"].axes[1].texts] == [" $0.5000", " not known"]
    (axes,) = made["ranks"].axes
    assert r"\$b_c\$" in [text.get_text() for text in axes.get_yticklabels()]
    assert len(made["ranks without a cut"].axes[0].get_yticklabels()) == 3


def marks(axis: Any) -> list[str]:
    low, high = sorted(axis.get_view_interval())
    at = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
    return [text.get_text() for place, text in at if low <= place <= high]


def test_counts_are_marked_by_whole_numbers_and_nothing_is_less_than_free() -> None:
    made = all_figures()

    left, right = made["communities"].axes
    assert marks(left.xaxis) == ["1", "2", "3"]
    assert marks(left.yaxis) == ["0", "1", "2"]
    assert marks(right.xaxis) == ["1", "2"]
    (axes,) = made["frequency"].axes
    assert marks(axes.xaxis) == ["1", "2", "5"]
    free: list[dict[str, Any]] = [
        {"step": "compare", "model": "h", "day": None, "answers": 24_000, "cost_usd": 0.0}
    ]
    left, right = tagraph.plot_costs(free).axes
    assert "20,000" in marks(left.xaxis)
    assert right.get_xlim()[0] == 0
    assert marks(made["resolutions"].axes[0].xaxis) == ["0.5", "2"]


def test_names_in_the_graph_do_not_lie_on_each_other() -> None:
    rng = np.random.default_rng(0)
    n = 120
    pairs = np.unique(np.sort(rng.integers(0, n, (400, 2)), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    weights, none = rng.uniform(0.1, 1, len(pairs)), np.zeros((0, 2), dtype=np.int64)
    tags = tuple(f"a rather long tag {i:03d}" for i in range(n))
    graph = TagGraph(tags, pairs, weights, weights, weights, rng.integers(1, 99, n), none)
    zero = np.zeros(n, dtype=np.int64)
    one = Communities(tags, zero, ("x",), np.ones(1), 0.1, 1.0, zero[:1], ("u",), "none")

    figure = tagraph.plot_tag_graph(graph, one, names=n)

    figure.savefig(io.BytesIO(), dpi=72)
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert 10 < len(boxes) < n
    overlaps = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    assert overlaps == []
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_shares_of_all_or_nothing_have_an_interval_too() -> None:
    fit, *_ = scores()
    figure = tagraph.plot_position_bias(fit, [0, 0, 0], [1, 1, 1], [1, 1, 1])

    bars: Any = figure.axes[0].collections[0]
    (_, low), (_, high) = bars.get_segments()[0]
    assert low < 0.95
    assert high == pytest.approx(1.0)


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="another graph"):
        tagraph.plot_tag_graph(a_graph(), communities(("a", "b", "c", "d")))
    with pytest.raises(InputError, match="2 names for 5 items"):
        tagraph.plot_ranks(scores()[0], names=["a", "b"])


def test_without_matplotlib_one_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tagraph.report.figures.canvas", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(MissingPackageError, match=r"tagraph\[viz\]"):
        tagraph.plot_communities(communities())
