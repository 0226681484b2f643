"""Strengths with errors to each row's chance of a place in its cluster's quota."""

from __future__ import annotations

import numpy as np

from tagraph.data import FloatArray, IntArray

_STEPS = 60
_LEAST = 1e-9


def chance_of_place(
    strength: FloatArray, error: FloatArray, group: IntArray, quota: IntArray
) -> FloatArray:
    """Return the chance of every row to belong to the `quota` best of its group, shape (n,).

    Each group has one bar, laid where as many strengths are expected above it as it has places;
    the chance is that of a Gaussian about the strength to lie above the bar. Strengths count as
    independent, and errors that are unknown as 0.

    Args:
        strength: Shape (n,); NaN where unknown, which gives NaN.
        error: Standard errors, shape (n,).
        group: Shape (n,), from 0.
        quota: Places of each group, shape (n_groups,).
    """
    known = np.flatnonzero(np.isfinite(strength))
    held, spread = strength[known], np.maximum(np.nan_to_num(error[known], nan=0.0), _LEAST)
    inside, n_groups = group[known], len(quota)
    low, high = np.zeros(n_groups), np.zeros(n_groups)
    np.minimum.at(low, inside, held - 10 * spread)
    np.maximum.at(high, inside, held + 10 * spread)
    for _ in range(_STEPS):
        bar = (low + high) / 2
        above = np.bincount(inside, _above(held, spread, bar[inside]), minlength=n_groups)
        low, high = np.where(above > quota, bar, low), np.where(above > quota, high, bar)
    chance = np.full(len(strength), np.nan)
    full = np.bincount(inside, minlength=n_groups) <= quota
    found = _above(held, spread, ((low + high) / 2)[inside])
    found[full[inside]] = 1.0
    found[quota[inside] == 0] = 0.0
    chance[known] = found.round(6)
    return chance


def _above(strength: FloatArray, error: FloatArray, bar: FloatArray) -> FloatArray:
    from scipy.special import ndtr

    chance: FloatArray = ndtr((strength - bar) / error)
    return chance
