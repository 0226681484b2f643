"""One file or stream to records: what it is packed in and which container it is, by its content."""

import csv
import io
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from tagraph.adapters.byte_streams import Hashed, rejoin, unpack
from tagraph.adapters.csv_records import CsvRecords, find_delimiter, read_rows
from tagraph.adapters.json_records import (
    BOM,
    JSON_ERRORS,
    JsonText,
    MalformedJsonError,
    Origin,
    find_lists,
    parse_json,
    read_jsonl,
    read_lines,
)
from tagraph.adapters.parquet_files import MAGIC, read_parquet
from tagraph.errors import InputError
from tagraph.stages.conversations import KNOWN_FIELDS
from tagraph.steps.records import Record, SetAside, SourceFile
from tagraph.text import clean_text

CONTAINERS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
COMPRESSIONS = {".gz": "gz", ".zst": "zst"}


def split_suffix(name: str) -> tuple[str, str]:
    """Return container and compression that a file name says; empty where it says none."""
    path = Path(name.lower())
    compression = COMPRESSIONS.get(path.suffix, "")
    inner = Path(path.stem) if compression else path
    return CONTAINERS.get(inner.suffix, ""), compression


@contextmanager
def explain_errors(name: str) -> Iterator[None]:
    """Turn what the operating system says into one line that names the file."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}") from error


class RecordFile:
    """The records of one file or stream, read once, front to back."""

    def __init__(self, path: str, origin: Origin, stdin: BinaryIO | None = None) -> None:
        """Keep where to read; `path` is absolute, or "-" with the stream to read."""
        self.path, self._origin, self._stdin = path, origin, stdin
        self.started = False
        self._container, self._compression, self._sha256 = "", "", ""
        self._header, self._wrapper, self._n_records = b"", "", 0

    def digest(self) -> str:
        """Return the SHA-256 of the bytes as they lie there, without reading records.

        Raises:
            InputError: The file cannot be read.
        """
        with explain_errors(self.name), ExitStack() as stack:
            raw = Hashed(self._open(stack))
            raw.drain()
        return raw.hexdigest()

    def describe(self) -> SourceFile:
        """Return what was read; complete once the records are read or their reader is closed."""
        return SourceFile(
            self._origin.name,
            self.path,
            self._sha256,
            self._container,
            self._compression,
            self._header,
            self._n_records,
            clean_text(self._wrapper),
        )

    @property
    def name(self) -> str:
        """How messages and samples call the file."""
        return self._origin.name

    def __iter__(self) -> Generator[Record | SetAside]:
        """Yield the records in the order of the file; close the iterator to close the file.

        Raises:
            InputError: The file cannot be read, is damaged, or is of no known container.
        """
        self.started = True
        with explain_errors(self.name), ExitStack() as stack:
            for record in self._read(stack):
                self._n_records += 1
                yield record

    def _read(self, stack: ExitStack) -> Iterator[Record | SetAside]:
        """Open, unpack and read; at the end, even an early one, the digest is made whole."""
        raw = Hashed(self._open(stack))
        stack.callback(self._finish, raw)
        stream, self._compression = unpack(raw, self._origin.name)
        if stream.peek(4).startswith(MAGIC):
            return self._read_parquet()
        return self._read_text(stream)

    def _open(self, stack: ExitStack) -> BinaryIO:
        if self._stdin is not None:
            return self._stdin
        return stack.enter_context(Path(self.path).open("rb"))

    def _finish(self, raw: Hashed) -> None:
        if self._stdin is None:
            raw.drain()
        self._sha256 = raw.hexdigest()

    def _read_parquet(self) -> Iterator[Record | SetAside]:
        if self._compression or self._stdin is not None:
            raise InputError(
                f"{self._origin.name}: Parquet is read from a plain file only; "
                "save it as one and name it"
            )
        self._container = "parquet"
        return read_parquet(self.path, self._origin)

    def _read_text(self, stream: io.BufferedReader) -> Iterator[Record | SetAside]:
        """Read text by its first line that is not blank."""
        head = self._read_head(stream)
        first = head.removeprefix(BOM).strip()
        said, _ = split_suffix(self._origin.name)
        if first.startswith(b"["):
            return self._read_array(self._read_whole(head, stream))
        if first.startswith(b"{"):
            return self._read_objects(first, head, stream)
        if first and (said == "csv" or _is_header(first)):
            return self._read_csv(rejoin(head, stream))
        if first and said not in ("jsonl", "json"):
            raise InputError(
                f"{self._origin.name} is neither JSONL, JSON, Parquet nor a CSV with known columns"
            )
        return self._read_jsonl(rejoin(head, stream))

    def _read_jsonl(self, stream: io.BufferedReader) -> Iterator[Record | SetAside]:
        self._container = "jsonl"
        return read_jsonl(read_lines(stream, self._origin.max_record), self._origin)

    def _read_csv(self, stream: io.BufferedReader) -> Iterator[Record | SetAside]:
        self._container = "csv"
        records = CsvRecords(stream, self._origin)
        self._header = records.header
        return iter(records)

    def _read_array(self, data: bytes) -> Iterator[Record | SetAside]:
        self._container = "json"
        return JsonText(data, self._origin).read_array()

    def _read_objects(
        self, first: bytes, head: bytes, stream: io.BufferedReader
    ) -> Iterator[Record | SetAside]:
        """Read objects: one a line, or one over the whole text that is or holds the samples."""
        value = _try_json(first)
        is_cut = len(first) > self._origin.max_record
        if (isinstance(value, dict) and not find_lists(value)) or (is_cut and self._says_lines):
            return self._read_jsonl(rejoin(head, stream))
        data = self._read_whole(head, stream)
        if self._is_one_object(data, first):
            return self._read_object(JsonText(data, self._origin))
        return self._read_jsonl(io.BufferedReader(io.BytesIO(data)))

    @property
    def _says_lines(self) -> bool:
        """Whether the name of the file promises a record a line."""
        return split_suffix(self._origin.name)[0] == "jsonl"

    def _read_head(self, stream: io.BufferedReader) -> bytes:
        """Return everything up to and with the first line that is not blank."""
        lines, most = list[bytes](), self._origin.max_record
        held = 0
        while line := stream.readline(most + 1):
            lines.append(line)
            held += len(line)
            if line.removeprefix(BOM).strip():
                break
            if held > most:
                raise InputError(f"{self._origin.name}: nothing but blanks in {held:,} bytes")
        return b"".join(lines)

    def _read_whole(self, head: bytes, stream: io.BufferedReader) -> bytes:
        """Return the whole text, which is one JSON value, or may be."""
        most = self._origin.max_text
        data = head + stream.read(max(0, most + 1 - len(head)))
        if len(data) > most:
            raise InputError(
                f"{self._origin.name}: one JSON text of more than {most:,} bytes, which would be"
                " held in memory; write one record a line (JSONL), or raise --max-text"
            )
        return data

    def _is_one_object(self, data: bytes, first: bytes) -> bool:
        """Return whether a text that is not plainly one object a line is one object."""
        if first == b"{":  # laid out over lines; what is wrong with it should be said
            return True
        try:
            JsonText(data, self._origin).find_list()
        except MalformedJsonError:
            return False
        return True

    def _read_object(self, text: JsonText) -> Iterator[Record | SetAside]:
        self._container = "json"
        name = text.find_list()
        if name is None:
            return text.read_object()
        self._wrapper = name
        return text.read_list(name)


def _try_json(data: bytes) -> object:
    """Return the value of a text, None where it is not JSON by itself."""
    try:
        return parse_json(data)
    except JSON_ERRORS:
        return None


def _is_header(line: bytes) -> bool:
    """Return whether a line is the header of a table with a column that samples have."""
    try:
        names = next(read_rows([line.decode()], find_delimiter(line)), [])
    except (UnicodeDecodeError, csv.Error):
        return False
    return len(names) > 1 and not KNOWN_FIELDS.isdisjoint(names)
