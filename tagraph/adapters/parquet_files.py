"""Parquet files to records and back: row groups one after the other, schema and values kept."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tagraph.adapters.byte_streams import MAX_RATIO, RATIO_FROM
from tagraph.adapters.json_records import Origin
from tagraph.errors import InputError
from tagraph.steps.record_ledger import canonical_row
from tagraph.steps.records import Record, SetAside

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = b"PAR1"
BATCH = 100  # rows at once: one text of a dictionary may stand in all of them


@contextmanager
def _open(path: str, name: str) -> Iterator[Any]:
    """Open a Parquet file; what Arrow cannot read is one clear line."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{name} cannot be read as Parquet: {reason}") from error


def read_parquet(path: str, origin: Origin) -> Iterator[Record | SetAside]:
    """Yield one record per row; a row that Python cannot hold is set aside.

    Raises:
        InputError: The file is damaged or no Parquet.
    """
    row, n_bytes, most = 0, 0, _limit_of(path)
    with _open(path, origin.name) as file:
        _check_sizes(file, origin.name, most)
        for batch in file.iter_batches(batch_size=BATCH):
            n_bytes += batch.nbytes
            _guard(n_bytes, origin.name, most)
            is_large = batch.nbytes > origin.max_record
            for value in to_rows(batch):
                yield _accept(value, row, origin, is_large=is_large)
                row += 1


def _limit_of(path: str) -> int:
    """Return to how many bytes a file may unpack."""
    return max(RATIO_FROM, MAX_RATIO * Path(path).stat().st_size)


def _check_sizes(file: Any, name: str, most: int) -> None:
    """Refuse a file that says itself that a part of it unpacks to more than it may.

    The columns are not looked at: Arrow ends the process over one that is described wrongly, while
    reading it is an error.
    """
    meta = file.metadata
    for group in range(meta.num_row_groups):
        _guard(meta.row_group(group).total_byte_size, name, most)


def _guard(n_bytes: int, name: str, most: int) -> None:
    if n_bytes > most:
        raise InputError(
            f"{name} unpacks to more than {MAX_RATIO} times its size; if that is meant, write it"
            " without compression, or as JSONL"
        )


def _accept(
    value: dict[str, Any] | Exception, row: int, origin: Origin, *, is_large: bool
) -> Record | SetAside:
    if not isinstance(value, dict):
        return origin.set_aside(b"", row + 1, f"a value that cannot be read: {value}")
    if is_large and len(canonical_row(value)) > origin.max_record:
        return origin.set_aside(b"", row + 1, origin.too_long)
    return Record(b"", value, origin.index, row, row + 1)


def to_rows(batch: pa.RecordBatch | pa.Table) -> Iterator[dict[str, Any] | Exception]:
    """Yield each row as Python values, or the error that one row has; times become text."""
    plain = _plain_times(batch)
    try:
        rows = plain.to_pylist()
    except (ValueError, OverflowError):
        rows = [_to_row(plain.slice(row, 1)) for row in range(len(plain))]
    yield from rows


def _to_row(one: pa.RecordBatch | pa.Table) -> dict[str, Any] | Exception:
    try:
        value: dict[str, Any] = one.to_pylist()[0]
    except (ValueError, OverflowError) as error:
        return error
    return value


def _plain_times(batch: pa.RecordBatch | pa.Table) -> pa.RecordBatch | pa.Table:
    """Return `batch` with times as text: Python has no nanoseconds and no year 10,000."""
    import pyarrow as pa

    for i, column in enumerate(batch.schema):
        if pa.types.is_temporal(column.type):
            batch = batch.set_column(i, column.name, batch.column(i).cast(pa.string()))
    return batch


def take_rows(path: str, name: str, rows: Sequence[int]) -> pa.Table:
    """Return the given rows of a file, in that order, with the schema of the file.

    Raises:
        InputError: The file is damaged or no Parquet.
    """
    import pyarrow as pa

    wanted = sorted(set(rows))
    with _open(path, name) as file:
        parts, start, taken = [file.schema_arrow.empty_table()], 0, 0
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            local = []
            while taken < len(wanted) and wanted[taken] < end:
                local.append(wanted[taken] - start)
                taken += 1
            if local:
                parts.append(file.read_row_group(group).take(pa.array(local, pa.int64())))
            start = end
    place = {row: i for i, row in enumerate(wanted)}
    return pa.concat_tables(parts).take(pa.array([place[row] for row in rows], pa.int64()))


def find_compression(path: str, name: str) -> str:
    """Return how the columns of a file are compressed, in the words of Arrow's writer."""
    with _open(path, name) as file:
        if not (file.num_row_groups and file.metadata.num_columns):
            return "snappy"
        found = file.metadata.row_group(0).column(0).compression.lower()
    return "none" if found == "uncompressed" else str(found)


def write_parquet(table: pa.Table, target: BinaryIO, compression: str) -> None:
    """Write a table with its schema and metadata."""
    from pyarrow import parquet

    parquet.write_table(table, target, compression=compression)


def plain_value(value: object) -> str:
    """Return what JSON has no word for as text: bytes as base64, numbers and times as written."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)
