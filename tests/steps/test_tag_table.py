import pytest

from tagraph.errors import InputError
from tagraph.steps.ingest import IngestOptions
from tagraph.steps.records import Record, SetAside
from tagraph.steps.tag_table import build_bags


def _record(row: int, **value: object) -> Record:
    return Record(b"{}", value, 0, row, row + 1)


def test_records_that_hold_no_list_of_texts_are_set_aside_with_their_line() -> None:
    rows = [_record(0, tags=["a", " a ", "b"]), _record(1, tags=3), _record(2, tags=None)]
    broken = SetAside("t.jsonl", 4, "", "malformed", "{")
    table = build_bags([*rows, broken], ["t.jsonl"], IngestOptions(max_bad=0.5))
    assert list(table.bags) == [["a", "b"], []]
    assert [str(found).split(":")[0] for found in table.set_aside] == [
        "t.jsonl, line 2",
        "t.jsonl, line 4",
    ]


def test_a_field_that_first_appears_late_is_read_when_named() -> None:
    rows = [_record(i, text="x") for i in range(3)] + [_record(3, text="x", mine="a;b")]
    assert list(build_bags(rows, ["t"], name="mine").bags)[3] == ["a", "b"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "t: empty"),
        ([_record(0, a="x", b="y")], "no field is called tags"),
        ([_record(0, tags=5)], "1 of 1 records cannot be used; the first: t, line 1: `tags`"),
        ([_record(0, tags=[])], "no field is called|no record has a tag"),
        ([_record(0, tags=["a"]), _record(1, tags=5)], "--max-bad 0.5"),
    ],
)
def test_a_table_without_tags_is_refused_and_says_why(rows: list[Record], told: str) -> None:
    with pytest.raises(InputError, match=told):
        build_bags(rows, ["t"])
