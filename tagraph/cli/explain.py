"""`tagraph explain`: why a sample is in the selection, or why it is not."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from tagraph import api
from tagraph.cli.options import shared
from tagraph.store import open_store
from tagraph.text import escape_terminal


@click.command()
@click.argument("sample_id", metavar="ID")
@shared("store", "json")
def explain(sample_id: str, store: Path | None, as_json: bool) -> None:
    """Say why the sample ID is in the selection of a store, or why it is not."""
    if store is None or not store.exists():
        raise click.UsageError("name a store that is there with --store FILE")
    with open_store(store) as opened:
        found = api.explain(opened, sample_id)
    if as_json:
        click.echo(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2))
        return
    for line in found.tell():
        click.echo(escape_terminal(line))
