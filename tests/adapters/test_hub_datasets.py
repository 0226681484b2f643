import json
import sys
from pathlib import Path

import pytest

from tagraph.adapters.hub_datasets import find_split, is_hub_source
from tagraph.adapters.sample_files import digest_source, locate_source, read_source
from tagraph.errors import InputError, MissingPackageError
from tagraph.steps.ingest import IngestOptions


def make(folder: Path, *splits: str) -> Path:
    """Return a folder laid out as the hub does it: shards of each split below data/."""
    (folder / "data").mkdir(parents=True)
    for split in splits:
        for shard in range(2):
            row = {"prompt": f"{split} {shard}", "completion": "a"}
            name = f"{split}-0000{shard}-of-00002.jsonl"
            (folder / "data" / name).write_text(json.dumps(row) + "\n")
    return folder


def test_a_folder_is_read_by_split_shard_after_shard(tmp_path: Path) -> None:
    source = str(make(tmp_path / "set", "train", "test"))

    found = {split: read_source(source, IngestOptions(split=split)) for split in ("train", "test")}

    assert {sample.query for sample in found["test"].samples} == {"test 0", "test 1"}
    assert [file.name for file in found["train"].sources] == [
        "train-00000-of-00002.jsonl",
        "train-00001-of-00002.jsonl",
    ]
    test = IngestOptions(split="test")
    assert digest_source(source, test) != digest_source(source, IngestOptions(split="train"))
    assert [name for name, _ in locate_source(source, test)] == [
        "test-00000-of-00002.jsonl",
        "test-00001-of-00002.jsonl",
    ]


def test_without_a_name_the_split_is_train_or_the_only_one(tmp_path: Path) -> None:
    both = find_split(str(make(tmp_path / "both", "test", "train")), None, None)
    only = find_split(str(make(tmp_path / "only", "validation")), None, None)

    assert all(name.startswith("train-") for _, name in both)
    assert all(name.startswith("validation-") for _, name in only)


def test_a_split_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    source = str(make(tmp_path / "set", "train", "test"))

    with pytest.raises(InputError, match="has no split 'dev'; it has train, test; choose with"):
        read_source(source, IngestOptions(split="dev"))
    other = str(make(tmp_path / "other", "test", "validation"))
    with pytest.raises(InputError, match="has no split 'train'"):
        find_split(other, None, None)


def test_a_folder_without_data_and_a_file_have_no_split(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.jsonl").write_text("{}")

    with pytest.raises(InputError, match="cannot be read as a data set"):
        read_source(str(tmp_path / "empty"), IngestOptions(split="train"))
    with pytest.raises(InputError, match="is a file and has no split"):
        read_source(str(tmp_path / "a.jsonl"), IngestOptions(split="train"))


def test_what_names_a_data_set_of_the_hub() -> None:
    assert is_hub_source("tatsu-lab/alpaca")
    assert is_hub_source("hf://datasets/tatsu-lab/alpaca")
    assert not any(map(is_hub_source, ("a", "a/b/c", "/a/b", "../b", "a/b*", "")))


def test_a_hub_that_cannot_be_reached_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)

    with pytest.raises(InputError, match=r"^owner/name cannot be read as a data set: .+") as told:
        read_source("owner/name")
    assert "\n" not in str(told.value)


def test_a_missing_extra_is_one_line_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "datasets", None)

    with pytest.raises(MissingPackageError, match=r"install it with: pip install 'tagraph\[hf\]'"):
        read_source("hf://datasets/owner/name")
