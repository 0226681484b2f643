"""What a selection covers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import Bags, Selection
from tagraph.report.coverage import measure_coverage
from tagraph.report.figures.paper import CHOSEN, POOL, new_figure

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
    covered = measure_coverage(Bags.of(tags), selection.index, draws, seed)
    k = np.arange(1, len(selection) + 1)
    low, high = np.quantile(covered.random, [0.05, 0.95], axis=0)
    axes.fill_between(k, low, high, color=POOL, alpha=0.4, linewidth=0)
    axes.plot(k, covered.random.mean(axis=0), color=POOL, label=f"random, {draws} draws")
    axes.plot(k, covered.chosen, color=CHOSEN, label=f"selected by '{selection.policy}'")
    axes.set(xlabel="samples", ylabel="share of tags covered", ylim=(0, None))
    axes.legend(frameon=False, fontsize="small", loc="upper left")
    return figure
