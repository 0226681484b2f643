"""The dataset card: YAML that the hub reads, free of the data's markup, and repeatable."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tagraph.api import describe_selection, write_card
from tagraph.errors import InputError
from tagraph.text import escape_markdown
from tests.report.stores import make_store, plain_samples


def test_the_card_says_what_the_store_holds_and_no_text_of_it(tmp_path: Path) -> None:
    source = "a|b<img src=x>`.jsonl"
    samples = [replace(one, source=source) for one in plain_samples()]
    with make_store(samples, source=source) as store:
        _, head, text = describe_selection(store, 'my "subset".jsonl').split("---\n", 2)
        told = yaml.safe_load(head)
        selection = store.results.load_selection()

        assert told["size_categories"] == ["n<1K"]
        assert told["configs"][0]["data_files"][0]["path"] == 'my "subset".jsonl'
        assert f"{len(selection)} rows of {len(samples)} records" in text
        assert "<img" not in text
        assert escape_markdown(source) in text
        assert not any(sample.query in text for sample in samples)
        write_card(store, tmp_path / "README.md", 'my "subset".jsonl')
        write_card(store, tmp_path / "README.md", 'my "subset".jsonl')
        with pytest.raises(InputError, match="exists"):
            write_card(store, tmp_path / "README.md", "other.jsonl")
