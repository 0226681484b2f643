import random
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.errors import InputError, OptionsError
from tagraph.steps import ingest
from tagraph.steps.ingest import IngestOptions, build_samples
from tagraph.steps.record_ledger import canonical_row, make_excerpt
from tagraph.steps.records import Ingest, Record, SetAside

WORDS = st.sampled_from(["a", "b", "é", "e\u0301", "\ud800", "\u200b", "x\r\ny", "\x00", " "])
ROWS = st.fixed_dictionaries(
    {"instruction": WORDS, "output": WORDS},
    optional={"input": WORDS, "tags": st.lists(WORDS, max_size=2), "note": st.integers(0, 2)},
)


def alpaca(query: str = "Why?", response: str = "Because.", **extra: Any) -> dict[str, Any]:
    return {"instruction": query, "output": response, **extra}


def records(rows: Sequence[dict[str, Any]], *, keep: bool = True) -> list[Record]:
    """Return rows as a reader gives them; without their bytes, as from Parquet."""
    held = [canonical_row(row) if keep else b"" for row in rows]
    return [
        Record(data, row, 0, i, i + 1) for i, (data, row) in enumerate(zip(held, rows, strict=True))
    ]


def build(rows: Sequence[dict[str, Any]], **options: Any) -> Ingest:
    return build_samples(records(rows), ["x.jsonl"], IngestOptions(**options))


MIXED = st.lists(
    st.fixed_dictionaries(
        {"instruction": WORDS, "output": WORDS},
        optional={"tags": st.lists(WORDS, max_size=2) | st.integers(0, 1), "system": WORDS},
    ),
    min_size=1,
    max_size=8,
)


@given(MIXED)
def test_how_many_records_are_looked_at_together_changes_nothing(
    rows: list[dict[str, Any]],
) -> None:
    held: list[Record | SetAside] = [*records([*rows, alpaca()])]
    held.insert(1, BAD)
    options = IngestOptions(max_bad=1)
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(ingest, "BATCH", 1)
        one_by_one = build_samples(held, ["x"], options)
    together = build_samples(held, ["x"], options)
    assert together.rows == one_by_one.rows
    assert together.samples.ids == one_by_one.samples.ids
    assert (together.set_aside, together.notices) == (one_by_one.set_aside, one_by_one.notices)
    assert (together.evidence, together.fields) == (one_by_one.evidence, one_by_one.fields)


BAD = SetAside("x.jsonl", 7, "output", "is a number, not text", "{...}")


@given(st.lists(ROWS, min_size=1, max_size=12), st.randoms(use_true_random=False), st.booleans())
def test_order_of_records_decides_neither_ids_nor_whose_bytes_they_are(
    rows: list[dict[str, Any]], chance: random.Random, keep: bool
) -> None:
    rows.append(alpaca())
    shuffled = list(rows)
    chance.shuffle(shuffled)
    options = IngestOptions(max_bad=1)
    one = build_samples(records(rows, keep=keep), ["x"], options)
    two = build_samples(records(shuffled, keep=keep), ["x"], options)
    assert one.samples.ids == two.samples.ids
    assert one.originals == two.originals
    assert [(s.turns, s.tags) for s in one.samples] == [(s.turns, s.tags) for s in two.samples]
    held = [(rows[s.row], shuffled[t.row]) for s, t in zip(one.samples, two.samples, strict=True)]
    assert all(left == right for left, right in held)


@given(st.lists(ROWS, max_size=12))
def test_ids_are_sorted_distinct_and_point_to_their_rows(rows: list[dict[str, Any]]) -> None:
    rows.append(alpaca())
    found = build(rows, max_bad=1)
    assert list(found.samples.ids) == sorted(set(found.samples.ids))
    assert found.n_records == len(rows)
    for sample, original in zip(found.samples, found.originals, strict=True):
        assert original == canonical_row(rows[sample.row])
        assert sample.id.split("-")[0] == sample.digest[:20]


def test_repeats_are_numbered_in_the_order_of_their_bytes() -> None:
    found = build([alpaca(note=n) for n in (3, 1, 2)])
    base = found.samples.ids[0]
    assert found.samples.ids == (base, f"{base}-2", f"{base}-3")
    assert [orjson.loads(data)["note"] for data in found.originals] == [1, 2, 3]


def test_ten_repeats_stay_beside_their_bytes() -> None:
    found = build([alpaca(note=chr(97 + n)) for n in range(11)])
    number = {
        sample.id: orjson.loads(data)["note"]
        for sample, data in zip(found.samples, found.originals, strict=True)
    }
    base = min(found.samples.ids)
    assert number[base] == "a"
    assert [number[f"{base}-{n}"] for n in (2, 10, 11)] == ["b", "j", "k"]


def test_text_that_is_cleaned_alike_has_one_digest() -> None:
    found = build([alpaca("é\r\n"), alpaca("e\u0301\n\x00")])
    assert len({sample.digest for sample in found.samples}) == 1
    assert found.samples[0].query == "é\n"


def test_evidence_counts_forms_roles_and_what_was_set_aside() -> None:
    chat = [{"role": r, "content": "x"} for r in ("user", "tool", "assistant")]
    rows = [alpaca(), alpaca("Who?"), {"messages": chat}]
    found = build_samples([*records(rows), BAD], ["x.jsonl"], IngestOptions(max_bad=0.5))
    assert found.format == "mixed"
    assert found.evidence == (
        "2 of 4 rows have `instruction` and `output`: alpaca; 1 of 4 rows have `messages`: "
        "messages; 1 set aside; other roles kept as written: tool 1"
    )
    assert found.set_aside == (BAD,)
    assert build([alpaca()]).format == "alpaca"


