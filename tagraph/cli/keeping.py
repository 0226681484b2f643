"""`tagraph status` and `tagraph verify`: how far a store is, and whether it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from tagraph.cli.options import examples, shared
from tagraph.cli.telling import tell_either
from tagraph.errors import StoreError
from tagraph.store import Findings, Standing, open_store
from tagraph.text import shorten

STORE = click.argument("store", type=click.Path(dir_okay=False, path_type=Path))
SHOWN = 20
WIDTH = 160


@click.command(epilog=examples("status run.db"))
@STORE
@shared("json", "quiet")
def status(store: Path, as_json: bool, quiet: bool) -> None:
    """Show what is done, open, orphaned and spent in STORE, and what the next command does."""
    with open_store(store, read_only=True) as opened:
        standing = opened.standing()
    tell_either(asdict(standing) if as_json else describe_standing(standing), quiet=quiet)


@click.command(epilog=examples("verify run.db", "verify run.db --set-aside"))
@STORE
@click.option(
    "--set-aside", is_flag=True, help="Move damaged paid rows away: they are asked again."
)
@shared("json", "quiet")
def verify(store: Path, set_aside: bool, as_json: bool, quiet: bool) -> None:
    """Check that everything in STORE is as it was written; name what is not.

    The exit code is 1 if anything is damaged. With --set-aside, damaged paid rows are moved to the
    table damaged_rows; a verdict whose raw reply is whole is read from it again at no cost.
    """
    with open_store(store, read_only=True) as opened:
        findings = opened.verify()
    moved = 0
    if set_aside and findings.damage:
        with open_store(store) as opened:
            moved = opened.set_damaged_aside()
    as_values = {"damage": [asdict(one) for one in findings.damage], "checked": findings.checked}
    found = as_values | {"set_aside": moved} if as_json else describe_findings(findings, moved)
    tell_either(found, quiet=quiet)
    if not findings.is_clean:
        raise StoreError(f"{store} is damaged in {len(findings.damage):,} places")


def describe_standing(standing: Standing) -> Iterator[str]:
    """Return how far a store is as lines."""
    yield f"store      {standing.path}"
    yield f"held by    {standing.holder or 'nobody'}"
    for step in standing.steps:
        lacks = f", {step.unfinished:,} without answer" if step.unfinished else ""
        yield f"{step.step:<10} {'done ' + step.finished_at if step.finished_at else '-'}{lacks}"
    for key, counts in standing.judges.items():
        told = f"{counts['answers']:,} answers, {counts['failed']:,} failed"
        yield f"judge      {shorten(key, 60)}: {told}"
    yield from _describe_money(standing)
    for state, count in standing.batches.items():
        yield f"batches    {count:,} {state}"
    for place, count in standing.spilled.items():
        yield f"spilled    {count:,} replies in {place}, the next run takes them in"
    yield f"next       {standing.next}"


def _describe_money(standing: Standing) -> Iterator[str]:
    """Return what was asked and spent as lines; every attempt without an end has its own."""
    if not standing.requests:
        return
    counts = [f"{count:,} {state}" for state, count in standing.requests.items()]
    yield f"requests   {', '.join(counts)}"
    unpriced = f", {standing.unpriced:,} without price" if standing.unpriced else ""
    yield (
        f"spent      ${standing.spent_usd:.4f} known, at most ${standing.unclear_usd:.4f} unclear"
        f"{unpriced}"
    )
    for one in standing.unended[:SHOWN]:
        worst = "" if one.worst_usd is None else f", at most ${one.worst_usd:.6f}"
        yield (
            f"{one.state:<10} {one.key[:16]} {one.step} by {shorten(one.model, 40)},"
            f" since {one.started_at}{worst}"
        )
    more = sum(standing.requests.get(state, 0) for state in ("open", "orphaned")) - SHOWN
    if more > 0:
        yield f"           and {more:,} more, see table calls"


def describe_findings(findings: Findings, moved: int) -> Iterator[str]:
    """Return what a check found as lines."""
    for damage in findings.damage:
        what = f"{damage.table} {damage.name}".strip()
        yield f"damaged    {shorten(f'{what}: {damage.problem}', WIDTH)}"
    for table, count in findings.checked.items():
        yield f"checked    {count:,} {table.replace('_', ' ')}"
    if moved:
        yield f"set aside  {moved:,} rows, see table damaged_rows"
    yield "damaged" if findings.damage else "everything is as it was written"
