from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tagraph.errors import InputError
from tagraph.stages.conversations import FORMATS, READ_FIELDS, parse_conversation
from tagraph.steps.record_shapes import SHAPES, Shapes

TEXTS = st.one_of(
    st.sampled_from(["", " ", "a", "a\n\nb", "<0>", "<1>", "é", "e\u0301", "\ud800", "\x00", "[]"]),
    st.sampled_from(["\u200b", "\x85", "\u2028", "x\r\ny", "\r", "\x7f", "\t", "\u3000", '["a"]']),
    st.text(max_size=4),
)
VALUES = st.one_of(
    *[TEXTS] * 3,
    st.none(),
    st.just([]),
    st.lists(TEXTS, max_size=2),
    st.integers(0, 1),
    st.dictionaries(TEXTS, TEXTS, max_size=1),
)
NAMES = st.sampled_from([*sorted(READ_FIELDS), "id", "note"])
COMMON = st.fixed_dictionaries(
    {"instruction": TEXTS, "output": TEXTS},
    optional={"input": TEXTS, "system": TEXTS, "history": st.just([]), "note": VALUES},
)
RECORDS = st.one_of(COMMON, st.dictionaries(NAMES, VALUES, max_size=6))


@given(st.lists(RECORDS, min_size=1, max_size=6), st.sampled_from(["auto", *FORMATS]))
def test_what_a_shape_reads_is_what_the_long_way_reads(
    records: list[dict[str, Any]], form: str
) -> None:
    shapes = Shapes(form)
    for record in records:
        shape = shapes.find(record)
        alike = [other for other in records if shapes.find(other) is shape]
        said = None if shape is None else dict(zip(map(id, alike), shape.read(alike), strict=True))
        if shape is None or said is None or said[id(record)] is None:
            continue
        found = parse_conversation(record, form)
        assert tuple((turn.role, turn.content) for turn in found.turns) == tuple(
            zip(shape.roles, said[id(record)] or (), strict=True)
        )
        told = shape.found
        assert (told.form, told.sign, told.fields) == (found.form, found.sign, found.fields)


@given(st.lists(RECORDS, min_size=1, max_size=6))
def test_what_a_shape_refuses_is_left_to_the_long_way(records: list[dict[str, Any]]) -> None:
    shapes = Shapes("auto")
    for record in records:
        shape = shapes.find(record)
        if shape is not None and shape.read([record]) == [None]:
            assert any(isinstance(value, str) and not clean(value) for value in record.values())


def clean(text: str) -> str:
    """Return what is left of a text that the long way may take for nothing."""
    try:
        turns = parse_conversation({"prompt": text, "completion": "x"}).turns
    except InputError:
        return ""
    return turns[0].content.strip()


def test_ordinary_records_are_read_by_their_shape() -> None:
    shapes = Shapes("auto")
    for record in (
        {"instruction": "Why?", "input": "", "output": "So.", "tags": ["a"], "id": 7},
        {"instruction": "Why?", "input": "This: é", "output": "So.", "history": []},
        {"prompt": "Why?", "completion": "So.", "system": "Be kind."},
    ):
        shape = shapes.find(record)
        assert shape is not None
        assert shape.read([record]) != [None]


def test_a_source_in_which_no_two_records_are_alike_fills_no_memory() -> None:
    shapes = Shapes("auto")
    many = [{"prompt": "a", "completion": "b", f"field {i}": 1} for i in range(SHAPES + 1)]
    found = [shapes.find(record) is not None for record in many]
    assert found == [True] * SHAPES + [False]
