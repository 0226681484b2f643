import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import ASSISTANT, HUMAN, Sample, Turn
from tagraph.errors import OptionsError
from tagraph.stages.controls import (
    INJECTIONS,
    Control,
    ControlOptions,
    can_be_damaged,
    count_controls,
    plant_controls,
)

LONG = "The oven is hot, so put the bread on the stone and close the door for half an hour."


def make(*said: str) -> Sample:
    roles = (HUMAN, ASSISTANT)
    turns = tuple(Turn(roles[i % 2], text) for i, text in enumerate(said))
    return Sample("-".join(said)[:20], turns)


@given(st.integers(0, 10_000), st.integers(0, 2_000), st.floats(0, 0.05))
def test_what_is_planted_stays_below_five_percent_and_shows_something(
    n_questions: int, n_samples: int, share: float
) -> None:
    n = count_controls(n_questions, n_samples, share)

    assert 3 * n <= max(0.05 * n_questions, 0)
    assert n <= n_samples
    if share and n_questions >= 1200 and n_samples >= 20:
        assert n >= 20
    if not share or n_questions < 300:
        assert n == 0


def test_each_sample_is_shown_beside_itself_a_damaged_copy_and_one_that_talks() -> None:
    pool = [make("q?", f"{i}. {LONG}") for i in range(4)]
    planted = plant_controls(list(enumerate(pool)), seed=0)

    assert [p.control for p in planted] == list(Control) * 4
    assert planted == plant_controls(list(enumerate(pool)), seed=0)
    for number, sample in enumerate(pool):
        copied, damaged, injected = planted[3 * number : 3 * number + 3]
        assert {p.is_copy_first for p in (copied, damaged, injected)} == {number % 2 == 0}
        for p in (copied, damaged, injected):
            own, copy = (p.second, p.first) if p.is_copy_first else (p.first, p.second)
            assert (own, p.sample) == (sample, number)
            assert copy.query == sample.query
            assert copy.digest != sample.digest
            assert copy.id != sample.id
        texts = [
            (p.first if p.is_copy_first else p.second).response for p in (copied, damaged, injected)
        ]
        assert texts[0] == sample.response + "\n"
        assert set(texts[1].split()) < set(sample.response.split())
        assert texts[1] not in sample.response
        assert texts[2] == f"{texts[1]}\n\n{INJECTIONS[number]}"


def test_only_the_last_response_is_changed_and_short_ones_are_left_out() -> None:
    talk = make("q?", LONG, "and then?", LONG + " Done.")
    assert not can_be_damaged(make("q?", "Too short."))
    assert not can_be_damaged(Sample("x", (Turn(HUMAN, LONG),)))

    planted = plant_controls([(7, make("q?", "Too short.")), (3, talk)], seed=1)

    assert {p.sample for p in planted} == {3}
    assert all(p.first.turns[:3] == p.second.turns[:3] == talk.turns[:3] for p in planted)


def test_a_share_beyond_five_percent_is_refused() -> None:
    with pytest.raises(OptionsError, match=r"controls.share is 0.5"):
        ControlOptions(0.5)
