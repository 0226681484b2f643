"""`tagraph inspect`: what a source holds and how it would be read, for people or machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from tagraph.adapters.sample_files import Inspection
from tagraph.text import shorten

SHOWN = 10
WIDTH = 100


def describe_inspection(inspection: Inspection) -> Iterator[str]:
    """Yield an inspection as lines for people."""
    for source in inspection.sources:
        packed = f", {source.compression}" if source.compression else ""
        records = f"{source.n_records:,} records"
        yield f"source    {source.name} ({source.container}{packed}, {records})"
    yield f"format    {inspection.format}: {inspection.evidence}"
    for use in inspection.fields:
        yield f"field     {use.field} -> {use.gives} ({use.form}, {use.n_records:,} records)"
    yield f"samples   {inspection.n_samples:,} of {inspection.n_records:,} records"
    for turn in inspection.first.turns:
        yield f"first     {turn.role}: {shorten(turn.content, WIDTH)}"
    yield from _list_problems("set aside", [str(row) for row in inspection.set_aside])
    yield from _list_problems("notice", [str(row) for row in inspection.notices])
    if inspection.too_bad:
        yield "too many records are bad: a run would stop; allow more with --max-bad"


def _list_problems(name: str, problems: list[str]) -> Iterator[str]:
    for problem in problems[:SHOWN]:
        yield f"{name:<9} {shorten(problem, 2 * WIDTH)}"
    if len(problems) > SHOWN:
        yield f"{name:<9} and {len(problems) - SHOWN:,} more"


def inspection_as_json(inspection: Inspection) -> dict[str, Any]:
    """Return an inspection as JSON-ready values; bytes as text."""
    values = asdict(inspection)
    for source in values["sources"]:
        source["header"] = source["header"].decode("utf-8", "replace")
    return values
