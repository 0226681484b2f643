import math
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.errors import OptionsError
from tagraph.stages.likelihood import Likelihood, LikelihoodOptions, score_likelihood

OPTIONS = LikelihoodOptions()
logs = st.floats(-1e5, 0)


def test_a_response_that_its_instruction_tells_about_scores_higher() -> None:
    told, untold = Likelihood(40, -60.0, -100.0, 1, -1.0), Likelihood(40, -99.0, -100.0, 1, -1.0)
    assert score_likelihood(told, OPTIONS) > score_likelihood(untold, OPTIONS)


def test_an_end_that_nothing_led_up_to_costs() -> None:
    whole, cut = Likelihood(40, -60.0, -100.0, 1, -1.0), Likelihood(40, -67.0, -107.0, 1, -8.0)
    assert score_likelihood(whole, OPTIONS) - score_likelihood(cut, OPTIONS) == pytest.approx(1.4)


def test_an_end_that_was_not_seen_counts_as_usual() -> None:
    unseen, usual = Likelihood(9, -20.0, -30.0), Likelihood(9, -20.0, -30.0, 1, -1.0)
    assert score_likelihood(unseen, OPTIONS) == score_likelihood(usual, OPTIONS)


def test_the_ends_of_several_responses_are_averaged() -> None:
    one, two = Likelihood(9, -20.0, -30.0, 1, -2.0), Likelihood(9, -20.0, -30.0, 2, -4.0)
    assert score_likelihood(one, OPTIONS) == score_likelihood(two, OPTIONS)


@given(logs, logs, logs)
def test_every_likelihood_has_a_finite_score(given_log: float, alone: float, ends: float) -> None:
    score = score_likelihood(Likelihood(9, given_log, alone, 1, ends), OPTIONS)
    assert math.isfinite(score)


@given(logs, logs, logs)
def test_more_information_never_lowers_a_score(one: float, other: float, alone: float) -> None:
    low, high = sorted((one, other))
    scores = [score_likelihood(Likelihood(9, x, alone, 1, -1.0), OPTIONS) for x in (low, high)]
    assert scores[0] <= scores[1]


WEIGHTS = [field.name for field in fields(LikelihoodOptions) if field.name != "usual_end"]


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_weights_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(OptionsError, match=name):
        LikelihoodOptions(**{name: value})


@pytest.mark.parametrize("values", [{"usual_end": 0.5}, {"margin": 2.0}])
def test_options_in_conflict_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(OptionsError, match="usual_end"):
        LikelihoodOptions(**values)
