"""Tag bags to what tags stand among: synonyms share their neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import Bags, FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_DECIMALS = 4
_BLOCK = 1024
_LONGEST_BAG = 100


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

    Returns:
        Positions `left < right` and the cosine in four decimals, each shape (m,), sorted.
    """
    from scipy.sparse import triu

    parts = [(np.zeros((0, 2), dtype=np.int64), np.zeros(0))]
    columns = rows.T.tocsr()
    for start in range(0, rows.shape[0], _BLOCK):
        block = triu(rows[start : start + _BLOCK] @ columns, start + 1, format="coo")
        cosine = np.round(block.data, _DECIMALS)
        near = cosine >= similarity
        pairs = np.column_stack([block.row[near] + start, block.col[near]]).astype(np.int64)
        parts.append((pairs, cosine[near]))
    pairs = np.concatenate([part for part, _ in parts])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    cosine = np.concatenate([part for _, part in parts])
    return pairs[order, 0], pairs[order, 1], cosine[order]


def _to_matrix(bags: Bags) -> csr_array:
    """Return bags by tags, without the longest bags."""
    from scipy.sparse import csr_array

    length = np.diff(bags.indptr)
    fits = length <= _LONGEST_BAG
    indptr = np.concatenate([[0], np.cumsum(np.where(fits, length, 0))])
    indices = bags.indices[np.repeat(fits, length)]
    shape = (len(bags), len(bags.vocabulary))
    return csr_array((np.ones(len(indices)), indices, indptr), shape=shape)
