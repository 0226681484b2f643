"""The joint space of samples: smoothed tags beside vectors, and the graph of nearest samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tagraph.data import FloatArray, IntArray
from tagraph.stages.communities import (
    CommunityOptions,
    Partition,
    find_communities,
    number_by_size,
)
from tagraph.stages.neighbours import find_neighbours, join_neighbours
from tagraph.stages.profiles import Rows, scale_rows, sum_groups, sum_rows
from tagraph.stages.unit_vectors import unit_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class SampleSpace:
    """Distinct samples as points whose likeness is a mix of two cosines.

    Attributes:
        profiles: Smoothed, informed tags, unit rows, shape (n, n_tags).
        vectors: Unit rows, shape (n, d), or None.
        sizes: Samples that each point stands for, shape (n,).
        mix: Share of the vectors in the likeness; 0 without vectors.
        neighbours: Most similar points that each point is joined to.
        leiden: Runs and seed of every search for groups.
    """

    profiles: Rows[csr_array]
    vectors: Rows[FloatArray] | None
    sizes: IntArray
    mix: float
    neighbours: int
    leiden: CommunityOptions

    def __len__(self) -> int:
        return len(self.sizes)

    def find_groups(self, n_groups: int, points: IntArray | None = None) -> Partition:
        """Partition all or some points into about `n_groups` by Leiden on their nearest ones.

        An edge weighs the likeness, twice that if each end is among the other's nearest.
        """
        parts, shares = self._parts(points)
        n = parts[0].shape[0]
        row, other, likeness = find_neighbours(parts, shares, self.neighbours, 0.0)
        edges, weights, times = join_neighbours(row, other, likeness, n)
        options = replace(self.leiden, n_communities=n_groups)
        return find_communities(n, edges, weights * times, options)

    def divide(self, points: IntArray, n_groups: int) -> IntArray:
        """Return the part of each of the given points, from 0, the largest first."""
        found = self.find_groups(n_groups, points)
        return number_by_size(found.membership, self.sizes[points])

    def compare_groups(self, membership: IntArray) -> Callable[[int], FloatArray]:
        """Return a function from a group to its likeness to every group, shape (n_groups,).

        The likeness of two groups is that of their centres.
        """
        summing = sum_groups(membership, self.sizes)
        profiles = scale_rows(sum_rows(summing, self.profiles))
        by_tag = profiles.T.tocsr()
        vectors = None if self.vectors is None else unit_rows(sum_rows(summing, self.vectors))

        def likeness(group: int) -> FloatArray:
            tags: FloatArray = (profiles[[group]] @ by_tag).toarray()[0]
            if vectors is None:
                return (1 - self.mix) * tags
            mixed: FloatArray = (1 - self.mix) * tags + self.mix * (vectors @ vectors[group])
            return mixed

        return likeness

    def _parts(self, points: IntArray | None) -> tuple[list[FloatArray | csr_array], list[float]]:
        """Return the matrices to compare, of all or some points, and their shares."""
        rows = slice(None) if points is None else points
        if self.vectors is None:
            return [self.profiles[rows]], [1.0]
        return [self.profiles[rows], self.vectors[rows]], [1 - self.mix, self.mix]
