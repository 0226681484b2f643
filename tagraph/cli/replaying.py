"""`tagraph replay`: make a stored selection again, offline, and say whether it comes out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from tagraph import api
from tagraph.cli.narration import Narrator
from tagraph.cli.options import examples, shared
from tagraph.cli.telling import tell, tell_json
from tagraph.errors import StoreError


@click.command(
    epilog=examples("replay subset.db", "replay subset.db --manifest subset.manifest.json")
)
@click.argument("store", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--manifest",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Compare sources and selection with this manifest too.",
)
@shared("json", "quiet")
def replay(store: Path, manifest: Path | None, as_json: bool, quiet: bool) -> None:
    """Make the selection in STORE again from its verdicts, asking nobody.

    STORE stays as it is. Raw tags and verdicts are taken as stored, everything else is computed
    anew. The exit code is 1 unless every step comes out as it is stored.
    """
    steps, differences = api.replay_store(store, manifest, Narrator(quiet=quiet))
    is_same = all(step.same_result for step in steps) and not differences
    if as_json:
        told = {
            "same": is_same,
            "steps": [asdict(step) for step in steps],
            "differences": differences,
        }
        tell_json(told)
    else:
        for step in steps:
            tell(f"{step.step:<10} {describe_step(step)}")
        for line in differences:
            tell(line)
    if not is_same:
        raise StoreError(f"the replay of {store} does not give what is stored")


def describe_step(step: api.ReplayedStep) -> str:
    """Return what came of one step."""
    if not step.was_run:
        return "taken as stored: overrides, an adjudicator or an earlier run had a say"
    inputs = "" if step.same_input else ", from other options or versions"
    return ("the same" if step.same_result else "DIFFERS") + inputs
