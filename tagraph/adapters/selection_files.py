"""A selection to a file or stream: in the container of its source, or converted with a note."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from tagraph.adapters.json_records import BOM
from tagraph.adapters.new_files import check_target, write_file
from tagraph.adapters.record_files import split_suffix
from tagraph.adapters.record_writers import (
    write_csv,
    write_json,
    write_jsonl,
    write_tables,
)
from tagraph.errors import OptionsError
from tagraph.steps.records import Chosen, SourceFile

__all__ = ["Chosen", "check_selection_target", "write_selection"]

_WRITERS: dict[str, Callable[[BinaryIO, Sequence[Chosen], Sequence[SourceFile]], None]] = {
    "jsonl": write_jsonl,
    "json": write_json,
    "csv": write_csv,
    "parquet": write_tables,
}
_KEPT = {
    "jsonl": "jsonl, bytes as they came",
    "json": "json array, bytes of each element as they came",
    "csv": "csv, header kept, bytes as they came",
    "parquet": "parquet, same schema and values",
}


def write_selection(
    target: Path | BinaryIO,
    chosen: Sequence[Chosen],
    sources: Sequence[SourceFile],
    *,
    overwrite: bool = False,
) -> str:
    r"""Write the chosen records in their order and say what was done to them.

    The container is that of the source unless the suffix of `target` asks for another. JSONL and
    CSV keep the very bytes of each record with \n as line end, a JSON array those of each
    element, Parquet schema and values. JSONL can be made of anything, a JSON array of JSONL.
    A file is complete or absent; .gz and .zst compress; equal selections give equal bytes.

    Args:
        target: A file, or a stream; the path "-" is standard output.
        chosen: The records in selection order.
        sources: The files they came from, as `Ingest.sources` has them.
        overwrite: Replace an existing file.

    Returns:
        A note such as "jsonl, bytes as they came" or "converted from csv to jsonl".

    Raises:
        InputError: The target cannot or must not be written, or a Parquet source changed.
        OptionsError: The suffix asks for a conversion that is not possible.
    """
    if isinstance(target, Path) and str(target) != "-":
        container, note = check_selection_target(target, sources, overwrite=overwrite)
        with write_file(target, split_suffix(target.name)[1]) as stream:
            _WRITERS[container](stream, chosen, sources)
        return note
    container, note = _plan("", "", sources)
    stream = sys.stdout.buffer if isinstance(target, Path) else target
    _WRITERS[container](stream, chosen, sources)
    stream.flush()
    return note


def check_selection_target(
    target: Path, sources: Sequence[SourceFile], *, overwrite: bool = False
) -> tuple[str, str]:
    """Return container and note of a file before it is written, so that no work is in vain.

    Raises:
        InputError: The target exists, is one of the sources, or has no folder.
        OptionsError: The suffix asks for a conversion that is not possible.
    """
    plan = _plan(*split_suffix(target.name), sources)
    check_target(target, [source.path for source in sources], overwrite=overwrite)
    return plan


def _plan(asked: str, compression: str, sources: Sequence[SourceFile]) -> tuple[str, str]:
    """Return the container to write and the note that says what happens to the records."""
    held = sorted({source.container for source in sources})
    possible = _list_possible(held, sources)
    wanted = asked or possible[0]
    given = " and ".join(held)
    if wanted not in possible:
        choice = ", ".join(f".{name}" for name in possible)
        raise OptionsError(f"cannot write {given} as {wanted}; possible suffixes: {choice}")
    if wanted == "parquet" and compression:
        raise OptionsError("Parquet compresses its columns itself; let the name end in .parquet")
    if held != [wanted]:
        texts = ", csv values as text" if "csv" in held else ""
        return wanted, f"converted from {given} to {wanted}{texts}"
    wrappers = sorted({f"`{source.wrapper}`" for source in sources if source.wrapper})
    lost = f"; without the object around the list {', '.join(wrappers)}" if wrappers else ""
    return wanted, _KEPT[wanted] + (lost if wanted == "json" else "")


def _list_possible(held: Sequence[str], sources: Sequence[SourceFile]) -> list[str]:
    """Return the containers that can be written, the natural one first."""
    headers = {source.header.removeprefix(BOM) for source in sources}
    same = [held[0]] if len(held) == 1 and len(headers) == 1 else []
    array = ["json"] if set(held) <= {"json", "jsonl"} else []
    return list(dict.fromkeys([*same, "jsonl", *array]))
