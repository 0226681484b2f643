from hypothesis import given
from hypothesis import strategies as st

from tagraph.adapters.sample_readings import CONTEXT, WINDOW, Form, read_turns
from tagraph.data import ASSISTANT, HUMAN, SYSTEM, Turn

CHAT = Form((), (-1,), (-2,), (-2,), "|")
PLAIN = Form((-3,), (), (-4,), (), "|")


def spell(text: str) -> list[int]:
    return [ord(char) for char in text]


def test_the_responses_are_what_counts_with_the_questions_and_alone() -> None:
    turns = [Turn(HUMAN, "q"), Turn(ASSISTANT, "yes"), Turn(HUMAN, "r"), Turn(ASSISTANT, "no")]
    whole, alone = read_turns(turns, PLAIN, spell)
    assert whole.tokens == [-3, *spell("q|yes"), -4, *spell("|r|no"), -4, *spell("|")]
    assert alone.tokens == [-3, *spell("yes"), -4, *spell("|no"), -4]
    for reading in (whole, alone):
        assert [reading.tokens[i] for i in reading.scored] == [*spell("yes"), -4, *spell("no"), -4]
        assert [reading.tokens[i] for i in reading.ends] == [-4, -4]


def test_a_long_question_keeps_both_its_ends() -> None:
    for text in ("a" * 300 + "b" * 9000 + "c" * 300, "a" * 300 + "b" * 90_000 + "c" * 300):
        whole, _ = read_turns([Turn(SYSTEM, text), Turn(ASSISTANT, "x")], PLAIN, spell)
        half = CONTEXT // 2
        assert whole.tokens == [-3, *spell("a" * half + "c" * half + "|x"), -4, *spell("|")]


turns = st.lists(
    st.builds(Turn, st.sampled_from([HUMAN, ASSISTANT, SYSTEM]), st.text(max_size=1500)), max_size=8
)


@given(turns, st.sampled_from([CHAT, PLAIN]))
def test_both_readings_score_the_same_tokens_and_fit_the_window(
    conversation: list[Turn], form: Form
) -> None:
    whole, alone = read_turns(conversation, form, spell)
    assert max(len(whole.tokens), len(alone.tokens)) <= WINDOW
    assert 0 not in whole.scored + alone.scored
    said = [[reading.tokens[i] for i in reading.scored] for reading in (whole, alone)]
    assert said[0] == said[1]
    assert set(whole.ends) <= set(whole.scored)
    assert len(whole.ends) == len(alone.ends)
