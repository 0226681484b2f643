import gzip
import io
import json
import os
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from tagraph.adapters.new_files import write_file
from tagraph.adapters.sample_files import read_source
from tagraph.adapters.selection_files import Chosen, check_selection_target, write_selection
from tagraph.errors import InputError, OptionsError
from tagraph.steps.ingest import IngestOptions
from tagraph.steps.records import Ingest

LINES = [b'{"prompt": "%d",\t"completion" : "a\\u00e9\xc3\xa9"}' % n for n in range(5)]
CSV = b"prompt,completion,n\r\n" + b"\r\n".join(b'"%d\r\n""x""",b,%d' % (n, n) for n in range(5))
ROWS = [{"prompt": str(n), "completion": "c", "n": n, "f": float("nan")} for n in range(5)]
EXTRA = st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=6), max_size=3)


def choose(found: Ingest, rows: Sequence[int]) -> list[Chosen]:
    """Return the records of the given rows, in that order."""
    place = {(int(found.source_index[i]), s.row): i for i, s in enumerate(found.samples)}
    return [
        Chosen(found.originals[place[key]], *key)
        for row in rows
        for key in sorted(place)
        if key[1] == row
    ]


def convert(source: Path, target: Path, rows: Sequence[int] = (3, 0)) -> str:
    found = read_source(str(source))
    return write_selection(target, choose(found, rows), found.sources)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make(folder: Path, container: str) -> Path:
    """Return a source of five rows."""
    path = folder / f"in.{container}"
    if container == "parquet":
        table = pa.Table.from_pylist(ROWS).replace_schema_metadata({"made": "here"})
        parquet.write_table(table, path, row_group_size=2, compression="zstd")
    else:
        texts = {"jsonl": b"\n".join(LINES), "json": b"[" + b",\n".join(LINES) + b"]", "csv": CSV}
        path.write_bytes(texts[container])
    return path


