"""Rows of JSON in a reply in words: in fences, in prose, one a line, or with a comma too many."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_LONGEST = 200_000  # characters; no answer is longer
_MOST_BROKEN = 500  # objects that are none; a text of more is no answer
_STRING_OR_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[\]}])', re.DOTALL)
_DECODER = json.JSONDecoder()


def find_rows(reply: str, fields: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the JSON objects in a text that have all of these fields, in the order they stand.

    An object that is cut off, or that is no JSON for another reason than a comma before a bracket,
    is not read; whole ones inside it are. Total.
    """
    start = reply.find("{")
    text = reply[start : start + _LONGEST] if start >= 0 else ""
    plain = _STRING_OR_COMMA.sub(lambda found: found[1] or " ", text)  # as long as the text
    rows: list[Mapping[str, Any]] = []
    at, n_broken = text.find("{"), 0
    while at >= 0 and n_broken < _MOST_BROKEN:
        found = _decode(text, at) or _decode(plain, at)
        n_broken += found is None
        value, end = found or (None, at + 1)
        rows += _rows_of(value, fields)
        at = text.find("{", end)
    return rows


def _decode(text: str, start: int) -> tuple[object, int] | None:
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None


def _rows_of(value: object, fields: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the outermost objects with all of the fields."""
    if isinstance(value, Mapping) and all(name in value for name in fields):
        yield value
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _rows_of(part, fields)
