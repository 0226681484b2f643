"""`tagraph diff`: what two stores see differently, one section per step that compares itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import click

from tagraph.api import open_existing
from tagraph.api.comparing import diff_stored_clusterings
from tagraph.cli.options import examples, shared
from tagraph.cli.telling import tell, tell_json
from tagraph.steps.review import MapChange, diff_maps
from tagraph.steps.selection_diff import COLUMNS, diff_selections
from tagraph.store import Store
from tagraph.text import shorten

SHOWN = 20
WIDTH = 40


class Table(NamedTuple):
    """What a section found: a line that sums it up, and one row per change."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Section:
    """One part of the comparison.

    Attributes:
        name: What is compared, and the key in JSON.
        step: The step whose result both stores must have; without it the section is left out.
        compare: Makes the table of the first store and the second.
    """

    name: str
    step: str
    compare: Callable[[Store, Store], Table]


def compare_tags(before: Store, after: Store) -> Table:
    """Return what became of each raw tag."""
    changes = diff_maps(before.tags.load_tag_map(), after.tags.load_tag_map()).changes
    kinds = Counter(change.kind for change in changes)
    told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    return Table(told or "the same canonical tags", MapChange._fields, changes)


def compare_clusters(before: Store, after: Store) -> Table:
    """Return the groups of samples that are in another cluster than most of their old one."""
    found = diff_stored_clusterings(before, after)
    return Table(str(found), ("before", "after", "samples"), found.moved)


def compare_selections(before: Store, after: Store) -> Table:
    """Return the samples that only one of two selections holds, and how both cover their pools."""
    audits = before.results.load_audit(), after.results.load_audit()
    found = diff_selections(before.results.load_selection(), after.results.load_selection(), audits)
    return Table(found.title, COLUMNS, [row for row in found.rows if row[0] != "kept"])


SECTIONS = (
    Section("tags", "normalize", compare_tags),
    Section("clusters", "cluster", compare_clusters),
    Section("selection", "select", compare_selections),
)


@click.command(epilog=examples("diff before.db after.db", "diff before.db after.db --json"))
@click.argument("before", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("after", type=click.Path(dir_okay=False, path_type=Path))
@shared("json", "quiet")
def diff(before: Path, after: Path, as_json: bool, quiet: bool) -> None:
    """Show what the store AFTER sees differently from the store BEFORE.

    A step that one of the two has no result of is left out and named.
    """
    with open_existing(before) as first, open_existing(after) as second:
        left_out = [s.name for s in SECTIONS if not (first.run(s.step) and second.run(s.step))]
        tables = {s.name: s.compare(first, second) for s in SECTIONS if s.name not in left_out}
    if as_json:
        tell_json({name: _as_json(table) for name, table in tables.items()})
    elif not quiet:
        for name, table in tables.items():
            tell(*_describe(name, table))
    if left_out and not quiet:
        tell(f"not in both stores: {', '.join(left_out)}", err=True)


def _as_json(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def _describe(name: str, table: Table) -> list[str]:
    """Return a table as lines for people."""
    lines = [f"{name}: {table.title}"]
    if table.rows:
        cells = [table.columns, *([shorten(str(v), WIDTH) for v in r] for r in table.rows[:SHOWN])]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines += ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
    if len(table.rows) > SHOWN:
        lines.append(f"  and {len(table.rows) - SHOWN:,} more; --json has all")
    return lines
