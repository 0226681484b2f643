"""JSON text to records: lines, arrays, and arrays inside one object, each with its exact bytes."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import BinaryIO, NoReturn

import orjson

from tagraph.errors import InputError
from tagraph.stages.conversations import READ_FIELDS, UnusableRecordError, detect_format
from tagraph.steps.ingest import IngestOptions
from tagraph.steps.record_ledger import make_excerpt
from tagraph.steps.records import Record, SetAside
from tagraph.text import as_name, shorten

_LIMITS = IngestOptions()
BOM = b"\xef\xbb\xbf"


def _parse_int(digits: str) -> int | float:
    """Return a number of any length: Python itself refuses more than 4,300 digits."""
    return int(digits) if len(digits) <= 4300 else float(digits)


# What orjson refuses and real files hold: NaN, Infinity, lone surrogates, very long numbers.
_LENIENT = json.JSONDecoder(parse_int=_parse_int)
_BLANKS = re.compile(r"[ \t\r\n]*")


def parse_json(data: bytes) -> object:
    """Return the value of a JSON text; NaN, Infinity, lone surrogates and long numbers pass.

    Raises:
        UnicodeDecodeError: It is not UTF-8.
        JSONDecodeError: It is not JSON.
        RecursionError: It is nested too deeply.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _LENIENT.decode(data.decode())


JsonError = UnicodeDecodeError | json.JSONDecodeError | RecursionError
JSON_ERRORS = (UnicodeDecodeError, json.JSONDecodeError, RecursionError)


