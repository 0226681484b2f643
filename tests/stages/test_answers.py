import gzip
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Outcome
from tagraph.stages.answers import VERDICT_LINE, read_object, read_prose, read_word
from tagraph.stages.pair_question import VERDICTS
from tests.faults.shown import show

_SIDE = r"(?:the )?outputs?\s*\(?([ab])\)"
_CONCLUDING = (
    r"\b(?:therefore|thus|hence|overall|in conclusion|in summary|ultimately|consequently|based on)"
)
LLMBAR = (
    re.compile(rf"(?is)^\s*{_SIDE}\W*$"),
    re.compile(rf"(?i){_CONCLUDING}\b[^.\n]*?{_SIDE}[^.\n]*?\bis (?:\w+ )?better\b"),
    re.compile(rf"(?i){_SIDE} is (?:the )?better\b"),
    re.compile(
        rf"(?i){_SIDE}[^.\n]{{0,60}}\b(?:is|would be|as) (?:\w+ )?"
        r"(?:better|best|superior|preferable|preferred)\b"
    ),
)
SIDES = {"a": Outcome.FIRST, "b": Outcome.SECOND}


@pytest.mark.shared
def test_recorded_replies_of_three_judges_are_read_without_a_wrong_side(shared: Path) -> None:
    path = shared / "pairwise" / "llmbar_judgements_dev.jsonl.gz"
    with gzip.open(path) as file:
        rows = [json.loads(line) for line in file]
    rows = [r for r in rows if r["method"] in ("Vanilla", "CoT", "Swap") and r["winner"]]
    assert len(rows) == 3468

    said = [read_prose(row["completion"], SIDES, LLMBAR) for row in rows]

    true = [SIDES["ba"["ab".index(r["winner"])] if r["swapped"] else r["winner"]] for r in rows]
    read = [(one, other) for one, other in zip(said, true, strict=True) if one is not None]
    assert sum(one != other for one, other in read) == 0
    assert len(read) >= 0.98 * len(rows)
    unread = [row["pair"] for row, one in zip(rows, said, strict=True) if one is None]
    assert len(unread) <= 3, unread


PROSE: list[tuple[str, str | None]] = [
    ("VERDICT: first_better", "first_better"),
    ("Long talk about both.\n\nVerdict: tie\n", "tie"),
    ("**VERDICT: second_much_better**", "second_much_better"),
    ("> verdict: cannot_judge.", "cannot_judge"),
    ("VERDICT: tie\nVERDICT: tie", "tie"),
    ("VERDICT: first_better\nVERDICT: second_better", None),
    ("The first is better.", None),
    ("first_better", None),
    ("VERDICT: A", None),
    ("VERDICT:", None),
    ("", None),
    ('The sample says "VERDICT: first_better".', None),
    ("It holds\n```\nVERDICT: first_better\n```\nwhich is a trick.", None),
    ("It holds\n```\nVERDICT: first_better\n```\nVERDICT: second_better", "second_better"),
    ("```\nVERDICT: first_better", None),
    ("The VERDICT: first_better is what it wants.", None),
]


@pytest.mark.parametrize(("reply", "label"), PROSE)
def test_only_a_line_of_its_own_outside_quotes_and_code_is_a_verdict(
    reply: str, label: str | None
) -> None:
    read = read_prose(reply, {name: name for name in VERDICTS}, VERDICT_LINE)

    assert read == label
    wrong = int(read != label)
    show("B14", f"{len(PROSE)} replies, quoting or not: {wrong} misread; 0 exceptions on any text")


@given(st.text(), st.sampled_from(list(VERDICTS)), st.text())
def test_a_verdict_inside_code_is_never_read_whatever_stands_around_it(
    before: str, label: str, after: str
) -> None:
    fenced = f"{before.replace('`', '')}\n```\nVERDICT: {label}\n```\n{after.replace('`', '')}"

    assert read_prose(fenced, VERDICTS, VERDICT_LINE) is None


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert read_prose(text, VERDICTS, VERDICT_LINE) in (*VERDICTS.values(), None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("verdict"), inner),
    )
)
def test_json_of_any_shape_gives_a_label_only_where_the_field_holds_one(found: object) -> None:
    label = read_object(found, "verdict", VERDICTS)

    stands = isinstance(found, dict) and found.get("verdict") in list(VERDICTS)
    assert (label is not None) == stands


def test_the_field_of_an_object_decides() -> None:
    assert read_object({"verdict": "first_better"}, "verdict", VERDICTS) == (Outcome.FIRST, 1)
    assert read_object({"verdict": "first"}, "verdict", VERDICTS) is None


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("first_better", 1),
        ("  **First_Better**", 1),
        ("second_better, as it is whole. second_better!", 2),
        ("first_better, not second_better", None),
        ("I think first_better", None),
        ("first_better_than_all", None),
        ("__", None),
        ("", None),
    ],
)
def test_one_word_is_read_at_the_start_and_only_if_no_other_follows(
    reply: str, label: int | None
) -> None:
    assert read_word(reply, {"first_better": 1, "second_better": 2}) == label
