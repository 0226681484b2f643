"""Records of any table to the field that holds their tags."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

LISTS = ("tags", "keywords", "labels", "topics", "categories")
SINGLES = ("tag", "keyword", "label", "topic", "category")
_WORDS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")


class TagsField(NamedTuple):
    """Where the tags of a table stand.

    Attributes:
        name: The field.
        single: Each value is one tag, whatever separators stand in it.
    """

    name: str
    single: bool


def find_tags_field(records: Sequence[Mapping[str, object]]) -> TagsField | None:
    """Return the field of these records that holds tags, or None if it cannot be told.

    The last word of its name tells: `tags`, `llm_tags`, `Keywords`; with several, the order is
    that of `LISTS`, then of `SINGLES`, then of the record. A table of one field has no other.
    """
    names = list(dict.fromkeys(name for record in records for name in record))
    filled = [name for name in names if any(_may_hold(record.get(name)) for record in records)]
    order = (*LISTS, *SINGLES)
    known = [name for name in filled if _last_word(name) in order]
    if known:
        return describe_field(min(known, key=lambda name: order.index(_last_word(name))))
    return TagsField(names[0], single=True) if len(names) == 1 else None


def describe_field(name: str) -> TagsField:
    """Return a field that was named: one that is called a tag holds one in each record."""
    return TagsField(name, single=_last_word(name) in SINGLES)


def _last_word(name: str) -> str:
    words = [word for word in _WORDS.split(name) if word]
    return words[-1].casefold() if words else ""


def _may_hold(value: object) -> bool:
    """Return whether a value may be tags: a text, or a list of texts, that is not empty."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, str | None) for item in value)
    return isinstance(value, str) and bool(value.strip())
