"""What a store holds to files for people: the report, and a copy for Datasette."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tagraph.adapters.new_files import check_target, publish_file, write_file
from tagraph.api.manifest import list_held
from tagraph.api.registry import describe_offline
from tagraph.errors import InputError
from tagraph.report import ReportOptions, render_report
from tagraph.report.datasette import DATABASE, describe_datasette
from tagraph.store import Store, open_store


def write_report(
    store: Store | str | Path,
    path: str | Path,
    *,
    options: ReportOptions = ReportOptions(),
    overwrite: bool = False,
) -> int:
    """Write what a store holds as one HTML page that opens without a network.

    A file that holds this very page already is left alone.

    Args:
        store: A store, or the path of one; steps that were not run are left out of the page.
        path: Where the page goes.
        options: How much goes in.
        overwrite: Replace a file that holds something else.

    Returns:
        The size of the page in bytes.

    Raises:
        InputError: The file is there already, or cannot be written.
        MissingResultError: Nothing was ingested.
        StoreError: There is no such store, or it cannot be read.
    """
    target = Path(path)
    with _opening(store) as opened, opened.snapshot():
        held = list_held(opened)
        check_target(target, held, overwrite=overwrite or target.is_file())
        limits = _tell_limits(opened)
        page = render_report(opened, Path(opened.path).name, options, limits=limits)
        if not (target.is_file() and target.read_bytes() == page):
            check_target(target, held, overwrite=overwrite)
            with write_file(target) as file:
                file.write(page)
    return len(page)


def _tell_limits(store: Store) -> str:
    """Return what the judge of the stored verdicts cannot see, if it is one that works here."""
    compared = store.run("compare")
    if compared is None or "cascade" in compared.summary:
        return ""
    return describe_offline(str(compared.summary["judge"]))


def export_datasette(
    store: Store | str | Path, folder: str | Path, *, overwrite: bool = False
) -> tuple[Path, Path]:
    """Write a consistent copy of a store, and what Datasette should know of it, into a folder.

    Serve it with `datasette -i tagraph.db --metadata datasette.yaml` (Datasette 0.65), or with
    `datasette -i tagraph.db --config datasette.yaml` (1.0).

    Args:
        store: A store, or the path of one; a run may be going on.
        folder: Made if it is missing.
        overwrite: Replace files that are there.

    Returns:
        The paths of the copy and of `datasette.yaml`.

    Raises:
        InputError: A file is there already, or cannot be written.
        StoreError: There is no such store, or it cannot be read.
    """
    place = Path(folder)
    copy, settings = place / f"{DATABASE}.db", place / "datasette.yaml"
    with _opening(store) as opened:
        _make_folder(place)
        for target in (copy, settings):
            check_target(target, list_held(opened), overwrite=overwrite)
        with publish_file(copy) as beside:
            opened.copy_to(beside)
    with write_file(settings) as file:
        file.write(describe_datasette().encode())
    return copy, settings


def _make_folder(place: Path) -> None:
    """Make a folder if it is missing.

    Raises:
        InputError: It cannot be made.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{place} cannot be made a folder: {error.strerror or error}") from error


@contextmanager
def _opening(store: Store | str | Path) -> Iterator[Store]:
    """Open a store to look at; one that is open already stays so."""
    if isinstance(store, Store):
        yield store
        return
    with open_store(store, read_only=True) as opened:
        yield opened
