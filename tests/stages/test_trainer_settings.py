import json

import pytest

from tagraph.stages.trainer_rows import TRAINER_FORMS
from tagraph.stages.trainer_settings import describe_settings


@pytest.mark.parametrize("form", TRAINER_FORMS)
def test_every_setting_is_json_that_names_the_file(form: str) -> None:
    settings = describe_settings(form, 'sub"set.jsonl')

    if "dataset_info.json" in settings:
        (entry,) = json.loads("{" + settings["dataset_info.json"] + "}").values()
        assert entry["file_name"] == 'sub"set.jsonl'
    if "axolotl" in settings:
        assert json.loads(settings["axolotl"])[0]["path"] == 'sub"set.jsonl'
    assert bool(settings) == (form not in ("deita", "mig"))


def test_prompts_that_are_lists_have_no_entry_and_parquet_says_so() -> None:
    assert describe_settings("prompt-completion", "a.jsonl", is_plain=False) == {}
    assert json.loads(describe_settings("messages", "a.parquet")["axolotl"])[0]["ds_type"] == (
        "parquet"
    )


def test_a_trainer_is_told_of_no_file_that_it_does_not_read() -> None:
    assert set(describe_settings("alpaca", "a.jsonl")) == {"dataset_info.json", "axolotl"}
    assert set(describe_settings("alpaca", "a.jsonl", is_bare=False)) == {"dataset_info.json"}
    assert set(describe_settings("messages", "a.jsonl", is_bare=False)) > {"axolotl"}
    for name in ("a.jsonl.gz", "a.jsonl.zst", "a"):
        assert set(describe_settings("messages", name)) == {"axolotl"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.csv", "csv"), ("a.csv.gz", "csv"), ("a.json", "json"), ("a.parquet", "parquet")],
)
def test_axolotl_is_told_the_kind_of_the_file(name: str, kind: str) -> None:
    (dataset,) = json.loads(describe_settings("alpaca", name)["axolotl"])

    assert dataset == {"path": name, "ds_type": kind, "type": "alpaca"}


def test_tags_for_llama_factory_are_all_there_or_none() -> None:
    names = {"role", "content", "user", "assistant", "observation", "function", "system"}
    for form in TRAINER_FORMS:
        entry = describe_settings(form, "a.jsonl").get("dataset_info.json")
        for told in json.loads("{" + entry + "}").values() if entry else ():
            # a name left out is set to nothing, and its reader fails
            assert set(told.get("tags", {})) in (set(), {f"{name}_tag" for name in names})
