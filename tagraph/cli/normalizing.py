"""`tagraph normalize`: the tags of a store, or of any table that has tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from tagraph import api
from tagraph.adapters.map_files import STDOUT, write_map
from tagraph.adapters.new_files import check_target
from tagraph.adapters.override_files import write_review
from tagraph.adapters.sample_files import locate_source
from tagraph.cli.narration import Narrator
from tagraph.cli.options import EVERYWHERE, NORMALIZING, PAYING, examples, make_config, shared
from tagraph.cli.session import running
from tagraph.cli.telling import tell_json
from tagraph.data import TagMap
from tagraph.steps.review import Review, review_merges
from tagraph.steps.tag_table import TagTable
from tagraph.text import shorten

EXAMPLES_SHOWN = 3  # merges of each reason, the ones most worth a look
_FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


@click.command(
    epilog=examples(
        "normalize tags.csv -o map.csv --review merges.csv",
        "normalize posts.jsonl --tags-field keywords > map.csv",
        "normalize --store run.db --overrides tags.toml",
    )
)
@click.argument("source", required=False)
@click.option(
    "-o",
    "--output",
    type=_FILE,
    help="Where the map of SOURCE goes: CSV, or JSONL by its name; standard output unless given.",
)
@click.option(
    "--review", type=_FILE, help="Also write the merges of SOURCE, the most doubtful first, as CSV."
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@shared("limit", "max_bad", "tags_field", "store", *NORMALIZING, *PAYING, *EVERYWHERE)
def normalize(
    source: str | None, output: Path | None, review: Path | None, overwrite: bool, **flags: Any
) -> None:
    """Merge raw tags into canonical ones: those of SOURCE, or those of a store.

    SOURCE is any table with tags, such as a CSV or JSONL file, or a .txt file with one tag a
    line. Nothing is stored; the map has a row per raw tag: canonical tag, reason, similarity.
    """
    if source is None:
        if output or review:
            raise click.UsageError(
                "-o and --review go with SOURCE; name a table, or leave them out"
            )
        with running(flags) as opened:
            api.normalize_stored(api.settle_server(opened))
        return
    _refuse_store(flags)
    _check_targets([path for path in (output, review) if path], source, overwrite=overwrite)
    _normalize_table(source, output or STDOUT, review, overwrite=overwrite, flags=flags)


def _check_targets(targets: list[Path], source: str, *, overwrite: bool) -> None:
    """Refuse, before any work, a file that must not be written."""
    named = [path for path in targets if path != STDOUT]
    if len({path.resolve() for path in named}) < len(named):
        raise click.UsageError("-o and --review are one file; name two")
    is_file = named and source != str(STDOUT)
    read = [path for _, path in locate_source(source)] if is_file else []
    for path in named:
        check_target(path, read, overwrite=overwrite)


def _refuse_store(flags: dict[str, Any]) -> None:
    """Refuse what only a store can keep."""
    if flags.pop("store"):
        raise click.UsageError("SOURCE is normalized without a store; leave out one of them")
    if flags.get("adjudicator"):
        raise click.UsageError(
            "--adjudicator is paid, and what is paid is kept in a store: "
            "ingest SOURCE, tag it with --tagger field, then normalize --store"
        )


def _normalize_table(
    source: str, output: Path, review: Path | None, *, overwrite: bool, flags: dict[str, Any]
) -> None:
    """Normalize the tags of a table, write the map, and tell what a reader should look at."""
    as_json, quiet = flags.pop("as_json"), flags.pop("quiet")
    if as_json and output == STDOUT:
        raise click.UsageError("--json takes standard output; name a file for the map with -o")
    field = flags.pop("tags_field")
    table, tag_map = api.normalize_table(source, make_config(flags.pop("config"), flags), field)
    merges = review_merges(table.bags, tag_map)
    write_map(table.bags, tag_map, output, overwrite=overwrite)
    if review is not None:
        write_review(merges, review, overwrite=overwrite)
    narrator = Narrator(quiet=quiet)
    for line in _describe(table, tag_map, merges):
        narrator.say(line)
    for name, path in (("map", output), ("review", review)):
        if path is not None and path != STDOUT:
            narrator.say(f"{name:<10} {path}")
    if as_json:
        tell_json(_as_json(table, tag_map))


def _describe(table: TagTable, tag_map: TagMap, merges: Review) -> Iterator[str]:
    """Yield what was read, and for each reason how many merges it has and some of them."""
    told = f", {len(table.set_aside):,} set aside" if table.set_aside else ""
    yield (
        f"{'read':<10} {len(table.bags):,} records{told}; tags from `{table.field.name}`"
        f"{', one in each' if table.field.single else ''}"
    )
    yield (
        f"{'normalize':<10} {len(table.bags.vocabulary):,} raw tags ->"
        f" {len(tag_map.counts):,} canonical, {len(merges):,} merges;"
        f" {len(tag_map.borderline):,} pairs left open"
    )
    for reason, n in _count_reasons(tag_map):
        examples = [row for row in merges.rows if row.reason == reason][:EXAMPLES_SHOWN]
        told = ", ".join(f"{shorten(r.raw, 24)} -> {shorten(r.canonical, 24)}" for r in examples)
        yield f"{'':<10} {reason:<16} {n:>7,}  {told}"


def _count_reasons(tag_map: TagMap) -> list[tuple[str, int]]:
    """Return how many merges each reason has, the most frequent first."""
    return Counter(merge.reason for merge in tag_map.merges).most_common()


def _as_json(table: TagTable, tag_map: TagMap) -> dict[str, Any]:
    return {
        "records": len(table.bags),
        "set_aside": len(table.set_aside),
        "field": table.field.name,
        "one_tag_in_each": table.field.single,
        "raw_tags": len(table.bags.vocabulary),
        "canonical_tags": len(tag_map.counts),
        "merges": dict(_count_reasons(tag_map)),
        "left_open": len(tag_map.borderline),
    }
