"""Records counted while they pass: what they become, how they were read, which are set aside."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tagraph.data import ASSISTANT, HUMAN, SYSTEM, digest_said
from tagraph.stages.conversations import (
    Conversation,
    UnusableRecordError,
    parse_conversation,
    parse_sides,
    parse_tags,
    read_clean_bags,
)
from tagraph.steps.record_shapes import Shape, Shapes
from tagraph.steps.records import Record, Row, SetAside
from tagraph.text import clean_text, shorten

EXCERPT = 80
_KNOWN_ROLES = frozenset((HUMAN, ASSISTANT, SYSTEM))


class _Read(NamedTuple):
    """How a record was read; equal for all but a few records of a file."""

    form: str
    sign: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    has_tags: bool
    has_id: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is counted while records pass.

    Attributes:
        names: Names of the sources, by `Record.source`.
        tags_field: Field that may hold tags.
        id_field: Field that holds what a record calls itself; None for none.
        shapes: How records of one shape are read.
        form: In which form all are read, or auto.
        sides: Fields of query and response, where they are named; None finds them.
        rows: The good ones.
        set_aside: Those that could not be used, in the order they were read.
        notices: Tags that could not be used, in that order.
        read: How records were read.
        alike: How many were read as others of their shape: with tags, with an id.
        roles: Roles that are kept as written.
    """

    names: Sequence[str]
    form: str
    sides: tuple[str, str] | None
    tags_field: str
    id_field: str | None
    shapes: Shapes
    rows: list[Row] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    notices: list[SetAside] = field(default_factory=list)
    read: Counter[_Read] = field(default_factory=Counter)
    alike: Counter[tuple[Shape, bool, bool]] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)

    def add(self, records: Sequence[Record | SetAside]) -> None:
        """Count records: those of one shape together, the others one by one in their order."""
        shapes = [
            None if isinstance(record, SetAside) or self.sides else self.shapes.find(record.value)
            for record in records
        ]
        taken = set[int]()
        for shape in dict.fromkeys(shapes):
            if shape is not None:
                places = [i for i, other in enumerate(shapes) if other is shape]
                taken.update(self._add_alike(shape, places, records))
        if len(taken) < len(records):
            for i, record in enumerate(records):
                if isinstance(record, SetAside):
                    self.set_aside.append(record)
                elif i not in taken:
                    self._add_slowly(record)

    def _add_alike(
        self, shape: Shape, places: Sequence[int], records: Sequence[Any]
    ) -> Iterator[int]:
        """Add the records of one shape at these places; yield the places of those it could."""
        values = [records[i].value for i in places]
        bags = read_clean_bags([value.get(self.tags_field) for value in values])
        roles, names = shape.roles, self.id_field
        for i, said, bag in zip(places, shape.read(values), bags, strict=True):
            if said is not None and bag is not None:
                original, value, source, place, _ = record = records[i]
                record_id = self._read_id(record) if names else ""
                self.alike[shape, bag != (), record_id != ""] += 1
                content = original or canonical_row(value)
                key = digest_said(roles, said)
                row = (key, content, bag, source, place, original, roles, said, record_id)
                self.rows.append(Row._make(row))
                yield i

    def _add_slowly(self, record: Record) -> None:
        """Add a record that is not read as others of its shape are."""
        try:
            found = self._parse(record.value)
        except (UnusableRecordError, RecursionError) as error:
            self.set_aside.append(report_record(record, self.names, error))
            return
        tags, record_id = self._read_tags(record), self._read_id(record)
        self._count(found, bool(tags), bool(record_id))
        roles = tuple([turn.role for turn in found.turns])
        said = tuple([turn.content for turn in found.turns])
        self._keep(record, roles, said, tags, record_id)

    def _parse(self, value: Mapping[str, object]) -> Conversation:
        if self.sides is None:
            return parse_conversation(value, self.form)
        return parse_sides(value, *self.sides)

    def _keep(
        self,
        record: Record,
        roles: tuple[str, ...],
        said: tuple[str, ...],
        tags: tuple[str, ...],
        record_id: str,
    ) -> None:
        original = record.original
        content = original or canonical_row(record.value)
        key = digest_said(roles, said)
        self.rows.append(
            Row(key, content, tags, record.source, record.row, original, roles, said, record_id)
        )

    def _read_tags(self, record: Record) -> tuple[str, ...]:
        """Return the tags of a record; unusable ones are noticed and the record goes on."""
        name = self.tags_field
        try:
            return parse_tags(record.value.get(name))
        except (UnusableRecordError, RecursionError) as error:
            self.notices.append(report_record(record, self.names, error, name))
            return ()

    def _read_id(self, record: Record) -> str:
        """Return what a record calls itself; empty if it does not."""
        name = self.id_field
        if name is None:
            return ""
        value = record.value.get(name)
        is_name = isinstance(value, str | int) and not isinstance(value, bool)
        return clean_text(str(value)) if is_name else ""

    def count_alike(self) -> None:
        """Count the records that were read as others of their shape."""
        for (shape, has_tags, has_id), n in self.alike.items():
            found = shape.found
            self.read[_Read(found.form, found.sign, found.fields, has_tags, has_id)] += n
        self.alike.clear()

    def _count(self, found: Conversation, has_tags: bool, has_id: bool) -> None:
        self.read[_Read(found.form, found.sign, found.fields, has_tags, has_id)] += 1
        for turn in found.turns:
            if turn.role not in _KNOWN_ROLES:
                self.roles[turn.role] += 1

    @property
    def forms(self) -> Counter[tuple[str, tuple[str, ...]]]:
        """How many records had each form, known by these fields."""
        found: Counter[tuple[str, tuple[str, ...]]] = Counter()
        for read, n in self.read.items():
            found[read.form, read.sign] += n
        return found

    @property
    def fields(self) -> Counter[tuple[str, str, str]]:
        """How many records of each form took something from a field."""
        found: Counter[tuple[str, str, str]] = Counter()
        for read, n in self.read.items():
            own = [("tags", self.tags_field)] * read.has_tags
            own += [("id", self.id_field or "")] * read.has_id
            for gives, name in (*read.fields, *own):
                found[read.form, gives, name] += n
        return found


def report_record(
    record: Record, names: Sequence[str], error: Exception, field: str = ""
) -> SetAside:
    """Return what is kept of a record that cannot be used, or of a field of it, and why."""
    if isinstance(error, UnusableRecordError):
        field, reason = field or error.field, error.reason
    else:
        reason = "nested too deeply"
    excerpt = make_excerpt(record.original or canonical_row(record.value))
    return SetAside(names[record.source], record.line, field, reason, excerpt)


def canonical_row(value: Mapping[str, object]) -> bytes:
    """Return a row as JSON that depends on its values only, not on the order of its fields."""
    return json.dumps(value, sort_keys=True, default=str).encode()


def make_excerpt(data: bytes) -> str:
    """Return the beginning of a record as one short line of valid text."""
    return shorten(clean_text(data[: 4 * EXCERPT].decode("utf-8", "replace")), EXCERPT)
