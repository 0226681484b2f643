"""Strengths with their intervals, what the order shown does, and what was paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import FloatArray
from tagraph.errors import InputError
from tagraph.report.figures.paper import CHOSEN, INK, POOL, RIVAL, count_along, new_figure, plain
from tagraph.stages.bradley_terry import Scores
from tagraph.steps.measures import share

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BINS = 12


def plot_ranks(
    scores: Scores, cut: int | None = None, most: int = 40, names: Sequence[str] | None = None
) -> Figure:
    """Draw the strongest items with 95 % intervals, the strongest on top.

    Args:
        scores: Of one tournament; items of different components are not comparable.
        cut: How many will be taken; those below are drawn in another colour.
        most: Items to draw.
        names: One per item; their numbers unless given.

    Raises:
        InputError: There is not one name per item.
        MissingPackageError: matplotlib is not installed.
    """
    if names is not None and len(names) != len(scores):
        raise InputError(f"{len(names):,} names for {len(scores):,} items; give one each")
    shown = np.argsort(-scores.strength, kind="stable")[:most]
    figure, (axes,) = new_figure(height=max(1.6, 0.2 * len(shown) + 0.6))
    error = 1.96 * scores.standard_error()[shown]
    taken = len(shown) if cut is None else cut
    for part, colour in ((slice(0, taken), CHOSEN), (slice(taken, None), RIVAL)):
        place = np.arange(len(shown))[part]
        axes.errorbar(
            scores.strength[shown][part], place, xerr=error[part], fmt="o", ms=3.5, color=colour
        )
    if cut is not None:
        axes.axhline(cut - 0.5, color=POOL, linestyle="--")
    labels = [plain(names[i]) if names is not None else str(i) for i in shown.tolist()]
    axes.set_yticks(range(len(shown)), labels, fontsize="x-small")
    axes.set_ylim(max(3, len(shown)) - 0.4, -0.6)
    axes.set_xlabel("strength in logits, 95 % interval")
    return figure


def plot_position_bias(
    scores: Scores, first: ArrayLike, second: ArrayLike, outcome: ArrayLike
) -> Figure:
    """Draw how often the first item shown wins over its lead, beside what the strengths say.

    A judge that does not look at the order lies on the curve without a position term: half of the
    decided verdicts at a lead of zero.

    Args:
        scores: The fit of these verdicts.
        first: Item shown first, shape (m,).
        second: Item shown second, shape (m,).
        outcome: 1 first wins, 0 second wins, 0.5 tie, NaN no verdict, shape (m,).

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    figure, (axes,) = new_figure()
    said = np.asarray(outcome, dtype=np.float64)
    decided = (said == 0) | (said == 1)
    lead = (scores.strength[np.asarray(first)] - scores.strength[np.asarray(second)])[decided]
    won = said[decided]
    middle, won_share, *error = _bin_wins(lead, won)
    reach = min(8.0, max(1.0, float(np.abs(lead).max(initial=0))))
    x = np.linspace(-reach, reach, 200)
    axes.plot(x, 1 / (1 + np.exp(-x)), color=POOL, label="no position term")
    told = f"fitted position {scores.position:+.2f}"
    axes.plot(x, 1 / (1 + np.exp(-x - scores.position)), color=CHOSEN, label=told)
    axes.errorbar(middle, won_share, yerr=error, fmt="o", ms=4, color=RIVAL, label="verdicts, 95 %")
    axes.axvline(0, color=POOL, linewidth=0.6)
    axes.set(
        xlabel="lead of the item shown first, in logits",
        ylabel="share the first wins",
        ylim=(-0.03, 1.03),
    )
    axes.set_xlim(-1.05 * reach, 1.05 * reach)
    axes.legend(frameon=False, fontsize="small", loc="upper left")
    return figure


def _bin_wins(lead: FloatArray, won: FloatArray) -> FloatArray:
    """Return mean lead, share won, and how far its 95 % interval (Wilson 1927) reaches down and up.

    Of bins as full as each other, shape (4, n_bins).
    """
    order = np.argsort(lead, kind="stable")
    bins = [part for part in np.array_split(order, _BINS) if len(part)]
    rows = []
    for part in bins:
        won_here = share("won", float(won[part].sum()), len(part))
        down, up = won_here.value - won_here.low, won_here.high - won_here.value
        rows.append((lead[part].mean(), won_here.value, max(0.0, down), max(0.0, up)))
    return np.array(rows, dtype=np.float64).reshape(-1, 4).T


def plot_costs(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw answers and dollars by step and model.

    Args:
        rows: Of the view `v_costs`, as `store.query("SELECT * FROM v_costs")` gives them; a
            price that is not known is said, not drawn.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    figure, (left, right) = new_figure(2, 8.4, max(1.8, 0.4 * len(rows) + 1.0))
    names = [f"{row['step']}: {plain(str(row['model']), 26)}" for row in rows]
    days = [
        f"{name}\n{row['day']}" if row["day"] else name
        for name, row in zip(names, rows, strict=True)
    ]
    places = range(len(rows))
    left.barh(places, [row["answers"] for row in rows], color=POOL, height=0.7)
    left.set_yticks(places, days, fontsize="x-small")
    left.set_xlabel("answers")
    costs = [row["cost_usd"] or 0.0 for row in rows]
    right.barh(places, costs, color=CHOSEN, height=0.7)
    for place, row in enumerate(rows):
        cost = row["cost_usd"]
        told = " not known" if cost is None else f" ${cost:,.4f}"
        right.text(cost or 0.0, place, told, va="center", fontsize="x-small", color=INK)
    right.set_yticks(places, [])
    right.set_xlabel("dollars")
    right.set_xlim(0, 1.4 * max(costs, default=0.0) or 1.0)
    right.locator_params(axis="x", nbins=4)
    left.set_xlim(0, 1.15 * max((row["answers"] for row in rows), default=0) or 1.0)
    count_along(left.xaxis, marks=3)
    for axes in (left, right):
        axes.set_ylim(max(2, len(rows)) - 0.5, -0.5)
    return figure
