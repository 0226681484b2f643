"""What a selection must hold or leave out, around any policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tagraph.data import IntArray
from tagraph.errors import OptionsError
from tagraph.stages.selection.evidence import Draft
from tagraph.stages.selection.orders import Order, order_rows


def _no_rows() -> IntArray:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Constraints:
    """What must hold whatever the policy says.

    Attributes:
        include: Rows that are in.
        exclude: Rows that are out.
        minimum: Least number of rows of each value.
        values: Value of every row that `minimum` counts, shape (n,).
        tokens: Most tokens together; 0 for no limit.
        token_counts: Tokens of every row, shape (n,).
    """

    include: IntArray = field(default_factory=_no_rows)
    exclude: IntArray = field(default_factory=_no_rows)
    minimum: Mapping[str, int] = field(default_factory=dict)
    values: Sequence[str] = ()
    tokens: int = 0
    token_counts: IntArray = field(default_factory=_no_rows)


FREE = Constraints()


def order_within(draft: Draft, k: int, constraints: Constraints) -> Order:
    """Return the rows of a selection: those that must be in, then the policy's.

    Where the policy by itself meets a minimum, nothing changes. Else the rows that it takes of
    each value, up to the minimum, are in first, then its best others of the values that fall
    short, and it fills up around them. A token limit ends the order before the row that passes it.

    Raises:
        OptionsError: More rows must be in than k, or the pool holds too few of a value.
    """
    free = draft.free.copy()
    free[constraints.exclude] = False
    include = constraints.include[np.argsort(draft.turn[constraints.include])]
    order = _fill(replace(draft, free=free), Order.of(include, "included"), k)
    short = _count_short(order, constraints)
    if any(short.values()):
        must = _reserve(replace(draft, free=free), order, constraints)
        order = _fill(replace(draft, free=free), must, k)
    return order.first(_count_affordable(order.rows, constraints))


def _fill(draft: Draft, must: Order, k: int) -> Order:
    """Return the rows that must be in, and after them as many of the policy's as there is room."""
    if len(must.rows) > k:
        raise OptionsError(f"{len(must.rows)} rows must be in, but k is {k}; choose a larger k")
    draft = replace(draft, taken=must.rows)
    there = int(draft.open.sum()) + len(must.rows)
    if there < k:
        raise OptionsError(f"k is {k}, but only {there} rows are left to choose from")
    return must.then(order_rows(draft, k - len(must.rows)))


def _count_short(order: Order, constraints: Constraints) -> dict[str, int]:
    """Return how many rows of each value are missing."""
    held = [constraints.values[row] for row in order.rows.tolist()] if constraints.minimum else []
    return {
        value: max(0, least - held.count(value)) for value, least in constraints.minimum.items()
    }


def _reserve(draft: Draft, order: Order, constraints: Constraints) -> Order:
    """Return the included rows, and as many of each value as its minimum asks for."""
    values = np.array(constraints.values, dtype=object)
    must = Order.of(constraints.include, "included")
    for value, least in sorted(constraints.minimum.items()):
        inside = values == value
        held = order.rows[inside[order.rows]]
        has = int(inside[must.rows].sum())
        add = held[~np.isin(held, must.rows)][: max(0, least - has)]
        must = must.then(Order.of(add, "minimum"))
        missing = least - has - len(add)
        if missing > 0:
            taken = np.union1d(order.rows, must.rows)
            rest = replace(draft, free=draft.free & inside, taken=taken)
            found = order_rows(rest, missing).rows
            if len(found) < missing:
                there = int((draft.free & inside).sum())
                raise OptionsError(f"minimum of {value!r} is {least}, but the pool holds {there}")
            must = must.then(Order.of(found, "minimum"))
    return must


def _count_affordable(rows: IntArray, constraints: Constraints) -> int:
    """Return how many rows, from the first, stay within the token limit."""
    if not constraints.tokens:
        return len(rows)
    spent = np.cumsum(constraints.token_counts[rows])
    return int(np.searchsorted(spent, constraints.tokens, side="right"))
