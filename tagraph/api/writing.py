"""The stored selection, written as its records came."""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from tagraph.adapters.selection_files import write_selection
from tagraph.errors import InputError
from tagraph.steps.ingest import Chosen, SourceFile
from tagraph.store import Store


def write_selected(store: Store, target: Path | BinaryIO, *, overwrite: bool = False) -> str:
    """Write the stored selection as its records came, in the order chosen; return a note.

    A file that holds these very bytes already is left alone.

    Raises:
        InputError: The target is there with other bytes, or cannot be written.
    """
    selection = store.results.load_selection()
    chosen = store.samples.load_records(selection.index.tolist())
    sources = store.samples.load_sources()
    if isinstance(target, Path) and target.is_file() and not overwrite:
        return _keep_same(target, chosen, sources)
    return write_selection(target, chosen, sources, overwrite=overwrite)


def _keep_same(target: Path, chosen: Sequence[Chosen], sources: Sequence[SourceFile]) -> str:
    """Return a note if `target` holds the selection already.

    Raises:
        InputError: It holds something else.
    """
    with TemporaryDirectory() as folder:
        fresh = Path(folder) / target.name
        note = write_selection(fresh, chosen, sources)
        if not filecmp.cmp(fresh, target, shallow=False):
            raise InputError(f"{target} is there already; add --overwrite to replace it")
    return f"{note}; unchanged"
