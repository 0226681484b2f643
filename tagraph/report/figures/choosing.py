"""What a selection covers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import Bags, Selection
from tagraph.report.coverage import measure_coverage
from tagraph.report.figures.paper import CHOSEN, POOL, count_along, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_coverage(
    tags: Bags | Iterable[Iterable[str]], selection: Selection, draws: int = 30, seed: int = 0
) -> Figure:
    """Draw the share of tags that a selection covers, beside random ones of the same size.

    Only tags on two samples or more count.

    Args:
        tags: Canonical tags of every sample of the pool.
        selection: The chosen samples.
        draws: Random selections; the band holds 5 to 95 % of them.
        seed: Of the random selections.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    figure, (axes,) = new_figure()
    from matplotlib.ticker import PercentFormatter

    bags = Bags.of(tags)
    covered = measure_coverage(bags, selection.index, draws, seed)
    k = np.arange(len(selection) + 1)
    none = np.zeros((len(covered.random), 1))  # what no sample covers
    random = np.hstack([none, covered.random])
    low, high = np.quantile(random, [0.05, 0.95], axis=0)
    axes.fill_between(k, low, high, color=POOL, alpha=0.4, linewidth=0, label="5 to 95 % of these")
    axes.plot(k, random.mean(axis=0), color=POOL, label=f"random, mean of {draws} draws")
    told = f"selected by '{selection.policy}'"
    axes.plot(k, np.append(0.0, covered.chosen), color=CHOSEN, label=told)
    n_counted = int((bags.counts >= 2).sum())
    axes.set(xlabel="samples selected", ylabel=f"share covered of {n_counted:,} tags")
    axes.set_ylim(0, 1.1 * max(float(high.max()), float(covered.chosen.max(initial=0)), 0.01))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    count_along(axes.xaxis)
    axes.legend(frameon=False, fontsize="small", loc="upper left")
    return figure