@given(st.lists(EXTRA, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_what_is_written_reads_back_as_the_same_samples(
    tmp_path_factory: pytest.TempPathFactory, extras: list[dict[str, Any]], chance: Any
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    rows = [
        {f"_{k}": v for k, v in extra.items()} | {"prompt": "q", "completion": "a"}
        for extra in extras
    ]
    lines = [json.dumps(row, ensure_ascii=chance.random() < 0.5) for row in rows]
    texts = {"jsonl": "\r\n".join(lines), "json": f"[{' , '.join(lines)}]"}
    for container, text in texts.items():
        (folder / f"in.{container}").write_text(text, encoding="utf-8", newline="")
        found = read_source(str(folder / f"in.{container}"))
        order = list(range(len(rows)))
        chance.shuffle(order)
        target = folder / f"out.{container}"
        write_selection(target, choose(found, order), found.sources, overwrite=True)
        again = read_source(str(target))
        assert again.samples.ids == found.samples.ids
        assert again.originals == found.originals
        assert [again.originals[i].decode() for i in range(len(rows))] == sorted(lines)


def test_jsonl_keeps_the_very_bytes_in_the_order_chosen(tmp_path: Path) -> None:
    note = convert(make(tmp_path, "jsonl"), tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == LINES[3] + b"\n" + LINES[0] + b"\n"
    assert note == "jsonl, bytes as they came"


def test_csv_keeps_header_and_bytes(tmp_path: Path) -> None:
    note = convert(make(tmp_path, "csv"), tmp_path / "out.csv")
    expected = b'prompt,completion,n\n"3\r\n""x""",b,3\n"0\r\n""x""",b,0\n'
    assert (tmp_path / "out.csv").read_bytes() == expected
    assert note == "csv, header kept, bytes as they came"


def test_a_json_array_stays_one_with_the_very_bytes_of_its_elements(tmp_path: Path) -> None:
    note = convert(make(tmp_path, "json"), tmp_path / "out.json")
    assert (tmp_path / "out.json").read_bytes() == b"[\n" + LINES[3] + b",\n" + LINES[0] + b"\n]\n"
    assert note == "json array, bytes of each element as they came"
    (tmp_path / "wrapped.json").write_bytes(b'{"data": [' + LINES[0] + b"]}")
    note = convert(tmp_path / "wrapped.json", tmp_path / "out2.json", [0])
    assert note.endswith("; without the object around the list `data`")


def test_parquet_keeps_schema_values_and_compression(tmp_path: Path) -> None:
    source = make(tmp_path, "parquet")
    note = convert(source, tmp_path / "out.parquet", [4, 0, 2])
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.schema.equals(parquet.read_schema(source), check_metadata=True)
    assert table.equals(parquet.read_table(source).take([4, 0, 2])) or [
        row | {"f": None} for row in table.to_pylist()
    ] == [ROWS[n] | {"f": None} for n in (4, 0, 2)]
    found = parquet.ParquetFile(tmp_path / "out.parquet").metadata.row_group(0).column(0)
    assert found.compression == "ZSTD"
    assert note == "parquet, same schema and values"


@pytest.mark.parametrize("container", ["jsonl", "json", "csv", "parquet"])
def test_a_selection_of_nothing_is_a_valid_empty_file(container: str, tmp_path: Path) -> None:
    target = tmp_path / f"out.{container}"
    source = make(tmp_path, container)
    convert(source, target, [])
    if container == "parquet":
        assert parquet.read_table(target).num_rows == 0
    elif container == "json":
        assert json.loads(target.read_bytes()) == []
    else:
        header = CSV.split(b"\r\n")[0] + b"\n" if container == "csv" else b""
        assert target.read_bytes() == header


@pytest.mark.parametrize(
    ("container", "lines"),
    [
        ("json", [LINES[3], LINES[0]]),
        (
            "csv",
            [
                b'{"prompt":"3\\r\\n\\"x\\"","completion":"b","n":"3"}',
                b'{"prompt":"0\\r\\n\\"x\\"","completion":"b","n":"0"}',
            ],
        ),
        (
            "parquet",
            [
                b'{"prompt":"3","completion":"c","n":3,"f":null}',
                b'{"prompt":"0","completion":"c","n":0,"f":null}',
            ],
        ),
    ],
)
def test_anything_can_become_jsonl_and_the_note_says_so(
    container: str, lines: list[bytes], tmp_path: Path
) -> None:
    target = tmp_path / "out.jsonl"
    note = convert(make(tmp_path, container), target)
    assert target.read_bytes() == b"".join(line + b"\n" for line in lines)
    assert note.startswith(f"converted from {container} to jsonl")


def test_an_element_laid_out_over_lines_becomes_one_line_of_the_same_value(tmp_path: Path) -> None:
    value = {"prompt": "a\nb", "completion": "c\r", "x": [1, {"y": 2}]}
    (tmp_path / "in.json").write_bytes(json.dumps([value], indent=1).encode())
    convert(tmp_path / "in.json", tmp_path / "out.jsonl", [0])
    (line,) = (tmp_path / "out.jsonl").read_bytes().splitlines()
    assert json.loads(line) == value


def test_jsonl_becomes_an_array_on_request(tmp_path: Path) -> None:
    note = convert(make(tmp_path, "jsonl"), tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_bytes()) == [
        json.loads(LINES[3]),
        json.loads(LINES[0]),
    ]
    assert note == "converted from jsonl to json"


@pytest.mark.parametrize(
    ("container", "suffix", "possible"),
    [
        ("jsonl", "csv", ".jsonl, .json"),
        ("jsonl", "parquet", ".jsonl, .json"),
        ("csv", "json", ".csv, .jsonl"),
        ("csv", "parquet", ".csv, .jsonl"),
        ("parquet", "csv", ".parquet, .jsonl"),
    ],
)
def test_other_conversions_are_refused_with_what_is_possible(
    container: str, suffix: str, possible: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionsError, match=f"as {suffix}; possible suffixes: {possible}"):
        convert(make(tmp_path, container), tmp_path / f"out.{suffix}")
    assert names(tmp_path) == [f"in.{container}"]


def test_parquet_is_not_packed_again(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match=r"let the name end in \.parquet"):
        convert(make(tmp_path, "parquet"), tmp_path / "out.parquet.gz")


@pytest.mark.parametrize(
    ("suffix", "unpack"),
    [(".gz", gzip.decompress), (".zst", lambda data: zstandard.decompress(data, 10**6))],
)
def test_packed_targets_hold_the_same_bytes_every_time(
    suffix: str, unpack: Any, tmp_path: Path
) -> None:
    source = make(tmp_path, "jsonl")
    first, second = tmp_path / f"a.jsonl{suffix}", tmp_path / f"b.jsonl{suffix}"
    convert(source, first)
    convert(source, second)
    assert first.read_bytes() == second.read_bytes()
    assert unpack(first.read_bytes()) == LINES[3] + b"\n" + LINES[0] + b"\n"


def test_sources_of_different_containers_become_jsonl(tmp_path: Path) -> None:
    for container in ("jsonl", "csv", "parquet"):
        make(tmp_path, container)
    out = io.BytesIO()
    found = read_source(str(tmp_path))
    note = write_selection(out, choose(found, [1]), found.sources)
    assert note == "converted from csv and jsonl and parquet to jsonl, csv values as text"
    assert [json.loads(line)["prompt"][0] for line in out.getvalue().splitlines()] == ["1"] * 3


def test_csv_sources_of_different_columns_become_jsonl(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"prompt;completion\na;b")
    (tmp_path / "b.csv").write_bytes(b"completion,prompt\nd,c")
    found = read_source(str(tmp_path))
    out = io.BytesIO()
    assert write_selection(out, choose(found, [0]), found.sources).startswith("converted from csv")
    assert [json.loads(line)["prompt"] for line in out.getvalue().splitlines()] == ["a", "c"]
    with pytest.raises(OptionsError, match=r"possible suffixes: \.jsonl"):
        write_selection(tmp_path / "out.csv", choose(found, [0]), found.sources)


def test_parquet_sources_of_one_schema_are_joined_in_selection_order(tmp_path: Path) -> None:
    make(tmp_path, "parquet").rename(tmp_path / "a.parquet")
    make(tmp_path, "parquet").rename(tmp_path / "b.parquet")
    found = read_source(str(tmp_path))
    mixed = [Chosen(b"", source, row) for source, row in [(1, 4), (0, 2), (1, 0), (0, 2)]]
    out = io.BytesIO()
    write_selection(out, mixed, found.sources)
    assert parquet.read_table(io.BytesIO(out.getvalue())).column("n").to_pylist() == [4, 2, 0, 2]


def test_parquet_sources_of_different_schemas_are_refused(tmp_path: Path) -> None:
    make(tmp_path, "parquet").rename(tmp_path / "a.parquet")
    parquet.write_table(pa.table({"prompt": ["x"], "completion": ["y"]}), tmp_path / "b.parquet")
    found = read_source(str(tmp_path))
    target = tmp_path / "out.parquet"
    with pytest.raises(OptionsError, match="different schemas"):
        write_selection(target, choose(found, [0]), found.sources)
    assert names(tmp_path) == ["a.parquet", "b.parquet"]


def test_a_parquet_source_that_changed_or_went_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path, "parquet")
    found = read_source(str(source))
    chosen = choose(found, [0])
    parquet.write_table(pa.table({"prompt": ["x"]}), source)
    with pytest.raises(InputError, match="changed since it was read; run again"):
        write_selection(tmp_path / "out.parquet", chosen, found.sources)
    source.unlink()
    with pytest.raises(InputError, match="cannot be read again: No such file"):
        write_selection(tmp_path / "out.jsonl", chosen, found.sources)
    assert names(tmp_path) == []


def test_parquet_values_json_has_no_word_for_become_text(tmp_path: Path) -> None:
    row = {"prompt": "a", "completion": "b", "x": b"\xff", "n": Decimal("1.50")}
    parquet.write_table(pa.Table.from_pylist([row]), tmp_path / "in.parquet")
    convert(tmp_path / "in.parquet", tmp_path / "out.jsonl", [0])
    (line,) = (tmp_path / "out.jsonl").read_bytes().splitlines()
    assert json.loads(line) == {**row, "x": "/w==", "n": "1.50"}


def test_streams_get_the_bytes_of_the_natural_container(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\n".join(LINES)
    found = read_source("-", stdin=io.BytesIO(data))
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    write_selection(Path("-"), choose(found, [2]), found.sources)
    assert out.buffer.read() == b""
    out.buffer.seek(0)
    assert out.buffer.read() == LINES[2] + b"\n"


# --- files


def test_an_existing_file_is_replaced_only_on_request(tmp_path: Path) -> None:
    found = read_source(str(make(tmp_path, "jsonl")))
    target = tmp_path / "out.jsonl"
    target.write_bytes(b"mine")
    with pytest.raises(InputError, match="exists; name another file or use --overwrite"):
        write_selection(target, choose(found, [0]), found.sources)
    assert target.read_bytes() == b"mine"
    write_selection(target, choose(found, [0]), found.sources, overwrite=True)
    assert target.read_bytes() == LINES[0] + b"\n"


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_must_not_be_replaced_is_named(overwrite: bool, tmp_path: Path) -> None:
    source = make(tmp_path, "jsonl")
    sources = read_source(str(source)).sources
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    for name, words in [
        ("in.jsonl", "is the source itself"),
        ("link.jsonl", "is a symbolic link"),
        ("pipe.jsonl", "is no regular file"),
        ("folder.jsonl", "is a folder"),
        ("none/out.jsonl", "there is no folder"),
        ("in.jsonl/out.jsonl", "there is no folder"),
        ("x" * 300, "cannot be written: File name too long"),
    ]:
        with pytest.raises(InputError, match=words):
            check_selection_target(tmp_path / name, sources, overwrite=overwrite)


def test_a_folder_that_takes_no_files_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"/proc/out\.jsonl cannot be written: "):
        convert(make(tmp_path, "jsonl"), Path("/proc/out.jsonl"))


def test_an_interrupted_file_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_bytes(b"before")

    def stop() -> None:
        with write_file(target) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert names(tmp_path) == ["out.jsonl"]
    assert target.read_bytes() == b"before"


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    convert(make(tmp_path, "jsonl"), tmp_path / "out.jsonl")
    (tmp_path / "plain").touch()
    assert (tmp_path / "out.jsonl").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.shared
def test_real_rows_are_written_as_they_lie_in_the_file(shared: Path, tmp_path: Path) -> None:
    source = shared / "instructions" / "dolly_3k_dev.jsonl.gz"
    found = read_source(str(source), IngestOptions(limit=500))
    convert_rows = [499, 3, 77]
    write_selection(tmp_path / "out.jsonl", choose(found, convert_rows), found.sources)
    lines = gzip.decompress(source.read_bytes()).split(b"\n")
    assert (tmp_path / "out.jsonl").read_bytes().splitlines() == [lines[n] for n in convert_rows]
