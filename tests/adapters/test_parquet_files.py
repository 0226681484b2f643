import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from tagraph.adapters.json_records import Origin
from tagraph.adapters.parquet_files import (
    find_compression,
    plain_value,
    read_parquet,
    take_rows,
)
from tagraph.adapters.sample_files import read_source
from tagraph.errors import InputError
from tagraph.steps.ingest import IngestOptions
from tagraph.steps.records import Record, SetAside

CHAT = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]


def save(path: Path, table: pa.Table | dict[str, Any], **options: Any) -> Path:
    parquet.write_table(table if isinstance(table, pa.Table) else pa.table(table), path, **options)
    return path


def read(path: Path) -> list[Record | SetAside]:
    return list(read_parquet(str(path), Origin(0, path.name)))


def test_nested_rows_become_samples_whatever_the_row_groups(tmp_path: Path) -> None:
    columns = {"messages": [CHAT] * 5, "tags": [["a"], None, [], ["b", "c"], ["d"]]}
    found = read_source(str(save(tmp_path / "x.parquet", columns, row_group_size=2)))
    assert {sample.query for sample in found.samples} == {"Why?"}
    assert sorted(sample.tags for sample in found.samples) == [(), (), ("a",), ("b", "c"), ("d",)]
    assert set(found.originals) == {b""}
    (source,) = found.sources
    assert (source.container, source.n_records, source.compression) == ("parquet", 5, "")


def test_shuffling_rows_and_columns_changes_no_id(tmp_path: Path) -> None:
    rows = [{"prompt": "Why?", "completion": "So.", "n": n} for n in (3, 1, 2)]
    one = save(tmp_path / "a.parquet", pa.Table.from_pylist(rows))
    moved = [dict(reversed(row.items())) for row in reversed(rows)]
    two = save(tmp_path / "b.parquet", pa.Table.from_pylist(moved))
    left, right = read_source(str(one)), read_source(str(two))
    assert left.samples.ids == right.samples.ids
    assert [rows[s.row]["n"] for s in left.samples] == [moved[s.row]["n"] for s in right.samples]


def test_times_beyond_python_become_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "at": pa.array([1234567891], pa.timestamp("ns")),
            "far": pa.array([2**50], pa.timestamp("ms")),
            "took": pa.array([5], pa.duration("ns")),
        }
    )
    (record,) = read(save(tmp_path / "x.parquet", table, version="2.6"))
    assert isinstance(record, Record)
    assert record.value["at"] == "1970-01-01 00:00:01.234567891"
    assert isinstance(record.value["far"], str)
    assert record.value["took"] == "5"


def test_a_row_python_cannot_hold_is_set_aside(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(
        pa.string(), 2, pa.array([b"ok", b"\xff\xfe"], pa.binary()).buffers()
    )
    good, bad = read(save(tmp_path / "x.parquet", pa.table({"prompt": broken})))
    assert isinstance(good, Record)
    assert good.value == {"prompt": "ok"}
    assert isinstance(bad, SetAside)
    assert (bad.line, bad.source) == (2, "x.parquet")
    assert "a value that cannot be read" in bad.reason


@pytest.mark.parametrize("cut", [slice(0, -20), slice(0, 200), slice(0, 4)])
def test_a_damaged_file_is_one_clear_error(cut: slice, tmp_path: Path) -> None:
    path = save(tmp_path / "x.parquet", {"prompt": ["a"] * 50, "completion": ["b"] * 50})
    path.write_bytes(path.read_bytes()[cut])
    with pytest.raises(InputError, match=r"x\.parquet cannot be read as Parquet: .") as caught:
        read_source(str(path))
    assert "\n" not in str(caught.value)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_flipped_byte_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    path = save(
        tmp_path_factory.mktemp("flip") / "x.parquet",
        {"prompt": ["a", "b"], "completion": ["c", "d"]},
    )
    data = bytearray(path.read_bytes())
    data[4 + place % (len(data) - 4)] = value
    path.write_bytes(data)
    try:
        found = read_source(str(path), IngestOptions(max_bad=1))
    except InputError:
        return
    assert found.n_records <= 2


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 10))
def test_rows_are_taken_in_the_order_asked_for(
    tmp_path_factory: pytest.TempPathFactory, rows: list[int], size: int
) -> None:
    folder = tmp_path_factory.mktemp("take")
    table = pa.table({"n": pa.array(range(10), pa.int16()), "s": [CHAT] * 10})
    table = table.replace_schema_metadata({"made": "here"})
    path = save(folder / "x.parquet", table, row_group_size=size)
    taken = take_rows(str(path), "x", rows)
    assert taken.column("n").to_pylist() == rows
    assert taken.schema.equals(parquet.read_schema(path), check_metadata=True)


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "brotli"])
def test_the_compression_of_a_file_is_found_in_the_words_of_the_writer(
    compression: str, tmp_path: Path
) -> None:
    path = save(tmp_path / "x.parquet", {"n": [1]}, compression=compression)
    assert find_compression(str(path), "x") == compression


def test_a_file_without_row_groups_is_written_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    parquet.ParquetWriter(path, pa.schema({"n": pa.int64()})).close()
    assert find_compression(str(path), "x") == "snappy"
    assert take_rows(str(path), "x", []).num_rows == 0


def test_values_json_has_no_word_for_become_text() -> None:
    assert plain_value(b"\xff") == "/w=="
    assert plain_value(Decimal("1.50")) == "1.50"
    assert plain_value(datetime.timedelta(days=1)) == "1 day, 0:00:00"


def test_a_bomb_is_stopped_before_and_while_it_unpacks(tmp_path: Path) -> None:
    cell = pa.table({"instruction": ["q"], "output": ["y" * 20_000_000]})
    one = save(tmp_path / "one.parquet", cell, compression="zstd", use_dictionary=False)
    text = pa.array(["x" * 5000]).take(pa.array([0] * 4000))
    many = save(tmp_path / "many.parquet", pa.table({"instruction": text, "output": text}))
    for path in (one, many):
        with pytest.raises(InputError, match="unpacks to more than 200 times its size"):
            read(path)


def test_a_row_above_the_limit_is_set_aside(tmp_path: Path) -> None:
    path = save(tmp_path / "x.parquet", {"prompt": ["q", "r"], "completion": ["a" * 500, "b"]})
    first, second = read_parquet(str(path), Origin(0, "x", max_record=200))
    assert isinstance(first, SetAside)
    assert first.reason.startswith("longer than 200 bytes")
    assert isinstance(second, Record)
