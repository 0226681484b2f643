"""Records of any table to bags of the tags they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from tagraph.data import Bags
from tagraph.errors import InputError
from tagraph.stages.conversations import UnusableRecordError, parse_tags
from tagraph.stages.tag_fields import TagsField, describe_field, find_tags_field
from tagraph.steps.ingest import IngestOptions, check_bad
from tagraph.steps.record_ledger import report_record
from tagraph.steps.records import Record, SetAside
from tagraph.steps.tag import clean_bag
from tagraph.text import as_name, clean_text, shorten

LOOKED_AT = 100  # records that tell which field holds tags


@dataclass(frozen=True, eq=False)
class TagTable:
    """The tags of a table.

    Attributes:
        bags: One bag per usable record, in the order of the source; a record may have none.
        field: Where the tags stood.
        set_aside: Records that could not be used.
    """

    bags: Bags
    field: TagsField
    set_aside: tuple[SetAside, ...]


def build_bags(
    records: Iterable[Record | SetAside],
    names: Sequence[str],
    options: IngestOptions = IngestOptions(),
    name: str | None = None,
) -> TagTable:
    """Return the tags of each record.

    Args:
        records: Good records and those the reader could not read, in the order read.
        names: Names of the sources, by `Record.source`.
        options: Limit, and how much may be bad.
        name: The field that holds tags: a list, a text separated by comma, semicolon or bar, or
            one tag where the name is singular. None finds it in the first `LOOKED_AT` records.

    Raises:
        InputError: No field is known to hold tags, no record has one, there is no usable record,
            or more than `max_bad` of them are bad.
    """
    first = list(islice(records := islice(records, options.limit), LOOKED_AT))
    where = _settle([r.value for r in first if isinstance(r, Record)], names, name)
    ledger = _Ledger(names, where)
    bags = Bags.of(ledger.read(chain(first, records)))
    check_bad(names, ledger.set_aside, len(bags), options.max_bad)
    if not bags.vocabulary:
        raise InputError(f"{_joined(names)}: no record has a tag in the field `{where.name}`")
    return TagTable(bags, where, tuple(ledger.set_aside))


def _settle(
    values: Sequence[Mapping[str, object]], names: Sequence[str], name: str | None
) -> TagsField:
    """Return the field that holds tags, found in these records if it is not named."""
    found = find_tags_field(values) if name is None else describe_field(name)
    known = dict.fromkeys(field for value in values for field in value)
    if not known or (found is not None and found.name in known):
        return found or TagsField("", single=False)  # without a record, there is more to say
    missing = (
        "no field is called tags, keywords, labels, topics or categories"
        if name is None
        else f"no field `{name}`"
    )
    fields = shorten(", ".join(f"`{as_name(field)}`" for field in known), 160)
    raise InputError(
        f"{_joined(names)}: {shorten(clean_text(missing), 80)}; fields: {fields}; "
        "name the one that holds tags with --tags-field"
    )


def _joined(names: Sequence[str]) -> str:
    return shorten(", ".join(names), 200)


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What is set aside while records pass."""

    names: Sequence[str]
    where: TagsField
    set_aside: list[SetAside] = field(default_factory=list)

    def read(self, records: Iterable[Record | SetAside]) -> Iterator[list[str]]:
        """Yield the bag of each usable record."""
        for record in records:
            if isinstance(record, SetAside):
                self.set_aside.append(record)
                continue
            try:
                yield clean_bag(self._parse(record.value.get(self.where.name)))
            except (UnusableRecordError, RecursionError) as error:
                self.set_aside.append(report_record(record, self.names, error, self.where.name))

    def _parse(self, value: object) -> Sequence[str]:
        return [value] if self.where.single and isinstance(value, str) else parse_tags(value)
