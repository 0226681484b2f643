"""k divided over clusters: whose turn it is, one row at a time."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.errors import InputError, OptionsError
from tagraph.stages.selection.options import SelectionOptions


def cluster_quotas(
    sizes: IntArray | Sequence[int],
    k: int,
    policy: str = "equal",
    shares: FloatArray | None = None,
) -> IntArray:
    """Divide k over clusters of these sizes; what a small one cannot use goes to the others.

    Sums to min(k, total size), no quota is above its cluster's size, and no quota falls when k
    grows. Of equal claims the larger cluster goes first, then the earlier one. Policies without
    quotas (global, random, longest, ...) get the proportional ones, their expected share.

    Args:
        sizes: Rows of each cluster.
        k: How many rows.
        policy: Name of the policy.
        shares: Share of each cluster, for `target`; proportional without them.

    Raises:
        OptionsError: Unknown policy, or k below 0.
        InputError: A size below 0, or shares that are not one number from 0 for each cluster.
    """
    SelectionOptions(policy)
    held = np.asarray(sizes, dtype=np.int64)
    if operator.index(k) < 0:
        raise OptionsError(f"k is {k}; it must be at least 0")
    if (held < 0).any():
        raise InputError("a cluster has a size below 0; sizes are counts")
    if shares is not None and (len(shares) != len(held) or not (shares >= 0).all()):
        raise InputError("shares must be one number from 0 for every cluster")
    place = np.repeat(np.arange(len(held)), held)
    rank = np.arange(len(place)) - np.repeat(np.cumsum(held) - held, held) + 1
    order = take_turns(place, rank, held, weigh_clusters(held, policy, shares))
    return np.bincount(place[order[:k]], minlength=len(held)).astype(np.int64)


def weigh_clusters(
    sizes: IntArray, policy: str, shares: FloatArray | None = None
) -> FloatArray | None:
    """Return the claim of each cluster under a policy; None where all claims are equal."""
    if policy == "equal":
        return None
    if policy == "target" and shares is not None:
        return np.asarray(shares, dtype=np.float64)
    claims: FloatArray = sizes.astype(np.float64)
    return np.sqrt(claims) if policy == "square-root" else claims


def take_turns(
    place: IntArray, rank: IntArray, sizes: IntArray, claims: FloatArray | None
) -> IntArray:
    """Return all rows in the order in which a quota policy takes them, shape (n,).

    Args:
        place: Cluster of each row, from 0.
        rank: Place of each row in its cluster, from 1.
        sizes: Rows per cluster.
        claims: Claim of each cluster; None for equal claims. A claim of 0 comes last.
    """
    turn = precedence(sizes)[place]
    if claims is None:
        return np.lexsort((turn, rank))
    # Webster's or Sainte-Lague's divisors, because largest remainders may shrink when k grows.
    with np.errstate(divide="ignore"):
        due = (2 * rank - 1) / (2 * claims[place])
    return np.lexsort((rank, turn, due))


def precedence(sizes: IntArray) -> IntArray:
    """Return the turn of each cluster inside a round: larger first, then as numbered."""
    return np.argsort(np.argsort(-sizes, kind="stable"), kind="stable")
