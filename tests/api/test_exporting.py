from pathlib import Path

import pytest
from pyarrow import parquet

from tagraph.api import export_graph
from tagraph.errors import InputError, MissingResultError
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.tag_communities import CommunityOptions, detect_communities
from tagraph.store import MEMORY, Store
from tests.steps.test_cluster import draw_bags

GRAPH = build_tag_graph(draw_bags(size=5))
COMMUNITIES = detect_communities(GRAPH, CommunityOptions(runs=2))


def test_parquet_tables_are_read_back_whole(tmp_path: Path) -> None:
    written = export_graph(GRAPH, tmp_path / "map.parquet", COMMUNITIES)
    assert [path.name for path in written] == ["map.nodes.parquet", "map.edges.parquet"]
    nodes, edges = (parquet.read_table(path).to_pydict() for path in written)
    assert nodes["tag"] == list(GRAPH.tags)
    assert nodes["count"] == GRAPH.counts.tolist()
    assert nodes["community"] == COMMUNITIES.membership.tolist()
    assert nodes["community_name"][0] == COMMUNITIES.names[COMMUNITIES.membership[0]]
    assert set(nodes["upper_name"]) == set(COMMUNITIES.upper_names)
    assert list(zip(edges["left"], edges["right"], strict=True)) == [
        tuple(edge) for edge in GRAPH.edges.tolist()
    ]
    assert edges["weight"] == GRAPH.weights.tolist()
    assert edges["cooccurrence"] == GRAPH.cooccurrence.tolist()
    assert edges["similarity"] == GRAPH.similarity.tolist()


def test_without_communities_their_columns_are_null(tmp_path: Path) -> None:
    nodes = parquet.read_table(export_graph(GRAPH, tmp_path / "map.parquet")[0]).to_pydict()
    assert set(nodes["community"]) == {None}


@pytest.mark.parametrize("ending", ["graphml", "gexf", "json"])
def test_one_file_is_written_and_never_over_another(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"map.{ending}"
    assert export_graph(GRAPH, path, COMMUNITIES) == [path]
    before = path.read_bytes()
    with pytest.raises(InputError, match="exists"):
        export_graph(GRAPH, path)
    assert path.read_bytes() == before
    export_graph(GRAPH, path, overwrite=True)
    assert path.read_bytes() != before


def test_an_unknown_ending_and_an_empty_store_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"use one of \.graphml"):
        export_graph(GRAPH, tmp_path / "map.dot")
    with Store(MEMORY) as store, pytest.raises(MissingResultError):
        export_graph(store, tmp_path / "map.json")
    assert list(tmp_path.iterdir()) == []
