"""`tagraph export`: a consistent copy of a store."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tagraph.adapters.new_files import check_target, publish_file
from tagraph.api import export_datasette
from tagraph.cli.keeping import STORE
from tagraph.cli.options import examples, shared
from tagraph.cli.telling import tell_either
from tagraph.store import open_store


@click.command(epilog=examples("export run.db copy.db", "export run.db look --datasette"))
@STORE
@click.argument("copy", type=click.Path(path_type=Path))
@click.option(
    "--datasette", is_flag=True, help="COPY is a folder: add what Datasette should know of it."
)
@click.option("--overwrite", is_flag=True, help="Replace COPY if it is there.")
@shared("json", "quiet")
def export(
    store: Path, copy: Path, datasette: bool, overwrite: bool, as_json: bool, quiet: bool
) -> None:
    """Write a consistent copy of STORE to COPY, also while a run goes on.

    Do not copy a store with `cp`: what a run wrote last may lie in the file beside it.
    """
    if datasette:
        written, settings = export_datasette(store, copy, overwrite=overwrite)
        next_command = f"datasette -i {written} --metadata {settings}"
        told = {"store": str(store), "copy": str(written), "next": next_command}
        tell_either(told if as_json else iter([f"next       {next_command}"]), quiet=quiet)
        return
    check_target(copy, [os.path.realpath(store)], overwrite=overwrite)
    with open_store(store, read_only=True) as opened, publish_file(copy) as place:
        opened.copy_to(place)
    size = copy.stat().st_size
    values = {"store": str(store), "copy": str(copy), "bytes": size}
    tell_either(values if as_json else iter([f"copy       {copy} ({size:,} bytes)"]), quiet=quiet)
