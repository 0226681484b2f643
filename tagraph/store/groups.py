"""The tag graph, communities of tags and clusters of samples."""

from __future__ import annotations

import math

import numpy as np

from tagraph.data import Clustering, Communities, FloatArray, Move
from tagraph.graphs import TagGraph
from tagraph.steps.community_stability import CHANGES, CommunityStability
from tagraph.store.connection import Connection


class GroupTables:
    """Tables of edges, communities and clusters."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_graph(self, graph: TagGraph) -> None:
        """Save the edges of the tag graph; its nodes are the canonical tags."""
        edges = (graph.edges[:, 0].tolist(), graph.edges[:, 1].tolist())
        layers = (graph.weights.tolist(), graph.cooccurrence.tolist(), graph.similarity.tolist())
        rows = zip(*edges, *layers, strict=True)
        self._connection.insert(
            "tag_edges", "left_tag right_tag weight cooccurrence similarity", rows
        )

    def load_graph(self) -> TagGraph:
        """Return the stored tag graph.

        Raises:
            MissingResultError: The graph was never built.
        """
        self._connection.require("graph")
        words = self._connection.rows("SELECT tag, count FROM tags ORDER BY position")
        position = {tag: i for i, (tag, _) in enumerate(words)}
        edges = self._connection.columns(
            "SELECT left_tag, right_tag, weight, cooccurrence, similarity"
            " FROM tag_edges ORDER BY 1, 2",
            "i8,i8,f8,f8,f8",
        )
        narrower = [
            (position[left], position[right])
            for left, right in self._connection.rows(
                "SELECT narrower, broader FROM narrower_tags ORDER BY 1, 2"
            )
            if left in position and right in position
        ]
        return TagGraph(
            tags=tuple(tag for tag, _ in words),
            edges=np.column_stack([edges["f0"], edges["f1"]]),
            weights=edges["f2"].copy(),
            cooccurrence=edges["f3"].copy(),
            similarity=edges["f4"].copy(),
            counts=np.array([count for _, count in words], dtype=np.int64),
            narrower=np.array(narrower, dtype=np.int64).reshape(-1, 2),
        )

    def save_communities(self, communities: Communities) -> None:
        """Save the communities of tags."""
        stability = communities.stability.tolist()
        self._connection.insert(
            "upper_communities", "position name", enumerate(communities.upper_names)
        )
        upper, numbers = communities.upper.tolist(), range(len(communities))
        rows = zip(numbers, communities.names, stability, upper, strict=True)
        self._connection.insert("communities", "position name stability upper", rows)
        self._connection.insert(
            "tag_communities", "tag community", enumerate(communities.membership.tolist())
        )

    def load_communities(self) -> Communities:
        """Return the stored communities of tags.

        Raises:
            MissingResultError: The samples were never clustered.
        """
        summary = self._connection.require("cluster").summary
        names, stability = self._named("communities")
        upper = self._connection.rows("SELECT upper FROM communities ORDER BY position")
        upper_names = self._connection.rows("SELECT name FROM upper_communities ORDER BY position")
        tags = self._connection.rows(
            "SELECT t.tag, c.community FROM tags t JOIN tag_communities c ON c.tag = t.position"
            " ORDER BY t.position"
        )
        return Communities(
            tags=tuple(tag for tag, _ in tags),
            membership=np.array([community for _, community in tags], dtype=np.int64),
            names=names,
            stability=stability,
            quality=math.nan if summary["quality"] is None else summary["quality"],
            resolution=math.nan if summary["resolution"] is None else summary["resolution"],
            upper=np.array([number for (number,) in upper], dtype=np.int64),
            upper_names=tuple(name for (name,) in upper_names),
            backend=summary["backend"],
            n_runs=summary.get("runs", 0),
        )

    def save_stability(self, stability: CommunityStability) -> None:
        """Save how the stored communities stood other seeds, orders and subsets of samples."""
        with self._connection.transaction():
            self._connection.execute("DELETE FROM community_stability")
            columns = "change community stability"
            whole = zip(CHANGES, [None] * len(CHANGES), stability.whole, strict=True)
            self._connection.insert("community_stability", columns, whole)
            for change, row in zip(CHANGES, stability.each.tolist(), strict=True):
                each = ((change, number, value) for number, value in enumerate(row))
                self._connection.insert("community_stability", columns, each)

    def load_stability(self) -> CommunityStability | None:
        """Return how the stored communities stood changes, None if it was never assessed."""
        names, _ = self._named("communities")
        found = {
            (change, community): stability
            for change, community, stability in self._connection.rows(
                "SELECT change, community, stability FROM community_stability"
            )
        }
        if not found:
            return None
        whole = tuple(found[change, None] for change in CHANGES)
        each = [[found[change, number] for number in range(len(names))] for change in CHANGES]
        return CommunityStability(names, whole, np.array(each).reshape(len(CHANGES), -1))

    def save_clustering(self, clustering: Clustering) -> None:
        """Save the clusters of samples."""
        stability = clustering.stability.tolist()
        unknown = [None] * len(clustering)
        covered = unknown if clustering.covered is None else clustering.covered.tolist()
        typical = unknown if clustering.typical is None else clustering.typical.tolist()
        drawn = (None if sample == -1 else sample for sample in typical)
        rows = zip(range(len(unknown)), clustering.names, stability, covered, drawn, strict=True)
        self._connection.insert("clusters", "position name stability covered typical", rows)
        primary = ((i, c, 1) for i, c in enumerate(clustering.membership.tolist()) if c >= 0)
        others = ((sample, cluster, 0) for sample, cluster in clustering.links.tolist())
        self._connection.insert("sample_clusters", "sample cluster is_primary", primary)
        self._connection.insert("sample_clusters", "sample cluster is_primary", others)
        moves = ((i, m.sample, m.before, m.after, m.reason) for i, m in enumerate(clustering.moves))
        self._connection.insert("cluster_moves", "position sample before after reason", moves)

    def load_clustering(self) -> Clustering:
        """Return the stored clusters of samples.

        Raises:
            MissingResultError: The samples were never clustered.
        """
        self._connection.require("cluster")
        names, stability = self._named("clusters")
        (n_samples,) = self._connection.rows("SELECT count(*) FROM samples")[0]
        membership = np.full(n_samples, -1, dtype=np.int64)
        link = "SELECT sample, cluster FROM sample_clusters WHERE is_primary = ? ORDER BY 1, 2"
        primary = self._connection.columns(link, "i8,i8", [1])
        membership[primary["f0"]] = primary["f1"]
        links = self._connection.columns(link, "i8,i8", [0])
        moves = self._connection.rows(
            "SELECT sample, before, after, reason FROM cluster_moves ORDER BY position"
        )
        drawn = self._connection.rows(
            "SELECT covered, ifnull(typical, -1) FROM clusters ORDER BY position"
        )
        unknown = any(share is None for share, _ in drawn)
        return Clustering(
            membership=membership,
            links=np.column_stack([links["f0"], links["f1"]]),
            names=names,
            stability=stability,
            moves=tuple(Move(*row) for row in moves),
            covered=None if unknown else np.array([share for share, _ in drawn], np.float64),
            typical=None if unknown else np.array([sample for _, sample in drawn], np.int64),
        )

    def _named(self, table: str) -> tuple[tuple[str, ...], FloatArray]:
        rows = self._connection.rows(f"SELECT name, stability FROM {table} ORDER BY position")  # noqa: S608
        return tuple(name for name, _ in rows), np.array([s for _, s in rows], dtype=np.float64)
