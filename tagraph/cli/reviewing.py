"""`tagraph review` and `tagraph take`: tasks for people out of a store, their answers back in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from tagraph import api
from tagraph.cli.keeping import STORE
from tagraph.cli.options import examples, shared
from tagraph.cli.telling import tell_either
from tagraph.stages.review_tasks import KINDS, LABEL_STUDIO, TOOLS, describe_settings
from tagraph.store import open_store
from tagraph.text import shorten


@click.command(
    epilog=examples(
        "review subset.db pairs -o pairs.json --for label-studio",
        "review subset.db merges -o merges.json --for argilla --limit 50",
    )
)
@STORE
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="JSON file of the tasks; Label Studio's configuration goes beside it as .xml.",
)
@click.option(
    "--for",
    "tool",
    type=click.Choice(TOOLS),
    default=LABEL_STUDIO,
    show_default=True,
    help="Where people will look at them.",
)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Most tasks.")
@click.option("--overwrite", is_flag=True, help="Replace the output files if they are there.")
@shared("json", "quiet")
def review(store: Path, kind: str, output: Path, tool: str, **flags: Any) -> None:
    """Write what people should look at in STORE: pairs to judge, or merges to confirm.

    The most urgent come first: pairs that `--second-judge people` waits for and pairs around the
    cut; merges that change much and are least alike. `tagraph take` reads the answers.
    """
    with open_store(store, read_only=True) as opened:
        tasks = api.write_review_tasks(
            opened,
            kind,
            output,
            tool=tool,
            limit=flags["limit"],
            overwrite=flags["overwrite"],
        )
    is_studio = tool == LABEL_STUDIO
    settings = str(output.with_suffix(".xml")) if is_studio else ""
    values = {"store": str(store), "output": str(output), "tasks": len(tasks), "settings": settings}
    if not is_studio:
        values["settings"] = describe_settings(kind, list(tasks[0].texts))
    lines = [
        f"tasks      {output} ({len(tasks):,} {kind})",
        f"settings   {values['settings']}",
        f"next       tagraph take {store} ANSWERS.json{' -o tags.toml' * (kind == 'merges')}",
    ]
    tell_either(values if flags["as_json"] else iter(lines), quiet=flags["quiet"])


@click.command(
    epilog=examples(
        "take subset.db answers.json",
        "take subset.db answers.json -o tags.toml",
    )
)
@STORE
@click.argument("answers", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML file for decisions about tags, for --overrides.",
)
@click.option("--overwrite", is_flag=True, help="Replace the output file if it is there.")
@shared("json", "quiet")
def take(
    store: Path, answers: Path, output: Path | None, overwrite: bool, as_json: bool, quiet: bool
) -> None:
    """Take ANSWERS of people into STORE: an export of Label Studio or Argilla, as JSON.

    Verdicts on pairs count once `tagraph select` runs with `--second-judge people`, and are
    compared with the judges of the store at once. Decisions about tags go to a file of overrides.
    """
    with open_store(store) as opened, opened.claimed():
        taken = api.take_review_answers(opened, answers, output, overwrite=overwrite)
    values = {
        "pairs": taken.answers.get("pairs", 0),
        "merges": taken.answers.get("merges", 0),
        "open": taken.open,
        "unknown": taken.unknown,
        "agreement": [
            {"judge": judge, "value": one.value, "low": one.low, "high": one.high, "n": one.n}
            for judge, one in taken.agreement.items()
        ],
        "output": None if output is None else str(output),
    }
    tell_either(values if as_json else _describe(taken, output), quiet=quiet)


def _describe(taken: api.Taken, output: Path | None) -> Iterator[str]:
    for kind, count in taken.answers.items():
        yield f"{kind:<10} {count:,} answered"
    if taken.open:
        yield f"open       {taken.open:,} without an answer, or with as many for each side"
    if taken.unknown:
        yield f"unknown    {taken.unknown:,} pairs with a sample that this store does not hold"
    for judge, one in taken.agreement.items():
        interval = f"{one.low:.0%} to {one.high:.0%}"
        yield f"agreement  {one.value:.0%} ({interval}) of {one.n:,} pairs, {shorten(judge, 40)}"
    if output is not None and taken.answers.get("merges"):
        yield f"overrides  {output}; use it with --overrides"
