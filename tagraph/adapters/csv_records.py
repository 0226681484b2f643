"""CSV text to records, each with its exact bytes, line ends inside quotes included."""

import csv
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from tagraph.adapters.json_records import Origin
from tagraph.errors import InputError
from tagraph.steps.records import Record, SetAside

_NO_LIMIT = 2**31 - 1  # of a field; the limit of a record is checked before it is parsed
_Scanned = tuple[bytes, list[str], int]


def find_delimiter(header: bytes) -> str:
    """Return the sign that stands most often in a header line outside quotes; comma if none."""
    bare = "".join(header.decode("utf-8", "replace").split('"')[::2])
    return max(",;\t|", key=bare.count)


def read_rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the fields of each record, quoting checked, long fields allowed.

    Raises:
        csv.Error: While reading: the quoting is broken.
    """
    csv.field_size_limit(_NO_LIMIT)
    return csv.reader(lines, delimiter=delimiter, strict=True)


class CsvRecords:
    """The records of one CSV stream.

    Attributes:
        header: The first record as it stands, its line end normalised; empty in an empty file.
    """

    def __init__(self, stream: BinaryIO, origin: Origin) -> None:
        """Read the header.

        Raises:
            InputError: The header is not UTF-8 or its quoting is broken.
        """
        self._stream, self._origin = stream, origin
        self._line, self._taken, self._ended = 0, list[bytes](), False
        first = stream.readline(origin.max_record + 1)
        self._rows = read_rows(self._feed(first), find_delimiter(first))
        self.header, self._names = self._read_header()

    def _read_header(self) -> tuple[bytes, list[str]]:
        for found in self._scan():
            if isinstance(found, SetAside):
                raise InputError(f"{found}")
            return found[0] + b"\n", found[1]
        return b"", []

    def __iter__(self) -> Iterator[Record | SetAside]:
        """Yield the records; those with broken quotes, too many or too few fields set aside."""
        for row, found in enumerate(self._scan()):
            yield found if isinstance(found, SetAside) else self._build(found, row)

    def _build(self, found: _Scanned, row: int) -> Record | SetAside:
        original, fields, line = found
        if len(fields) != len(self._names):
            reason = f"{len(fields)} fields where the header has {len(self._names)}"
            return self._origin.set_aside(original, line, reason)
        value = dict(zip(self._names, fields, strict=True))
        return Record(original, value, self._origin.index, row, line)

    def _scan(self) -> Iterator[_Scanned | SetAside]:
        """Yield bytes, fields and first line of each record that is not blank."""
        while not self._ended:
            line = self._line + 1
            try:
                fields = next(self._rows, [])
            except csv.Error as error:
                yield self._refuse(line, error)
                continue
            original = self._take()
            problem = find_broken_utf8(original)
            if problem:
                yield self._origin.set_aside(original, line, problem)
            elif fields:
                yield original, fields, line

    def _refuse(self, line: int, error: csv.Error) -> SetAside:
        """Set a record with broken quotes aside.

        Raises:
            InputError: An open quote swallowed the rest of the file: records would be lost.
        """
        original = self._take()
        if self._ended:
            raise InputError(
                f"{self._origin.name}, line {line}: a quote that opens here is never closed; "
                "repair the line, or the end of the file where it is cut off"
            )
        return self._origin.set_aside(original, line, f"broken quoting: {error}")

    def _take(self) -> bytes:
        """Return the bytes of the lines the last record took, without the last line end."""
        original = b"".join(self._taken).removesuffix(b"\n").removesuffix(b"\r")
        self._taken.clear()
        return original

    def _feed(self, data: bytes) -> Iterator[str]:
        """Yield line by line to the parser, and keep the bytes until the record is whole."""
        most, held = self._origin.max_record, 0
        while data:
            self._line += 1
            held = len(data) + (held if self._taken else 0)
            if held > most:
                where = f"{self._origin.name}, line {self._line - len(self._taken)}"
                raise InputError(
                    f"{where}: longer than {most:,} bytes; is this a CSV file, and does a quote"
                    " that opens here ever close?"
                )
            self._taken.append(data)
            text = data.decode("utf-8", "surrogateescape")
            yield text.removeprefix("\ufeff") if self._line == 1 else text
            data = self._stream.readline(most + 1)
        self._ended = True


def find_broken_utf8(data: bytes) -> str:
    """Return where `data` is no UTF-8 and what to do, or nothing where it is."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return f"not valid UTF-8 at byte {error.start + 1}; save the file as UTF-8"
    return ""
