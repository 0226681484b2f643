"""A source named by the user to samples: standard input, a file, a folder or a pattern."""

import glob
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from tagraph.adapters.collecting import collecting_later
from tagraph.adapters.hub_datasets import find_split, is_hub_source
from tagraph.adapters.json_records import Origin
from tagraph.adapters.record_files import RecordFile, split_suffix
from tagraph.data import Sample, Samples
from tagraph.errors import InputError
from tagraph.steps.ingest import IngestOptions, build_samples
from tagraph.steps.records import FieldUse, Ingest, Record, SetAside, SourceFile
from tagraph.text import digest

STDIN = "-"
DEFAULTS = IngestOptions()
_KNOWN = ".jsonl .ndjson .json .csv .tsv (plain, .gz or .zst) or .parquet"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a source holds, found by reading it and nothing more.

    Attributes:
        sources: The files read.
        format: The one form all samples have, or mixed.
        evidence: What the form was known by, a sentence.
        fields: Which fields were used for what.
        n_records: Records read, those set aside included.
        n_samples: Records that make a sample.
        first: The first sample in the order of the source.
        set_aside: Records that could not be used.
        notices: Tags that could not be used.
        too_bad: Whether more records are bad than the options allow, so that a run would stop.
    """

    sources: tuple[SourceFile, ...]
    format: str
    evidence: str
    fields: tuple[FieldUse, ...]
    n_records: int
    n_samples: int
    first: Sample
    set_aside: tuple[SetAside, ...]
    notices: tuple[SetAside, ...]
    too_bad: bool


def read_samples(source: str | Path, *, format: str = "auto") -> Samples:  # noqa: A002
    """Return the samples of a file, folder, pattern or "-", in the order of their ids.

    Raises:
        InputError: The source is missing, unreadable, empty, or more than 1 % of it is bad.
        OptionsError: `format` is unknown.
    """
    return read_source(str(source), IngestOptions(format=format)).samples


def inspect_source(
    source: str, options: IngestOptions = DEFAULTS, *, stdin: BinaryIO | None = None
) -> Inspection:
    """Read a source and tell what it holds, however many of its records are bad.

    Raises:
        InputError: The source is missing, unreadable, empty, or no record of it can be used.
    """
    found = read_source(source, replace(options, max_bad=1.0), stdin=stdin)
    first = min(range(len(found.samples)), key=lambda i: _place(found, i))
    return Inspection(
        sources=found.sources,
        format=found.format,
        evidence=found.evidence,
        fields=found.fields,
        n_records=found.n_records,
        n_samples=len(found.samples),
        first=found.samples[first],
        set_aside=found.set_aside,
        notices=found.notices,
        too_bad=len(found.set_aside) > options.max_bad * found.n_records,
    )


def _place(found: Ingest, i: int) -> tuple[int, int]:
    return int(found.source_index[i]), found.samples[i].row


def read_source(
    source: str, options: IngestOptions = DEFAULTS, *, stdin: BinaryIO | None = None
) -> Ingest:
    """Read all records of a source and make samples of them.

    Args:
        source: "-", a file, a folder (its data files by name, no subfolders), a pattern, or with
            the [hf] extra a data set of the hub: `owner/name` or `hf://datasets/owner/name`.
        options: Form, limit, how much may be bad; split and revision of a data set.
        stdin: Stream to read for "-"; standard input if none is given.

    Raises:
        InputError: The source is missing, unreadable, empty, or too much of it is bad.
    """
    files = _find_files(source, options, stdin)
    names = [file.name for file in files]
    with closing(_chain(files)) as records, collecting_later():
        ingest = build_samples(records, names, options)
    sources = tuple(file.describe() for file in files if file.started)
    return replace(ingest, sources=sources, evidence=_add_wrappers(ingest.evidence, sources))


def read_records(
    source: str, options: IngestOptions = DEFAULTS, *, stdin: BinaryIO | None = None
) -> tuple[list[str], Generator[Record | SetAside]]:
    """Return the names of the files of a source, and its records, of whatever fields.

    Raises:
        InputError: The source is missing; while records are read: a file cannot be read.
    """
    files = _find_files(source, options, stdin)
    return [file.name for file in files], _chain(files)


def digest_source(
    source: str, options: IngestOptions = DEFAULTS, *, stdin: BinaryIO | None = None
) -> str:
    """Return a digest of the bytes that `read_source` would read, file by file, unparsed.

    Names and places of the files do not count.

    Raises:
        InputError: The source is missing or cannot be read.
    """
    return digest(*(file.digest() for file in _find_files(source, options, stdin)))


def locate_source(source: str, options: IngestOptions = DEFAULTS) -> list[tuple[str, str]]:
    """Return name and absolute path of each file of a source, in the order they are read.

    Raises:
        InputError: The source is missing or cannot be read.
    """
    return [(file.name, file.path) for file in _find_files(source, options, None)]


def _chain(files: Iterable[RecordFile]) -> Generator[Record | SetAside]:
    """Yield the records of all files; closing it closes the file that is being read."""
    for file in files:
        with closing(iter(file)) as records:
            yield from records


def _add_wrappers(evidence: str, sources: Sequence[SourceFile]) -> str:
    found = [f"the rows are the list `{s.wrapper}` of {s.name}" for s in sources if s.wrapper]
    return "; ".join([evidence, *found])


def _find_files(source: str, options: IngestOptions, stdin: BinaryIO | None) -> list[RecordFile]:
    """Return the files of a source, ordered by name."""
    limits = (options.max_record, options.max_text, options.fields)
    if source == STDIN:
        return [RecordFile(STDIN, Origin(0, "stdin", *limits), stdin or sys.stdin.buffer)]
    try:
        found = sorted(_list_paths(source, options), key=itemgetter(1))
    except (OSError, UnicodeError) as error:
        raise InputError(f"{source} cannot be read: {error}") from error
    return [
        RecordFile(str(path.resolve()), Origin(i, name, *limits))
        for i, (path, name) in enumerate(found)
    ]


def _list_paths(source: str, options: IngestOptions) -> list[tuple[Path, str]]:
    """Return path and name of each file of a source, in no order.

    Raises:
        InputError: There is none.
    """
    path = Path(source)
    if path.exists() and not path.is_dir():
        return [_check_file(path, options)]
    if path.is_dir() and options.split is None:
        found = [(p, p.name) for p in path.iterdir() if _is_data(p)]
        missing = f"{source} holds no file that ends in {_KNOWN}"
    elif path.is_dir() or (is_hub_source(source) and not split_suffix(source)[0]):
        return find_split(source, options.split, options.revision)
    else:
        matches = glob.glob(source, recursive=True)  # noqa: PTH207 (Path has no absolute patterns)
        found = [(Path(match), match) for match in matches if Path(match).is_file()]
        missing = _explain_missing(source)
    if not found:
        raise InputError(missing)
    for _, name in found:
        name.encode()  # a name that is no UTF-8 fits neither a message nor a store
    return found


def _check_file(path: Path, options: IngestOptions) -> tuple[Path, str]:
    if not path.is_file():
        raise InputError(f"{path} is a pipe or device; pipe it to - instead")
    if options.split is not None:
        raise InputError(f"{path} is a file and has no split; leave out --split")
    path.name.encode()
    return path, path.name


def _is_data(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and bool(split_suffix(path.name)[0])


def _explain_missing(source: str) -> str:
    """Return why a source that is no file cannot be read."""
    if glob.has_magic(source):
        return f"no file matches {source}"
    return f"{source} does not exist; name a file, a folder, a pattern, or - for standard input"
