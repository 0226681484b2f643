"""TagGraph, and its way to igraph and networkx."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class TagGraph:
    """Tags joined by co-occurrence and similarity; undirected, canonical order.

    Attributes:
        tags: Nodes, sorted by code point, shape (n,).
        edges: Shape (m, 2), positions in `tags`, `edges[:, 0] < edges[:, 1]`, rows sorted.
        weights: Shape (m,), above 0: the mix of the two layers.
        cooccurrence: Shape (m,), the association weight of each edge, 0 where there is none.
        similarity: Shape (m,), the cosine of each edge, 0 where there is none.
        counts: Shape (n,), in how many bags each tag stands.
        narrower: Shape (p, 2), directed: narrower tag, broader tag.
    """

    tags: tuple[str, ...]
    edges: IntArray
    weights: FloatArray
    cooccurrence: FloatArray
    similarity: FloatArray
    counts: IntArray
    narrower: IntArray

    def __len__(self) -> int:
        return len(self.tags)

    def to_igraph(self) -> Any:
        """Return an igraph.Graph with `name`, `count` on nodes and the weights on edges."""
        import igraph

        graph = igraph.Graph(n=len(self.tags), edges=self.edges)
        graph.vs["name"] = list(self.tags)
        graph.vs["count"] = self.counts.tolist()
        graph.es["weight"] = self.weights.tolist()
        graph.es["cooccurrence"] = self.cooccurrence.tolist()
        graph.es["similarity"] = self.similarity.tolist()
        return graph

    def to_networkx(self) -> nx.Graph[str]:
        """Return a networkx.Graph keyed by tag, with the same attributes as `to_igraph`."""
        import networkx

        graph: nx.Graph[str] = networkx.Graph()
        graph.add_nodes_from(
            (tag, {"count": count})
            for tag, count in zip(self.tags, self.counts.tolist(), strict=True)
        )
        graph.add_edges_from(
            (left, right, {"weight": w, "cooccurrence": c, "similarity": s})
            for left, right, w, c, s in self._rows()
        )
        return graph

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per edge: left, right, weight, cooccurrence, similarity."""
        return frame(self._rows(), ["left", "right", "weight", "cooccurrence", "similarity"])

    def _rows(self) -> list[tuple[str, str, float, float, float]]:
        left = [self.tags[i] for i in self.edges[:, 0].tolist()]
        right = [self.tags[i] for i in self.edges[:, 1].tolist()]
        layers = (self.weights.tolist(), self.cooccurrence.tolist(), self.similarity.tolist())
        return list(zip(left, right, *layers, strict=True))

    def _title(self) -> str:
        return f"{len(self.tags):,} tags, {len(self.edges):,} edges"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        columns = ["left", "right", "weight", "cooccurrence", "similarity"]
        heaviest = np.argsort(-self.weights, kind="stable")[:10]
        rows = self._rows()
        return html_table(self._title(), columns, [rows[i] for i in heaviest.tolist()])
