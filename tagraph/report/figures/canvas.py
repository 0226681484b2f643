"""A figure that a notebook displays when a cell returns it, and nobody else does."""

from __future__ import annotations

from io import BytesIO

from matplotlib.figure import Figure


class PaperFigure(Figure):
    """A matplotlib figure that pyplot does not know, so that it is never shown twice."""

    def _repr_png_(self) -> bytes:
        image = BytesIO()
        self.savefig(image, format="png")
        return image.getvalue()
