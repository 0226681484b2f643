"""The tag graph to a file, from a store or from a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tagraph.adapters.graph_tables import write_edges, write_nodes
from tagraph.adapters.new_files import check_target, write_file
from tagraph.data import Communities
from tagraph.errors import InputError
from tagraph.report.graph_files import GRAPH_FORMS, render_graph
from tagraph.store import Store

if TYPE_CHECKING:
    from tagraph.graphs import TagGraph


def export_graph(
    source: Store | TagGraph,
    path: str | Path,
    communities: Communities | None = None,
    *,
    overwrite: bool = False,
) -> list[Path]:
    """Write the tag graph for another program; the ending of the path names the form.

    `.graphml`, `.gexf` (coloured and laid out, for Gephi), `.json` (node-link, for networkx and
    D3), or `.parquet`, which gives two files: NAME.nodes.parquet and NAME.edges.parquet.

    Args:
        source: A store whose graph is built, or a graph.
        path: Where the file shall be.
        communities: Communities of the graph's tags; a store brings its own once it has them.
        overwrite: Replace files that are there.

    Returns:
        The files written.

    Raises:
        InputError: An unknown ending, or a file that must not or cannot be written.
        MissingResultError: The store has no graph.
    """
    target = Path(path)
    form = target.suffix.lower()
    if form not in (*GRAPH_FORMS, ".parquet"):
        known = ", ".join((*GRAPH_FORMS, ".parquet"))
        raise InputError(f"{target} ends in no known form of a graph; use one of {known}")
    paths = [target]
    if form == ".parquet":
        paths = [target.with_suffix(f".{part}.parquet") for part in ("nodes", "edges")]
    for each in paths:
        check_target(each, [], overwrite=overwrite)
    if isinstance(source, Store):
        graph = source.groups.load_graph()
        if source.run("cluster") is not None:
            communities = source.groups.load_communities()
    else:
        graph = source
    if form == ".parquet":
        with write_file(paths[0]) as stream:
            write_nodes(stream, graph, communities)
        with write_file(paths[1]) as stream:
            write_edges(stream, graph)
    else:
        with write_file(target) as stream:
            stream.write(render_graph(graph, form, communities))
    return paths
