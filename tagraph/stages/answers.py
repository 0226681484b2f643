"""Reading a verdict out of what a model said; strict: what is not clearly said is not read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

Label = TypeVar("Label")

_FENCES = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_QUOTES = re.compile(r'"[^"\n]*"|“[^”\n]*”|`[^`\n]*`')
VERDICT_LINE = (re.compile(r"(?im)^[ \t>*_#-]*verdict[*_]*[ \t]*:[ \t*_]*([a-z_]+)[ \t.*_]*$"),)


def read_object(found: object, field: str, labels: Mapping[str, Label]) -> Label | None:
    """Return what a field of a JSON object says, None if it says none of the labels."""
    said = found.get(field) if isinstance(found, Mapping) else None
    return labels.get(said) if isinstance(said, str) else None


def read_prose(
    reply: str, labels: Mapping[str, Label], grammar: Sequence[re.Pattern[str]]
) -> Label | None:
    """Return the one label that a reply in prose decides for, None if it names none or several.

    Code blocks and quotations are taken out first: they may repeat what a sample says.

    Args:
        reply: What the model wrote.
        labels: What each label means; compared without regard to case.
        grammar: Ways to state a decision, each with one group for the label; the first way that
            the reply uses counts, and it must then name the same label throughout.
    """
    own = _QUOTES.sub(" ", _FENCES.sub(" ", reply))
    known = {name.lower(): label for name, label in labels.items()}
    for way in grammar:
        said = [name.lower() for name in _groups(way, own)]
        if said:
            return known.get(said[0]) if len(set(said)) == 1 else None
    return None


def read_word(reply: str, labels: Mapping[str, Label]) -> Label | None:
    """Return the label that a reply begins with, None if it begins otherwise or names another."""
    known = {name.lower(): label for name, label in labels.items()}
    words = [word for word in re.findall(r"[a-z_]+", reply.lower()) if word.strip("_")]
    named = {word for word in words if word in known}
    return known[words[0]] if words and named == {words[0]} else None


def _groups(way: re.Pattern[str], text: str) -> Iterable[str]:
    return (found[1] for found in way.finditer(text))
