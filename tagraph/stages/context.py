"""Tag bags to what tags stand among: synonyms share their neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagraph.cores import spread
from tagraph.data import Bags, FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_DECIMALS = 4
_BLOCK = 1024
_LONGEST_BAG = 100
_SLACK = 1e-3  # more than rounding, of rows and of cosines, can make


def describe_neighbours(bags: Bags, *, min_count: int) -> csr_array:
    """Return for each tag the tags it stands among, as unit rows of positive association.

    The association of two tags is their pointwise mutual information where it is above 0. Tags in
    fewer than `min_count` bags have an empty row, for a bag or two is no context; bags of more
    than 100 tags say nothing of any.

    Returns:
        Shape (n_vocabulary, n_vocabulary). (PPMI vectors: Bullinaria and Levy 2007.)
    """
    from scipy.sparse import csr_array, diags_array

    matrix = _to_matrix(bags)
    together = (matrix.T @ matrix).tocoo()
    counts = bags.counts.astype(np.float64)
    row, column = together.row, together.col
    information = np.log(together.data * max(1, len(bags)) / (counts[row] * counts[column]))
    kept = (information > 0) & (row != column) & (counts[row] >= min_count)
    shape = (len(counts), len(counts))
    found = csr_array((information[kept], (row[kept], column[kept])), shape=shape)
    lengths = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)).ravel())
    return csr_array(diags_array(1 / np.maximum(lengths, 1e-12)) @ found)


def compare_neighbours(rows: csr_array, left: IntArray, right: IntArray) -> FloatArray:
    """Return the cosine of the rows of each pair, shape (m,); 0 where one is empty."""
    found = rows[left].multiply(rows[right]).sum(axis=1)
    return np.round(np.asarray(found, dtype=np.float64).ravel(), _DECIMALS)


def count_together(bags: Bags, left: IntArray, right: IntArray) -> IntArray:
    """Return how many bags hold both tags of each pair of positions, shape (m,).

    Bags of more than 100 tags do not count.
    """
    columns = _to_matrix(bags).T.tocsr()
    shared = columns[left].multiply(columns[right]).sum(axis=1)
    return np.asarray(shared).ravel().astype(np.int64)


def find_shared_neighbours(
    rows: csr_array, *, similarity: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Find pairs of tags whose neighbours are alike, block by block.

    What stands beside almost every tag makes most of the work and hardly any likeness, so it is
    left out of the first look: of each row the most common neighbours, as far as no pair can reach
    `similarity` by them that does not show half of it without (prefix filtering; Bayardo, Ma and
    Srikant, 2007). What is found is then compared in full, so no pair is missed.

    Args:
        rows: Unit rows, or empty ones, such as `describe_neighbours` gives.
        similarity: The least cosine.

    Returns:
        Positions `left < right` and the cosine in four decimals, each shape (m,), sorted.
    """
    single = rows.astype(np.float32)
    columns = _without_common(single, similarity / 2).T.tocsr()

    def look(start: int) -> tuple[IntArray, FloatArray]:
        block = single[start : start + _BLOCK] @ columns
        maybe = np.flatnonzero(block.data >= similarity / 2 - _SLACK)
        left = start + np.searchsorted(block.indptr, maybe, side="right") - 1
        right = block.indices[maybe].astype(np.int64)
        left, right = left[left < right], right[left < right]
        cosine = compare_neighbours(rows, left, right)
        near = cosine >= similarity
        return np.column_stack([left[near], right[near]]), cosine[near]

    found = [(np.zeros((0, 2), dtype=np.int64), np.zeros(0))]
    found += spread(look, range(0, rows.shape[0], _BLOCK))
    pairs = np.concatenate([part for part, _ in found])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    cosine = np.concatenate([part for _, part in found])
    return pairs[order, 0], pairs[order, 1], cosine[order]


def _without_common(rows: csr_array, length: float) -> csr_array:
    """Return rows without their most common columns, of which at most `length` is left out."""
    from scipy.sparse import csr_array

    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    common = np.bincount(rows.indices, minlength=rows.shape[1])[rows.indices]
    order = np.lexsort((-common, row))
    squares = np.cumsum(np.square(rows.data[order]), dtype=np.float64)
    before = np.append(0.0, squares)[rows.indptr[:-1]]
    kept = np.sort(order[squares - before[row] > length**2])
    shape = rows.shape
    return csr_array((rows.data[kept], (row[kept], rows.indices[kept])), shape=shape)


def _to_matrix(bags: Bags) -> csr_array:
    """Return bags by tags, without the longest bags."""
    from scipy.sparse import csr_array

    length = np.diff(bags.indptr)
    fits = length <= _LONGEST_BAG
    indptr = np.concatenate([[0], np.cumsum(np.where(fits, length, 0))])
    indices = bags.indices[np.repeat(fits, length)]
    shape = (len(bags), len(bags.vocabulary))
    return csr_array((np.ones(len(indices)), indices, indptr), shape=shape)
