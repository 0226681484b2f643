"""Rows of a trainer's form to a file: JSONL, a JSON array, Parquet, or CSV where rows are flat."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from tagraph.adapters.new_files import check_target, write_file
from tagraph.adapters.parquet_files import write_parquet
from tagraph.adapters.record_files import split_suffix
from tagraph.errors import OptionsError
from tagraph.stages.trainer_rows import ALPACA, PROMPT, Row, TrainerRows

if TYPE_CHECKING:
    import pyarrow as pa

FLAT_FORMS = (ALPACA, PROMPT)  # where no row has more than one exchange


def check_trainer_target(
    target: Path, form: str, sources: Sequence[str] = (), *, overwrite: bool = False
) -> str:
    """Return the container that the suffix of a target asks for, before any work; or JSONL.

    Raises:
        InputError: The target cannot or must not be written.
        OptionsError: The container cannot hold the form.
    """
    container, compression = split_suffix(target.name)
    if container == "parquet" and compression:
        raise OptionsError("Parquet compresses its columns itself; let the name end in .parquet")
    if ".tsv" in target.suffixes:
        raise OptionsError("rows go to .jsonl, .json, .parquet or .csv, not to .tsv")
    if container == "csv" and form not in FLAT_FORMS:
        raise OptionsError(f"CSV cannot hold the lists of '{form}'; let the name end in .jsonl")
    check_target(target, sources, overwrite=overwrite)
    return container or "jsonl"


def write_trainer_rows(
    target: Path | BinaryIO,
    rows: TrainerRows,
    sources: Sequence[str] = (),
    *,
    overwrite: bool = False,
) -> None:
    r"""Write rows; equal rows give equal bytes, a file is complete or absent.

    CSV holds the texts as they are, for trainers: a spreadsheet may take a text that starts with
    = + - or @ for a formula.

    Args:
        target: A file whose suffix names the container, .gz and .zst included, or a stream, which
            takes JSONL.
        rows: The rows.
        sources: Absolute paths that must stay as they are.
        overwrite: Replace an existing file.

    Raises:
        InputError: The target cannot or must not be written.
        OptionsError: The container cannot hold the form, or CSV the list that a row has.
    """
    if not isinstance(target, Path):
        _write_jsonl(target, rows)
        target.flush()
        return
    container = check_trainer_target(target, rows.form, sources, overwrite=overwrite)
    with write_file(target, split_suffix(target.name)[1]) as stream:
        _WRITERS[container](stream, rows)


def _write_jsonl(stream: BinaryIO, rows: TrainerRows) -> None:
    for row in rows.rows:
        stream.write(orjson.dumps(row) + b"\n")


def _write_json(stream: BinaryIO, rows: TrainerRows) -> None:
    stream.write(b"[\n" + b",\n".join(orjson.dumps(row) for row in rows.rows) + b"\n]\n")


def _write_csv(stream: BinaryIO, rows: TrainerRows) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    names = list(rows.rows[0]) if rows.rows else []
    writer.writerow(names)
    for row in rows.rows:
        writer.writerow([_flat(row, name, rows.form) for name in names])
    stream.write(text.getvalue().encode())


def _flat(row: Row, name: str, form: str) -> object:
    value = row[name]
    if isinstance(value, list):
        if value:
            raise OptionsError(
                f"CSV cannot hold the list in `{name}` of the form '{form}'; write to .jsonl"
            )
        return ""
    return value


def _write_parquet(stream: BinaryIO, rows: TrainerRows) -> None:
    import pyarrow as pa

    schema = pa.schema([(name, _find_type(name, rows)) for name in (rows.rows or [{}])[0]])
    write_parquet(pa.Table.from_pylist(rows.rows, schema), stream, "zstd")


def _find_type(name: str, rows: TrainerRows) -> pa.DataType:
    """Return the type of a column by its name, so that empty lists do not leave it open."""
    import pyarrow as pa

    text, number = pa.string(), pa.float64()
    said = pa.list_(pa.struct([("role", text), ("content", text)]))
    types: dict[str, Any] = {
        "messages": said,
        "dialogs": said,
        "conversations": pa.list_(pa.struct([("from", text), ("value", text)])),
        "history": pa.list_(pa.list_(text)),
        "labels": pa.list_(text),
        "score": number,
        "complexity_scores": pa.list_(number),
        "quality_scores": pa.list_(number),
    }
    is_said = name in ("prompt", "completion") and isinstance(rows.rows[0][name], list)
    return said if is_said else types.get(name, text)


_WRITERS: dict[str, Callable[[BinaryIO, TrainerRows], None]] = {
    "jsonl": _write_jsonl,
    "json": _write_json,
    "csv": _write_csv,
    "parquet": _write_parquet,
}
