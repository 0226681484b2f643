import numpy as np
import pytest

from tagraph.data import FloatArray
from tagraph.errors import OptionsError
from tagraph.stages.bradley_terry import BradleyTerryOptions, fit_bradley_terry
from tagraph.steps.cascade import Cascade, CascadeOptions, fit_informed, run_cascade
from tagraph.steps.tournament import JudgeFunction, TournamentOptions

N = 60
TRUTH = np.random.default_rng(1).permutation(N).astype(np.float64)
OPTIONS = TournamentOptions(calls_per_item=6, n_draws=100)
BT = BradleyTerryOptions(careless=False)


def exact(strength: FloatArray) -> JudgeFunction:
    return lambda pairs: [float(strength[i] > strength[j]) for i, j in pairs]


def coin(seed: int) -> JudgeFunction:
    rng = np.random.default_rng(seed)
    return lambda pairs: rng.integers(0, 2, len(pairs)).astype(np.float64)


def best(result: Cascade, k: int = 6) -> set[int]:
    return set(np.argsort(-result.scores.strength, kind="stable")[:k].tolist())


TOP = set(np.argsort(-TRUTH)[:6].tolist())


def play(first: JudgeFunction, second: JudgeFunction, calls_per_item: float = 1.0) -> Cascade:
    cascade = CascadeOptions(calls_per_item=calls_per_item)
    return run_cascade(N, first, second, OPTIONS, cascade, cut=6, bradley_terry=BT)


@pytest.fixture(scope="module")
def agreed() -> Cascade:
    """Two judges who both know the truth."""
    return play(exact(TRUTH), exact(TRUTH))


def test_a_second_judge_that_agrees_keeps_what_the_first_found(agreed: Cascade) -> None:
    assert len(best(agreed) & TOP) >= 5
    assert agreed.slope > 0
    assert agreed.second.n_calls <= N


@pytest.mark.no_cover
def test_a_first_judge_that_knows_nothing_is_not_believed() -> None:
    result = play(coin(0), exact(TRUTH), calls_per_item=6)
    assert len(best(result) & TOP) >= 5
    assert result.n_changed > 0


def test_a_first_judge_that_is_the_wrong_way_round_is_turned_round() -> None:
    result = play(exact(-TRUTH), exact(TRUTH), calls_per_item=4)
    assert result.slope < 0
    assert len(best(result) & TOP) >= 4


def test_a_budget_of_nothing_leaves_the_second_judge_unasked() -> None:
    result = play(exact(TRUTH), exact(-TRUTH), calls_per_item=0)
    assert result.second.n_calls == 0


def test_rounds_of_the_second_judge_are_numbered_on(agreed: Cascade) -> None:
    assert agreed.second.round.min() == agreed.first.round.max() + 1


@pytest.mark.no_cover
def test_the_same_verdicts_lead_to_the_same_cascade(agreed: Cascade) -> None:
    again = play(exact(TRUTH), exact(TRUTH))
    assert again.scores.strength.tobytes() == agreed.scores.strength.tobytes()
    assert np.array_equal(again.second.first, agreed.second.first)


def test_ties_and_flips_of_the_first_judge_are_counted() -> None:
    result = run_cascade(
        10,
        lambda pairs: [0.5] * len(pairs),
        exact(TRUTH),
        TournamentOptions(calls_per_item=2, n_draws=10),
        CascadeOptions(),
        bradley_terry=BT,
    )
    assert result.n_contested == len(
        {frozenset(pair) for pair in zip(result.first.first, result.first.second, strict=True)}
    )


def test_verdicts_of_the_second_judge_are_fitted_on_top_of_the_first() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, N, (2, 900))
    first, second = first[first != second], second[first != second]
    scale = TRUTH / TRUTH.std()
    known = fit_bradley_terry(
        first, second, (scale[first] > scale[second]).astype(float), n_items=N, options=BT
    )
    chance = 1 / (1 + np.exp(scale[second] - scale[first]))
    said = (rng.random(len(first)) < chance).astype(float)
    found = fit_informed(first[:60], second[:60], said[:60], known=known, options=BT)
    alone = fit_bradley_terry(first[:60], second[:60], said[:60], n_items=N, options=BT)
    assert np.corrcoef(found.strength, scale)[0, 1] > np.corrcoef(alone.strength, scale)[0, 1]
    assert np.isfinite(found.standard_error()).all()


@pytest.mark.parametrize(
    "values", [{"calls_per_item": -1.0}, {"doubt": 0.5}, {"doubt": -0.1}, {"rounds": 1}]
)
def test_options_out_of_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(OptionsError, match=next(iter(values))):
        CascadeOptions(**values)  # type: ignore[arg-type]
