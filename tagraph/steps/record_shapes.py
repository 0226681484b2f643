"""Records of one shape read alike: what `parse_conversation` made of the first serves the rest.

The shape of a record is the names of its fields, their types, and which of them hold something.
Where every field that a sample may be made of is a text or nothing, which fields make which turn
depends on the shape alone. That is learnt from a record of that shape with a mark in each field,
so whatever is read here is read as the long way reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeAlias

from tagraph.stages.conversations import (
    READ_FIELDS,
    TURN_FIELDS,
    Conversation,
    UnusableRecordError,
    parse_conversation,
)
from tagraph.text import clean_texts

SHAPES = 1000  # as many are learnt; a source with more reads the rest the long way
BETWEEN = "\n\n"
_TAGS = "tags"

_Key: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """How the records of one shape are read.

    Attributes:
        found: What a record of this shape was read as; its turns hold marks.
        roles: Role of each turn.
        parts: Fields whose texts make each turn, with a blank line between them.
    """

    found: Conversation
    roles: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]

    def read(self, records: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...] | None]:
        """Return what each turn of each record says, cleaned.

        None stands for a record with a text that is nothing but blanks: that has another shape.
        """
        columns = [_read_column(records, names) for names in self.parts]
        said = list(zip(*columns, strict=True))
        if all(map(all, columns)):
            return list(said)
        return [one if all(one) else None for one in said]


def _read_column(records: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """Return the texts of some fields, with a blank line between those of one record.

    Where one of them is nothing but blanks, nothing is returned in their place.
    """
    columns = [clean_texts(list(map(itemgetter(name), records))) for name in names]
    whole = columns[0] if len(columns) == 1 else list(map(BETWEEN.join, zip(*columns, strict=True)))
    if all(all(column) and not any(map(str.isspace, column)) for column in columns):
        return whole
    parts = zip(*columns, strict=True)
    return [
        text if all(map(str.strip, own)) else "" for text, own in zip(whole, parts, strict=True)
    ]


class Shapes:
    """The shapes that were met while a source is read."""

    def __init__(self, form: str) -> None:
        """Read every record as `form`, or by its fields if that is "auto"."""
        self._form = form
        self._known: dict[_Key, Shape | None] = {}

    def find(self, record: Mapping[str, object]) -> Shape | None:
        """Return the shape of a record; None where it has to be read the long way."""
        values = record.values()
        key = (*record, *map(type, values), *map(bool, values))
        if key in self._known:
            return self._known[key]
        if len(self._known) >= SHAPES:
            return None
        shape = self._known[key] = learn_shape(record, self._form)
        return shape


def learn_shape(record: Mapping[str, object], form: str) -> Shape | None:
    """Return how records of the shape of `record` are read; None where more than that decides."""
    marked: dict[str, object] = {}
    for i, (name, value) in enumerate(record.items()):
        if name in READ_FIELDS and name != _TAGS:
            if (value and name in TURN_FIELDS) or not (
                isinstance(value, str) or _is_nothing(value)
            ):
                return None
            value = f"<{i}>" if value else value
        marked[name] = value
    try:
        found = parse_conversation(marked, form)
    except (UnusableRecordError, RecursionError):
        return None
    name_of = {mark: name for name, mark in marked.items() if isinstance(mark, str)}
    texts = [turn.content.split(BETWEEN) for turn in found.turns]
    if not all(mark in name_of for marks in texts for mark in marks):
        return None
    parts = tuple(tuple(name_of[mark] for mark in marks) for marks in texts)
    return Shape(found, tuple(turn.role for turn in found.turns), parts)


def _is_nothing(value: object) -> bool:
    return value is None or value == []
