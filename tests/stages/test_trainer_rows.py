import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import ASSISTANT, HUMAN, SYSTEM, Sample, Turn
from tagraph.errors import OptionsError
from tagraph.stages.conversations import parse_conversation
from tagraph.stages.trainer_rows import (
    CONTEXT,
    EMPTY,
    NOT_ALTERNATING,
    OTHER_ROLES,
    TRAINER_FORMS,
    UNANSWERED,
    UNASKED,
    UNREAD,
    Rated,
    make_rows,
)
from tagraph.text import clean_text
from tests.strategies import words

said = words.map(clean_text).filter(str.strip)  # samples hold clean text
exchanges = st.lists(st.tuples(said, said), min_size=1, max_size=3)


def rate(*turns: tuple[str, str]) -> Rated:
    return Rated(Sample("a", tuple(Turn(*turn) for turn in turns)), ("tag", "other"), 1.5)


def talk(pairs: list[tuple[str, str]], system: str = "") -> Rated:
    turns = [(SYSTEM, system)] if system else []
    for query, response in pairs:
        turns += [(HUMAN, query), (ASSISTANT, response)]
    return rate(*turns)


@pytest.mark.parametrize("form", ["messages", "sharegpt", "alpaca", "prompt-completion"])
@given(st.lists(st.tuples(exchanges, st.just("") | said), min_size=1, max_size=4))
def test_a_conversation_that_takes_turns_reads_back_as_it_was(
    form: str, pool: list[tuple[list[tuple[str, str]], str]]
) -> None:
    rated = [talk(pairs, system) for pairs, system in pool]

    made = make_rows(rated, form)

    again = [parse_conversation(row, form).turns for row in made.rows]
    assert again == [one.sample.turns for one in rated]
    assert set(made.losses) <= {CONTEXT, UNREAD}


@pytest.mark.parametrize("form", TRAINER_FORMS)
@given(st.lists(exchanges, max_size=4))
def test_all_rows_have_the_same_fields_of_the_same_kind(
    form: str, pool: list[list[tuple[str, str]]]
) -> None:
    rows = make_rows([talk(pairs) for pairs in pool], form).rows

    kinds = {tuple((name, type(value)) for name, value in row.items()) for row in rows}
    assert len(rows) == len(pool)
    assert len(kinds) <= 1


def test_selectors_get_tags_and_strengths() -> None:
    one = talk([("q", "a")])

    assert make_rows([one], "mig").rows == [
        {
            "dialogs": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}],
            "labels": ["tag", "other"],
            "score": 1.5,
        }
    ]
    (row,) = make_rows([one], "deita").rows
    assert (row["complexity_scores"], row["quality_scores"]) == ([2.0], [1.5])
    (bare,) = make_rows([Rated(one.sample)], "deita").rows
    assert bare["quality_scores"] == []


@pytest.mark.parametrize(
    ("turns", "form", "loss"),
    [
        ([(HUMAN, "q"), ("tool", "t"), (ASSISTANT, "a")], "alpaca", OTHER_ROLES),
        ([(ASSISTANT, "hello"), (HUMAN, "q"), (ASSISTANT, "a")], "alpaca", UNASKED),
        ([(HUMAN, "q"), (ASSISTANT, "a"), (HUMAN, "more")], "prompt-completion", UNANSWERED),
        ([(ASSISTANT, "a"), (HUMAN, "q")], "prompt-completion", EMPTY),
        ([(SYSTEM, "s"), (HUMAN, "q"), (ASSISTANT, "a")], "alpaca", UNREAD),
        ([(HUMAN, "q"), (HUMAN, "more"), (ASSISTANT, "a")], "sharegpt", NOT_ALTERNATING),
        ([(HUMAN, "q"), (ASSISTANT, "a"), (HUMAN, "more")], "deita", NOT_ALTERNATING),
    ],
)
def test_what_a_form_cannot_carry_is_counted_once_a_row(
    turns: list[tuple[str, str]], form: str, loss: str
) -> None:
    made = make_rows([rate(*turns), rate(*turns), talk([("q", "a")])], form)

    assert made.losses == {loss: 2}
    assert len(made.rows) == (1 if loss == EMPTY else 3)


def test_neighbouring_turns_of_one_side_are_joined_where_only_pairs_fit() -> None:
    (row,) = make_rows([rate((HUMAN, "q"), (HUMAN, "more"), (ASSISTANT, "a"))], "alpaca").rows

    assert row == {
        "instruction": "q\n\nmore",
        "input": "",
        "output": "a",
        "system": "",
        "history": [],
    }


def test_alpaca_is_bare_where_there_is_nothing_beside_question_and_answer() -> None:
    assert make_rows([talk([("q", "a")])], "alpaca").is_bare
    assert not make_rows([talk([("q", "a")]), talk([("q", "a")], "s")], "alpaca").is_bare
    assert not make_rows([talk([("q", "a"), ("r", "b")])], "alpaca").is_bare


def test_tool_turns_get_the_names_that_sharegpt_has_for_them() -> None:
    turns = [(HUMAN, "q"), ("function_call", "{}"), ("tool", "42"), (ASSISTANT, "a")]
    made = make_rows([rate((SYSTEM, "s"), *turns)], "sharegpt")

    (row,) = json.loads(json.dumps(made.rows))
    roles = [turn["from"] for turn in row["conversations"]]
    assert roles == ["system", "human", "function_call", "observation", "gpt"]
    assert made.losses == {}


def test_one_long_conversation_makes_every_prompt_a_list() -> None:
    made = make_rows([talk([("q", "a")]), talk([("q", "a"), ("r", "b")])], "prompt-completion")

    assert not made.is_plain
    assert made.rows[0] == {
        "prompt": [{"role": "user", "content": "q"}],
        "completion": [{"role": "assistant", "content": "a"}],
    }
    assert made.losses == {CONTEXT: 1}
    assert make_rows([talk([("q", "a")])], "prompt-completion").is_plain


def test_an_unknown_form_is_refused_by_name() -> None:
    with pytest.raises(OptionsError, match="no form 'chatml'; choose one of messages"):
        make_rows([], "chatml")
