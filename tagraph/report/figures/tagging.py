"""Tags before and after normalizing, and the merges between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import Bags
from tagraph.report.figures.paper import (
    CHOSEN,
    POOL,
    RIVAL,
    count_along,
    count_by_powers,
    new_figure,
    plain,
)
from tagraph.report.vocabulary import rule_of
from tagraph.steps.review import Review

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_frequency(
    raw: Bags | Iterable[Iterable[str]], tags: Bags | Iterable[Iterable[str]]
) -> Figure:
    """Draw the use of each tag by its rank, before and after normalizing, on logarithmic scales.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    figure, (axes,) = new_figure()
    n_tags = most = 1
    for name, bags, colour in (("raw tags", raw, POOL), ("canonical tags", tags, CHOSEN)):
        counts = np.sort(Bags.of(bags).counts)[::-1]
        n_tags, most = max(n_tags, len(counts)), max(most, int(counts.max(initial=1)))
        label = f"{name} ({len(counts):,}, {int((counts == 1).sum()):,} used once)"
        mark = "o" if len(counts) == 1 else None  # a line of one point is not seen
        axes.plot(np.arange(1, len(counts) + 1), counts, color=colour, label=label, marker=mark)
    count_by_powers(axes, "x", n_tags)
    count_by_powers(axes, "y", most)
    axes.set(xlabel="rank of the tag", ylabel="samples")
    axes.legend(frameon=False, fontsize="small")
    return figure


def plot_merges(review: Review, most: int = 15) -> Figure:
    """Draw the merges by rule, and those most worth a look with their similarity.

    Args:
        review: Of `review_merges`.
        most: Merges to name.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    height = max(2.4, 0.26 * min(most, len(review)) + 0.8)
    figure, (left, right) = new_figure(2, 9.6, height, ratios=(1, 1.8))
    rules = Counter(rule_of(row.reason) for row in review.rows).most_common()
    _bars(left, [name for name, _ in rules], [count for _, count in rules], POOL)
    left.set_xlabel("merges by rule")
    count_along(left.xaxis, marks=3)
    shown = review.rows[:most]
    names = [f"{plain(row.raw, 22)} → {plain(row.canonical, 22)}" for row in shown]
    _bars(right, names, [row.impact for row in shown], CHOSEN)
    for place, row in enumerate(shown):
        told = f" {row.similarity:.2f}, {row.raw_count:,} sample{'s' * (row.raw_count != 1)}"
        right.text(row.impact, place, told, va="center", fontsize="x-small", color=RIVAL)
    right.set_xlabel("impact: samples changed, times the doubt")
    right.margins(x=0.5)
    right.locator_params(axis="x", nbins=4)
    return figure


def _bars(axes: Axes, names: list[str], values: list[float] | list[int], colour: str) -> None:
    axes.barh(range(len(names)), values, color=colour, height=0.7)
    axes.set_ylim(-0.5, max(3, len(names)) - 0.5)  # a single bar is no block
    axes.set_yticks(range(len(names)), [plain(name, 60) for name in names], fontsize="small")
    axes.invert_yaxis()
