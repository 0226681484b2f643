"""A tag graph to places on a plane: communities side by side, the same for the same graph."""

from __future__ import annotations

import random
from dataclasses import dataclass
from random import Random

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.graphs import TagGraph
from tagraph.report.rows import first_of_each

_INSIDE = 4.0  # pull of an edge inside a community, so that communities can be told apart
_STEPS = 400
_GOLDEN = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True, eq=False)
class Drawing:
    """The part of a tag graph that can be drawn.

    Attributes:
        nodes: Positions in `graph.tags`, the most used first, shape (n,).
        edges: Positions in `nodes`, shape (m, 2).
        weights: Shape (m,).
        places: Coordinates between -1 and 1, shape (n, 2).
    """

    nodes: IntArray
    edges: IntArray
    weights: FloatArray
    places: FloatArray


def draw_graph(graph: TagGraph, membership: IntArray, most: int, edges_per_tag: int) -> Drawing:
    """Choose the tags and edges to draw, and where.

    The most used tags that have an edge, with the strongest edges of each among them. Places come
    from the layout of Fruchterman and Reingold (1991), started from a sunflower that puts tags of
    one community side by side, so that nothing is drawn by chance.

    Args:
        graph: The tag graph.
        membership: Community of each tag, shape (n_tags,).
        most: Tags to draw.
        edges_per_tag: Edges to keep per tag, the strongest first.
    """
    degree = np.bincount(graph.edges.ravel(), minlength=len(graph))
    order = np.lexsort((np.arange(len(graph)), -graph.counts))
    nodes = order[degree[order] > 0][:most]
    place = np.full(len(graph), -1, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    inside = (place[graph.edges] >= 0).all(axis=1)
    edges, weights = place[graph.edges[inside]], graph.weights[inside]
    kept = strongest_edges(edges, weights, edges_per_tag)
    edges, weights = edges[kept], weights[kept]
    return Drawing(nodes, edges, weights, _settle(edges, weights, membership[nodes]))


def strongest_edges(edges: IntArray, weights: FloatArray, per_node: int) -> IntArray:
    """Return the edges that are among the strongest `per_node` of one of their ends, sorted."""
    ends = np.concatenate([edges[:, 0], edges[:, 1]])
    number = np.tile(np.arange(len(edges)), 2)
    order = np.lexsort((number, -weights[number], ends))
    return np.unique(number[order][first_of_each(ends[order], per_node)])


def _settle(edges: IntArray, weights: FloatArray, membership: IntArray) -> FloatArray:
    """Return places between -1 and 1."""
    import igraph

    start = _sunflower(membership)
    if len(edges):
        pull = weights * np.where(np.equal(*membership[edges].T), _INSIDE, 1.0)
        graph = igraph.Graph(n=len(membership), edges=edges)
        igraph.set_random_number_generator(Random(0))  # noqa: S311 - no secret is drawn
        try:
            layout = graph.layout_fruchterman_reingold(
                weights=pull.tolist(), seed=start.tolist(), niter=_STEPS, grid="nogrid"
            )
        finally:
            igraph.set_random_number_generator(random)  # igraph's own default
        start = np.array(layout.coords, dtype=np.float64)
    return _fit(start)


def _fit(points: FloatArray) -> FloatArray:
    """Return points between -1 and 1; the few far out are drawn nearer."""
    if not len(points):
        return points
    centred = points - np.median(points, axis=0)
    radius = np.hypot(*centred.T)
    far = radius / max(float(np.quantile(radius, 0.9)), 1e-9)
    drawn = (
        centred
        * (np.where(far > 1, 1 + np.log(np.maximum(far, 1)), far) / np.maximum(radius, 1e-9))[
            :, None
        ]
    )
    places: FloatArray = np.round(drawn / max(float(np.abs(drawn).max()), 1e-9), 4)
    return places


def _sunflower(membership: IntArray) -> FloatArray:
    """Return points of which those of one community lie side by side, shape (n, 2)."""
    order = np.lexsort((np.arange(len(membership)), membership))
    group = np.unique(membership[order], return_inverse=True)[1]
    sizes = np.bincount(group)
    before = np.cumsum(sizes) - sizes
    inner = np.arange(len(order)) - before[group]
    places = np.empty((len(order), 2))
    places[order] = _spiral(2 * before + sizes, np.arange(len(sizes)))[group] + _spiral(
        inner, inner
    )
    return places


def _spiral(area: IntArray, turn: IntArray) -> FloatArray:
    """Return points of a sunflower that leave room for `area` points inside, shape (n, 2)."""
    radius, angle = np.sqrt(area), turn * _GOLDEN
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
