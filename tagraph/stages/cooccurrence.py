"""Tag bags to pairs of tags that stand together more often than chance would put them."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from tagraph.data import Bags, BoolArray, FloatArray, IntArray

Association = Literal["npmi", "cosine", "overlap"]
ASSOCIATIONS: tuple[Association, ...] = get_args(Association)


def count_pairs(bags: Bags, max_bag: int) -> tuple[IntArray, IntArray]:
    """Count the bags that each two tags share, by one sparse matrix product.

    Args:
        bags: Tag bags.
        max_bag: Longer bags are left out.

    Returns:
        Pairs of positions in the vocabulary, shape (m, 2), left below right, sorted; and the
        count of each, shape (m,), above 0.
    """
    from scipy.sparse import csr_array, triu

    length = np.diff(bags.indptr)
    kept = np.repeat(length <= max_bag, length)
    indptr = np.zeros_like(bags.indptr)
    indptr[1:] = np.cumsum(np.where(length <= max_bag, length, 0))
    ones = np.ones(int(kept.sum()), dtype=np.int32)
    shape = (len(bags), len(bags.vocabulary))
    matrix = csr_array((ones, bags.indices[kept], indptr), shape=shape)
    upper = triu((matrix.T @ matrix).tocsr(), 1, format="csr")
    upper.sort_indices()
    pairs = upper.tocoo()
    return (
        np.column_stack([pairs.row, pairs.col]).astype(np.int64),
        pairs.data.astype(np.int64),
    )


def find_significant(together: IntArray, expected: FloatArray, significance: float) -> BoolArray:
    """Return which pairs meet more often than independent tags would, shape (m,).

    Args:
        together: Bags that hold both tags, shape (m,), at least 1.
        expected: Bags that would hold both if tags were independent, shape (m,).
        significance: A pair stands out if a Poisson count of mean `expected` reaches `together`
            with at most this probability; at 1 every pair above expectation does.
    """
    from scipy.special import gammainc

    chance = -np.expm1(-expected)  # of reaching 1, which most pairs only do, and much faster
    often = together > 1
    chance[often] = gammainc(together[often], expected[often])
    chance = np.round(chance, 12)
    significant: BoolArray = (together > expected) & (chance <= significance)
    return significant


def weigh_pairs(
    pairs: IntArray, together: IntArray, counts: IntArray, n_bags: int, association: Association
) -> FloatArray:
    """Return how closely the tags of each pair are associated, 0 to 1, six decimals, shape (m,).

    Args:
        pairs: Shape (m, 2), positions in `counts`.
        together: Bags that hold both tags, shape (m,), at least 1.
        counts: Bags that hold each tag, shape (n_tags,).
        n_bags: Number of bags.
        association: `npmi` is normalised pointwise mutual information (Bouma, 2009), below 0 as
            0; `cosine` is the Ochiai coefficient; `overlap` the share of the rarer tag's bags.
    """
    left, right = counts[pairs[:, 0]].astype(float), counts[pairs[:, 1]].astype(float)
    weight = _WEIGHTS[association](together.astype(float), left, right, n_bags)
    rounded: FloatArray = np.round(np.clip(weight, 0, 1), 6)
    return rounded


def _npmi(together: FloatArray, left: FloatArray, right: FloatArray, n: int) -> FloatArray:
    """Return log(p(xy) / p(x)p(y)) / -log p(xy); 1 where both tags stand in every bag."""
    information = -np.log(together / n)
    joint = np.log(together * n / (left * right))
    certain = np.ones_like(joint)
    result: FloatArray = np.divide(joint, information, out=certain, where=information > 0)
    return result


def _cosine(together: FloatArray, left: FloatArray, right: FloatArray, n: int) -> FloatArray:
    return together / np.sqrt(left * right)


def _overlap(together: FloatArray, left: FloatArray, right: FloatArray, n: int) -> FloatArray:
    return together / np.minimum(left, right)


_WEIGHTS = {"npmi": _npmi, "cosine": _cosine, "overlap": _overlap}
