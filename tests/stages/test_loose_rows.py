import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.loose_rows import find_rows

ROWS = st.lists(
    st.fixed_dictionaries({"id": st.text(max_size=6), "tags": st.lists(st.text(max_size=6))}),
    max_size=3,
)
PROSE = st.text(st.characters(exclude_characters='{}"'), max_size=20)


@given(ROWS, PROSE, PROSE)
def test_rows_are_found_whatever_stands_around_and_between_them(
    rows: list[dict[str, object]], before: str, after: str
) -> None:
    for text in (json.dumps({"samples": rows}), "\n".join(map(json.dumps, rows))):
        assert find_rows(f"{before}{text}{after}", ("id", "tags")) == rows


@given(ROWS.filter(bool))
def test_a_comma_before_a_bracket_changes_nothing(rows: list[dict[str, object]]) -> None:
    parts = [f"{json.dumps(row)[:-1]} , }}" for row in rows]

    assert find_rows(f'{{"samples": [{", ".join(parts)},\n]}}', ("id", "tags")) == rows


@given(st.text(st.sampled_from('{}[],:"\\ id1'), max_size=60))
def test_any_text_is_read_and_only_rows_come_out(text: str) -> None:
    assert all("id" in row for row in find_rows(text, ("id",)))


@pytest.mark.parametrize("piece", ["{", '{"a":', '[{"a":', '{"', '{"id":1,', '"', ",]"])
def test_a_hostile_reply_costs_little(piece: str) -> None:
    start = time.process_time()

    assert find_rows(piece * (200_000 // len(piece)), ("id",)) == []

    assert time.process_time() - start < 20
