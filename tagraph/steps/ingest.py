"""Records to samples: cleaned, identified by their text, sorted; bad ones set aside and counted."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from math import ceil
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from tagraph.data import ASSISTANT, HUMAN, SYSTEM, Samples, digest_said
from tagraph.errors import InputError, OptionsError
from tagraph.stages.conversations import (
    FORMATS,
    Conversation,
    UnusableRecordError,
    parse_conversation,
    parse_tags,
    read_clean_bags,
)
from tagraph.steps.record_shapes import Shape, Shapes
from tagraph.steps.records import FieldUse, Ingest, Record, Row, SetAside
from tagraph.text import clean_text, shorten

ID_DIGITS = 20
BATCH = 500  # records that are looked at together
EXCERPT = 80
_KNOWN_ROLES = frozenset((HUMAN, ASSISTANT, SYSTEM))


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How records become samples.

    Attributes:
        format: A form of `stages.conversations.FORMATS`, or auto: every record by its fields.
        limit: Read the first so many records only.
        max_bad: Share of records set aside above which reading fails.
        max_record: Bytes of one record above which it is set aside.
        max_text: Bytes of a JSON text of many lines, or of one array, that is held in memory whole;
            a longer one is refused. JSON lines have no such limit.
        tags_field: Field that may hold tags.
        id_field: Field that holds what a record calls itself, a text or a whole number; None for
            none. The sample's own id stays the digest of its text.
        split: Split of a data set of the hub, or of a folder laid out like one; None takes
            `train`, or the only one there is, and every file of a folder.
        revision: Branch, tag or commit of a data set of the hub; None takes its main branch.

    Raises:
        OptionsError: An option is unknown or out of range.
    """

    format: str = "auto"
    limit: int | None = None
    max_bad: float = 0.01
    max_record: int = 8_000_000
    max_text: int = 1_000_000_000
    tags_field: str = "tags"
    id_field: str | None = None
    split: str | None = None
    revision: str | None = None

    def __post_init__(self) -> None:
        if self.format not in ("auto", *FORMATS):
            known = ", ".join(("auto", *FORMATS))
            raise OptionsError(f"unknown format {self.format!r}; choose one of {known}")
        if self.limit is not None and self.limit < 1:
            raise OptionsError(f"limit is {self.limit}; it must be at least 1")
        if not 0 <= self.max_bad <= 1:
            raise OptionsError(f"max_bad is {self.max_bad}; it is a share from 0 to 1")
        if min(self.max_record, self.max_text) < 1:
            raise OptionsError("max_record and max_text are sizes in bytes, at least 1")
        if not self.tags_field:
            raise OptionsError("tags_field is empty; name the field that holds tags")
        if self.id_field == "":
            raise OptionsError("id_field is empty; name the field that holds ids, or none")


