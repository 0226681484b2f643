import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Outcome
from tagraph.stages.score_gaps import compare_scores

scores = st.floats(-100, 100)


@given(scores, scores)
def test_swapping_mirrors_the_outcome(first: float, second: float) -> None:
    mirror = {Outcome.FIRST: Outcome.SECOND, Outcome.SECOND: Outcome.FIRST}
    there, back = (
        compare_scores(first, second, 0.005, 1.0),
        compare_scores(second, first, 0.005, 1.0),
    )
    assert mirror.get(there[0], Outcome.TIE) is back[0]
    assert there[1] == back[1]


@pytest.mark.parametrize(
    ("second", "outcome", "grade"),
    [
        (5.0, Outcome.TIE, 0),
        (4.9951, Outcome.TIE, 0),
        (4.9, Outcome.FIRST, 1),
        (4.0, Outcome.FIRST, 2),
        (5.1, Outcome.SECOND, 1),
    ],
)
def test_margins_decide_outcome_and_grade(second: float, outcome: Outcome, grade: int) -> None:
    assert compare_scores(5.0, second, 0.005, 1.0) == (outcome, grade)


def test_equal_scores_tie_without_any_margin() -> None:
    assert compare_scores(1.0, 1.0, 0.0, 1.0) == (Outcome.TIE, 0)
    assert compare_scores(1.0, 0.999, 0.0, 1.0) == (Outcome.FIRST, 1)
