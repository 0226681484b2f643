"""One figure with its interval."""

from __future__ import annotations

import math
from typing import NamedTuple

NAN = float("nan")
Z = 1.959964  # 95 % of a normal distribution


class Measure(NamedTuple):
    """One figure of a card with its 95 % interval; `n` is what it is a share of, or rests on."""

    name: str
    value: float
    low: float = NAN
    high: float = NAN
    n: int = 0


def share(name: str, part: float, whole: int) -> Measure:
    """Return a share with Wilson's 95 % interval; NaN of nothing."""
    if not whole:
        return Measure(name, NAN)
    value, width = part / whole, Z * Z / whole
    centre = (value + width / 2) / (1 + width)
    half = math.sqrt(max(value * (1 - value) * width + width * width / 4, 0.0)) / (1 + width)
    return Measure(name, value, max(0.0, centre - half), min(1.0, centre + half), whole)
