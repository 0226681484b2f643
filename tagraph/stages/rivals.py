"""Clusters with known strengths to the few old samples that newcomers are judged against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagraph.data import BoolArray, FloatArray, IntArray
from tagraph.errors import OptionsError


@dataclass(frozen=True, slots=True)
class RivalOptions:
    """Whom newcomers to a cluster may meet.

    Attributes:
        anchors: Old samples spread over the ranking of each cluster, the surest of each stretch;
            they tell roughly where a newcomer stands.
        rivals: Old samples of each cluster whose place in the selection is most open; they tell on
            which side of the cut it stands.
    """

    anchors: int = 8
    rivals: int = 8

    def __post_init__(self) -> None:
        if self.anchors < 1 or self.rivals < 0:
            raise OptionsError("anchors must be at least 1, and rivals at least 0")


def choose_rivals(
    strength: FloatArray,
    error: FloatArray,
    openness: FloatArray,
    groups: IntArray,
    options: RivalOptions = RivalOptions(),
) -> BoolArray:
    """Return which samples newcomers may meet, shape (n,).

    Args:
        strength: Shape (n,).
        error: Standard errors, shape (n,).
        openness: How open it is whether a sample belongs in the selection, 0 to 1, shape (n,).
        groups: Cluster of each sample, shape (n,), from 0; -1 for those that nobody may meet: the
            newcomers themselves, and samples that were never compared.
        options: How many of each kind.
    """
    chosen = np.zeros(len(groups), dtype=bool)
    known = np.flatnonzero(groups >= 0)
    inside = groups[known]
    rank, sizes = _rank(inside, -strength[known]), np.bincount(inside, minlength=1)
    stretch = inside * options.anchors + rank * options.anchors // sizes[inside]
    chosen[known[_rank(stretch, error[known]) == 0]] = True
    others = known[~chosen[known]]
    chosen[others[_rank(groups[others], -openness[others]) < options.rivals]] = True
    return chosen


def _rank(group: IntArray, value: FloatArray) -> IntArray:
    """Return the place of each value in its group, the smallest first, equals in their order."""
    order = np.lexsort((value.round(9), group))
    start = np.flatnonzero(np.diff(group[order], prepend=-1))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(start, np.diff(start, append=len(order)))
    return rank


def expect_certainty(strength: FloatArray, error: FloatArray) -> FloatArray:
    """Return by how much one verdict is expected to shrink the variance of each newcomer.

    With w = p (1 - p) of the pair, and p averaged over what is not known of both (probit
    approximation of MacKay, 1992), the variance v of the newcomer falls by w v^2 / (1 + w (v + u)),
    u being that of the rival: one that is known well teaches most.

    Args:
        strength: Of newcomers and their rivals, shape (2, m).
        error: Standard errors of both, shape (2, m).
    """
    variance = error**2
    spread: FloatArray = variance.sum(axis=0)
    chance = np.exp(-np.abs(strength[0] - strength[1]) / np.sqrt(1 + np.pi / 8 * spread))
    weight = chance / (1 + chance) ** 2
    gain: FloatArray = weight * variance[0] ** 2 / (1 + weight * spread)
    return gain
