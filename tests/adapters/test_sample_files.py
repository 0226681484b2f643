import csv
import gzip
import io
import json
import os
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tagraph.adapters.csv_records import CsvRecords
from tagraph.adapters.json_records import Origin
from tagraph.adapters.sample_files import (
    digest_source,
    inspect_source,
    read_samples,
    read_source,
)
from tagraph.errors import InputError, OptionsError
from tagraph.steps.ingest import IngestOptions
from tagraph.steps.records import Ingest

GOOD = b'{"instruction": "Why?", "output": "Because."}'
OTHER = b'{"output":"Me.",  "instruction":"Who?", "n": 1e999}'
LENIENT = IngestOptions(max_bad=1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


def read(data: bytes, options: IngestOptions = LENIENT) -> Ingest:
    return read_source("-", options, stdin=io.BytesIO(data))


def reasons(data: bytes) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in read(GOOD + b"\n" + data).set_aside]


def in_row_order(found: Ingest) -> list[bytes]:
    order = sorted(range(len(found.samples)), key=lambda i: found.samples[i].row)
    return [found.originals[i] for i in order]


def refuse(source: str | Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_source(str(source), IngestOptions(**options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- JSON lines


@given(st.lists(st.dictionaries(TEXT, st.integers() | TEXT | st.lists(TEXT)), max_size=6))
def test_json_lines_keep_the_bytes_of_every_record(extras: list[dict[str, Any]]) -> None:
    extras = [{f"_{name}": value for name, value in extra.items()} for extra in extras]
    rows = [{**extra, "instruction": f"q{i}", "output": "a"} for i, extra in enumerate(extras)]
    lines = [json.dumps(row, ensure_ascii=False).encode() for row in rows] + [GOOD]
    found = read(b"\n".join(lines))
    assert in_row_order(found) == lines
    assert found.set_aside == ()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n  \n"])
def test_line_ends_blank_lines_and_byte_order_marks_are_no_part_of_a_record(end: bytes) -> None:
    found = read(b"\xef\xbb\xbf" + end + GOOD + end + OTHER + end)
    assert in_row_order(found) == [GOOD, OTHER]
    assert [sample.row for sample in found.samples] in ([0, 1], [1, 0])
    assert in_row_order(read(b"\xef\xbb\xbf" + GOOD)) == [GOOD]


def test_line_separators_of_unicode_split_nothing() -> None:
    line = '{"instruction": "a\u2028b\x85c", "output": "d\x0ce"}'.replace("\x0c", "\\f").encode()
    assert read(line).originals == (line,)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "malformed JSON at character 2"),
        (b'{"instruction": "a", "outp', "malformed JSON"),
        (b"{}{}", "malformed JSON at character 3"),
        (b"nonsense", "malformed JSON at character 1"),
        (b'{"a": "\x01"}', "malformed JSON"),
        (b"[1, 2]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b'{"instruction": "\xff"}', "not valid UTF-8 at byte 18"),
        (b'{"instruction": "\xed\xa0\x80"}', "not valid UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"{}", "no known form; fields: none"),
    ],
)
def test_a_bad_line_is_set_aside_with_its_number_and_reason(line: bytes, reason: str) -> None:
    ((number, found),) = reasons(b"\n" + line + b"\n" + OTHER)
    assert number == 3
    assert reason in found


@pytest.mark.parametrize(
    "value",
    [b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"18446744073709551616", b'"\\ud800"'],
)
def test_odd_values_in_other_fields_are_no_fault(value: bytes) -> None:
    line = b'{"instruction": "a", "output": "b", "x": ' + value + b"}"
    assert read(line).originals == (line,)


def test_lone_surrogates_in_the_text_are_cleaned_and_the_bytes_kept() -> None:
    line = rb'{"instruction": "a\ud800", "output": "b", "input": "c\udfff"}'
    found = read(line)
    assert found.samples[0].query == "a\ufffd\n\nc\ufffd"
    assert found.originals == (line,)


@pytest.mark.parametrize(
    "line",
    [
        b'{"instruction": "a", "output": "b", "instruction": "c"}',
        b'{"x": {"output": "no"}, "instruction": "a", "output": "b", "output" : "c"}',
    ],
)
def test_a_field_that_is_there_twice_is_a_reason(line: bytes) -> None:
    found = read(GOOD + b"\n" + line + b'\n{"y": {"output": 1, "prompt": 2}, ' + OTHER[1:])
    ((number, reason),) = [(row.line, row.reason) for row in found.set_aside]
    assert (number, reason.split("`")[2]) == (2, " is there twice")


def test_a_line_above_the_limit_is_set_aside() -> None:
    long = b'{"instruction": "' + b"x" * 3_000_000 + b'"}'
    found = read(GOOD + b"\n" + long + b"\n" + OTHER, replace(LENIENT, max_record=100))
    ((line, reason),) = [(row.line, row.reason) for row in found.set_aside]
    assert (line, reason) == (2, "longer than 100 bytes; --max-record takes longer ones")
    assert in_row_order(found) == [GOOD, OTHER]


# --- JSON arrays and objects


@given(st.lists(TEXT, max_size=4), st.sampled_from([None, 2]), st.booleans())
def test_arrays_keep_the_bytes_of_every_element(
    texts: list[str], indent: int | None, ascii_only: bool
) -> None:
    rows = [{"instruction": f"q{i}", "output": "a", "t": t} for i, t in enumerate(["", *texts])]
    parts = [json.dumps(row, indent=indent, ensure_ascii=ascii_only).encode() for row in rows]
    found = read(b"\xef\xbb\xbf \n[ " + b" ,\r\n".join(parts) + b"\t]\n ")
    assert in_row_order(found) == parts
    assert found.sources[0].container == "json"


def test_elements_that_are_no_samples_are_set_aside_with_their_line() -> None:
    found = read(b"[\n" + GOOD + b",\n\n7,\n" + OTHER + b', {"instruction": "\xff"}]')
    assert [(row.line, row.reason) for row in found.set_aside] == [
        (4, "not a JSON object"),
        (5, "not valid UTF-8 at byte 18; save the file as UTF-8"),
    ]
    assert in_row_order(found) == [GOOD, OTHER]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[\n" + GOOD, "line 2: malformed JSON: expected ','"),
        (b"[" + GOOD + b",]", "a comma before ']'"),
        (b"[" + GOOD + b" " + GOOD + b"]", "expected ','"),
        (b"[" + GOOD + b"]\n[]", "line 2: malformed JSON: more text after the end"),
        (b"[" + b"[" * 100_000, "nested too deeply"),
        (b"[nonsense]", "Expecting value"),
        (b"[", "Expecting value"),
        (b'{\n"data": [' + GOOD, "Expecting ',' delimiter"),
        (b'{\n"data": 5,}', "a comma before '}'"),
        (b"{\n5: 6}", "a field name is no text"),
        (b'{\n"data" 5}', "line 2: malformed JSON: expected ':'"),
        (b'{\n"data": 5 "more": 6}', "expected ','"),
        (b"[]", "stdin: empty, no record to read"),
        (b" \n ", "stdin: empty, no record to read"),
        (b"", "stdin: empty, no record to read"),
    ],
)
def test_a_text_that_is_not_json_as_a_whole_is_one_clear_error(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(data)


def test_rows_inside_one_object_are_found_and_said() -> None:
    for blank in (b"", b"\n"):
        found = read(b'{"version": 2,' + blank + b' "data": [' + GOOD + b", " + OTHER + b"]}")
        assert in_row_order(found) == [GOOD, OTHER]
        assert found.sources[0].wrapper == "data"
        assert found.evidence.endswith("the rows are the list `data` of stdin")


def test_an_object_laid_out_over_lines_that_is_a_sample_is_one_record() -> None:
    text = json.dumps(json.loads(GOOD), indent=2).encode()
    found = read(text + b"\n")
    assert found.originals == (text,)
    assert found.sources[0].container == "json"


def test_an_object_with_two_lists_of_rows_is_refused() -> None:
    data = b'{"train": [' + GOOD + b'], "test": [' + GOOD + b"]}"
    with pytest.raises(InputError, match="several lists of records"):
        read(data)


def test_lines_that_hold_lists_of_objects_are_still_lines() -> None:
    line = b'{"data": [{"a": 1}]}'
    assert [number for number, _ in reasons(line)] == [2]
    assert len(read(line + b"\n" + GOOD).set_aside) == 1


def test_a_first_line_that_is_broken_does_not_hide_the_others() -> None:
    found = read(b'{"instruction": \n' + GOOD + b"\n" + OTHER)
    assert [row.line for row in found.set_aside] == [1]
    assert found.sources[0].container == "jsonl"


# --- CSV


@given(st.lists(st.tuples(TEXT, TEXT, st.text(max_size=8)), min_size=1, max_size=5))
def test_csv_keeps_the_bytes_of_every_record(rows: list[tuple[str, str, str]]) -> None:
    records = []
    for i, (query, response, extra) in enumerate(rows):
        held = io.StringIO(newline="")
        cells = [f"{i}{query}", f"{i}{response}", extra.encode("utf-8", "replace").decode()]
        csv.writer(held, quoting=csv.QUOTE_ALL, lineterminator="").writerow(cells)
        records.append(held.getvalue().encode())
    found = read(b"prompt,completion,extra\r\n" + b"\r\n".join(records))
    assert in_row_order(found) == records
    assert found.sources[0].header == b"prompt,completion,extra\n"
    assert found.set_aside == ()


def test_csv_records_over_several_lines_are_whole() -> None:
    record = b'"a\r\nb ""c""","d\n\ne"'
    found = read(b"\xef\xbb\xbfprompt,completion\n\n" + record + b"\n\nx,y\n")
    assert in_row_order(found) == [record, b"x,y"]
    assert found.sources[0].header == b"\xef\xbb\xbfprompt,completion\n"
    assert {sample.query for sample in found.samples} == {'a\nb "c"', "x"}


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_found_by_the_header(delimiter: str) -> None:
    found = read(f"prompt{delimiter}completion\na,b{delimiter}c,d\n".encode())
    assert (found.samples[0].query, found.samples[0].response) == ("a,b", "c,d")


def test_bad_csv_records_are_set_aside_with_line_and_reason() -> None:
    bad = b'1\n1,2,3\n"a"b,c\n\xff,d\n"multi\nline",e\nok,f,g,h\n'
    found = read(b"prompt,completion\nx,y\n" + bad)
    assert [(row.line, row.reason.split(";")[0].split(":")[0]) for row in found.set_aside] == [
        (3, "1 fields where the header has 2"),
        (4, "3 fields where the header has 2"),
        (5, "broken quoting"),
        (6, "not valid UTF-8 at byte 1"),
        (9, "4 fields where the header has 2"),
    ]
    assert in_row_order(found) == [b"x,y", b'"multi\nline",e']


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'prompt,completion\na,b\nc,"d\ne,f\n', "line 3: a quote that opens here is never"),
        (b"prompt,completion\n", "empty, no record to read"),
        (b"\xff,prompt\na,b", "neither JSONL"),
        (b"just some text\n", "neither JSONL, JSON, Parquet nor a CSV with known columns"),
    ],
)
def test_a_csv_that_is_broken_as_a_whole_is_one_clear_error(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(data)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"prompt,\xff\n", "not valid UTF-8 at byte 8"),
        (b'prompt,"x"y\n', "broken quoting"),
        (b'prompt,"completion\n', "a quote that opens here is never closed"),
    ],
)
def test_a_csv_header_that_that_is_broken_is_one_clear_error(
    header: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_bytes(header + b"a,b")
    assert f"x.csv, line 1: {words}" in refuse(tmp_path / "x.csv")


def test_an_empty_csv_has_no_header_and_no_records() -> None:
    records = CsvRecords(io.BytesIO(), Origin(0, "x"))
    assert (records.header, list(records)) == (b"", [])


@pytest.mark.parametrize("data", [b"x" * 60, b'"' + b"x\n" * 30, b'a,"b' + b"\n" * 50 + b'"\nc,d'])
def test_a_csv_record_without_end_is_refused_before_it_is_held(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"prompt,completion\n" + data)
    with pytest.raises(InputError, match="line 2: longer than 50 bytes"):
        read_source(str(tmp_path / "x.csv"), IngestOptions(max_record=50))


def test_a_long_first_line_does_not_hide_the_others(tmp_path: Path) -> None:
    long = b'{"instruction": "' + b"x" * 200 + b'", "output": "y"}'
    (tmp_path / "x.jsonl").write_bytes(long + b"\n" + GOOD)
    found = read_source(str(tmp_path / "x.jsonl"), replace(LENIENT, max_record=100))
    assert [row.line for row in found.set_aside] == [1]
    assert in_row_order(found) == [GOOD]


def test_what_would_be_held_in_memory_has_a_limit() -> None:
    with pytest.raises(InputError, match=r"one JSON text of more than 50 bytes"):
        read(b"[" + GOOD + b"," + OTHER + b"]", IngestOptions(max_text=50))
    with pytest.raises(InputError, match="nothing but blanks in 100 bytes"):
        read(b"\n" * 1000 + GOOD, IngestOptions(max_record=99))


def test_conversations_in_csv_cells_are_read() -> None:
    held = io.StringIO()
    chat = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    csv.writer(held).writerows([["messages", "tags"], [json.dumps(chat), "a|b"]])
    (sample,) = read(held.getvalue().encode()).samples
    assert (sample.query, sample.response, sample.tags) == ("Why?", "So.", ("a", "b"))


# --- sources


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x", "x.txt", "x.csv", "x.parquet", "x.gz"])
def test_content_decides_where_the_suffix_lies_or_is_silent(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    for data, container in [
        (GOOD, "jsonl"),
        (b"[" + GOOD + b"]", "json"),
        (b"prompt,completion\na,b", "csv"),
    ]:
        for pack in (bytes, gzip.compress, zstandard.ZstdCompressor().compress):
            path.write_bytes(pack(data))
            assert read_source(str(path)).sources[0].container == container


@pytest.mark.parametrize(
    ("name", "pack", "compression"),
    [
        ("x.jsonl", bytes, ""),
        ("x.jsonl.gz", gzip.compress, "gz"),
        ("x.jsonl.zst", zstandard.ZstdCompressor().compress, "zst"),
    ],
)
def test_a_file_is_described_by_what_lies_there(
    name: str, pack: Any, compression: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(pack(GOOD + b"\n" + OTHER))
    for limit in (None, 1):
        (source,) = read_source(str(path), IngestOptions(limit=limit)).sources
        assert (source.name, source.path) == (name, str(path.resolve()))
        assert source.sha256 == sha256(path.read_bytes()).hexdigest()
        assert (source.container, source.compression) == ("jsonl", compression)
        assert source.n_records == (limit or 2)


def test_a_truncated_file_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(os.urandom(5000))[:-300])
    assert refuse(path).startswith("x.jsonl.gz ends too early")


def test_a_folder_gives_its_data_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(OTHER)
    (tmp_path / "a.csv").write_bytes(b"prompt,completion\na,b")
    (tmp_path / "README.md").write_bytes(b"# words")
    (tmp_path / ".hidden.jsonl").write_bytes(GOOD)
    (tmp_path / "sub.jsonl").mkdir()
    found = read_source(str(tmp_path))
    assert [source.name for source in found.sources] == ["a.csv", "b.jsonl"]
    assert {s.source: i for s, i in zip(found.samples, found.source_index, strict=True)} == {
        "a.csv": 0,
        "b.jsonl": 1,
    }


def test_a_pattern_gives_the_files_it_matches(tmp_path: Path) -> None:
    for name in ("train-1.jsonl", "train-0.jsonl", "test.jsonl"):
        (tmp_path / name).write_bytes(GOOD)
    found = read_source(str(tmp_path / "train-*.jsonl"))
    assert [Path(source.name).name for source in found.sources] == [
        "train-0.jsonl",
        "train-1.jsonl",
    ]
    assert len(found.samples) == 2


def test_a_file_whose_name_looks_like_a_pattern_is_read(tmp_path: Path) -> None:
    (tmp_path / "x[1].jsonl").write_bytes(GOOD)
    assert len(read_samples(tmp_path / "x[1].jsonl")) == 1


def test_files_behind_the_limit_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(GOOD)
    (tmp_path / "b.jsonl").write_bytes(b"nonsense")
    found = read_source(str(tmp_path), IngestOptions(limit=1))
    assert [source.name for source in found.sources] == ["a.jsonl"]


def test_a_stream_is_read_no_further_than_the_limit() -> None:
    stream = io.BytesIO((GOOD + b"\n") * 100_000)
    found = read_source("-", IngestOptions(limit=2), stdin=stream)
    assert len(found.samples) == 2
    assert stream.tell() < len(stream.getvalue())


def test_standard_input_is_read_where_no_stream_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD)))
    found = read_source("-")
    assert (found.sources[0].path, found.samples[0].source) == ("-", "stdin")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("missing.jsonl", "missing.jsonl does not exist; name a file, a folder, a pattern, or -"),
        ("data/missing.jsonl", "data/missing.jsonl does not exist; name a file"),
        ("missing-*.jsonl", "no file matches missing-*.jsonl"),
        ("nul\x00.jsonl", "does not exist"),
        ("x" * 5000, "cannot be read"),
        ("", "does not exist"),
    ],
)
def test_a_source_that_is_not_there_is_one_clear_error(
    source: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if source:
        assert words in refuse(source)
    else:
        assert "holds no file" in refuse(tmp_path)


def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    loop = tmp_path / "loop.jsonl"
    loop.symlink_to(loop)
    assert "loop.jsonl" in refuse(loop)
    assert "mem cannot be read" in refuse("/proc/self/mem")
    with pytest.raises(InputError, match="mem cannot be read"):
        digest_source("/proc/self/mem")


def test_a_name_that_is_not_utf8_is_one_clear_error(tmp_path: Path) -> None:
    path = os.fsdecode(bytes(tmp_path) + b"/\xff.jsonl")
    Path(path).write_bytes(GOOD)
    assert "cannot be read" in refuse(path)


def test_parquet_is_read_from_a_plain_file_only() -> None:
    with pytest.raises(InputError, match="Parquet is read from a plain file only"):
        read(b"PAR1....")


def test_the_format_can_be_forced() -> None:
    line = b'{"messages": [], "prompt": "a", "completion": "b"}'
    assert read(line, IngestOptions(format="prompt-completion")).format == "prompt-completion"
    with pytest.raises(OptionsError, match="unknown format 'xml'"):
        read_samples("-", format="xml")


def test_the_digest_of_a_source_follows_its_bytes_and_not_its_name(tmp_path: Path) -> None:
    for name, data in (("a.jsonl", GOOD), ("b.jsonl", GOOD), ("c.jsonl", OTHER)):
        (tmp_path / name).write_bytes(data)
    one, two, three = (digest_source(str(tmp_path / f"{name}.jsonl")) for name in "abc")
    assert one == two == digest_source("-", stdin=io.BytesIO(GOOD))
    assert one != three


def test_inspecting_tells_all_and_stops_at_no_share_of_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(OTHER + b"\n" + GOOD + b"\nnonsense\n")
    found = inspect_source(str(path))
    assert (found.n_records, found.n_samples, len(found.set_aside)) == (3, 2, 1)
    assert (found.format, found.too_bad, found.first.query) == ("alpaca", True, "Who?")
    assert found.evidence.startswith("2 of 3 rows have `instruction` and `output`: alpaca")
    assert {use.field for use in found.fields} == {"instruction", "output"}
    assert not inspect_source(str(path), IngestOptions(max_bad=0.5)).too_bad


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "n_samples", "n_set_aside"),
    [
        ("dolly_3k_dev.jsonl.gz", 2996, 0),
        ("alpaca_subset_dev.jsonl.gz", 13960, 6),  # six rows have an empty output
        ("self_instruct_seed_tasks_dev.jsonl", 175, 0),
        ("tacos_refined_alpaca_dev.jsonl.gz", 1410, 0),
    ],
)
def test_real_instruction_files_are_read_whole(
    name: str, n_samples: int, n_set_aside: int, shared: Path
) -> None:
    found = read_source(str(shared / "instructions" / name))
    assert (len(found.samples), len(found.set_aside)) == (n_samples, n_set_aside)
    assert found.format == "alpaca"


@pytest.mark.shared
def test_real_tags_come_with_real_conversations(shared: Path) -> None:
    found = read_source(str(shared / "open-tags" / "mig_instag_examples_dev.jsonl"))
    assert [len(sample.tags) > 0 for sample in found.samples].count(True) == 9
    assert found.set_aside == found.notices == ()
