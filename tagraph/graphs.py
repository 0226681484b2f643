"""TagGraph, and its way to igraph and networkx."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.errors import InputError
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class TagGraph:
    """Tags joined by co-occurrence and similarity; undirected.

    Tags and edges may be given in any order: they are put in canonical order here, on which
    what is found in the graph depends.

    Attributes:
        tags: Nodes, no two the same, sorted by code point, shape (n,).
        edges: Shape (m, 2), positions in `tags`, `edges[:, 0] < edges[:, 1]`, rows sorted; no
            edge twice, none from a tag to itself.
        weights: Shape (m,), above 0: the mix of the two layers.
        cooccurrence: Shape (m,), the association weight of each edge, 0 where there is none.
        similarity: Shape (m,), the cosine of each edge, 0 where there is none.
        counts: Shape (n,), in how many bags each tag stands.
        narrower: Shape (p, 2), directed: narrower tag, broader tag; rows sorted.

    Raises:
        InputError: A tag stands twice, or an edge does or joins a tag to itself.
    """

    tags: tuple[str, ...]
    edges: IntArray
    weights: FloatArray
    cooccurrence: FloatArray
    similarity: FloatArray
    counts: IntArray
    narrower: IntArray

    def __post_init__(self) -> None:
        turn = sorted(range(len(self.tags)), key=self.tags.__getitem__)
        tags = tuple(self.tags[i] for i in turn)
        if any(one == two for one, two in pairwise(tags)):
            raise InputError("a tag stands twice in the tag graph; merge the two nodes first")
        place = np.empty(len(tags), dtype=np.int64)
        place[turn] = np.arange(len(tags))
        edges = np.sort(place[self.edges], axis=1)
        key = edges @ np.array([len(tags), 1])
        rows = np.argsort(key, kind="stable")
        if (np.diff(key[rows]) == 0).any() or (edges[:, 0] == edges[:, 1]).any():
            raise InputError("an edge stands twice in the tag graph, or joins a tag to itself")
        narrower = place[self.narrower]
        canonical = {
            "tags": tags,
            "edges": edges[rows],
            "weights": self.weights[rows],
            "cooccurrence": self.cooccurrence[rows],
            "similarity": self.similarity[rows],
            "counts": self.counts[turn],
            "narrower": narrower[np.lexsort(narrower.T[::-1])],
        }
        for name, value in canonical.items():
            object.__setattr__(self, name, value)

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
