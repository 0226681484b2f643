"""`tagraph report`: what a store holds as one HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from tagraph import api
from tagraph.cli.narration import Narrator
from tagraph.cli.options import examples, shared
from tagraph.cli.telling import tell_json


@click.command(epilog=examples("report subset.db", "report subset.db -o look.html --overwrite"))
@click.argument(
    "store", required=False, envvar="TAGRAPH_STORE", type=click.Path(dir_okay=False, path_type=Path)
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page goes; the store with the ending .html unless given.",
)
@click.option("--overwrite", is_flag=True, help="Replace the output file if it is there.")
@shared("json", "quiet")
def report(
    store: Path | None, output: Path | None, overwrite: bool, as_json: bool, quiet: bool
) -> None:
    """Show what STORE holds as one HTML page that opens without a network.

    The funnel, the tags, the tag graph, communities, strengths, every selected sample beside its
    nearest rival, coverage, the judge and the cost. Steps that were not run are left out.
    """
    if store is None:
        raise click.UsageError("name the store, as in `tagraph report subset.db`")
    target = output or store.with_suffix(".html")
    size = api.write_report(store, target, overwrite=overwrite)
    Narrator(quiet=quiet).say(f"report     {target} ({size / 1e6:.1f} MB; opens offline)")
    if as_json:
        told = {"output": str(target), "bytes": size, "store": str(store)}
        tell_json(told)