def explain(error: JsonError) -> str:
    """Return what is wrong with a text, in a few words."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"not valid UTF-8 at byte {error.start + 1}; save the file as UTF-8"
    return f"malformed JSON at character {error.pos + 1}: {error.msg}"


class MalformedJsonError(InputError):
    """A whole text is not the JSON it should be; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The source a reader works for: its position, how messages call it, and what it may hold.

    Attributes:
        index: Position among the sources.
        name: How messages call it.
        max_record: Bytes of one record above which it is set aside.
        max_text: Bytes of a JSON text that has to be held in memory whole.
        names: Fields that samples are made of.
    """

    index: int
    name: str
    max_record: int = _LIMITS.max_record
    max_text: int = _LIMITS.max_text
    names: frozenset[str] = READ_FIELDS

    def accept(self, original: bytes, value: object, row: int, line: int) -> Record | SetAside:
        """Return a record, or set it aside where it is no object, too large, or says one twice."""
        if len(original) > self.max_record:
            return self.set_aside(original, line, self.too_long)
        if not isinstance(value, dict):
            return self.set_aside(original, line, "not a JSON object")
        twice = find_repeated_field(original, value, self.names)
        if twice:
            return self.set_aside(original, line, f"the field `{twice}` is there twice")
        return Record(original, value, self.index, row, line)

    @property
    def too_long(self) -> str:
        """Why a record above the limit is set aside, and what to do."""
        return f"longer than {self.max_record:,} bytes; --max-record takes longer ones"

    def set_aside(self, original: bytes, line: int, reason: str) -> SetAside:
        """Return what is kept of a record that cannot be read."""
        return SetAside(self.name, line, "", reason, make_excerpt(original))


@lru_cache(maxsize=8)
def _spell(names: frozenset[str]) -> tuple[dict[str, bytes], re.Pattern[bytes]]:
    """Return each name as it stands in JSON, and a pattern of any of them as a field."""
    spelled = {name: json.dumps(name, ensure_ascii=False).encode() for name in names}
    either = b"|".join(map(re.escape, sorted(spelled.values())))
    return spelled, re.compile(rb"(" + either + rb")[ \t\r\n]*:")


def find_repeated_field(
    original: bytes, value: Mapping[str, object], names: frozenset[str] = READ_FIELDS
) -> str:
    """Return a field that samples are made of and that the text of an object names twice.

    JSON readers keep the last value without a word, so which one is meant is anybody's guess.

    Args:
        original: The text.
        value: What was read from it.
        names: Fields that samples are made of.
    """
    spelled, pattern = _spell(names)
    if b"\\u" not in original:  # no name is spelled in escapes, so each stands there as it is
        for name in value:
            if name in spelled and original.count(spelled[name]) > 1:
                break
        else:
            return ""
    named = pattern.findall(original)
    if len(named) == len(set(named)):
        return ""
    there = [name for name, _ in json.loads(original, object_pairs_hook=list, parse_int=float)]
    return next((name for name in there if name in names and there.count(name) > 1), "")


def read_lines(stream: BinaryIO, most: int) -> Iterator[tuple[int, bytes]]:
    r"""Yield number and bytes of each line that is not blank, split at \n only, line ends cut.

    A line above `most` bytes comes as its first `most + 1`.
    """
    number = 0
    while data := stream.readline(most + 1):
        number += 1
        data = data.removeprefix(BOM) if number == 1 else data
        if len(data) > most:
            while (rest := stream.readline(2**20)) and not rest.endswith(b"\n"):
                pass
        elif data.strip():
            data = data.removesuffix(b"\n").removesuffix(b"\r")
        else:
            continue
        yield number, data


def read_jsonl(lines: Iterable[tuple[int, bytes]], origin: Origin) -> Iterator[Record | SetAside]:
    """Yield one record per line; a line that cannot be read is set aside."""
    for row, (number, data) in enumerate(lines):
        if len(data) > origin.max_record:
            yield origin.set_aside(data, number, origin.too_long)
            continue
        try:
            value = parse_json(data)
        except JSON_ERRORS as error:
            yield origin.set_aside(data, number, explain(error))
        else:
            yield origin.accept(data, value, row, number)


def find_lists(members: Mapping[str, object]) -> list[str]:
    """Return the fields that hold lists of objects, where the object itself is no sample."""
    try:
        detect_format(members)
    except UnusableRecordError:
        return [name for name, value in members.items() if _holds_objects(value)]
    return []


def _holds_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


class JsonText:
    """One JSON text that holds records, with the place of each."""

    def __init__(self, data: bytes, origin: Origin) -> None:
        """Decode `data`; bytes that are not UTF-8 spoil only the records they stand in."""
        self.text = data.removeprefix(BOM).decode("utf-8", "surrogateescape")
        self._origin = origin

    def read_array(self, start: int = 0, *, whole: bool = True) -> Iterator[Record | SetAside]:
        """Yield the elements of the array at `start`.

        Args:
            start: Where the array begins, blanks before it allowed.
            whole: Nothing may follow the array.

        Raises:
            MalformedJsonError: The text is not JSON.
        """
        line, seen = 1, 0
        for row, (at, end, value) in enumerate(self._scan_array(self._skip(start), whole)):
            line, seen = line + self.text.count("\n", seen, at), at
            original = self.text[at:end].encode("utf-8", "surrogateescape")
            yield self._accept(original, value, row, line)

    def read_object(self) -> Iterator[Record | SetAside]:
        """Yield the whole text as one record."""
        original = self.text.strip().encode("utf-8", "surrogateescape")
        yield self._accept(original, self._members(), 0, 1)

    def read_list(self, name: str) -> Iterator[Record | SetAside]:
        """Yield the elements of the list that field `name` of the one object holds."""
        return self.read_array(self._places[name][0], whole=False)

    def _accept(self, original: bytes, value: object, row: int, line: int) -> Record | SetAside:
        try:
            original.decode()
        except UnicodeDecodeError as error:
            return self._origin.set_aside(original, line, explain(error))
        return self._origin.accept(original, value, row, line)

    def _scan_array(self, at: int, whole: bool) -> Iterator[tuple[int, int, object]]:
        """Yield start, end and value of each element of the array that opens at `at`."""
        at = self._skip(at + 1)
        while self.text[at : at + 1] != "]":
            value, end = self._decode(at)
            yield at, end, value
            at = self._find_next(end, "]")
        if whole:
            self._check_end(at + 1)

    @cached_property
    def _places(self) -> dict[str, tuple[int, object]]:
        """Start and value of each field of the one object the text is."""
        found: dict[str, tuple[int, object]] = {}
        at = self._expect(self._skip(0), "{")
        while self.text[at : at + 1] != "}":
            name, end = self._decode(at)
            if not isinstance(name, str):
                self._fail(at, "a field name is no text")
            at = self._expect(self._skip(end), ":")
            value, end = self._decode(at)
            found[name] = at, value
            at = self._find_next(end, "}")
        self._check_end(at + 1)
        return found

    def _check_end(self, at: int) -> None:
        """Refuse anything but blanks after the value that ends before `at`."""
        at = self._skip(at)
        if at < len(self.text):
            self._fail(at, "more text after the end of the JSON value")

    def find_list(self) -> str | None:
        """Return the field that holds the records; None where the object is itself a record.

        Raises:
            MalformedJsonError: The text is not one JSON object.
            InputError: Several fields hold lists of objects.
        """
        lists = find_lists(self._members())
        if len(lists) > 1:
            names = shorten(", ".join(f"`{as_name(name)}`" for name in lists), 120)
            raise InputError(
                f"{self._origin.name}: several lists of records ({names}); keep one to a file"
            )
        return lists[0] if lists else None

    def _members(self) -> dict[str, object]:
        return {name: value for name, (_, value) in self._places.items()}

    def _find_next(self, at: int, close: str) -> int:
        """Return the place of the next item, or of `close` where there is none."""
        at = self._skip(at)
        if self.text[at : at + 1] == close:
            return at
        at = self._expect(at, ",")
        if self.text[at : at + 1] == close:
            self._fail(at, f"a comma before {close!r}")
        return at

    def _expect(self, at: int, mark: str) -> int:
        """Return the place after `mark` and the blanks behind it."""
        if self.text[at : at + 1] != mark:
            self._fail(at, f"expected {mark!r}")
        return self._skip(at + 1)

    def _skip(self, at: int) -> int:
        found = _BLANKS.match(self.text, at)
        return found.end() if found else at

    def _decode(self, at: int) -> tuple[object, int]:
        try:
            return _LENIENT.raw_decode(self.text, at)
        except json.JSONDecodeError as error:
            self._fail(error.pos, error.msg)
        except RecursionError:
            self._fail(at, "nested too deeply")

    def _fail(self, at: int, reason: str) -> NoReturn:
        line = self.text.count("\n", 0, at) + 1
        raise MalformedJsonError(f"{self._origin.name}, line {line}: malformed JSON: {reason}")
