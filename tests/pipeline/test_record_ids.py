"""Records that name themselves are found by these names, from reading to explaining."""

from dataclasses import replace
from pathlib import Path

import pytest

from tagraph import explain, open_store
from tagraph.adapters.sample_files import inspect_source, read_source
from tagraph.config import Config
from tagraph.errors import InputError, OptionsError
from tagraph.pipeline import Pipeline, run_select
from tagraph.stages.selection import SelectionOptions
from tagraph.steps.ingest import IngestOptions
from tests.report.stores import make_store, plain_samples

ROWS = """{"uid": 7, "prompt": "a?", "completion": "b"}
{"uid": "x", "prompt": "c?", "completion": "d"}
{"uid": null, "prompt": "e?", "completion": "f"}
"""


def test_ids_of_records_are_read_beside_the_digests(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(ROWS)
    (tmp_path / "a.csv").write_text("uid,prompt,completion\n07,a?,b\n")
    options = IngestOptions(id_field="uid")

    found = read_source(str(tmp_path / "a.jsonl"), options)
    plain = read_source(str(tmp_path / "a.jsonl"))

    assert {sample.query: sample.record_id for sample in found.samples} == {
        "a?": "7",
        "c?": "x",
        "e?": "",
    }
    assert found.samples.ids == plain.samples.ids
    inspected = inspect_source(str(tmp_path / "a.jsonl"), options)
    (used,) = (one for one in inspected.fields if one.gives == "id")
    assert (used.field, used.n_records) == ("uid", 2)
    assert read_source(str(tmp_path / "a.csv"), options).samples[0].record_id == "07"
    with pytest.raises(InputError, match="no record has an id in `nope`"):
        read_source(str(tmp_path / "a.jsonl"), IngestOptions(id_field="nope"))
    with pytest.raises(OptionsError, match="id_field is empty"):
        IngestOptions(id_field="")


def test_lists_and_explanations_take_the_ids_of_records(tmp_path: Path) -> None:
    samples = [replace(s, record_id=f"mine {i}") for i, s in enumerate(plain_samples())]
    samples[-1] = replace(samples[-1], record_id="mine 0")
    make_store(samples, tmp_path / "run.db").close()
    with open_store(tmp_path / "run.db") as store:
        chosen, left_out = (
            store.query(
                f"SELECT id, record_id FROM v_samples WHERE record_id != 'mine 0' AND id {way}"  # noqa: S608
                " (SELECT sample_id FROM v_selection) ORDER BY id LIMIT 1"
            )[0]
            for way in ("IN", "NOT IN")
        )
        options = SelectionOptions(include=(left_out["record_id"],), exclude=(chosen["record_id"],))
        config = Config(selection=options)

        run_select(Pipeline(store, config), 9)

        ids = store.results.load_selection().ids
        assert left_out["id"] in ids
        assert chosen["id"] not in ids
        assert explain(store, left_out["record_id"]).sample_id == left_out["id"]
        assert store.samples.resolve(["nobody"]) == ("nobody",)
        with pytest.raises(InputError, match="2 samples have the record id 'mine 0'"):
            explain(store, "mine 0")
