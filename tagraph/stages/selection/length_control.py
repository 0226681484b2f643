"""Strengths to strengths at equal length: what is left when the pull of length is taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagraph.data import FloatArray, IntArray

_FLOOR = 1e-3  # no standard error counts as smaller, so that no row decides the slope alone


@dataclass(frozen=True, eq=False)
class LengthControl:
    """Strengths at equal length.

    Attributes:
        strength: Shape (n,); NaN where the strength is unknown.
        slope: Strength that a response gains when its length is e times as long.
        error: Standard error of the slope; NaN if it cannot be told.
    """

    strength: FloatArray
    slope: float
    error: float


def control_length(
    strength: FloatArray,
    cluster: IntArray,
    length: FloatArray,
    standard_error: FloatArray | None = None,
) -> LengthControl:
    """Take the pull of log length out of the strengths, one slope for all clusters.

    The slope is that of least squares inside clusters, rows weighted by one over the variance of
    their strength. It takes out what length honestly earns along with what it only seems to earn,
    so it belongs beside the plain ranking and not in its place.

    Args:
        strength: Shape (n,); NaN where unknown.
        cluster: Shape (n,).
        length: Characters, shape (n,).
        standard_error: Of the strengths, shape (n,); equal weights without them.

    Returns:
        The strengths with the slope taken off, at the mean log length of their cluster; unchanged
        with slope 0 where no length differs inside a cluster.
    """
    known = np.isfinite(strength)
    size = np.log1p(np.asarray(length, dtype=np.float64))
    weight = known.astype(np.float64)
    if standard_error is not None:
        told = known & np.isfinite(standard_error)
        weight[told] /= np.maximum(standard_error[told], _FLOOR) ** 2
    group = np.unique(cluster, return_inverse=True)[1]
    x = _centre(size, group, weight)
    y = _centre(np.where(known, strength, 0.0), group, weight)
    spread = float((weight * x * x).sum())
    if spread <= 0:
        return LengthControl(strength.copy(), 0.0, float("nan"))
    slope = float((weight * x * y).sum()) / spread
    freedom = int(known.sum()) - len(np.unique(group[known])) - 1
    left = float((weight * (y - slope * x) ** 2).sum())
    error = (left / freedom / spread) ** 0.5 if freedom > 0 else float("nan")
    return LengthControl(strength - slope * x, slope, error)


def _centre(values: FloatArray, group: IntArray, weight: FloatArray) -> FloatArray:
    """Return the values about the weighted mean of their group."""
    total = np.bincount(group, weight)
    mean = np.bincount(group, weight * values) / np.where(total > 0, total, 1)
    centred: FloatArray = values - mean[group]
    return centred
