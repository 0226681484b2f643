"""Rows of tables C, D and E that nothing else shows: hostile files, texts and names."""

from __future__ import annotations

import gzip
import importlib
import io
import itertools
import math
import pickle
import pkgutil
import re
import time
import tracemalloc
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from markdown_it import MarkdownIt
from pyarrow import parquet
from zstandard import ZstdCompressor

import tagraph
from tagraph.adapters.sample_files import read_source
from tagraph.data import ASSISTANT, HUMAN, Bags, Sample, TagMap, Turn
from tagraph.errors import InputError
from tagraph.stages.tag_keys import split_words
from tagraph.steps.ingest import IngestOptions
from tagraph.store import open_store
from tagraph.text import clean_tag, escape_cell, escape_markdown
from tests.faults.shown import show
from tests.markup import Markup
from tests.report.payloads import PAYLOADS
from tests.report.stores import make_store

GOOD = b'{"instruction": "Say it.", "output": "Said."}\n'
LENIENT = IngestOptions(max_bad=1.0)


def read(data: bytes, options: IngestOptions = LENIENT) -> list[str]:
    """Return the reasons for which records were set aside."""
    found = read_source("-", options, stdin=io.BytesIO(data))
    return [row.reason for row in found.set_aside]


def test_odd_numbers_and_depths_take_no_time(request: pytest.FixtureRequest) -> None:
    values = [
        b"NaN",
        b"1e999",
        b"9" * 5000,
        b"9223372036854775808",
        b"[" * 100_000 + b"]" * 100_000,
    ]
    values += [b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"9" * 1_000_000]
    refused = 0
    for value in values:
        line = b'{"instruction": "q", "output": "a", "x": ' + value + b"}\n"
        start = time.process_time()
        refused += len(read(GOOD * 3 + line))
        assert time.process_time() - start < 0.05
    assert refused == 2
    told = "7 values, each below 50 ms: too deep is a reason, odd numbers are kept with the bytes"
    show("D3", told, request.node.nodeid)


class Endless(io.RawIOBase):
    """A file of one line of so many bytes, made while it is read."""

    def __init__(self, n: int) -> None:
        self._left = n

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        n = min(len(buffer), self._left)
        buffer[:n] = b"x" * n
        self._left -= n
        return n


def test_a_line_of_100_mb_is_never_held(request: pytest.FixtureRequest) -> None:
    stream = Endless(100_000_000)
    joined = io.BufferedReader(_After(GOOD + b'{"instruction": "', stream))
    tracemalloc.start()
    found = read_source("-", LENIENT, stdin=joined)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [row.line for row in found.set_aside] == [2]
    assert peak < 3 * LENIENT.max_record
    show("D4", "a line of 100 MB: set aside, less than 3 x 8 MB held", request.node.nodeid)


