"""An empty figure in the one style of all figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagraph.errors import MissingPackageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POOL, CHOSEN, RIVAL, INK = "#b9b3a8", "#1f5f74", "#a4532b", "#22211f"


def new_figure(
    columns: int = 1, width: float = 6.4, height: float = 3.6
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its axes side by side; pyplot does not know it and cannot show it.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    try:
        from tagraph.report.figures.canvas import PaperFigure
    except ImportError as error:
        told = "matplotlib is missing; install it with `tagraph[viz]`"
        raise MissingPackageError(told) from error
    figure = PaperFigure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(1, columns, squeeze=False)[0]
    for axes in grid:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize="small")
    return figure, list(grid)


def plain(text: str, width: int = 40) -> str:
    """Return text for a figure: cut, on one line, and nothing in it read as a formula."""
    from tagraph.text import clean_tag, shorten

    return shorten(clean_tag(text), width).replace("$", r"\$")
