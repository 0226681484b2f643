"""Quality first, but nothing near what is in already: DEITA's rule (arXiv 2312.15685), own code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagraph.data import BoolArray, FloatArray, IntArray

_BLOCK = 1024


def order_by_distance(
    vectors: FloatArray, rows: IntArray, taken: IntArray, limit: int, max_cosine: float
) -> tuple[IntArray, FloatArray, BoolArray]:
    """Walk down the rows and pass over those near one taken before.

    Where too few rows are left apart from each other, the rows passed over fill up, in their order,
    so that the number is always met.

    Args:
        vectors: Unit rows, shape (n, d).
        rows: The rows that may be taken, best first.
        taken: Rows that are in already.
        limit: How many to take at most.
        max_cosine: A row is near another above this cosine, to 1e-6.

    Returns:
        The rows in the order taken, each one's highest cosine to a row taken before it (NaN for
        the first), and whether it had been passed over.
    """
    kept = np.zeros((len(taken) + min(limit, len(rows)), vectors.shape[1]), dtype=np.float32)
    kept[: len(taken)] = vectors[taken]
    count, chosen, passed = len(taken), [], []
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        held = vectors[block].astype(np.float32)
        near = _nearest(held, kept[:count])
        inside = held @ held.T
        for i in range(len(block)):
            if round(float(near[i]), 6) > max_cosine:
                passed.append((int(block[i]), float(near[i])))
                continue
            chosen.append((int(block[i]), float(near[i])))
            kept[count] = held[i]
            count += 1
            np.maximum(near, inside[i], out=near)
            if len(chosen) >= limit:
                return _conclude(chosen, [])
    return _conclude(chosen, passed[: limit - len(chosen)])


def _nearest(block: NDArray[np.float32], kept: NDArray[np.float32]) -> FloatArray:
    """Return each row's highest cosine to the rows kept, -inf if there are none."""
    if not len(kept):
        return np.full(len(block), -np.inf)
    near: FloatArray = (block @ kept.T).max(axis=1).astype(np.float64)
    return near


def _conclude(
    chosen: list[tuple[int, float]], passed: list[tuple[int, float]]
) -> tuple[IntArray, FloatArray, BoolArray]:
    """Return rows, cosines and whether they had been passed over."""
    both = [*chosen, *passed]
    rows = np.array([row for row, _ in both], dtype=np.int64)
    cosine: FloatArray = np.array([near for _, near in both], dtype=np.float64).round(6)
    cosine[np.isinf(cosine)] = np.nan
    return rows, cosine, np.arange(len(both)) >= len(chosen)
