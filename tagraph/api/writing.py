"""The stored selection to a file: its records as they came, or rows in the form of a trainer."""

from __future__ import annotations

import filecmp
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from tagraph.adapters.numbered_files import (
    PER_FILE,
    all_files,
    first_file,
    is_pattern,
    name_parts,
    refuse_strays,
)
from tagraph.adapters.selection_files import check_selection_target, write_selection
from tagraph.adapters.trainer_files import check_trainer_target, write_trainer_rows
from tagraph.errors import InputError
from tagraph.stages.trainer_rows import Rated, TrainerRows, make_rows
from tagraph.stages.trainer_settings import describe_settings
from tagraph.steps.records import SourceFile
from tagraph.store import Store


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the records on their way to a file.

    Attributes:
        note: What was kept, converted or left out, for people.
        settings: Trainer -> what it must be told to read the file; empty unless converted.
    """

    note: str
    settings: Mapping[str, str] = field(default_factory=dict)


Write = Callable[[Path | BinaryIO, bool], Written]
Load = Callable[[slice, Path | BinaryIO], Write]


def write_selected(
    store: Store,
    target: Path | BinaryIO,
    *,
    form: str | None = None,
    overwrite: bool = False,
    per_file: int = PER_FILE,
) -> Written:
    """Write the stored selection in the order chosen; return what became of its records.

    A file that holds these very bytes already is left alone.

    Args:
        store: Where the selection is.
        target: A file, a stream, or a name with `{}` for as many numbered files as it takes.
        form: One of `TRAINER_FORMS`; None keeps the records as they came.
        overwrite: Replace a file that holds something else.
        per_file: Records of one numbered file, at most.

    Raises:
        InputError: The target is there with other bytes, cannot be written, or numbered files are
            there that are no part of this selection.
        OptionsError: The form or the suffix of the target is not possible.
    """
    load = _load_records(store) if form is None else _load_rows(store, form)
    if not (isinstance(target, Path) and is_pattern(target)):
        return _write_file(target, load(slice(None), target), overwrite=overwrite)
    parts = name_parts(target, len(store.results.load_selection()), per_file)
    refuse_strays(target, parts)
    for path, part in parts:
        written = _write_file(path, load(part, target), overwrite=overwrite)
    return replace(written, note=f"{written.note}; in {len(parts):,} files")


def _load_records(store: Store) -> Load:
    """Return what prepares the writing of a part of the records as they came."""
    sources = store.samples.load_sources()
    index = store.results.load_selection().index.tolist()

    def load(part: slice, target: Path | BinaryIO) -> Write:
        chosen = store.samples.load_records(index[part])
        return lambda place, overwrite: Written(
            write_selection(place, chosen, sources, overwrite=overwrite)
        )

    return load


def _load_rows(store: Store, form: str) -> Load:
    """Return what prepares the writing of a part of the rows of a trainer's form."""
    paths = _paths(store.samples.load_sources())
    rows = load_trainer_rows(store, form)

    def load(part: slice, target: Path | BinaryIO) -> Write:
        own = replace(rows, rows=rows.rows[part])
        name = all_files(target) if isinstance(target, Path) else "subset.jsonl"
        settings = describe_settings(form, name, is_plain=rows.is_plain, is_bare=rows.is_bare)

        def write(place: Path | BinaryIO, overwrite: bool) -> Written:
            write_trainer_rows(place, own, paths, overwrite=overwrite)
            return Written(describe_losses(rows), settings)

        return write

    return load


def _write_file(target: Path | BinaryIO, write: Write, *, overwrite: bool) -> Written:
    if isinstance(target, Path) and target.is_file() and not overwrite:
        return _keep_same(target, write)
    return write(target, overwrite)


def check_writable(
    target: Path, sources: Sequence[SourceFile], form: str | None, *, overwrite: bool
) -> None:
    """Refuse a target that cannot be written, before any work is done; of a pattern the first file.

    Raises:
        InputError: The target exists, is one of the sources, or has no folder.
        OptionsError: The suffix asks for a conversion that is not possible.
    """
    target = first_file(target)
    if form is None:
        check_selection_target(target, sources, overwrite=overwrite)
    else:
        check_trainer_target(target, form, _paths(sources), overwrite=overwrite)


def load_trainer_rows(store: Store, form: str) -> TrainerRows:
    """Return the stored selection as rows of a trainer's form.

    Raises:
        MissingResultError: Nothing was selected.
        OptionsError: There is no such form.
    """
    selection = store.results.load_selection()
    index = selection.index.tolist()
    bags = store.tags.load_bags() if store.run("normalize") else None
    strength = store.results.load_scores()[0] if store.run("rank") else None
    return make_rows(
        [
            Rated(
                sample,
                tuple(bags[i]) if bags is not None else sample.tags,
                None if strength is None else float(strength[i]),
            )
            for i, sample in zip(index, store.samples.load_samples().take(index), strict=True)
        ],
        form,
    )


def describe_losses(rows: TrainerRows) -> str:
    """Return a note such as "converted to alpaca, texts only; 3 rows without ..."."""
    lost = "".join(f"; {count:,} {what}" for what, count in rows.losses.items())
    return f"converted to {rows.form}, other fields of the records left out{lost}"


def _paths(sources: Sequence[SourceFile]) -> list[str]:
    return [source.path for source in sources]


def _keep_same(target: Path, write: Write) -> Written:
    """Return what it holds if `target` holds already what would be written.

    Raises:
        InputError: It holds something else.
    """
    with TemporaryDirectory() as folder:
        fresh = Path(folder) / target.name
        written = write(fresh, False)
        if not filecmp.cmp(fresh, target, shallow=False):
            raise InputError(f"{target} is there already; add --overwrite to replace it")
    return replace(written, note=f"{written.note}; unchanged")
