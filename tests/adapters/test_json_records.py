import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.adapters.json_records import find_repeated_field, parse_json
from tagraph.adapters.sample_files import read_source
from tagraph.stages.conversations import READ_FIELDS
from tagraph.steps.ingest import IngestOptions

NAMES = st.sampled_from(["output", "input", "outp\\u0075t", "note", '\\"output\\"', "output\\\\"])
TEXTS = st.sampled_from(['"a"', '"output"', '{"output": 1, "output" : 2}', '"\\"output\\":"', "3"])


@given(st.lists(st.tuples(NAMES, TEXTS), max_size=5), st.sampled_from([": ", ":", " \t:\n"]))
def test_a_repeated_field_is_found_wherever_its_name_stands(
    pairs: list[tuple[str, str]], colon: str
) -> None:
    text = "{" + ", ".join(f'"{name}"{colon}{value}' for name, value in pairs) + "}"
    value = parse_json(text.encode())
    assert isinstance(value, dict)
    names = [name for name, _ in json.loads(text, object_pairs_hook=list)]
    repeated = {name for name in names if name in READ_FIELDS and names.count(name) > 1}
    found = find_repeated_field(text.encode(), value)
    assert (found in repeated) if found else not repeated or "\\u" in text


@pytest.mark.parametrize("field", ["Frage 1", "größe", 'a"b'])
def test_a_named_field_must_not_be_there_twice_either(field: str, tmp_path: Path) -> None:
    name = json.dumps(field, ensure_ascii=False)
    good, twice = f'{{{name}:"a","r":"b"}}', f'{{{name}:"a","r":"b",{name}:"c"}}'
    (tmp_path / "a.jsonl").write_text(f"{good}\n{twice}\n", encoding="utf-8")
    options = IngestOptions(max_bad=0.5, query_field=field, response_field="r")
    found = read_source(str(tmp_path / "a.jsonl"), options)
    assert [sample.query for sample in found.samples] == ["a"]
    assert [(bad.line, bad.reason) for bad in found.set_aside] == [
        (2, f"the field `{field}` is there twice")
    ]
