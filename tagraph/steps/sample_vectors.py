"""Tags and samples to one vector per sample: what clusters of samples are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import Bags, FloatArray, IntArray, Samples
from tagraph.protocols import Encoder

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class SampleVectors:
    """One unit vector per sample, made when asked for: a million of them need 3 GB.

    Attributes:
        used: 1 where a sample has a tag, shape (n_samples, n_tags).
        tags: One vector per tag of the vocabulary, shape (n_tags, n_dimensions).
        bare: Samples without a tag, sorted.
        queries: The vectors of their queries, shape (n_bare, n_dimensions).
    """

    used: csr_array
    tags: FloatArray
    bare: IntArray
    queries: FloatArray

    @property
    def shape(self) -> tuple[int, ...]:
        """Samples and dimensions."""
        return self.used.shape[0], self.tags.shape[1]

    def __getitem__(self, rows: IntArray | slice) -> FloatArray:
        index = np.arange(self.shape[0])[rows]
        vectors = _mean_rows(self.used[index], self.tags)
        place = np.searchsorted(self.bare, index)
        known = place < len(self.bare)
        known[known] = self.bare[place[known]] == index[known]
        vectors[known] = self.queries[place[known]]
        return vectors


def encode_samples(bags: Bags, samples: Samples, encoder: Encoder) -> SampleVectors:
    """Return one unit vector per sample: the mean of its tags, or its query if it has no tag.

    Args:
        bags: Canonical tags of every sample.
        samples: The samples, in the same order.
        encoder: Encodes every tag of the vocabulary, and the queries of samples without tags.

    Returns:
        Shape (n_samples, n_dimensions), rounded to six decimals, row by row as asked for.
    """
    bare = np.flatnonzero(np.diff(bags.indptr) == 0)
    queries = [sample.query for sample in samples.take(bare.tolist())] if len(bare) else []
    return SampleVectors(
        mark_tags(bags), encoder.encode(bags.vocabulary), bare, encoder.encode(queries)
    )


def average_tags(bags: Bags, vectors: FloatArray) -> FloatArray:
    """Return the mean vector of each bag's tags at length 1, zero for an empty bag.

    Args:
        bags: Shape (n_bags,).
        vectors: One row per tag of the vocabulary, shape (n_tags, n_dimensions).

    Returns:
        Shape (n_bags, n_dimensions), rounded to six decimals.
    """
    return _mean_rows(mark_tags(bags), vectors)


def mark_tags(bags: Bags) -> csr_array:
    """Return 1 where a bag holds a tag, shape (n_bags, n_tags)."""
    from scipy.sparse import csr_array

    ones = np.ones(len(bags.indices))
    shape = (len(bags), len(bags.vocabulary))
    marked: csr_array = csr_array((ones, bags.indices, bags.indptr), shape)
    return marked


def _mean_rows(used: csr_array, vectors: FloatArray) -> FloatArray:
    """Return the mean vector of the tags of each row at length 1, rounded to six decimals."""
    mean: FloatArray = np.asarray(used @ vectors, dtype=np.float64)
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    rounded: FloatArray = np.round(mean / np.maximum(length, 1e-9), 6)
    return rounded
