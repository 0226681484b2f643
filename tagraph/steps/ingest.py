"""Records to samples: cleaned, identified by their text, sorted; bad ones set aside and counted."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import ceil
from operator import itemgetter

import numpy as np

from tagraph.data import Samples
from tagraph.errors import InputError, OptionsError
from tagraph.stages.conversations import FORMATS, READ_FIELDS
from tagraph.steps.record_ledger import Ledger
from tagraph.steps.record_shapes import Shapes
from tagraph.steps.records import FieldUse, Ingest, Record, Row, SetAside
from tagraph.text import as_name, shorten

ID_DIGITS = 20
BATCH = 500  # records that are looked at together


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
        query_field: Field that holds the query, where it has no usual name; with `response_field`.
        response_field: Field that holds the response, where it has no usual name.
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
    query_field: str | None = None
    response_field: str | None = None
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
        self._check_fields()

    def _check_fields(self) -> None:
        if bool(self.query_field) != bool(self.response_field):
            raise OptionsError("query_field and response_field belong together; name both")
        if self.query_field and (self.format != "auto" or self.query_field == self.response_field):
            raise OptionsError("query_field and response_field are two fields, and take no format")
        if not self.tags_field:
            raise OptionsError("tags_field is empty; name the field that holds tags")
        if self.id_field == "":
            raise OptionsError("id_field is empty; name the field that holds ids, or none")

    @property
    def fields(self) -> frozenset[str]:
        """Fields that samples may be made of, with those that are named."""
        named = (self.query_field, self.response_field, self.tags_field, self.id_field)
        return READ_FIELDS.union(name for name in named if name)

    @property
    def sides(self) -> tuple[str, str] | None:
        """The fields of query and response, where they are named."""
        named = self.query_field and self.response_field
        return (str(self.query_field), str(self.response_field)) if named else None


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
    shapes = Shapes(options.format)
    ledger = Ledger(
        names, options.format, options.sides, options.tags_field, options.id_field, shapes
    )
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


def _check_ids(ledger: Ledger) -> None:
    """Refuse a field of ids that no record has.

    Raises:
        InputError: None has it.
    """
    name = ledger.id_field
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


def _name_format(ledger: Ledger) -> str:
    forms = {form for form, _ in ledger.forms}
    return forms.pop() if len(forms) == 1 else "mixed"


def _describe(ledger: Ledger) -> str:
    """Return one sentence: which rows have which fields, and what that makes them."""
    total = len(ledger.rows) + len(ledger.set_aside)
    found = sorted(ledger.forms.items(), key=lambda item: (-item[1], item[0]))
    parts = [
        f"{n:,} of {total:,} rows have {' and '.join(f'`{name}`' for name in sign)}: {form}"
        for (form, sign), n in found
    ]
    parts += [f"{len(ledger.set_aside):,} set aside"] if ledger.set_aside else []
    if ledger.roles:
        roles = ", ".join(f"{as_name(name)} {n:,}" for name, n in ledger.roles.most_common(5))
        parts.append(f"other roles kept as written: {shorten(roles, 120)}")
    return "; ".join(parts)


def _list_fields(ledger: Ledger) -> tuple[FieldUse, ...]:
    found = sorted(ledger.fields.items(), key=lambda item: (item[0][0], -item[1], item[0]))
    return tuple(FieldUse(*key, n) for key, n in found)
