import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import ASSISTANT, HUMAN, SYSTEM, Turn
from tagraph.stages.conversations import (
    FORMATS,
    UnusableRecordError,
    detect_format,
    parse_conversation,
    parse_tags,
    read_clean_bags,
)
from tagraph.text import clean_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "from", "content", "value"]), inner)
    ),
    max_leaves=6,
)
NAMES = "instruction input output history system messages conversations prompt completion tags"
ASKED = (Turn(HUMAN, "Why?"), Turn(ASSISTANT, "Because."))


def turns(record: dict[str, Any], form: str = "auto") -> tuple[Turn, ...]:
    return parse_conversation(record, form).turns


def reason(record: dict[str, Any], form: str = "auto") -> str:
    with pytest.raises(UnusableRecordError) as caught:
        parse_conversation(record, form)
    return str(caught.value)


@given(st.lists(st.lists(st.sampled_from(["a", "b c", "", " d", "é", "|", "x |"])) | JSON))
def test_bags_read_together_are_those_read_one_by_one(values: list[Any]) -> None:
    found = read_clean_bags(values)
    assert len(found) == len(values)
    for value, bag in zip(values, found, strict=True):
        assert bag is None or bag == parse_tags(value)
    assert read_clean_bags([["a", "b c"], None, []]) == [("a", "b c"), (), ()]


@given(st.dictionaries(st.sampled_from(NAMES.split()), JSON), st.sampled_from(("auto", *FORMATS)))
def test_any_record_is_a_clean_conversation_or_has_a_reason(
    record: dict[str, Any], form: str
) -> None:
    try:
        found = parse_conversation(record, form)
    except UnusableRecordError:
        return
    assert any(turn.role == HUMAN and turn.content.strip() for turn in found.turns)
    assert any(turn.role == ASSISTANT and turn.content.strip() for turn in found.turns)
    assert all(turn.content == clean_text(turn.content) for turn in found.turns)


@pytest.mark.parametrize(
    ("record", "form"),
    [
        ({"instruction": "Why?", "input": "", "output": "Because."}, "alpaca"),
        ({"instruction": "Why?", "context": None, "response": "Because."}, "alpaca"),
        ({"instruction": "", "input": "Why?", "output": "Because."}, "alpaca"),
        (
            {
                "conversations": [
                    {"from": "human", "value": "Why?"},
                    {"from": "gpt", "value": "Because."},
                ]
            },
            "sharegpt",
        ),
        (
            {
                "conversations": {
                    "from": ["user", "chatgpt"],
                    "value": ["Why?", "Because."],
                    "weight": None,
                }
            },
            "sharegpt",
        ),
        (
            {
                "messages": [
                    {"role": "User", "content": [{"type": "text", "text": "Why?"}]},
                    {"role": "assistant", "content": ["Because."]},
                ]
            },
            "messages",
        ),
        (
            {
                "dialogs": [
                    {"role": "prompter", "content": "Why?"},
                    {"role": "bard", "content": "Because."},
                ]
            },
            "messages",
        ),
        ({"prompt": "Why?", "completion": "Because."}, "prompt-completion"),
        ({"question": "Why?", "answer": "Because."}, "prompt-completion"),
        ({"input": "Why?", "output": "Because."}, "prompt-completion"),
        (
            {
                "prompt": [{"role": "user", "content": "Why?"}],
                "completion": [{"role": "assistant", "content": "Because."}],
            },
            "prompt-completion",
        ),
    ],
)
def test_every_form_gives_the_same_turns(record: dict[str, Any], form: str) -> None:
    found = parse_conversation(record)
    assert (found.form, found.turns) == (form, ASKED)
    assert parse_conversation(record, form).turns == ASKED


def test_alpaca_input_follows_the_instruction_and_history_and_system_come_first() -> None:
    record = {
        "system": "Be brief.",
        "history": [["a", "b"], {"from": "human", "value": "c"}],
        "instruction": "Sum up.",
        "input": "A text.",
        "output": "Text.",
    }
    found = parse_conversation(record)
    assert found.turns == (
        Turn(SYSTEM, "Be brief."),
        Turn(HUMAN, "a"),
        Turn(ASSISTANT, "b"),
        Turn(HUMAN, "c"),
        Turn(HUMAN, "Sum up.\n\nA text."),
        Turn(ASSISTANT, "Text."),
    )
    assert ("human", "input") in found.fields
    assert ("turns", "history") in found.fields
    assert ("system", "system") in found.fields


def test_multi_turn_conversations_keep_roles_they_do_not_know() -> None:
    said = [("system", "S"), ("user", "Q"), ("Tool", "42"), ("assistant", "A"), ("human", "R")]
    record = {"messages": [{"role": role, "content": text} for role, text in said]}
    assert [turn.role for turn in turns(record)] == [SYSTEM, HUMAN, "Tool", ASSISTANT, HUMAN]


