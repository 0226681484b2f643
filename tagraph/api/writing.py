"""The stored selection to a file: its records as they came, or rows in the form of a trainer."""

from __future__ import annotations

import filecmp
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

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


Write = Callable[[Path | BinaryIO], Written]


def write_selected(
    store: Store, target: Path | BinaryIO, *, form: str | None = None, overwrite: bool = False
) -> Written:
    """Write the stored selection in the order chosen; return what became of its records.

    A file that holds these very bytes already is left alone.

    Args:
        store: Where the selection is.
        target: A file, or a stream.
        form: One of `TRAINER_FORMS`; None keeps the records as they came.
        overwrite: Replace a file that holds something else.

    Raises:
        InputError: The target is there with other bytes, or cannot be written.
        OptionsError: The form or the suffix of the target is not possible.
    """
    sources = store.samples.load_sources()

    def write(place: Path | BinaryIO) -> Written:
        if form is not None:
            rows = load_trainer_rows(store, form)
            write_trainer_rows(place, rows, _paths(sources), overwrite=overwrite)
            name = target.name if isinstance(target, Path) else "subset.jsonl"
            settings = describe_settings(form, name, is_plain=rows.is_plain, is_bare=rows.is_bare)
            return Written(describe_losses(rows), settings)
        chosen = store.samples.load_records(store.results.load_selection().index.tolist())
        return Written(write_selection(place, chosen, sources, overwrite=overwrite))

    if isinstance(target, Path) and target.is_file() and not overwrite:
        return _keep_same(target, write)
    return write(target)


def check_writable(
    target: Path, sources: Sequence[SourceFile], form: str | None, *, overwrite: bool
) -> None:
    """Refuse a target that cannot be written, before any work is done.

    Raises:
        InputError: The target exists, is one of the sources, or has no folder.
        OptionsError: The suffix asks for a conversion that is not possible.
    """
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
        written = write(fresh)
        if not filecmp.cmp(fresh, target, shallow=False):
            raise InputError(f"{target} is there already; add --overwrite to replace it")
    return replace(written, note=f"{written.note}; unchanged")
