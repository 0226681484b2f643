"""The tag graph as files that other programs read: GraphML, GEXF, node-link JSON."""

from __future__ import annotations

import colorsys
import io
import random
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from tagraph.data import Communities, FloatArray
from tagraph.errors import InputError
from tagraph.text import clean_tag

if TYPE_CHECKING:
    import networkx as nx

    from tagraph.graphs import TagGraph

GRAPH_FORMS = (".graphml", ".gexf", ".json")

# The golden angle: hues of communities next to each other in number lie far apart.
_TURN = 0.381966
# U+FFFE and U+FFFF are the characters of a cleaned text that XML does not take.
_NO_XML = dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")
_POSITION_SEED = 0


def render_graph(graph: TagGraph, form: str, communities: Communities | None = None) -> bytes:
    """Return the tag graph in one of `GRAPH_FORMS`.

    Nodes are numbered in the order of the tags and carry `label`, `count` and, with communities,
    `community`, `community_name` and `upper_name`. Edges carry `weight`, `cooccurrence` and
    `similarity`. Every attribute is a text or a number. GEXF also carries `viz` colour, size and
    position, so that Gephi opens the map as it is meant.

    Args:
        graph: Tag graph.
        form: `.graphml`, `.gexf` or `.json`.
        communities: Communities of the graph's tags.

    Raises:
        InputError: An unknown form, or communities of another graph.
    """
    if form not in GRAPH_FORMS:
        raise InputError(f"a graph is written as {', '.join(GRAPH_FORMS)}; got {form!r}")
    if communities is not None and communities.tags != graph.tags:
        raise InputError("the communities are not those of this tag graph; detect them again")
    held = _as_networkx(graph, communities)
    if form == ".json":
        return _as_json(held)
    return _as_graphml(held) if form == ".graphml" else _as_gexf(held, graph, communities)


def _as_networkx(graph: TagGraph, communities: Communities | None) -> nx.Graph[int]:
    import networkx

    held: nx.Graph[int] = networkx.Graph()
    words = [clean_tag(tag).translate(_NO_XML) for tag in graph.tags]
    for number, (word, count) in enumerate(zip(words, graph.counts.tolist(), strict=True)):
        held.add_node(number, label=word, count=count, **_home(number, communities))
    layers = (graph.weights.tolist(), graph.cooccurrence.tolist(), graph.similarity.tolist())
    for (left, right), *layer in zip(graph.edges.tolist(), *layers, strict=True):
        names = ("weight", "cooccurrence", "similarity")
        held.add_edge(left, right, **dict(zip(names, layer, strict=True)))
    return held


def _home(number: int, communities: Communities | None) -> dict[str, int | str]:
    """Return the attributes that tell a tag's community."""
    if communities is None:
        return {}
    community = int(communities.membership[number])
    return {
        "community": community,
        "community_name": communities.names[community].translate(_NO_XML),
        "upper_name": communities.upper_names[communities.upper[community]].translate(_NO_XML),
    }


def _as_json(held: nx.Graph[int]) -> bytes:
    import networkx
    import orjson

    return orjson.dumps(networkx.node_link_data(held, edges="edges"))


def _as_graphml(held: nx.Graph[int]) -> bytes:
    import networkx

    stream = io.BytesIO()
    networkx.write_graphml_xml(held, stream, infer_numeric_types=False)
    return stream.getvalue()


def _as_gexf(held: nx.Graph[int], graph: TagGraph, communities: Communities | None) -> bytes:
    import networkx

    places = place_tags(graph).tolist()
    sizes = (4 + 4 * np.sqrt(graph.counts / max(1, graph.counts.max(initial=1)))).round(3).tolist()
    for number, ((x, y), size) in enumerate(zip(places, sizes, strict=True)):
        community = 0 if communities is None else int(communities.membership[number])
        position = {"x": x, "y": y, "z": 0.0}
        held.nodes[number]["viz"] = {
            "color": colour_community(community) | {"a": 1.0},
            "size": size,
            "position": position,
        }
    stream = io.BytesIO()
    networkx.write_gexf(held, stream, version="1.2draft")
    # The writer stamps the day into its head, which would make two exports of one graph differ.
    return re.sub(rb' lastmodifieddate="[^"]*"', b"", stream.getvalue(), count=1)


def place_tags(graph: TagGraph) -> FloatArray:
    """Return a position for each tag, shape (n_tags, 2): Fruchterman and Reingold, 1991.

    The same graph always gives the same positions.
    """
    import igraph

    if not len(graph):
        return np.empty((0, 2))
    start = np.random.default_rng(_POSITION_SEED).normal(size=(len(graph), 2))
    held: Any = igraph.Graph(n=len(graph), edges=graph.edges)
    igraph.set_random_number_generator(random.Random(_POSITION_SEED))  # noqa: S311
    try:
        layout = held.layout_fruchterman_reingold(
            weights=graph.weights.tolist() or None, seed=start.tolist(), niter=200, grid=True
        )
    finally:
        igraph.set_random_number_generator(random)
    places: FloatArray = np.array(layout.coords, dtype=np.float64).reshape(-1, 2)
    return np.round(places * 10, 2)


def colour_community(community: int) -> dict[str, int]:
    """Return the colour of a community, as `r`, `g`, `b` from 0 to 255."""
    hue, shade = (community * _TURN) % 1, community // 12 % 3
    channels = colorsys.hls_to_rgb(hue, 0.45 + 0.1 * shade, 0.6)
    return {name: round(255 * value) for name, value in zip("rgb", channels, strict=True)}
