"""A tag map to a table with one row per raw tag, as CSV for people or JSONL for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from tagraph.adapters.csv_tables import spell_csv
from tagraph.adapters.new_files import check_target, write_file
from tagraph.data import Bags, TagMap

STDOUT = Path("-")


class MapRow(NamedTuple):
    """What became of one raw tag.

    Attributes:
        raw: The tag as it was.
        canonical: What it became; itself where nothing was merged.
        reason: Why; empty where nothing was merged.
        similarity: How alike the two are, 1 for a pure rule and where nothing was merged.
        raw_count: In how many bags the raw tag stands.
    """

    raw: str
    canonical: str
    reason: str
    similarity: float
    raw_count: int


def list_map(bags: Bags, tag_map: TagMap) -> Iterator[MapRow]:
    """Yield one row per raw tag of the bags, in the order of their vocabulary."""
    merges = {merge.raw: merge for merge in tag_map.merges}
    for raw, count in zip(bags.vocabulary, bags.counts.tolist(), strict=True):
        merge = merges.get(raw)
        why = (merge.reason, round(merge.similarity, 4)) if merge else ("", 1.0)
        yield MapRow(raw, tag_map.canonical_of[raw], *why, count)


def write_map(bags: Bags, tag_map: TagMap, path: Path, *, overwrite: bool = False) -> None:
    """Write a map; as CSV, or as JSONL where the name ends so. "-" is CSV on standard output.

    In CSV a tag that a spreadsheet would take for a formula stands behind an apostrophe; in JSONL
    every tag is as it is.

    Raises:
        InputError: The file is there already, or cannot be written.
    """
    rows = list_map(bags, tag_map)
    if path.suffix in (".jsonl", ".ndjson"):
        data = b"".join(orjson.dumps(row._asdict()) + b"\n" for row in rows)
    else:
        data = spell_csv(MapRow._fields, rows)
    if path == STDOUT:
        sys.stdout.buffer.write(data)
        return
    check_target(path, [], overwrite=overwrite)
    with write_file(path) as stream:
        stream.write(data)
