import json

from hypothesis import given
from hypothesis import strategies as st

from tagraph.adapters.json_records import find_repeated_field, parse_json
from tagraph.stages.conversations import READ_FIELDS

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
