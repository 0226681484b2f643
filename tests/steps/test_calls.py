import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.steps.calls import Question, Reply, Tokens
from tests.faults.shown import show
from tests.messages_server import message

BODY: dict[str, Any] = {
    "model": "m",
    "max_tokens": 5,
    "system": "s",
    "messages": [{"role": "user", "content": "hi"}],
    "output_config": {"format": {"type": "json_schema", "schema": {"enum": ["a", "b"]}}},
    "temperature": 0,
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in JSON values that holds no other."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, part in inner:
        deeper = isinstance(part, dict | list)
        found += places(part, (*path, name)) if deeper else [(*path, name)]
    return found


def changed(body: dict[str, Any], path: tuple[Any, ...], new: Any) -> dict[str, Any]:
    body = copy.deepcopy(body)
    inner = body
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = new
    return body


@given(st.sampled_from(places(BODY)), st.integers() | st.text(max_size=3))
def test_any_change_of_any_field_asks_anew(path: tuple[Any, ...], new: int | str) -> None:
    other = changed(BODY, path, new % 2**60 if isinstance(new, int) else new)

    same_value = other == BODY and repr(other) == repr(BODY)
    wrong = (Question("compare", other).key == Question("compare", BODY).key) is not same_value
    assert not wrong
    show("B20", f"another key for any change of any field, the same for none: {wrong:d} wrong")


def test_a_field_more_or_less_another_server_and_a_repetition_ask_anew() -> None:
    keys = [
        Question("compare", BODY).key,
        Question("compare", BODY | {"seed": 1}).key,
        Question("compare", {k: v for k, v in BODY.items() if k != "temperature"}).key,
        Question("compare", BODY, "localhost").key,
        Question("compare", BODY, "", 1).key,
    ]

    assert len(set(keys)) == len(keys)


@given(st.permutations(list(BODY)))
def test_the_order_of_the_fields_and_the_step_do_not_matter(names: list[str]) -> None:
    shuffled = {name: BODY[name] for name in names}

    assert Question("tag", shuffled).key == Question("compare", BODY).key


def test_a_reply_gives_text_tools_and_counts_and_leaves_thinking_out() -> None:
    content = [
        {"type": "thinking", "thinking": "hm", "text": "no"},
        {"type": "text", "text": "a"},
        {"type": "text", "text": None},
        {"type": "tool_use", "input": {"x": 1}},
        {"type": "tool_use", "input": "no"},
        {"type": "text", "text": "b"},
    ]
    reply = Reply.of(message("", content=content))

    assert reply.text == "ab"
    assert reply.tool_inputs == [{"x": 1}]
    assert reply.stop_reason == "end_turn"
    assert reply.tokens.output == 1
    assert Reply(error="x").text == Reply(error="x").stop_reason == ""


@given(
    st.none()
    | st.dictionaries(
        st.sampled_from(["input_tokens", "output_tokens", "cache_read_input_tokens"]),
        st.none() | st.integers() | st.text() | st.booleans() | st.floats(),
    )
)
def test_counts_are_whole_numbers_from_zero_whatever_a_server_says(usage: object) -> None:
    tokens = Tokens.of(usage)

    for count in tokens.as_usage().values():
        assert type(count) is int
        assert count >= 0


def test_caches_are_named_only_where_they_were_used() -> None:
    assert Tokens(1, 2).as_usage() == {"input_tokens": 1, "output_tokens": 2}
    assert Tokens(1, 2, 3, 4).as_usage()["cache_creation_input_tokens"] == 4


@pytest.mark.parametrize(
    ("reason", "is_whole", "is_cut", "wants_room"),
    [
        ("end_turn", True, False, False),
        ("max_tokens", False, True, True),
        ("model_context_window_exceeded", False, True, False),
        ("refusal", False, False, False),
        (None, False, False, False),
    ],
)
def test_why_a_model_stopped_says_whether_there_is_more(
    reason: str | None, is_whole: bool, is_cut: bool, wants_room: bool
) -> None:
    reply = Reply({"stop_reason": reason})

    assert (reply.is_whole, reply.is_cut) == (is_whole, is_cut)
    assert reply.may_end_with_room == wants_room
    assert not Reply({"stop_reason": reason}, error="lost").is_whole


def test_counts_from_zero_to_more_than_any_reply_has() -> None:
    assert Tokens.of({"input_tokens": 1, "output_tokens": 2**40 - 1}) == Tokens(1, 2**40 - 1)
    assert Tokens.of({"input_tokens": -1, "output_tokens": 2**40}) == Tokens()
    assert Question("compare", {"max_tokens": "5"}).max_tokens == 5
