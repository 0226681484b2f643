import json

import pytest

from tagraph.stages.trainer_rows import TRAINER_FORMS
from tagraph.stages.trainer_settings import describe_settings


@pytest.mark.parametrize("form", TRAINER_FORMS)
def test_every_setting_is_json_that_names_the_file(form: str) -> None:
    settings = describe_settings(form, 'sub"set.jsonl.gz')

    if "dataset_info.json" in settings:
        (entry,) = json.loads("{" + settings["dataset_info.json"] + "}").values()
        assert entry["file_name"] == 'sub"set.jsonl.gz'
    if "axolotl" in settings:
        assert json.loads(settings["axolotl"])[0]["path"] == 'sub"set.jsonl.gz'
    assert bool(settings) == (form not in ("deita", "mig"))


def test_prompts_that_are_lists_have_no_entry_and_parquet_says_so() -> None:
    assert describe_settings("prompt-completion", "a.jsonl", is_plain=False) == {}
    assert json.loads(describe_settings("messages", "a.parquet")["axolotl"])[0]["ds_type"] == (
        "parquet"
    )


def test_tags_for_llama_factory_are_all_there_or_none() -> None:
    names = {"role", "content", "user", "assistant", "observation", "function", "system"}
    for form in TRAINER_FORMS:
        entry = describe_settings(form, "a.jsonl").get("dataset_info.json")
        for told in json.loads("{" + entry + "}").values() if entry else ():
            # a name left out is set to nothing, and its reader fails
            assert set(told.get("tags", {})) in (set(), {f"{name}_tag" for name in names})
