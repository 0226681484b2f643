"""Tags and samples to one vector per sample: what clusters of samples are drawn from."""

from __future__ import annotations

import numpy as np

from tagraph.data import Bags, FloatArray, Samples
from tagraph.protocols import Encoder


def encode_samples(bags: Bags, samples: Samples, encoder: Encoder) -> FloatArray:
    """Return one unit vector per sample: the mean of its tags, or its query if it has no tag.

    Args:
        bags: Canonical tags of every sample.
        samples: The samples, in the same order.
        encoder: Encodes every tag of the vocabulary, and the queries of samples without tags.

    Returns:
        Shape (n_samples, n_dimensions), rounded to six decimals.
    """
    vectors = average_tags(bags, encoder.encode(bags.vocabulary))
    bare = np.flatnonzero(np.diff(bags.indptr) == 0).tolist()
    if bare:
        vectors[bare] = encoder.encode([sample.query for sample in samples.take(bare)])
    return vectors


def average_tags(bags: Bags, vectors: FloatArray) -> FloatArray:
    """Return the mean vector of each bag's tags at length 1, zero for an empty bag.

    Args:
        bags: Shape (n_bags,).
        vectors: One row per tag of the vocabulary, shape (n_tags, n_dimensions).

    Returns:
        Shape (n_bags, n_dimensions), rounded to six decimals.
    """
    import scipy.sparse

    ones = np.ones(len(bags.indices))
    shape = (len(bags), len(bags.vocabulary))
    summed = scipy.sparse.csr_array((ones, bags.indices, bags.indptr), shape) @ vectors
    mean: FloatArray = np.asarray(summed, dtype=np.float64)
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    rounded: FloatArray = np.round(mean / np.maximum(length, 1e-9), 6)
    return rounded
