"""A table that has tags, whatever else is in it, to tag bags."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from tagraph.adapters.json_records import Origin, explain, read_lines
from tagraph.adapters.record_files import explain_errors
from tagraph.adapters.sample_files import DEFAULTS, read_records
from tagraph.data import Bags
from tagraph.steps.ingest import IngestOptions
from tagraph.steps.records import Record, SetAside
from tagraph.steps.tag_table import TagTable, build_bags

LIST_SUFFIX = ".txt"


def read_tags(source: str | Path, *, field: str | None = None) -> Bags:
    """Return the tags of each record of a table, for `normalize_tags`.

    Args:
        source: What `read_samples` takes, of any fields; or a .txt file with one tag a line.
        field: The field that holds tags: a list, a text separated by comma, semicolon or bar, or
            one tag where the name is singular (`tag`). None finds it by its name.

    Raises:
        InputError: The source cannot be read, no field is known to hold tags, no record has a
            tag, or more than 1 % of the records are bad.
    """
    return read_tag_table(str(source), field=field).bags


def read_tag_table(
    source: str,
    options: IngestOptions = DEFAULTS,
    *,
    field: str | None = None,
    stdin: BinaryIO | None = None,
) -> TagTable:
    """Return the tags of a table, and what was read; `options` as for samples.

    Raises:
        InputError: As for `read_tags`, with the share of bad records that the options allow.
    """
    if source.endswith(LIST_SUFFIX):
        origin = Origin(0, Path(source).name, options.max_record)
        with closing(_read_list(source, origin)) as lines:
            return build_bags(lines, [origin.name], options, field)
    names, records = read_records(source, options, stdin=stdin)
    with closing(records):
        return build_bags(records, names, options, field)


def _read_list(path: str, origin: Origin) -> Generator[Record | SetAside]:
    """Yield one record per line of a text that is not blank."""
    with explain_errors(origin.name), Path(path).open("rb") as stream:
        for row, (number, data) in enumerate(read_lines(stream, origin.max_record)):
            if len(data) > origin.max_record:
                yield origin.set_aside(data, number, origin.too_long)
                continue
            try:
                yield Record(data, {"tag": data.decode()}, origin.index, row, number)
            except UnicodeDecodeError as error:
                yield origin.set_aside(data, number, explain(error))