class _Read(NamedTuple):
    """How a record was read; equal for all but a few records of a file."""

    form: str
    sign: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    has_tags: bool
    has_id: bool


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What is counted while records pass."""

    names: Sequence[str]
    options: IngestOptions
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
            None if isinstance(record, SetAside) else self.shapes.find(record.value)
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
        bags = read_clean_bags([value.get(self.options.tags_field) for value in values])
        roles, names = shape.roles, self.options.id_field
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
            found = parse_conversation(record.value, self.options.format)
        except (UnusableRecordError, RecursionError) as error:
            self.set_aside.append(report_record(record, self.names, error))
            return
        tags, record_id = self._read_tags(record), self._read_id(record)
        self._count(found, bool(tags), bool(record_id))
        roles = tuple([turn.role for turn in found.turns])
        said = tuple([turn.content for turn in found.turns])
        self._keep(record, roles, said, tags, record_id)

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
        name = self.options.tags_field
        try:
            return parse_tags(record.value.get(name))
        except (UnusableRecordError, RecursionError) as error:
            self.notices.append(report_record(record, self.names, error, name))
            return ()

    def _read_id(self, record: Record) -> str:
        """Return what a record calls itself; empty if it does not."""
        name = self.options.id_field
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
            own = [("tags", self.options.tags_field)] * read.has_tags
            own += [("id", self.options.id_field or "")] * read.has_id
            for gives, name in (*read.fields, *own):
                found[read.form, gives, name] += n
        return found


def build_samples(
    records: Iterable[Record | SetAside],
    names: Sequence[str],
    options: IngestOptions = IngestOptions(),
) -> Ingest:
    """Turn records into samples in the order of their ids.

    An id is the digest of the cleaned turns. Repeats of one conversation are numbered in the
    order of their bytes (Parquet: of the row as canonical JSON), so the order of records decides
    neither ids nor which bytes go with which id. Unusable tags are noticed and count as none.

    Args:
        records: Good records and those the reader could not read, in the order read.
        names: Names of the sources, by `Record.source`.
        options: Form, limit, and how much may be bad.

    Returns:
        The samples, `sources` still empty: only who read the files can describe them.

    Raises:
        InputError: No record, no usable record, or more than `max_bad` of them are bad.
    """
    ledger = _Ledger(names, options, Shapes(options.format))
    source = islice(records, options.limit)
    while batch := list(islice(source, BATCH)):
        ledger.add(batch)
    ledger.count_alike()
    check_bad(names, ledger.set_aside, len(ledger.rows), options.max_bad)
    _check_ids(ledger)
    ids, rows = _identify(ledger.rows)
    return Ingest(
        samples=Samples(ids, lambda index: [rows[i].sample(ids[i], names) for i in index]),
        originals=tuple([row.original for row in rows]),
        source_index=np.array([row.source for row in rows], dtype=np.int64),
        sources=(),
        set_aside=tuple(ledger.set_aside),
        format=_name_format(ledger),
        evidence=_describe(ledger),
        notices=tuple(ledger.notices),
        fields=_list_fields(ledger),
        rows=tuple(rows),
    )


def _check_ids(ledger: _Ledger) -> None:
    """Refuse a field of ids that no record has.

    Raises:
        InputError: None has it.
    """
    name = ledger.options.id_field
    if name is not None and not any(row.record_id for row in ledger.rows):
        raise InputError(f"no record has an id in `{name}`, a text or a whole number")


def _identify(rows: list[Row]) -> tuple[list[str], list[Row]]:
    """Return ids and rows in the order of the ids; repeats of one conversation are numbered."""
    rows.sort(key=itemgetter(0))
    ids = [row.digest[:ID_DIGITS] for row in rows]
    repeated = [i for i, (left, right) in enumerate(pairwise(ids)) if left == right]
    done = 0
    for start in repeated:
        if start >= done:
            done = bisect_right(ids, ids[start], start)
            group = enumerate(sorted(rows[start:done]))
            named = sorted((f"{ids[start]}-{n + 1}" if n else ids[start], row) for n, row in group)
            ids[start:done], rows[start:done] = zip(*named, strict=True)
    return ids, rows


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


def check_bad(
    names: Sequence[str], set_aside: Sequence[SetAside], n_good: int, max_bad: float
) -> None:
    """Refuse input that holds nothing, or more bad records than allowed.

    Raises:
        InputError: It does; the message names the first bad record.
    """
    total = len(set_aside) + n_good
    if not total:
        raise InputError(f"{shorten(', '.join(names), 200)}: empty, no record to read")
    share = len(set_aside) / total
    if n_good and share <= max_bad:
        return
    told = f"{len(set_aside):,} of {total:,} records cannot be used"
    first = f"the first: {set_aside[0]}"
    if not n_good:
        raise InputError(f"{told}; {first}")
    allow = f"{ceil(share * 100) / 100:g}"
    raise InputError(
        f"{told} (allowed: {max_bad:.2%}); {first}; `--max-bad {allow}` goes on without them"
    )


def _name_format(ledger: _Ledger) -> str:
    forms = {form for form, _ in ledger.forms}
    return forms.pop() if len(forms) == 1 else "mixed"


def _describe(ledger: _Ledger) -> str:
    """Return one sentence: which rows have which fields, and what that makes them."""
    total = len(ledger.rows) + len(ledger.set_aside)
    found = sorted(ledger.forms.items(), key=lambda item: (-item[1], item[0]))
    parts = [
        f"{n:,} of {total:,} rows have {' and '.join(f'`{name}`' for name in sign)}: {form}"
        for (form, sign), n in found
    ]
    parts += [f"{len(ledger.set_aside):,} set aside"] if ledger.set_aside else []
    if ledger.roles:
        roles = ", ".join(f"{name} {n:,}" for name, n in ledger.roles.most_common(5))
        parts.append(f"other roles kept as written: {shorten(roles, 120)}")
    return "; ".join(parts)


def _list_fields(ledger: _Ledger) -> tuple[FieldUse, ...]:
    found = sorted(ledger.fields.items(), key=lambda item: (item[0][0], -item[1], item[0]))
    return tuple(FieldUse(*key, n) for key, n in found)


def canonical_row(value: Mapping[str, object]) -> bytes:
    """Return a row as JSON that depends on its values only, not on the order of its fields."""
    return json.dumps(value, sort_keys=True, default=str).encode()


def make_excerpt(data: bytes) -> str:
    """Return the beginning of a record as one short line of valid text."""
    return shorten(clean_text(data[: 4 * EXCERPT].decode("utf-8", "replace")), EXCERPT)
