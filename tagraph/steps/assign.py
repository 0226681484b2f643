"""New samples to the clusters that are there, which stay as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import Bags, BoolArray, Clustering, FloatArray, IntArray
from tagraph.errors import InputError
from tagraph.stages.neighbours import BLOCK_CELLS
from tagraph.stages.profiles import scale_rows, smooth_profiles, sum_groups, weigh_tags
from tagraph.stages.unit_vectors import check_vectors, unit_rows
from tagraph.steps.cluster import ClusterOptions
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

    from tagraph.graphs import TagGraph


@dataclass(frozen=True, eq=False, repr=False)
class Assignment:
    """The cluster that each new sample goes to.

    Attributes:
        names: Names of the clusters.
        membership: Cluster of each new sample, shape (n_new,); -1 means none.
        likeness: Likeness to that cluster's centre, shape (n_new,); 0 where there is none.
        by_vector: Whether only the vector spoke, for want of a known tag, shape (n_new,).
    """

    names: tuple[str, ...]
    membership: IntArray
    likeness: FloatArray
    by_vector: BoolArray

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per new sample: sample, cluster, name, likeness, by_vector."""
        return frame(self._rows(len(self.membership)), _COLUMNS)

    def _rows(self, n: int) -> list[tuple[int, int, str, float, bool]]:
        named = (*self.names, "")
        columns = zip(
            self.membership[:n].tolist(),
            self.likeness[:n].tolist(),
            self.by_vector[:n].tolist(),
            strict=True,
        )
        return [(i, c, named[c], like, bare) for i, (c, like, bare) in enumerate(columns)]

    def __repr__(self) -> str:
        placed = int((self.membership >= 0).sum())
        return (
            f"<{placed:,} of {len(self.membership):,} new samples in {len(self.names):,} clusters>"
        )

    def _repr_html_(self) -> str:
        return html_table(repr(self)[1:-1], _COLUMNS, self._rows(10))


_COLUMNS = ["sample", "cluster", "name", "likeness", "by_vector"]
CLUSTERS = ClusterOptions()


def assign_samples(
    new_bags: Bags | Iterable[Iterable[str]],
    bags: Bags | Iterable[Iterable[str]],
    graph: TagGraph,
    clustering: Clustering,
    options: ClusterOptions = CLUSTERS,
    *,
    vectors: tuple[FloatArray, FloatArray] | None = None,
) -> Assignment:
    """Put each new sample into the cluster whose centre it is most like; nothing else moves.

    The likeness is that of `cluster_samples`: tags weighed by how rare they are in the pool and
    spread over the tag graph, and vectors, mixed by `options.mix`. Ties go to the smaller number.
    Size limits do not apply. A sample without a tag of the graph goes by its vector alone if
    `options.place_untagged` and there are vectors, and nowhere otherwise.

    Args:
        new_bags: Canonical tags of each new sample, by the TagMap of the pool.
        bags: Canonical tags of the pool's samples.
        graph: Tag graph of the pool.
        clustering: Clusters of the pool's samples.
        options: Mix, and what happens without a tag.
        vectors: One row for each new sample, and one for each of the pool's.

    Raises:
        InputError: The parts do not fit together.
    """
    new, held = Bags.of(new_bags), Bags.of(bags)
    if len(held) != len(clustering.membership):
        raise InputError("the clustering is not of these bags; give those of the stored pool")
    by_tags = _compare_tags(new, held, graph, clustering)
    rows = None if vectors is None else _compare_vectors(vectors, len(new), clustering)
    bare: BoolArray = np.diff(by_tags[0].indptr) == 0
    share = np.where(bare, 1.0, 0.0 if rows is None else options.mix)
    membership, likeness = _choose_nearest(by_tags, rows, share, len(clustering))
    stays_out = likeness <= 0
    if rows is None or not options.place_untagged:
        stays_out |= bare
    membership[stays_out], likeness[stays_out] = -1, 0.0
    return Assignment(clustering.names, membership, likeness, bare & ~stays_out)


def _compare_tags(
    new: Bags, held: Bags, graph: TagGraph, clustering: Clustering
) -> tuple[csr_array, csr_array]:
    """Return the profiles of the new samples, and the centres of the clusters turned on end."""
    placed = clustering.membership >= 0
    old = smooth_profiles(weigh_tags(held, graph.tags), graph.edges, graph.weights)
    summing = sum_groups(clustering.membership[placed], np.ones(int(placed.sum())))
    centres = scale_rows((summing @ old[np.flatnonzero(placed)]).tocsr())
    weighed = weigh_tags(new, graph.tags, held)
    return smooth_profiles(weighed, graph.edges, graph.weights), centres.T.tocsr()


def _compare_vectors(
    vectors: tuple[FloatArray, FloatArray], n_new: int, clustering: Clustering
) -> tuple[FloatArray, FloatArray]:
    """Return unit rows of the new samples, and the centres of the clusters turned on end."""
    placed = clustering.membership >= 0
    rows = check_vectors(vectors[0], n_new, "new sample")
    old = check_vectors(vectors[1], len(placed), "sample")
    summing = sum_groups(clustering.membership[placed], np.ones(int(placed.sum())))
    return rows, unit_rows(np.asarray(summing @ old[placed])).T


def _choose_nearest(
    by_tags: tuple[csr_array, csr_array],
    by_vectors: tuple[FloatArray, FloatArray] | None,
    share: FloatArray,
    n_clusters: int,
) -> tuple[IntArray, FloatArray]:
    """Return the nearest centre of each new sample and the likeness to it, block by block.

    Args:
        by_tags: Profiles and centres.
        by_vectors: Unit rows and centres, or None.
        share: Share of the vectors in the likeness, shape (n_new,).
        n_clusters: Number of centres.
    """
    n = len(share)
    membership, likeness = np.full(n, -1, dtype=np.int64), np.zeros(n)
    step = max(1, BLOCK_CELLS // max(1, n_clusters))
    for start in range(0, n if n_clusters else 0, step):
        rows = slice(start, min(n, start + step))
        total: FloatArray = (1 - share[rows, None]) * (by_tags[0][rows] @ by_tags[1]).toarray()
        if by_vectors is not None:
            total += share[rows, None] * (by_vectors[0][rows] @ by_vectors[1])
        total = np.round(total, 6)
        membership[rows] = total.argmax(axis=1)
        likeness[rows] = total.max(axis=1)
    return membership, likeness
