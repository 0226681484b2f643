"""Rows to tables: a pandas frame to work with, an HTML table to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tagraph.errors import MissingPackageError
from tagraph.text import escape_html, shorten

if TYPE_CHECKING:
    import pandas as pd


def frame(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a pandas DataFrame.

    Raises:
        MissingPackageError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingPackageError("pandas is missing; install it with `tagraph[viz]`") from error
    return pd.DataFrame(list(rows), columns=list(columns))


def html_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return an HTML table with every cell escaped and shortened to 120 characters."""
    head = "".join(f"<th>{escape_html(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape_html(shorten(str(c), 120))}</td>" for c in row) + "</tr>"
        for row in rows
    )
    return f"<table><caption>{escape_html(title)}</caption><tr>{head}</tr>{body}</table>"
