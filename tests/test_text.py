import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.text import (
    are_clean_tags,
    as_name,
    clean_tag,
    clean_text,
    clean_texts,
    digest,
    digest_each,
    escape_cell,
    escape_html,
    escape_script,
    escape_terminal,
    prefix_length,
    shorten,
)

anything = st.text(st.characters(), max_size=60)


@given(anything)
def test_cleaning_is_idempotent_and_gives_text_that_can_be_stored(text: str) -> None:
    clean = clean_text(text)

    assert clean_text(clean) == clean
    assert clean.encode("utf-8").decode("utf-8") == clean
    assert not any(unicodedata.category(c) == "Cc" for c in clean if c not in "\t\n")


@given(st.lists(st.one_of(anything, st.sampled_from(["a", "\x00", "\r\n", "é"])), max_size=4))
def test_texts_are_cleaned_together_as_one_by_one(texts: list[str]) -> None:
    assert clean_texts(texts) == list(map(clean_text, texts))


@given(st.lists(st.one_of(st.text(min_size=1, max_size=3), st.sampled_from(["a", "b c", "|"]))))
def test_tags_that_are_clean_at_one_look_are_clean_one_by_one(tags: list[str]) -> None:
    if are_clean_tags(tags):
        assert [clean_tag(tag) for tag in tags] == tags
    assert are_clean_tags(["machine learning", "c++"])


@given(anything)
def test_a_clean_tag_is_one_trimmed_line_without_direction_marks(text: str) -> None:
    tag = clean_tag(text)

    assert clean_tag(tag) == tag == tag.strip()
    assert "\n" not in tag
    assert not any(unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "RLI") for c in tag)


def test_line_ends_become_one_kind_and_lone_surrogates_are_marked() -> None:
    assert clean_text("a\r\nb\rc\x00\x1b[31m\ud800") == "a\nb\nc[31m\ufffd"


@given(anything)
def test_nothing_that_moves_a_terminal_survives_escaping(text: str) -> None:
    shown = escape_terminal(text)

    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert "\u202e" not in shown
    assert len(f"{shown}.".splitlines()) == 1
    shown.encode()


def test_escapes_show_what_was_there() -> None:
    assert escape_terminal("\x1b[2J\u202egnp") == "\\x1b[2J\\u202egnp"
    assert escape_terminal("a\u200b\u2028\U000e0041") == "a\\u200b\\u2028\\U000e0041"
    assert escape_html("<script>\"&'\u202e") == "&lt;script&gt;&quot;&amp;&#x27;"


@given(anything, st.integers(1, 30))
def test_a_shortened_text_is_one_line_of_at_most_the_width(text: str, width: int) -> None:
    short = shorten(text, width)

    assert len(short) <= width
    assert short == " ".join(short.split(" "))
    assert "\n" not in short


@given(st.lists(anything.map(clean_text), min_size=1), st.lists(anything.map(clean_text)))
def test_digests_tell_where_one_part_ends(left: list[str], right: list[str]) -> None:
    assert (digest(*left) == digest(*right)) == (left == right)
    assert digest("a", b"b") == digest(b"a", "b") != digest("ab")


@given(st.text(), st.lists(st.text()))
def test_many_digests_with_one_beginning_are_those_of_each(first: str, parts: list[str]) -> None:
    found = digest_each(first, map(prefix_length, parts))
    assert [drawn.hex() for drawn in found] == [digest(first, part) for part in parts]


@given(st.recursive(anything, lambda inner: st.lists(inner) | st.dictionaries(anything, inner)))
def test_json_in_a_script_element_says_the_same_and_cannot_end_it(value: object) -> None:
    held = escape_script(json.dumps(value, ensure_ascii=False))

    assert not set("<>&\u2028\u2029\u202e") & set(held)
    plain = json.dumps(value, ensure_ascii=False)
    assert json.loads(held) == json.loads(escape_bidi(plain))


def escape_bidi(text: str) -> str:
    """Return text without the marks that `escape_script` leaves out."""
    marks = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
    return text.translate(dict.fromkeys(map(ord, marks)))


SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


@given(anything | anything.map("'=".__add__))
def test_no_cell_is_a_formula_and_every_other_text_stays(text: str) -> None:
    cell = escape_cell(text)

    had_more = cell.startswith("'") and cell.lstrip("'").startswith(SIGNS)
    assert (cell[1:] if had_more else cell) == text
    assert not cell.startswith(SIGNS)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("instruction", "instruction"),
        ("Question Text (English)", "Question Text (English)"),
        ("a\x1b\nb", "a b"),
        ("what the patient told us", "(24 characters)"),
        ("x" * 41, "(41 characters)"),
    ],
)
def test_what_stands_for_a_name_and_is_none_is_told_by_its_length(said: str, shown: str) -> None:
    assert as_name(said) == shown
