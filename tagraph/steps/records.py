"""What reading a source gives: records, files, what was set aside, and the samples of it all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tagraph.data import IntArray, Sample, Samples, Turn


class Record(NamedTuple):
    """One record as it was read.

    Attributes:
        original: Its exact bytes without the line end; empty where the container has none.
        value: The parsed record.
        source: Position of the file among the sources.
        row: Position in the file, from 0, bad records counted.
        line: Line it starts on, from 1; for Parquet the row from 1.
    """

    original: bytes
    value: Mapping[str, object]
    source: int
    row: int
    line: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """One record of a selection.

    Attributes:
        original: Exact bytes of the record; empty for Parquet.
        source: Position of its file among the sources.
        row: Position in that file, from 0.
    """

    original: bytes
    source: int
    row: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """One record that cannot be used, or a field of one that was left out, and why."""

    source: str
    line: int
    field: str
    reason: str
    excerpt: str

    def __str__(self) -> str:
        where = f"{self.source}, line {self.line}"
        return (
            f"{where}: `{self.field}`: {self.reason}" if self.field else f"{where}: {self.reason}"
        )


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file or stream that was read.

    Attributes:
        name: How messages and samples call it.
        path: Absolute path, or "-" for standard input.
        sha256: Of the bytes as they lie there, compressed or not.
        container: jsonl, json, csv or parquet.
        compression: gz, zst or empty.
        header: First line of a CSV with its line end normalised; empty for the others.
        n_records: Records read, those set aside included.
        wrapper: Field of the JSON object that holds the list of records, if there is one.
    """

    name: str
    path: str
    sha256: str
    container: str
    compression: str = ""
    header: bytes = b""
    n_records: int = 0
    wrapper: str = ""


@dataclass(frozen=True, slots=True)
class FieldUse:
    """How many records of one form took something (human, system, turns, tags) from a field."""

    form: str
    gives: str
    field: str
    n_records: int


class Row(NamedTuple):
    """A good record; compares by what does not depend on the order of reading first.

    Attributes:
        digest: Of its turns.
        content: Its exact bytes, or its values as canonical JSON.
        tags: Clean tags.
        source: Position of the file among the sources.
        row: Position in the file.
        original: Its exact bytes; empty where the container has none.
        roles: Role of each turn.
        said: What each turn says.
        record_id: What the record calls itself, or nothing.
    """

    digest: str
    content: bytes
    tags: tuple[str, ...]
    source: int
    row: int
    original: bytes
    roles: tuple[str, ...]
    said: tuple[str, ...]
    record_id: str

    def sample(self, name: str, sources: Sequence[str]) -> Sample:
        """Return it as a sample with an id."""
        turns = tuple(map(Turn, self.roles, self.said))
        return Sample(name, turns, self.tags, self.row, sources[self.source], self.record_id)


@dataclass(frozen=True, eq=False)
class Ingest:
    """All that was read from a source.

    Attributes:
        samples: In the order of their ids.
        originals: Exact bytes of each record, in that order; empty for Parquet.
        source_index: Shape (n_samples,): which of `sources` a sample came from.
        sources: The files in the order they were read.
        set_aside: Records that could not be used, in the order they were read.
        format: The one form all samples have, or mixed.
        evidence: What the form was known by, a sentence.
        notices: Tags that could not be used; their records were kept, without tags.
        fields: Which fields were used for what, the most used first.
        rows: The samples as plain tuples, in that order; empty if nobody kept them.
    """

    samples: Samples
    originals: tuple[bytes, ...]
    source_index: IntArray
    sources: tuple[SourceFile, ...]
    set_aside: tuple[SetAside, ...]
    format: str
    evidence: str
    notices: tuple[SetAside, ...] = ()
    fields: tuple[FieldUse, ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def n_records(self) -> int:
        """Records read, those set aside included."""
        return len(self.samples) + len(self.set_aside)
