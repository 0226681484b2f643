"""The tag graph as two Parquet tables: nodes and edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from tagraph.data import Communities
from tagraph.text import clean_text

if TYPE_CHECKING:
    from tagraph.graphs import TagGraph


def write_nodes(stream: BinaryIO, graph: TagGraph, communities: Communities | None) -> None:
    """Write one row per tag: node, tag, count, community, community_name, upper_name.

    Args:
        stream: Where the Parquet file goes.
        graph: Tag graph.
        communities: Communities of its tags; the last three columns are null without them.
    """
    import pyarrow as pa
    from pyarrow import parquet

    n = len(graph)
    columns = {
        "node": pa.array(np.arange(n)),
        "tag": pa.array([clean_text(tag) for tag in graph.tags], pa.string()),
        "count": pa.array(graph.counts),
        "community": pa.nulls(n, pa.int64()),
        "community_name": pa.nulls(n, pa.string()),
        "upper_name": pa.nulls(n, pa.string()),
    }
    if communities is not None:
        home = communities.membership.tolist()
        upper = [communities.upper_names[u] for u in communities.upper.tolist()]
        columns["community"] = pa.array(communities.membership)
        columns["community_name"] = pa.array([communities.names[c] for c in home], pa.string())
        columns["upper_name"] = pa.array([upper[c] for c in home], pa.string())
    parquet.write_table(pa.table(columns), stream)


def write_edges(stream: BinaryIO, graph: TagGraph) -> None:
    """Write one row per edge: left, right (numbers of nodes) and its three weights."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {
        "left": graph.edges[:, 0],
        "right": graph.edges[:, 1],
        "weight": graph.weights,
        "cooccurrence": graph.cooccurrence,
        "similarity": graph.similarity,
    }
    table = pa.table({name: pa.array(np.ascontiguousarray(c)) for name, c in columns.items()})
    parquet.write_table(table, stream)
