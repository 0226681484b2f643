"""Chosen records to the bytes of a container: as they came, or converted to JSONL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import orjson

from tagraph.adapters.csv_records import find_delimiter, read_rows
from tagraph.adapters.json_records import BOM
from tagraph.adapters.parquet_files import (
    find_compression,
    plain_value,
    take_rows,
    to_rows,
    write_parquet,
)
from tagraph.errors import InputError, OptionsError
from tagraph.steps.records import Chosen, SourceFile

if TYPE_CHECKING:
    import pyarrow as pa


def write_jsonl(stream: BinaryIO, chosen: Sequence[Chosen], sources: Sequence[SourceFile]) -> None:
    """Write one line per record: the very bytes of JSON, objects made of other rows.

    Raises:
        InputError: A Parquet source changed since it was read.
    """
    rows = _rows_by_source(chosen)
    converters = {i: _find_converter(sources[i], rows[i]) for i in rows}
    for one in chosen:
        stream.write(converters[one.source](one) + b"\n")


def write_json(stream: BinaryIO, chosen: Sequence[Chosen], sources: Sequence[SourceFile]) -> None:
    """Write a JSON array of the very bytes of each record."""
    stream.write(b"[\n" + b",\n".join(one.original for one in chosen) + b"\n]\n")


def write_csv(stream: BinaryIO, chosen: Sequence[Chosen], sources: Sequence[SourceFile]) -> None:
    """Write the header of the first source and the very bytes of each record."""
    stream.write(sources[0].header)
    for one in chosen:
        stream.write(one.original + b"\n")


def write_tables(stream: BinaryIO, chosen: Sequence[Chosen], sources: Sequence[SourceFile]) -> None:
    """Write the rows as Parquet with the schema, values and compression of their source.

    Raises:
        InputError: A source changed since it was read.
        OptionsError: The sources have different schemas.
    """
    import pyarrow as pa

    rows = _rows_by_source(chosen) or {0: []}
    tables = {i: _load_rows(sources[i], rows[i]) for i in sorted(rows)}
    first, *others = tables.values()
    if any(not first.schema.equals(other.schema) for other in others):
        raise OptionsError("the Parquet sources have different schemas; write to .jsonl instead")
    starts, places, total = dict[int, int](), list[int](), 0
    for i, table in tables.items():
        starts[i], total = total, total + len(table)
    for one in chosen:
        places.append(starts[one.source])
        starts[one.source] += 1
    joined = pa.concat_tables([first, *others]).take(pa.array(places, pa.int64()))
    source = sources[min(rows)]
    write_parquet(joined, stream, find_compression(source.path, source.name))


def _rows_by_source(chosen: Iterable[Chosen]) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = {}
    for one in chosen:
        rows.setdefault(one.source, []).append(one.row)
    return rows


def _load_rows(source: SourceFile, rows: Sequence[int]) -> pa.Table:
    """Return rows of a Parquet file that is still the one that was read."""
    try:
        with Path(source.path).open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{source.path} cannot be read again: {reason}; put it back") from error
    if found != source.sha256:
        raise InputError(f"{source.path} changed since it was read; run again on the new file")
    return take_rows(source.path, source.name, rows)


def _find_converter(source: SourceFile, rows: Sequence[int]) -> Callable[[Chosen], bytes]:
    """Return what makes one JSON line of a record of `source`."""
    if source.container == "csv":
        return _convert_csv(source)
    if source.container == "parquet":
        return _convert_parquet(source, rows)
    return _put_on_one_line


def _put_on_one_line(one: Chosen) -> bytes:
    """Return JSON without line ends: between tokens they are blanks, inside texts forbidden."""
    return one.original.replace(b"\r\n", b" ").replace(b"\n", b" ").replace(b"\r", b" ")


def _convert_csv(source: SourceFile) -> Callable[[Chosen], bytes]:
    header = source.header.removeprefix(BOM)
    delimiter = find_delimiter(header)
    names = next(read_rows([header.decode()], delimiter))

    def convert(one: Chosen) -> bytes:
        fields = next(read_rows([one.original.decode()], delimiter))
        return orjson.dumps(dict(zip(names, fields, strict=True)))

    return convert


def _convert_parquet(source: SourceFile, rows: Sequence[int]) -> Callable[[Chosen], bytes]:
    values = dict(zip(rows, to_rows(_load_rows(source, rows)), strict=True))
    return lambda one: orjson.dumps(values[one.row], default=plain_value)
