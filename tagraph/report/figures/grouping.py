"""The tag graph and its communities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import Communities, FloatArray, IntArray
from tagraph.errors import InputError
from tagraph.graphs import TagGraph
from tagraph.report.figures.paper import (
    CHOSEN,
    INK,
    POOL,
    RIVAL,
    count_along,
    count_by_powers,
    new_figure,
    plain,
)
from tagraph.report.layout import draw_graph
from tagraph.steps.resolution_profile import ResolutionProfile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_EDGES = 3
_APART = 40  # so many bars are drawn with a gap between
_MARKS = 12  # of resolutions along an axis
_GOLDEN = 0.381966  # of a turn: hues of neighbours in number lie far apart
_SIDE = 7.2  # of the tag graph, in inches
_REACH = 1.25  # what is drawn, where dots lie between -1 and 1: room for the names at the rim
_LETTER, _LINE = 4.4, 9.0  # of a name, in points


def plot_tag_graph(
    graph: TagGraph, communities: Communities, most: int = 250, names: int = 30
) -> Figure:
    """Draw the most used tags with their strongest edges, coloured by community.

    Args:
        graph: The tag graph.
        communities: Of its tags.
        most: Tags to draw.
        names: Tags to name, the most used first, but for those whose name would lie on another.

    Raises:
        InputError: The communities are of another graph.
        MissingPackageError: matplotlib is not installed.
    """
    if communities.tags != graph.tags:
        raise InputError("these communities are of another graph; detect them on this one")
    figure, (axes,) = new_figure(width=_SIDE, height=_SIDE)
    drawing = draw_graph(graph, communities.membership, most, _EDGES)
    x, y = drawing.places.T
    for (i, j), weight in zip(drawing.edges.tolist(), drawing.weights.tolist(), strict=True):
        axes.plot(x[[i, j]], y[[i, j]], color=POOL, linewidth=0.3 + weight, alpha=0.5, zorder=1)
    counts = graph.counts[drawing.nodes]
    size = 12 + 320 * counts / max(1, int(counts.max(initial=1)))
    colours = _colours(communities.membership[drawing.nodes])
    axes.scatter(x, y, size, colours, linewidths=0, zorder=2)
    labels = [plain(graph.tags[tag], 24) for tag in drawing.nodes[:names].tolist()]
    _name(axes, labels, drawing.places, np.sqrt(size) / 2)
    if not len(drawing.nodes):
        axes.text(0, 0, "no tag is joined to another", ha="center", color=INK)
    axes.set(xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH))
    axes.set_axis_off()
    return figure


def _name(axes: Axes, labels: list[str], places: FloatArray, radius: FloatArray) -> None:
    """Write labels above their dots, the first first, none on another; radius in points."""
    from matplotlib.patheffects import withStroke

    point = 2 * _REACH / (72 * _SIDE)
    boxes: list[tuple[float, float, float, float]] = []
    for label, (x, y), up in zip(labels, places.tolist(), radius.tolist(), strict=False):
        half, bottom = _LETTER * len(label) * point / 2, y + (up + 1) * point
        box = (x - half, x + half, bottom, bottom + _LINE * point)
        if any(a < box[1] and box[0] < b and c < box[3] and box[2] < d for a, b, c, d in boxes):
            continue
        boxes.append(box)
        axes.annotate(
            label,
            (x, y),
            (0, up + 1),
            textcoords="offset points",
            ha="center",
            fontsize="x-small",
            color=INK,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )


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
    order = np.argsort(-sizes, kind="stable")
    width = 0.8 if len(sizes) <= _APART else 1.0
    left.bar(np.arange(1, len(sizes) + 1), sizes[order], color=POOL, width=width)
    alone = int((sizes == 1).sum())
    told = f"community by size; {alone:,} of {len(sizes):,} hold one tag"
    left.set(xlabel=told, ylabel="tags")
    count_along(left.xaxis, left.yaxis)
    right.scatter(sizes, communities.stability, s=14, color=CHOSEN, alpha=0.7, linewidths=0)
    right.axhline(0.5, color=POOL, linestyle=":")
    count_by_powers(right, "x", int(sizes.max(initial=1)))
    right.set(ylim=(-0.03, 1.03), xlabel="tags of the community", ylabel="stability")
    return figure


def plot_resolutions(profile: ResolutionProfile) -> Figure:
    """Draw how many communities each resolution gives, and how surely they are found again.

    Where stability is hardly above that of a graph joined at random, small groups agree because
    they are small.

    Args:
        profile: Of `profile_resolutions`.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    figure, (left, right) = new_figure(2, 8.4, 3.4)
    rows = sorted(profile.rows)
    at = [row.resolution for row in rows]
    left.plot(at, [row.communities for row in rows], color=CHOSEN, marker="o", markersize=4)
    count_by_powers(left, "y", max((row.communities for row in rows), default=1))
    left.set_ylabel("communities of two tags or more")
    for name, told, colour in (
        ("stability", "stability over seeds", CHOSEN),
        ("by_chance", "the same, joined at random", POOL),
        ("coverage", "edge weight inside", RIVAL),
    ):
        values = [getattr(row, name) for row in rows]
        right.plot(at, values, color=colour, marker="o", markersize=4, label=told)
    right.set(ylim=(-0.03, 1.03), ylabel="share, or agreement")
    figure.legend(frameon=False, fontsize="small", loc="outside upper right", ncols=3)
    for axes in (left, right):
        axes.set(xscale="log", xlabel="resolution")
        shown = at[:: 1 + len(at) // _MARKS]
        axes.set_xticks(shown, [f"{value:g}" for value in shown])
        axes.minorticks_off()
    return figure
