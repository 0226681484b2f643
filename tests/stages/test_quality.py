from dataclasses import fields, replace

import pytest
from hypothesis import strategies as st

from tagraph.errors import OptionsError
from tagraph.stages.quality import QualityOptions, score_quality

GOOD = {
    "relevance": 0.8,
    "new_characters": 600.0,
    "finished": 1.0,
    "balanced": 1.0,
    "delivered": 1.0,
    "limit": 1.0,
    "answer_type": 1.0,
    "structure": 1.0,
    "repetition": 0.0,
    "refusal": 0.0,
    "refusal_asked": 0.0,
    "boilerplate": 0.0,
    "copied": 0.0,
    "language": 1.0,
}
FAULTS = {
    "relevance": 0.1,
    "new_characters": 300.0,
    "finished": 0.0,
    "balanced": 0.5,
    "delivered": 0.5,
    "limit": 0.5,
    "answer_type": 0.0,
    "structure": 0.0,
    "repetition": 0.5,
    "refusal": 1.0,
    "boilerplate": 1.0,
    "copied": 1.0,
    "language": 0.0,
}
OPTIONS = QualityOptions()
scores = st.floats(-20, 20)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_lowers_the_score_and_can_be_switched_off(name: str) -> None:
    worse = GOOD | {name: FAULTS[name]}
    assert score_quality(worse, OPTIONS) < score_quality(GOOD, OPTIONS)
    weight = "length" if name == "new_characters" else name
    off = replace(OPTIONS, **{weight: 0.0})
    assert score_quality(worse, off) == score_quality(GOOD, off)


def test_an_empty_response_loses_to_a_short_one() -> None:
    empty, short = GOOD | {"new_characters": 0.0}, GOOD | {"new_characters": 1.0}
    assert score_quality(short, OPTIONS) - score_quality(empty, OPTIONS) > 3


def test_a_refusal_that_was_asked_for_costs_nothing() -> None:
    asked = GOOD | {"refusal": 1.0, "refusal_asked": 1.0}
    assert score_quality(asked, OPTIONS) == score_quality(GOOD, OPTIONS)


def test_length_saturates() -> None:
    gains = [
        score_quality(GOOD | {"new_characters": n + 400.0}, OPTIONS)
        - score_quality(GOOD | {"new_characters": float(n)}, OPTIONS)
        for n in (100, 1000, 10_000)
    ]
    assert gains[0] > 3 * gains[1] > 30 * gains[2] > 0


@pytest.mark.parametrize("name", [field.name for field in fields(QualityOptions)])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_weights_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(OptionsError, match=name):
        QualityOptions(**{name: value})


def test_options_in_conflict_are_refused() -> None:
    with pytest.raises(OptionsError, match="half_length"):
        QualityOptions(half_length=0.0)
    with pytest.raises(OptionsError, match="clear"):
        QualityOptions(margin=2.0)
