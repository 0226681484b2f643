"""The tags of a report: where they are drawn, their communities, neighbours and samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from tagraph.data import Bags, IntArray
from tagraph.graphs import TagGraph
from tagraph.report.findings import Findings
from tagraph.report.layout import draw_graph
from tagraph.report.options import ReportOptions
from tagraph.report.rows import first_of_each, rounded, split_groups
from tagraph.report.texts import Texts
from tagraph.report.vocabulary import TAG_WIDTH

_NEIGHBOURS = 8
_EXAMPLES = 3


def describe_tags(found: Findings, options: ReportOptions, texts: Texts) -> dict[str, Any] | None:
    """Return the tags as columns, the most used first; None before there is a graph."""
    if found.graph is None or found.tags is None:
        return None
    graph = found.graph
    listed = np.lexsort((np.arange(len(graph)), -graph.counts))[: options.tags]
    membership = np.zeros(len(graph), dtype=np.int64)
    if found.communities is not None:
        membership = found.communities.membership
    place = np.full(len(graph), -1, dtype=np.int64)
    place[listed] = np.arange(len(listed))
    drawing = draw_graph(graph, membership, min(options.nodes, len(listed)), options.edges)
    examples = choose_examples(found.tags, found)
    texts.want(i for node in drawing.nodes.tolist() for i in examples[node])
    return {
        "n": len(graph),
        "n_edges": len(graph.edges),
        "tag": [graph.tags[i][:TAG_WIDTH] for i in listed],
        "count": graph.counts[listed].tolist(),
        "community": membership[listed].tolist(),
        "neighbours": _neighbours(graph, place, len(listed)),
        "examples": [examples[i] for i in listed.tolist()],
        "nodes": place[drawing.nodes].tolist(),
        "places": drawing.places.tolist(),
        "edges": drawing.edges.tolist(),
        "weights": rounded(drawing.weights),
    }


def choose_examples(bags: Bags, found: Findings, most: int = _EXAMPLES) -> list[list[int]]:
    """Return a few samples for each tag: selected ones first, then the strongest."""
    sample, tag = bags.bag_of, bags.indices
    strength = np.nan_to_num(found.strength, nan=-np.inf)
    order = np.lexsort((sample, -strength[sample], ~found.is_selected[sample], tag))
    kept = order[first_of_each(tag[order], most)]
    return split_groups(tag[kept], sample[kept], len(bags.vocabulary))


def _neighbours(graph: TagGraph, place: IntArray, n_listed: int) -> list[list[int]]:
    """Return the strongest neighbours of each listed tag that are listed too."""
    ends = place[graph.edges]
    inside = (ends >= 0).all(axis=1)
    left, right = ends[inside].T
    one, other = np.concatenate([left, right]), np.concatenate([right, left])
    order = np.lexsort((other, -np.tile(graph.weights[inside], 2), one))
    kept = order[first_of_each(one[order], _NEIGHBOURS)]
    return split_groups(one[kept], other[kept], n_listed)