class _After(io.RawIOBase):
    """Bytes, and then a stream."""

    def __init__(self, head: bytes, rest: io.RawIOBase) -> None:
        self._head, self._rest = io.BytesIO(head), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._head.readinto(buffer) or self._rest.readinto(buffer) or 0


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_a_bomb_of_one_gib_stops_at_once(packing: str, request: pytest.FixtureRequest) -> None:
    part = bytes(2**24)
    packed = (gzip.compress(part) if packing == "gz" else ZstdCompressor().compress(part)) * 64
    start = time.process_time()
    tracemalloc.start()
    with pytest.raises(InputError, match="unpacks to more than 200 times its size"):
        read(packed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert time.process_time() - start < 5
    assert peak < 256e6
    told = "1 GiB in gzip and in zstd: refused in one line, below 5 s of CPU and 256 MB"
    show("D5", told, request.node.nodeid.split("[")[0])


class Trap:
    """What runs code when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_a_parquet_file_runs_no_code(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    canary = tmp_path / "canary"
    names = (b"arrow.py_extension_type", b"ray.data.arrow_tensor", b"pandas")
    for number, name in enumerate(names):
        trap = {
            b"ARROW:extension:name": name,
            b"ARROW:extension:metadata": pickle.dumps(Trap(canary)),
        }
        fields = [pa.field("prompt", pa.string(), metadata=trap), pa.field("answer", pa.string())]
        table = pa.Table.from_arrays([pa.array(["q"]), pa.array(["a"])], schema=pa.schema(fields))
        path = tmp_path / f"{number}.parquet"
        parquet.write_table(table, path)
        assert len(read_source(str(path), LENIENT).samples) == 1
    assert not canary.exists()
    show(
        "D6", "3 booby-trapped extension types: read as plain text, 0 canaries", request.node.nodeid
    )


@pytest.mark.no_cover
def test_every_code_point_is_normal_after_one_pass(request: pytest.FixtureRequest) -> None:
    most = 0
    for code in (*range(0x30000), *range(0xE0000, 0xE0200)):
        tag = clean_tag(chr(code))
        assert clean_tag(tag) == tag
        words = " ".join(split_words(tag))
        assert " ".join(split_words(words)) == words
        most = max(most, len(words))
    assert most <= 18
    told = f"197,120 code points: normal after one pass, 0 exceptions, one grows to {most} at most"
    show("D10", told, request.node.nodeid)


def hold(value: object) -> Iterator[re.Pattern[str]]:
    """Yield the patterns on text that a value is, or holds in its tables."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, dict | tuple | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from hold(one)


def patterns() -> list[re.Pattern[str]]:
    """Return every pattern on text that a module of ours holds."""
    modules = pkgutil.walk_packages(tagraph.__path__, "tagraph.")
    apart = ("__main__", "hub_datasets")  # a program, and a pattern for SOURCE alone
    names = [module.name for module in modules if not module.name.endswith(apart)]
    loaded = [vars(importlib.import_module(name)) for name in names]
    found = (one for module in loaded for value in module.values() for one in hold(value))
    return list({one.pattern: one for one in found}.values())


LENGTH, LONGEST, WORTH_DOUBLING = 100_000, 0.1, 0.02  # characters, seconds, seconds
TRIES = 5


def time_of(pattern: re.Pattern[str], part: str, length: int) -> float:
    """Return the CPU time in which a pattern goes through so many characters, the best of three.

    Beside other work a processor is slower by the moment: what took too long is tried up to ten
    times, and a pattern that is slow stays slow.
    """
    text, best = part * (length // len(part)), math.inf
    for tries in range(10):
        start = time.process_time()
        deque(pattern.finditer(text), maxlen=0)
        best = min(best, time.process_time() - start)
        if best < WORTH_DOUBLING or (tries >= 2 and best < LONGEST):
            break
    return best


def grow(pattern: re.Pattern[str], part: str) -> float:
    """Return how many times as long twice the text takes."""
    return time_of(pattern, part, 2 * LENGTH) / time_of(pattern, part, LENGTH)


def test_no_pattern_takes_more_than_linear_time(request: pytest.FixtureRequest) -> None:
    known = patterns()
    assert len(known) > 60
    hostile = ["a", " ", "\n", "1", "-", '"', "a ", "ignore the ", "judge: ", "a.", "((", "*_#"]
    for part, pattern in itertools.product(hostile, known):
        took = time_of(pattern, part, LENGTH)
        assert took < LONGEST, (pattern.pattern, part, took)
        if took >= WORTH_DOUBLING:
            grown = (grow(pattern, part) for _ in range(TRIES))  # of a square, all are 4
            assert any(ratio < 2.5 for ratio in grown), (pattern.pattern, part)
    told = (
        f"{len(known)} patterns x {len(hostile)} texts of {LENGTH // 1000} kB: each below"
        f" {1000 * LONGEST:.0f} ms; twice the text takes less than 2.5 times as long"
    )
    show("D11", told, request.node.nodeid)


ACTS = (
    "DROP TABLE samples",
    "DELETE FROM calls",
    "ATTACH 'x' AS y",
    "PRAGMA writable_schema=1",
    "UPDATE samples SET row=0",
)
SHAPES = (
    *("'; {}; --", '"; {}; --', "); {}; --", "x' OR 1=1; {}", "[{}]", "`{}`", "/*{}*/", "\0{}"),
    *("{}", "';{};'", "%s{}", ":a {}", "?{}", "$1{}", "@x {}", "--\n{}", "0x27{}", "''{}''"),
    *("char(39){}", "\\';{}", "' UNION SELECT 1;{}", '"";{};""', "');{};('", 'a";{};"a'),
    *("\ufeff{}", "{};", "';{}", '";{}', "％27;{}", "＇;{}", "ʼ;{}", "'||({})||'", "\u2028{}"),
    *("x';{}/*", "`;{};`", "];{};[", "';\n{};\n", "\\x27;{}", "&#39;;{}", "%27;{}"),
)
SQL = [shape.format(act) for act in ACTS for shape in SHAPES]


def test_sql_in_texts_tags_and_names_stays_text(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    samples = [
        Sample(
            f"{i:04d}", (Turn(HUMAN, text), Turn(ASSISTANT, text + " yes")), (clean_tag(text),), i
        )
        for i, text in enumerate(SQL)
    ]
    with make_store(samples, tmp_path / "s.db", until="tag", source=SQL[0]) as store:
        raw = Bags.of([[clean_tag(text), "x"] for text in SQL])
        with open_store(tmp_path / "other.db") as plain:
            schema = plain.query("SELECT sql FROM sqlite_master ORDER BY name")
        assert store.query("SELECT sql FROM sqlite_master ORDER BY name") == schema
        assert len(store.samples.load_samples()) == len(SQL)
        assert [s.query for s in store.samples.load_samples()] == SQL
        assert store.samples.resolve(SQL) == tuple(SQL)
        TagMap({tag: tag for tag in raw.vocabulary}).apply(raw)
    show("D12", f"{len(SQL)} payloads: the schema and every row as without", request.node.nodeid)


def test_no_cell_of_a_spreadsheet_is_a_formula(request: pytest.FixtureRequest) -> None:
    signs = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
    texts = [
        before + sign + rest
        for sign in signs
        for before, rest in (
            ("", "1+1"),
            ("", "cmd|' /C calc'!A0"),
            ("", ""),
            ("'", "HYPERLINK(1)"),
        )
    ]
    cells = [escape_cell(text) for text in texts]

    assert not any(cell.startswith(signs) for cell in cells)
    assert [cell.removeprefix("'") for cell in cells] == texts
    told = f"{len(texts)} payloads: 0 cells begin with a trigger, each comes back exactly"
    show("D15", told, request.node.nodeid)


def test_a_card_shows_every_text_as_it_is(request: pytest.FixtureRequest) -> None:
    links = ("http://x.y/z", "www.x.y", "[a](http://x.y)", "![a](b)", "<http://x.y>", "a@b.c")
    marks = ("# h", "* a", "1. a", "---", "> q", "`c`", "~~~", "***b***", "a|b", "[a]: /u", "&lt;")
    payloads = [*PAYLOADS, *links, *marks]
    renderer = MarkdownIt("commonmark", {"html": True}).enable("table")
    for payload in payloads:
        cell = escape_markdown(payload)
        page = Markup(renderer.render(f"| a |\n| --- |\n| {cell} |\n"))
        assert page.names == ["table", "thead", "tr", "th", "tbody", "tr", "td"], payload
        assert (page.texts[3], page.texts[6]) == ("a", " ".join(payload.split()))
        assert not re.search(r"https?://|www\.|\w@", cell)
    told = f"{len(payloads)} payloads on a dataset card: the same text, 0 elements, links or images"
    show("D19", told, request.node.nodeid)