def test_fields_tell_what_was_taken_from_where() -> None:
    rows = [alpaca(input="x", tags=["t"]), alpaca("Who?")]
    uses = {(use.gives, use.field): use.n_records for use in build(rows).fields}
    assert uses == {
        ("human", "instruction"): 2,
        ("assistant", "output"): 2,
        ("human", "input"): 1,
        ("tags", "tags"): 1,
    }


def test_unusable_tags_are_noticed_and_the_record_is_kept() -> None:
    found = build([alpaca(tags={"a": 1}), alpaca("Who?", tags="a; b")])
    assert sorted(sample.tags for sample in found.samples) == [(), ("a", "b")]
    (notice,) = found.notices
    assert (notice.line, notice.field) == (1, "tags")
    assert "taken as no tags" in notice.reason
    assert not found.set_aside


def test_another_field_may_hold_the_tags() -> None:
    found = build([alpaca(tags=["no"], topics=["yes"])], tags_field="topics")
    assert found.samples[0].tags == ("yes",)


@given(st.lists(st.fixed_dictionaries({"query": WORDS, "response": WORDS}), min_size=1, max_size=6))
def test_named_fields_say_what_usual_names_would(rows: list[dict[str, Any]]) -> None:
    mine = [{"Frage 1": row["query"], "output": "no", "Antwort": row["response"]} for row in rows]
    usual = [{"prompt": row["query"], "completion": row["response"]} for row in rows]
    try:
        wanted = build(usual, max_bad=1.0)
    except InputError:
        with pytest.raises(InputError):
            build(mine, max_bad=1.0, query_field="Frage 1", response_field="Antwort")
        return
    found = build(mine, max_bad=1.0, query_field="Frage 1", response_field="Antwort")
    assert [s.turns for s in found.samples] == [s.turns for s in wanted.samples]
    assert [(use.gives, use.field) for use in found.fields] == [
        ("assistant", "Antwort"),
        ("human", "Frage 1"),
    ]
    assert {bad.field for bad in found.set_aside} <= {"Frage 1", "Antwort"}


def test_a_named_field_that_is_not_there_is_a_reason_with_its_name() -> None:
    mine = [{"q": "Why?", "a": "Because."}, {"q": "Who?"}]
    found = build(mine, max_bad=0.5, query_field="q", response_field="a")
    assert [s.response for s in found.samples] == ["Because."]
    assert [(bad.line, bad.field) for bad in found.set_aside] == [(2, "a")]
    with pytest.raises(InputError, match="--query-field"):
        build(mine)


def test_the_limit_counts_bad_records_too() -> None:
    good = records([alpaca(), alpaca("Who?")])
    passed: Iterator[Record | SetAside] = iter([BAD, *good])
    found = build_samples(passed, ["x.jsonl"], IngestOptions(limit=2, max_bad=0.5))
    assert (len(found.samples), len(found.set_aside)) == (1, 1)
    assert list(passed) == good[1:]


def test_more_bad_records_than_allowed_stop_and_say_how_to_go_on() -> None:
    rows = records([alpaca(str(n)) for n in range(97)])
    with pytest.raises(InputError) as caught:
        build_samples([*rows, BAD, BAD, BAD], ["x.jsonl"])
    assert str(caught.value) == (
        "3 of 100 records cannot be used (allowed: 1.00%); the first: x.jsonl, line 7: `output`: "
        "is a number, not text; `--max-bad 0.03` goes on without them"
    )
    assert len(build_samples([*rows, BAD], ["x"], IngestOptions(max_bad=0.02)).samples) == 97


def test_exactly_the_allowed_share_passes() -> None:
    rows = records([alpaca(str(n)) for n in range(99)])
    assert len(build_samples([*rows, BAD], ["x.jsonl"]).set_aside) == 1


def test_no_usable_record_is_an_error_whatever_is_allowed() -> None:
    with pytest.raises(InputError, match="1 of 1 records cannot be used; the first: x, line 1: no"):
        build_samples(records([{"a": 1}]), ["x"], IngestOptions(max_bad=1))


def test_no_record_at_all_is_an_error() -> None:
    with pytest.raises(InputError, match=r"x\.jsonl: empty, no record to read"):
        build_samples([], ["x.jsonl"])


def test_nesting_bombs_are_set_aside() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    call = {"role": "assistant", "content": "x", "tool_calls": deep}
    bomb = {"messages": [{"role": "user", "content": "x"}, call]}
    rows = [Record(b"{...}", bomb, 0, 0, 1), *records([alpaca()])]
    found = build_samples(rows, ["x"], IngestOptions(max_bad=0.5))
    assert [row.reason for row in found.set_aside] == ["nested too deeply"]


@pytest.mark.parametrize(
    "options",
    [
        {"query_field": "q"},
        {"query_field": "q", "response_field": "q"},
        {"query_field": "q", "response_field": "a", "format": "alpaca"},
        {"format": "xml"},
        {"limit": 0},
        {"max_bad": 1.1},
        {"max_bad": float("nan")},
        {"tags_field": ""},
    ],
)
def test_bad_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionsError):
        IngestOptions(**options)


def test_the_canonical_row_does_not_depend_on_the_order_of_fields() -> None:
    assert canonical_row({"a": 1, "b": [2]}) == canonical_row({"b": [2], "a": 1})
    assert canonical_row({"a": 1}) != canonical_row({"a": 2})


@given(st.binary(max_size=600))
def test_an_excerpt_is_one_short_line(data: bytes) -> None:
    text = make_excerpt(data)
    assert len(text) <= 80
    assert "\n" not in text
    assert text.encode().decode() == text
