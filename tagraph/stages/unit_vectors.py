"""Vectors to unit rows of six decimals, which the same texts give anywhere."""

from __future__ import annotations

import numpy as np

from tagraph.data import FloatArray
from tagraph.errors import InputError


def check_vectors(vectors: FloatArray, n: int, what: str) -> FloatArray:
    """Return `vectors` as n unit or zero rows of float64, rounded to six decimals.

    Raises:
        InputError: Wrong shape, or a value that is not finite.
    """
    rows: FloatArray = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2 or len(rows) != n:
        raise InputError(f"vectors must have one row for each {what}: {n}, got {rows.shape}")
    if not np.isfinite(rows).all():
        raise InputError(f"vectors of {what}s hold values that are not finite")
    return unit_rows(rows)


def unit_rows(rows: FloatArray) -> FloatArray:
    """Return each row divided by its length, rounded to six decimals; a zero row stays zero."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rounded: FloatArray = np.round(rows / np.where(length > 0, length, 1.0), 6)
    return rounded + 0.0  # no negative zero
