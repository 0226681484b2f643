"""`tagraph explain`: why a sample is in the selection, or why it is not."""

from __future__ import annotations

from pathlib import Path

import click

from tagraph import api
from tagraph.cli.options import examples, shared
from tagraph.cli.telling import tell, tell_json


@click.command(epilog=examples("explain 1f0c2d83a5b94e67d210 --store subset.db"))
@click.argument("sample_id", metavar="ID")
@shared("store", "json", "quiet")
def explain(sample_id: str, store: Path | None, as_json: bool, quiet: bool) -> None:
    """Say why the sample ID is in the selection of a store, or why it is not."""
    if store is None:
        raise click.UsageError("name the store of a selection with --store FILE")
    with api.open_existing(store) as opened:
        found = api.explain(opened, sample_id)
    if as_json:
        tell_json(found.as_dict())
    elif not quiet:
        tell(*found.tell())
