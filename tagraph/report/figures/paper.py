"""An empty figure in the one style of all figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from tagraph.errors import MissingPackageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

POOL, CHOSEN, RIVAL, INK = "#b9b3a8", "#1f5f74", "#a4532b", "#22211f"


def new_figure(
    columns: int = 1,
    width: float = 6.4,
    height: float = 3.6,
    ratios: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its axes side by side; pyplot does not know it and cannot show it.

    Args:
        columns: How many axes.
        width: Of the figure, in inches.
        height: Of the figure, in inches.
        ratios: Widths of the axes beside each other; as wide as each other unless given.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    try:
        from tagraph.report.figures.canvas import PaperFigure
    except ImportError as error:
        told = "matplotlib is missing; install it with `tagraph[viz]`"
        raise MissingPackageError(told) from error
    figure = PaperFigure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(1, columns, squeeze=False, width_ratios=ratios)[0]
    for axes in grid:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize="small")
    return figure, list(grid)


def count_along(*axis: Axis, marks: int = 5) -> None:
    """Mark whole numbers only, thousands apart, from the few to the many."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    for one in axis:
        one.set_major_locator(MaxNLocator(marks, integer=True, min_n_ticks=1))
        one.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def count_by_powers(axes: Axes, side: Literal["x", "y"], most: int) -> None:
    """Let counts along one side run from 1 to a little over `most` on a logarithmic scale."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    steps = (1.0,) if most > 1000 else (1.0, 2.0, 5.0)  # closer marks would lie on each other
    reach = (0.8, 1.4 * max(most, 2))
    if side == "x":
        axes.set(xscale="log", xlim=reach)
    else:
        axes.set(yscale="log", ylim=reach)
    axis = axes.xaxis if side == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def plain(text: str, width: int = 40) -> str:
    """Return text for a figure: cut, on one line, and nothing in it read as a formula."""
    from tagraph.text import clean_tag, shorten

    return shorten(clean_tag(text), width).replace("$", r"\$")
