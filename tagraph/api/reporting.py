"""What a store holds to files for people: the report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tagraph.adapters.new_files import check_target, write_file
from tagraph.errors import StoreError
from tagraph.report import ReportOptions, render_report
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
    with opening(store) as opened, opened.snapshot():
        held = [str(Path(opened.path).resolve())]
        check_target(target, held, overwrite=overwrite or target.is_file())
        page = render_report(opened, Path(opened.path).name, options)
        if not (target.is_file() and target.read_bytes() == page):
            check_target(target, held, overwrite=overwrite)
            with write_file(target) as file:
                file.write(page)
    return len(page)


@contextmanager
def opening(store: Store | str | Path) -> Iterator[Store]:
    """Open a store that is there; one that is open already stays so.

    Raises:
        StoreError: There is no such store, or it cannot be read.
    """
    if isinstance(store, Store):
        yield store
        return
    if not Path(store).is_file():
        raise StoreError(f"there is no store {store}; name the file that `tagraph select` made")
    with open_store(store) as opened:
        yield opened
