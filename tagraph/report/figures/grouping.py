"""The tag graph and its communities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import Communities, FloatArray, IntArray
from tagraph.errors import InputError
from tagraph.graphs import TagGraph
from tagraph.report.figures.paper import CHOSEN, INK, POOL, new_figure, plain
from tagraph.report.layout import draw_graph

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_EDGES = 3
_GOLDEN = 0.381966  # of a turn: hues of neighbours in number lie far apart


def plot_tag_graph(
    graph: TagGraph, communities: Communities, most: int = 250, names: int = 30
) -> Figure:
    """Draw the most used tags with their strongest edges, coloured by community.

    Args:
        graph: The tag graph.
        communities: Of its tags.
        most: Tags to draw.
        names: Tags to name, the most used first.

    Raises:
        InputError: The communities are of another graph.
        MissingPackageError: matplotlib is not installed.
    """
    if communities.tags != graph.tags:
        raise InputError("these communities are of another graph; detect them on this one")
    figure, (axes,) = new_figure(width=7.2, height=7.2)
    drawing = draw_graph(graph, communities.membership, most, _EDGES)
    x, y = drawing.places.T
    for (i, j), weight in zip(drawing.edges.tolist(), drawing.weights.tolist(), strict=True):
        axes.plot(x[[i, j]], y[[i, j]], color=POOL, linewidth=0.3 + weight, alpha=0.5, zorder=1)
    counts = graph.counts[drawing.nodes]
    size = 12 + 320 * counts / max(1, int(counts.max(initial=1)))
    colours = _colours(communities.membership[drawing.nodes])
    axes.scatter(x, y, size, colours, linewidths=0, zorder=2)
    for i, tag in enumerate(drawing.nodes[:names].tolist()):
        axes.annotate(
            plain(graph.tags[tag], 24),
            (x[i], y[i]),
            (0, 4),
            textcoords="offset points",
            ha="center",
            fontsize="x-small",
            color=INK,
        )
    axes.set_axis_off()
    return figure


def _colours(community: IntArray) -> FloatArray:
    """Return red, green and blue of communities, shape (n, 3)."""
    from matplotlib.colors import hsv_to_rgb

    hue = community * _GOLDEN % 1.0
    colours: FloatArray = hsv_to_rgb(np.stack([hue, 0 * hue + 0.55, 0 * hue + 0.72], axis=1))
    return colours


def plot_communities(communities: Communities) -> Figure:
    """Draw the sizes of the communities, and their stability over their size.

    Stability below a half means that the tags of a community part when it is found again with
    other seeds.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    figure, (left, right) = new_figure(2, 8.4, 3.4)
    sizes = np.bincount(communities.membership, minlength=len(communities))
    left.bar(np.arange(1, len(sizes) + 1), np.sort(sizes)[::-1], color=POOL, width=1.0)
    left.set(xlabel="community by size", ylabel="tags")
    right.scatter(sizes, communities.stability, s=14, color=CHOSEN, alpha=0.7, linewidths=0)
    right.axhline(0.5, color=POOL, linestyle=":")
    right.set(xscale="log", ylim=(-0.03, 1.03), xlabel="tags", ylabel="stability")
    return figure
