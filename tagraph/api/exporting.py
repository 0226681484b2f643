"""A store for those who read it with other tools."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tagraph.adapters.new_files import check_target, write_file
from tagraph.api.reporting import opening
from tagraph.report.datasette import DATABASE, describe_datasette
from tagraph.store import Store


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
    with opening(store) as opened:
        place.mkdir(parents=True, exist_ok=True)
        for target in (copy, settings):
            check_target(target, [str(Path(opened.path).resolve())], overwrite=overwrite)
        with TemporaryDirectory(dir=place, prefix=".tagraph-") as beside:
            opened.copy_to(Path(beside) / copy.name)
            (Path(beside) / copy.name).replace(copy)
    with write_file(settings) as file:
        file.write(describe_datasette().encode())
    return copy, settings
