import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from tagraph.adapters.sample_files import read_samples
from tagraph.adapters.trainer_files import check_trainer_target, write_trainer_rows
from tagraph.data import ASSISTANT, HUMAN, Sample, Turn
from tagraph.errors import InputError, OptionsError
from tagraph.stages.trainer_rows import TRAINER_FORMS, Rated, TrainerRows, make_rows

QUERY = '=1+1, "quoted"\r\nand é 漢字 \u2028'


def make(form: str, n: int = 3, strength: float | None = 0.25) -> TrainerRows:
    turns = (Turn(HUMAN, QUERY), Turn(ASSISTANT, "an answer"))
    return make_rows([Rated(Sample(f"{i}", turns), ("a",), strength) for i in range(n)], form)


def read(path: Path) -> list[dict[str, Any]]:
    """Return what a reader that is not ours finds."""
    if path.suffix == ".parquet":
        found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
        return found
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if ".csv" in path.suffixes:
        return list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
    text = raw.decode()
    return list(json.loads(text)) if ".json" in path.suffixes else _lines(text)


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.split("\n") if line]


@pytest.mark.parametrize("form", TRAINER_FORMS)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet", "a.jsonl.gz", "plain"])
def test_every_form_reads_back_equal_from_every_container(
    tmp_path: Path, form: str, name: str
) -> None:
    rows = make(form)

    write_trainer_rows(tmp_path / name, rows)

    assert read(tmp_path / name) == rows.rows


@pytest.mark.parametrize("form", ["alpaca", "prompt-completion"])
def test_flat_rows_read_back_equal_from_csv(tmp_path: Path, form: str) -> None:
    rows = make(form)

    write_trainer_rows(tmp_path / "a.csv", rows)

    flat = [{name: value or "" for name, value in row.items()} for row in rows.rows]
    assert read(tmp_path / "a.csv") == flat


def test_the_forms_we_read_ourselves_give_the_same_samples(tmp_path: Path) -> None:
    ids = set()
    for form in ("messages", "sharegpt", "alpaca", "prompt-completion", "mig"):
        write_trainer_rows(tmp_path / f"{form}.jsonl", make(form, 1))
        ids.add(tuple(read_samples(str(tmp_path / f"{form}.jsonl")).ids))
    assert len(ids) == 1


def test_parquet_keeps_types_where_every_list_is_empty(tmp_path: Path) -> None:
    write_trainer_rows(tmp_path / "a.parquet", make("alpaca"))
    write_trainer_rows(tmp_path / "d.parquet", make("deita", strength=None))
    write_trainer_rows(tmp_path / "none.parquet", make("messages", 0))

    history = parquet.read_schema(tmp_path / "a.parquet").field("history").type
    scores = parquet.read_schema(tmp_path / "d.parquet").field("quality_scores").type
    assert str(history.value_type.value_type) == "string"
    assert str(scores.value_type) == "double"
    assert parquet.read_table(tmp_path / "none.parquet").num_rows == 0


def test_the_same_rows_are_the_same_bytes_and_a_stream_takes_lines(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet"):
        write_trainer_rows(tmp_path / name, make("mig"))
    stream = io.BytesIO()
    write_trainer_rows(stream, make("messages"))

    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert _lines(stream.getvalue().decode()) == make("messages").rows


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("a.parquet.gz", "messages", "Parquet compresses its columns itself"),
        ("a.csv", "messages", "CSV cannot hold the lists of 'messages'"),
        ("a.tsv", "alpaca", "not to .tsv"),
    ],
)
def test_a_container_that_cannot_hold_the_form_is_refused_before_work(
    tmp_path: Path, name: str, form: str, said: str
) -> None:
    with pytest.raises(OptionsError, match=said):
        check_trainer_target(tmp_path / name, form)


def test_a_history_that_csv_cannot_hold_leaves_no_file(tmp_path: Path) -> None:
    turns = tuple(Turn(role, "x") for role in (HUMAN, ASSISTANT) * 2)
    rows = make_rows([Rated(Sample("a", turns))], "alpaca")

    with pytest.raises(OptionsError, match="the list in `history` of the form 'alpaca'"):
        write_trainer_rows(tmp_path / "a.csv", rows)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("mine")

    with pytest.raises(InputError, match="exists"):
        write_trainer_rows(tmp_path / "a.jsonl", make("mig"))
    assert (tmp_path / "a.jsonl").read_text() == "mine"