def test_a_system_prompt_beside_the_turns_is_not_said_twice() -> None:
    chat = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "Q"},
        {"role": "assistant", "content": "A"},
    ]
    assert len(turns({"system": "S", "messages": chat})) == 3
    assert turns({"system_prompt": "T", "messages": chat})[0] == Turn(SYSTEM, "T")


def test_tool_calls_are_part_of_a_turn() -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"name": "f", "id": 1}]}
    record = {"messages": [{"role": "user", "content": "Q"}, call]}
    assert turns(record)[1].content == '[{"id": 1, "name": "f"}]'


def test_conversations_written_as_json_text_are_read() -> None:
    chat = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]
    assert turns({"messages": json.dumps(chat)}) == ASKED


def test_fields_that_hold_nothing_do_not_decide_the_form() -> None:
    record: dict[str, Any] = {
        "messages": None,
        "conversations": [],
        "prompt": "",
        "instruction": "Why?",
    }
    assert detect_format(record) == "alpaca"
    assert detect_format({"messages": None}) == "messages"


@pytest.mark.parametrize("value", [7, "an id", True, 0.5])
def test_an_id_in_a_field_for_turns_is_no_conversation(value: object) -> None:
    record = {"conversation": value, "dialog": value, "prompt": "Why?", "answer": "Because."}
    assert turns(record) == ASKED


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"text": "x"}, "no known form; fields: `text`"),
        ({}, "fields: none"),
        ({"instruction": " \n", "output": "x"}, "`instruction`: a sample without text"),
        ({"instruction": "\x00\x01", "output": "x"}, "a sample without text"),
        ({"instruction": "x", "output": ""}, "`output`: an instruction without a response"),
        ({"instruction": "x"}, "the field is missing"),
        ({"prompt": "x", "chosen": "y"}, "fields: `prompt`, `chosen`; name yours by --query-field"),
        ({"instruction": 5, "output": "x"}, "`instruction`: is a number, not text"),
        ({"instruction": "x", "output": True}, "`output`: is true or false, not text"),
        ({"instruction": "x", "output": {"a": 1}}, "`output`: is an object, not text"),
        ({"instruction": "x", "output": "y", "history": "no json"}, "is text, not a list"),
        ({"instruction": "x", "output": "y", "history": "[1]"}, "not a pair of query and answer"),
        ({"instruction": "x", "output": "y", "history": [["a", 1]]}, "is a number, not text"),
        ({"instruction": "x", "output": "y", "system": ["s"]}, "`system`: is a list, not text"),
        ({"messages": "hello"}, "`messages`: is text, not a list of turns"),
        ({"messages": 3.5}, "is a number, not a list of turns"),
        ({"messages": ["hello"]}, "an instruction without a response"),
        ({"messages": [7]}, "a turn is a number, not an object"),
        ({"messages": [{"content": "x"}]}, "a turn has no `role`"),
        ({"messages": [{"role": 1, "content": "x"}]}, "a turn has no `role`"),
        ({"messages": [{"role": "user", "content": {"a": 1}}]}, "content is an object, not text"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "type image"),
        ({"messages": [{"role": "user", "content": [7]}]}, "a part of type a number"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "a sample without text"),
        ({"messages": [{"role": "user", "content": "x"}]}, "an instruction without a response"),
        ({"messages": []}, "`messages`: a sample without text"),
        ({"prompt": "x", "completion": None}, "`completion`: an instruction without a response"),
        ({"prompt": "x", "completion": 1}, "`completion`: is a number"),
    ],
)
def test_a_bad_record_names_field_and_reason(record: dict[str, Any], words: str) -> None:
    assert words in reason(record)


def test_a_forced_form_does_not_look_further() -> None:
    record = {"messages": [], "prompt": "Why?", "completion": "Because."}
    assert turns(record, "prompt-completion") == ASKED
    assert "the field is missing" in reason(record, "alpaca")


def test_a_reason_holds_no_lone_surrogate_and_no_control() -> None:
    with pytest.raises(UnusableRecordError) as caught:
        detect_format({"\ud800\x1b": 1})
    assert "\ufffd" in caught.value.reason
    assert "\x1b" not in caught.value.reason


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        (None, ()),
        ("", ()),
        ([], ()),
        (["b", " a\tc ", "", None, "b"], ("b", "a c", "b")),
        ("a, b;c|d", ("a", "b", "c", "d")),
        ("one tag", ("one tag",)),
        ('["a, x", "b"]', ("a, x", "b")),
        ("['a', 'b']", ("a", "b")),
    ],
)
def test_tags_are_read_from_lists_and_texts(value: object, tags: tuple[str, ...]) -> None:
    assert parse_tags(value) == tags


@pytest.mark.parametrize("value", [1, {"a": 1}, [1], ["a", ["b"]], True, "[1, 2]"])
def test_other_tags_are_refused(value: object) -> None:
    with pytest.raises(UnusableRecordError, match="taken as no tags"):
        parse_tags(value)
