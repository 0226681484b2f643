import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tagraph.data import FloatArray, IntArray
from tagraph.errors import ConvergenceError, InputError, OptionsError
from tagraph.stages.bradley_terry import (
    TYPICAL_SPREAD,
    BradleyTerryOptions,
    Scores,
    collect_edges,
    covariance,
    fit,
    fit_bradley_terry,
    pad_blocks,
    solver,
)
from tagraph.stages.bradley_terry.marginal import Marginal
from tagraph.stages.bradley_terry.model import Model

FIXED = BradleyTerryOptions(prior=1.5, careless=False, integrate=False)
PLAIN = BradleyTerryOptions(prior=1.5, ties=False, position=False, careless=False)
NO_PRIOR = BradleyTerryOptions(prior=None, ties=False, position=False)

Rows = tuple[IntArray, IntArray, FloatArray]


@st.composite
def comparisons(draw: st.DrawFn, n_items: int = 7) -> Rows:
    item = st.integers(0, n_items - 1)
    row = st.tuples(item, item, st.sampled_from([0.0, 0.5, 1.0, math.nan]))
    rows = draw(st.lists(row.filter(lambda r: r[0] != r[1]), max_size=30))
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2]


def simulate(
    n_items: int, n_rows: int, seed: int, position: float = 0.0
) -> tuple[FloatArray, Rows]:
    """Return true strengths and verdicts with about one tie in eight."""
    rng = np.random.default_rng(seed)
    strength = rng.normal(0, 1.5, n_items)
    first = rng.integers(0, n_items, n_rows)
    second = (first + rng.integers(1, n_items, n_rows)) % n_items
    logit = strength[first] - strength[second] + position + rng.logistic(size=n_rows)
    outcome = np.where(np.abs(logit) < 0.4, 0.5, (logit > 0).astype(np.float64))
    return strength, (first, second, outcome)


def connected(n_items: int, n_rows: int, seed: int) -> tuple[IntArray, IntArray]:
    """Return winners and losers with a cycle through all items, so that an estimate exists."""
    _, (first, second, outcome) = simulate(n_items, n_rows, seed)
    circle = np.arange(n_items)
    winner = np.concatenate([circle, np.where(outcome > 0.5, first, second)])
    loser = np.concatenate([np.roll(circle, 1), np.where(outcome > 0.5, second, first)])
    return winner, loser


def log_posterior(point: FloatArray, rows: Rows, deviation: float) -> float:
    """Write the model down once more, term by term."""
    first, second, outcome = rows
    strength, position, tie = point[:-2], point[-2], point[-1]
    logit = strength[first] - strength[second] + position
    total = np.logaddexp(np.logaddexp(logit / 2, -logit / 2), tie)
    chosen = np.select([outcome == 1, outcome == 0], [logit / 2, -logit / 2], tie)
    prior = (strength @ strength) / deviation**2 + position**2 + (tie + 1) ** 2
    return float((chosen - total).sum() - prior / 2)


def solve_densely(rows: Rows, n_items: int, deviation: float) -> tuple[FloatArray, FloatArray]:
    """Return the maximum and its inverse curvature by Newton on dense matrices."""
    first, second, outcome = rows
    design = np.zeros((len(first), n_items + 1))
    design[np.arange(len(first)), first] += 1
    design[np.arange(len(first)), second] -= 1
    design[:, -1] = 1
    precision = np.append(np.full(n_items, deviation**-2), [1.0, 1.0])
    centre = np.append(np.zeros(n_items + 1), -1.0)
    point = centre.copy()
    for _ in range(60):
        logit = design @ point[:-1]
        raw = np.exp([logit / 2, -logit / 2, np.full_like(logit, point[-1])])
        win, lose, tie = raw / raw.sum(axis=0)
        slope = np.append(design.T @ (outcome - win - tie / 2), (outcome == 0.5).sum() - tie.sum())
        curvature = np.diag(precision)
        weight = (win + lose - (win - lose) ** 2) / 4
        curvature[:-1, :-1] += design.T @ (weight[:, None] * design)
        curvature[:-1, -1] += design.T @ (-tie * (win - lose) / 2)
        curvature[-1, :-1] = curvature[:-1, -1]
        curvature[-1, -1] += (tie * (1 - tie)).sum()
        point = point + np.linalg.solve(curvature, slope - precision * (point - centre))
    return point, np.asarray(np.linalg.inv(curvature))


@settings(max_examples=20)
@given(comparisons())
def test_order_of_rows_does_not_matter_to_the_last_bit(rows: Rows) -> None:
    order = np.random.default_rng(len(rows[0])).permutation(len(rows[0]))
    straight = fit_bradley_terry(*rows, n_items=7)
    shuffled = fit_bradley_terry(*(column[order] for column in rows), n_items=7)
    assert straight.strength.tobytes() == shuffled.strength.tobytes()
    assert straight.standard_error().tobytes() == shuffled.standard_error().tobytes()


@settings(max_examples=20)
@given(comparisons())
def test_transposing_every_outcome_negates_strengths_and_position(rows: Rows) -> None:
    first, second, outcome = rows
    scores = fit_bradley_terry(first, second, outcome, n_items=7)
    mirrored = fit_bradley_terry(first, second, 1 - outcome, n_items=7)
    np.testing.assert_allclose(mirrored.strength, -scores.strength, atol=1e-6)
    assert mirrored.position == pytest.approx(-scores.position, abs=1e-6)
    assert mirrored.tie == pytest.approx(scores.tie, abs=1e-6)


@settings(max_examples=20)
@given(comparisons())
def test_every_answer_is_finite_and_centred(rows: Rows) -> None:
    scores = fit_bradley_terry(*rows, n_items=7)
    assert np.isfinite(scores.strength).all()
    assert np.isfinite(scores.standard_error()).all()
    means = np.bincount(scores.component, scores.strength)
    np.testing.assert_allclose(means, 0, atol=1e-9)


@settings(max_examples=20)
@given(comparisons())
def test_rows_without_a_verdict_change_nothing(rows: Rows) -> None:
    judged = ~np.isnan(rows[2])
    everything = fit_bradley_terry(*rows, n_items=7)
    evidence = fit_bradley_terry(*(column[judged] for column in rows), n_items=7)
    assert everything.strength.tobytes() == evidence.strength.tobytes()
    assert everything.n_comparisons.sum() == 2 * judged.sum()


@given(comparisons(), comparisons())
def test_an_unrelated_cluster_changes_nothing_without_shared_terms(rows: Rows, other: Rows) -> None:
    alone = fit_bradley_terry(*rows, n_items=7, options=PLAIN)
    first = np.concatenate([rows[0], other[0] + 7])
    second = np.concatenate([rows[1], other[1] + 7])
    outcome = np.concatenate([rows[2], other[2]])
    both = fit_bradley_terry(first, second, outcome, n_items=14, options=PLAIN)
    np.testing.assert_allclose(both.strength[:7], alone.strength, atol=1e-9)
    np.testing.assert_allclose(both.standard_error()[:7], alone.standard_error(), atol=1e-9)


@settings(max_examples=20)
@given(comparisons())
def test_renaming_the_items_renames_the_strengths(rows: Rows) -> None:
    name = np.array([3, 0, 6, 1, 5, 2, 4])
    scores = fit_bradley_terry(*rows, n_items=7)
    renamed = fit_bradley_terry(name[rows[0]], name[rows[1]], rows[2], n_items=7)
    np.testing.assert_allclose(renamed.strength[name], scores.strength, atol=1e-6)


@settings(max_examples=20)
@given(comparisons())
def test_ignoring_position_makes_the_order_shown_irrelevant(rows: Rows) -> None:
    first, second, outcome = rows
    options = BradleyTerryOptions(position=False)
    shown = fit_bradley_terry(first, second, outcome, n_items=7, options=options)
    swapped = fit_bradley_terry(second, first, 1 - outcome, n_items=7, options=options)
    assert shown.strength.tobytes() == swapped.strength.tobytes()
    assert shown.position == 0


@pytest.mark.parametrize("seed", range(3))
def test_equals_a_dense_newton_with_ties_and_position(seed: int) -> None:
    _, rows = simulate(40, 300, seed, position=0.7)
    point, covariance = solve_densely(rows, 40, 1.5)
    scores = fit_bradley_terry(*rows, n_items=40, options=FIXED)
    found = np.append(scores.strength, [scores.position, scores.tie])
    np.testing.assert_allclose(found, point, atol=1e-8)
    about_mean = np.eye(40) - 1 / 40
    error = np.sqrt(np.diag(about_mean @ covariance[:40, :40] @ about_mean))
    np.testing.assert_allclose(scores.standard_error(), error, atol=1e-8)
    np.testing.assert_allclose(scores.term_errors(), np.sqrt(np.diag(covariance)[40:]), atol=1e-8)
    gap = np.zeros(42)
    gap[3], gap[17] = 1, -1
    expected = math.sqrt(gap @ covariance @ gap)
    assert scores.difference_error([3], [17])[0] == pytest.approx(expected, abs=1e-8)


def test_slope_is_the_derivative_of_the_posterior() -> None:
    _, rows = simulate(6, 60, seed=1)
    rng = np.random.default_rng(0)
    point = rng.normal(size=8)
    edges = collect_edges(*rows, 6, ordered=True)
    there = Model(edges, 1 / 1.5**2, position=True, ties=True).evaluate(point)
    steps = 1e-6 * np.eye(8)
    slope = [
        log_posterior(point + h, rows, 1.5) - log_posterior(point - h, rows, 1.5) for h in steps
    ]
    np.testing.assert_allclose(there.slope, np.array(slope) / 2e-6, atol=1e-6)
    assert there.value == pytest.approx(log_posterior(point, rows, 1.5))


@pytest.mark.parametrize("seed", range(3))
def test_without_prior_equals_choix_and_evalica_and_scipy(seed: int) -> None:
    import choix
    import evalica
    from scipy.optimize import minimize

    n_items = 25
    winner, loser = connected(n_items, 400, seed)
    found = fit_bradley_terry(
        winner, loser, np.ones(len(winner)), n_items=n_items, options=NO_PRIOR
    ).strength
    pairs = list(zip(winner.tolist(), loser.tolist(), strict=True))
    np.testing.assert_allclose(found, choix.ilsr_pairwise(n_items, pairs), atol=1e-6)
    won = [evalica.Winner.X] * len(winner)
    result = evalica.bradley_terry(
        winner.tolist(), loser.tolist(), won, tolerance=1e-12, limit=9999
    )
    other = np.log(result.scores.sort_index().to_numpy())
    np.testing.assert_allclose(found, other - other.mean(), atol=1e-6)

    def loss(strength: FloatArray) -> tuple[float, FloatArray]:
        chance = 1 / (1 + np.exp(strength[loser] - strength[winner]))
        slope = np.bincount(winner, 1 - chance) - np.bincount(loser, 1 - chance)
        return -float(np.log(chance).sum()), -1.0 * np.asarray(slope, dtype=np.float64)

    least = minimize(loss, np.zeros(n_items), jac=True, method="BFGS", options={"gtol": 1e-9})
    np.testing.assert_allclose(found, least.x - least.x.mean(), atol=1e-6)


def test_without_prior_an_estimate_that_does_not_exist_is_refused() -> None:
    chain = np.arange(5)
    with pytest.raises(ConvergenceError, match="keep the prior"):
        fit_bradley_terry(chain, chain + 1, np.ones(5), n_items=6, options=NO_PRIOR)


def test_without_prior_a_wide_estimate_that_exists_is_found() -> None:
    first = np.repeat(np.arange(8), 21)
    outcome = np.tile(np.append(np.ones(20), 0.0), 8)
    scores = fit_bradley_terry(first, first + 1, outcome, n_items=9, options=NO_PRIOR)
    np.testing.assert_allclose(np.diff(scores.strength), -math.log(20), atol=1e-6)


def test_without_prior_components_share_no_scale() -> None:
    first, second = np.array([0, 1, 2, 3]), np.array([1, 0, 3, 2])
    scores = fit_bradley_terry(first, second, np.ones(4), n_items=5, options=NO_PRIOR)
    assert scores.component.tolist() == [0, 0, 1, 1, 2]
    assert scores.prior == math.inf
    assert np.isfinite(scores.standard_error()[:4]).all()
    assert scores.standard_error()[4] == math.inf
    assert scores.difference_error([0, 0], [1, 2]).tolist() == [
        pytest.approx(math.sqrt(2)),
        math.inf,
    ]


def test_a_start_far_away_is_climbed_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_LONGEST_STEP", 1e6)
    _, rows = simulate(10, 60, seed=0)
    far = fit_bradley_terry(*rows, n_items=10, options=FIXED)
    far.strength[:] = np.linspace(-40, 40, 10)
    scores = fit_bradley_terry(*rows, n_items=10, options=FIXED, start=far)
    cold = fit_bradley_terry(*rows, n_items=10, options=FIXED)
    np.testing.assert_allclose(scores.strength, cold.strength, atol=1e-7)


def test_giving_up_is_an_error_not_an_answer() -> None:
    _, rows = simulate(10, 60, seed=0)
    hurried = BradleyTerryOptions(prior=1.5, max_iterations=1)
    with pytest.raises(ConvergenceError, match="after 1 Newton steps"):
        fit_bradley_terry(*rows, n_items=10, options=hurried)


def odd_data() -> dict[str, tuple[int, list[tuple[int, int, float]]]]:
    return {
        "no items": (0, []),
        "one item": (1, []),
        "no comparisons": (4, []),
        "nothing judged": (3, [(0, 1, math.nan), (1, 2, math.nan)]),
        "one verdict": (2, [(0, 1, 1.0)]),
        "all ties": (3, [(0, 1, 0.5), (1, 2, 0.5), (2, 0, 0.5)]),
        "chain": (30, [(i, i + 1, 1.0) for i in range(29)]),
        "two components": (4, [(0, 1, 1.0), (2, 3, 0.0)]),
        "unbeaten": (5, [(0, i, 1.0) for i in range(1, 5)] * 50),
        "winless and unbeaten": (3, [(0, 1, 1.0), (1, 2, 1.0), (0, 2, 1.0)] * 1000),
        "never compared": (6, [(0, 1, 1.0), (1, 0, 1.0)]),
        "circle": (3, [(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0)]),
    }


@pytest.mark.parametrize("case", odd_data())
def test_odd_data_get_a_finite_answer(case: str) -> None:
    n_items, rows = odd_data()[case]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    first, second = columns[0].astype(np.int64), columns[1].astype(np.int64)
    scores = fit_bradley_terry(first, second, columns[2], n_items=n_items)
    assert scores.strength.shape == scores.component.shape == (n_items,)
    assert np.isfinite(scores.strength).all()
    assert np.isfinite(scores.standard_error()).all()
    assert math.isfinite(scores.position)
    assert math.isfinite(scores.tie)


def test_no_comparisons_give_zeros_with_the_error_of_the_prior() -> None:
    scores = fit_bradley_terry([], [], [], n_items=3, options=BradleyTerryOptions(prior=2.0))
    assert scores.strength.tolist() == [0, 0, 0]
    assert scores.standard_error() == pytest.approx([2, 2, 2])
    assert scores.n_comparisons.tolist() == [0, 0, 0]
    assert scores.component.tolist() == [0, 1, 2]
    assert len(scores) == 3


def test_items_never_seen_are_marked() -> None:
    scores = fit_bradley_terry([3, 3], [1, 1], [1, 0.5], n_items=5)
    assert scores.n_comparisons.tolist() == [0, 2, 0, 2, 0]
    assert scores.component.tolist() == [0, 1, 2, 1, 3]


@pytest.mark.parametrize(
    ("first", "second", "outcome", "message"),
    [
        ([0], [0], [1], "with itself"),
        ([0], [3], [1], "items run from 0 to 2"),
        ([-1], [1], [1], "item -1"),
        ([0, 1], [1], [1], "one shape"),
        ([0], [1], [[1]], "one shape"),
        ([0], [1], [0.7], "0.7 in row 0"),
        ([0], [1], [2], "none of 1, 0, 0.5"),
        ([0], [1], [math.inf], "none of 1, 0, 0.5"),
        ([0.0], [1.0], [1], "integers"),
        ([[0]], [[1]], [[1]], "one dimension"),
    ],
)
def test_wrong_rows_are_refused(
    first: list[int], second: list[int], outcome: list[float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        fit_bradley_terry(first, second, outcome, n_items=3)


def test_a_negative_number_of_items_is_refused() -> None:
    with pytest.raises(InputError, match="n_items"):
        fit_bradley_terry([], [], [], n_items=-1)


def test_groups_refuse_comparisons_across() -> None:
    fit_bradley_terry([0], [1], [1], n_items=3, groups=[0, 0, 1])
    with pytest.raises(InputError, match="different groups"):
        fit_bradley_terry([0], [2], [1], n_items=3, groups=[0, 0, 1])
    with pytest.raises(InputError, match="shape"):
        fit_bradley_terry([0], [2], [1], n_items=3, groups=[0, 0])


def test_a_warm_start_changes_nothing_beyond_the_tolerance() -> None:
    _, rows = simulate(30, 200, seed=4)
    cold = fit_bradley_terry(*rows, n_items=30, options=FIXED)
    half = fit_bradley_terry(*(column[:100] for column in rows), n_items=30)
    warm = fit_bradley_terry(*rows, n_items=30, start=half, options=FIXED)
    np.testing.assert_allclose(warm.strength, cold.strength, atol=1e-7)
    plain = fit_bradley_terry(*rows, n_items=30, start=half, options=PLAIN)
    assert plain.position == 0
    assert math.isnan(plain.tie)
    with pytest.raises(InputError, match="30 items, not 31"):
        fit_bradley_terry(*rows, n_items=31, start=half)


def test_more_evidence_makes_surer() -> None:
    _, rows = simulate(20, 400, seed=2)
    few = fit_bradley_terry(*(column[:60] for column in rows), n_items=20, options=FIXED)
    many = fit_bradley_terry(*rows, n_items=20, options=FIXED)
    assert (many.standard_error() < few.standard_error()).all()


def test_a_position_bias_of_one_logit_is_recovered_and_does_no_harm() -> None:
    from scipy.stats import kendalltau

    strength, rows = simulate(60, 960, seed=5, position=1.0)
    scores = fit_bradley_terry(*rows, n_items=60)
    assert abs(scores.position - 1.0) < 2 * scores.term_errors()[0]
    _, fair = simulate(60, 960, seed=5)
    unbiased = fit_bradley_terry(*fair, n_items=60)
    tau = kendalltau(scores.strength, strength).statistic
    assert tau > kendalltau(unbiased.strength, strength).statistic - 0.03


@pytest.mark.parametrize("spread", [0.8, 2.5])
def test_position_and_tie_are_recovered_from_few_comparisons_of_many_items(spread: float) -> None:
    rng = np.random.default_rng(0)
    strength = rng.normal(0, spread, 2000)
    first = rng.integers(0, 2000, 12_000)
    second = first // 40 * 40 + (first % 40 + rng.integers(1, 40, 12_000)) % 40
    logit = strength[first] - strength[second] + 1.0
    odds = np.exp(np.stack([-logit / 2, np.full_like(logit, -1.0), logit / 2]))
    below = np.cumsum(odds / odds.sum(axis=0), axis=0)[:2]
    outcome = 0.5 * (rng.random(12_000) > below).sum(axis=0)
    reading = BradleyTerryOptions(careless=False)
    scores = fit_bradley_terry(first, second, outcome, n_items=2000, options=reading)
    of_position, of_tie = scores.term_errors()
    assert abs(scores.position - 1.0) < 2 * of_position
    assert abs(scores.tie + 1.0) < 2 * of_tie
    careless = fit_bradley_terry(first, second, outcome, n_items=2000)
    assert abs(careless.position - 1.0) < 2 * careless.term_errors()[0]
    joint = BradleyTerryOptions(prior=scores.prior, careless=False, integrate=False)
    shrunken = fit_bradley_terry(first, second, outcome, n_items=2000, options=joint)
    assert shrunken.position < 1 - 2 * of_position


def with_judges() -> tuple[Rows, IntArray, FloatArray]:
    """Return verdicts of two unlike judges, one of them careless, and a covariate."""
    _, (first, second, outcome) = simulate(12, 160, seed=3, position=0.5)
    rng = np.random.default_rng(3)
    unread = rng.random(160) < 0.1
    return (
        (first, second, np.where(unread, 1.0, outcome)),
        rng.integers(0, 2, 160),
        rng.normal(size=160),
    )


@pytest.mark.parametrize("threshold", [True, False])
@pytest.mark.parametrize("other", [-2.0, -np.inf])
@pytest.mark.parametrize("position", [True, False])
def test_the_marginal_posterior_of_what_is_shared_has_the_slope_it_says(
    position: bool, other: float, threshold: bool
) -> None:
    rows, judge, covariate = with_judges()
    options = BradleyTerryOptions(position=position, tolerance=1e-11)
    edges = collect_edges(*rows, 12, ordered=position, judge=judge, covariates=covariate)
    model = Model(
        edges,
        1 / 1.5**2,
        position=position,
        ties=True,
        threshold=threshold,
        sharpness=np.ones(2),
        careless=np.array([[-2.0, other], [other, -2.0]]),
    )
    marginal = Marginal(model, model.start(), np.zeros(12, dtype=np.int64), options)
    guess = marginal.guess.pack()
    assert len(guess) == 1 + 2 * position + 1 + 2 + 2 + (4 if np.isfinite(other) else 2)
    place = guess + np.random.default_rng(0).normal(0, 0.3, len(guess))
    slope = marginal(place)[1]
    steps = 1e-4 * np.eye(len(place))
    found = [(marginal(place + step)[0] - marginal(place - step)[0]) / 2e-4 for step in steps]
    np.testing.assert_allclose(slope, found, atol=1e-5)


def test_what_is_shared_lies_where_the_marginal_posterior_is_highest() -> None:
    rows, judge, covariate = with_judges()
    scores = fit_bradley_terry(*rows, n_items=12, judge=judge, covariates=covariate)
    edges = collect_edges(*rows, 12, ordered=True, judge=judge, covariates=covariate)
    assert not scores.judges.careless.any()
    model = Model(
        edges,
        scores.prior**-2,
        position=True,
        ties=True,
        threshold=scores.ties_by_threshold,
        sharpness=scores.judges.sharpness,
    )
    terms = [scores.judges.position, scores.slopes, scores.judges.tie]
    point = np.concatenate([scores.strength, *terms])
    marginal = Marginal(model, point, np.zeros(12, dtype=np.int64), BradleyTerryOptions())
    assert np.abs(marginal(marginal.guess.pack())[1]).max() < 1e-2


def test_a_judge_that_always_says_first_gives_a_flat_ranking() -> None:
    i, j = np.triu_indices(12, 1)
    first, second = np.concatenate([i, j]), np.concatenate([j, i])
    scores = fit_bradley_terry(first, second, np.ones(len(first)), n_items=12)
    np.testing.assert_allclose(scores.strength, 0, atol=1e-7)
    assert scores.position > 3


@pytest.mark.parametrize("spread", [0.8, 1.5, 2.5])
def test_intervals_cover_true_strengths_whatever_their_spread(spread: float) -> None:
    rng = np.random.default_rng(7)
    strength = rng.normal(0, spread, (40, 50))
    strength -= strength.mean(axis=1, keepdims=True)
    cluster, first = rng.integers(0, 40, 16_000), rng.integers(0, 50, 16_000)
    second = (first + rng.integers(1, 50, 16_000)) % 50
    first, second = 50 * cluster + first, 50 * cluster + second
    logit = strength.ravel()[first] - strength.ravel()[second] + rng.logistic(size=16_000)
    scores = fit_bradley_terry(first, second, (logit > 0).astype(float), n_items=2000)
    assert scores.prior == pytest.approx(spread, rel=0.12)
    covered = np.abs(scores.strength - strength.ravel()) < 1.96 * scores.standard_error()
    assert 0.90 < covered.mean() < 0.97


def test_the_spread_of_nothing_is_the_typical_one() -> None:
    assert fit_bradley_terry([], [], [], n_items=3).prior == TYPICAL_SPREAD


def test_a_component_too_large_to_invert_gets_errors_within_5_percent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strength, rows = simulate(400, 3200, seed=1)
    exact = fit_bradley_terry(*rows, n_items=400, options=FIXED)
    monkeypatch.setattr(covariance, "LARGEST", 100)
    probed = fit_bradley_terry(*rows, n_items=400, options=FIXED)
    np.testing.assert_allclose(probed.standard_error(), exact.standard_error(), rtol=0.05)
    spread = fit_bradley_terry(*rows, n_items=400).prior
    assert spread == pytest.approx(strength.std(), rel=0.1)


def test_many_clusters_have_the_errors_of_each_alone() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(2, 30, 40)
    start = np.concatenate([[0], np.cumsum(sizes)])
    parts = [simulate(int(size), 3 * int(size), seed)[1] for seed, size in enumerate(sizes)]
    first = np.concatenate([part[0] + at for part, at in zip(parts, start[:-1], strict=True)])
    second = np.concatenate([part[1] + at for part, at in zip(parts, start[:-1], strict=True)])
    outcome = np.concatenate([part[2] for part in parts])
    together = fit_bradley_terry(first, second, outcome, n_items=int(start[-1]), options=PLAIN)
    for at, size, part in zip(start[:-1], sizes, parts, strict=True):
        alone = fit_bradley_terry(*part, n_items=int(size), options=PLAIN)
        error = together.standard_error()[at : at + size]
        np.testing.assert_allclose(error, alone.standard_error(), atol=1e-9)


def test_differences_refuse_wrong_items() -> None:
    scores = fit_bradley_terry([0], [1], [1], n_items=2)
    with pytest.raises(InputError, match="one length"):
        scores.difference_error([0], [1, 0])
    with pytest.raises(InputError, match="outside"):
        scores.difference_error([0], [2])
    assert scores.difference_error([], []).shape == (0,)
    assert scores.difference_error([1], [1]).tolist() == [0]


def answer_unread(spread: float, seed: int) -> tuple[FloatArray, Rows]:
    """Return strengths in clusters of 50, and a judge who names the first in a tenth of cases."""
    rng = np.random.default_rng(seed)
    strength = rng.normal(0, spread, (20, 50))
    strength -= strength.mean(axis=1, keepdims=True)
    first = rng.integers(0, 1000, 8000)
    second = first // 50 * 50 + (first % 50 + rng.integers(1, 50, 8000)) % 50
    gap = strength.ravel()[first] - strength.ravel()[second] + rng.logistic(size=8000)
    outcome = np.where(rng.random(8000) < 0.1, 1.0, (gap > 0).astype(float))
    return strength.ravel(), (first, second, outcome)


def test_a_careless_judge_is_found_out_and_the_intervals_hold() -> None:
    strength, rows = answer_unread(2.5, seed=0)
    scores = fit_bradley_terry(*rows, n_items=1000)
    assert scores.judges.careless[0, 0] == pytest.approx(0.1, abs=0.03)
    assert scores.judges.careless[0, 1] < 0.03
    held = np.abs(scores.strength - strength) < 1.96 * scores.standard_error()
    believed = fit_bradley_terry(*rows, n_items=1000, options=BradleyTerryOptions(careless=False))
    missed = np.abs(believed.strength - strength) > 1.96 * believed.standard_error()
    assert 0.92 < held.mean() < 0.98
    assert missed.mean() > 0.15


def test_a_judge_who_reads_is_not_called_careless() -> None:
    _, rows = simulate(60, 960, seed=5, position=1.0)
    assert not fit_bradley_terry(*rows, n_items=60).judges.careless.any()


def test_where_no_order_is_known_nobody_is_careless() -> None:
    _, rows = answer_unread(2.5, seed=0)
    options = BradleyTerryOptions(position=False)
    assert not fit_bradley_terry(*rows, n_items=1000, options=options).judges.careless.any()


def test_every_judge_has_its_own_terms_and_the_dull_one_weighs_less() -> None:
    rng = np.random.default_rng(1)
    strength = rng.normal(0, 1.5, 60)
    first = rng.integers(0, 60, 4000)
    second = (first + rng.integers(1, 60, 4000)) % 60
    judge = rng.integers(0, 2, 4000)
    lead = np.array([1.0, 0.4])[judge] * (strength[first] - strength[second])
    lead = lead + np.array([0.8, -0.5])[judge] + rng.logistic(size=4000)
    outcome = np.where(np.abs(lead) < np.array([0.2, 0.8])[judge], 0.5, lead > 0)
    scores = fit_bradley_terry(first, second, outcome, n_items=60, judge=judge)
    judges, error = scores.judges, scores.judge_errors()
    assert judges.position[0] > 0.5
    assert judges.position[1] < -0.3
    assert judges.tie[1] > judges.tie[0] + 0.5
    assert judges.sharpness[0] / judges.sharpness[1] == pytest.approx(2.5, rel=0.2)
    assert np.log(judges.sharpness).sum() == pytest.approx(0.0, abs=1e-9)
    assert error.shape == (2, 2)
    assert (scores.position, scores.tie) == (judges.position[0], judges.tie[0])


def test_a_judge_added_without_verdicts_changes_no_strength() -> None:
    _, rows = simulate(12, 80, seed=1)
    alone = fit_bradley_terry(*rows, n_items=12, options=FIXED)
    named = fit_bradley_terry(*rows, n_items=12, options=FIXED, judge=np.zeros(80, dtype=int))
    assert alone.strength.tobytes() == named.strength.tobytes()


def test_a_covariate_that_moves_verdicts_is_found() -> None:
    rng = np.random.default_rng(2)
    strength, (first, second, _) = simulate(40, 3000, seed=2)
    length = rng.normal(size=3000)
    lead = strength[first] - strength[second] + 0.7 * length + rng.logistic(size=3000)
    outcome = (lead > 0).astype(float)
    scores = fit_bradley_terry(first, second, outcome, n_items=40, covariates=length)
    assert abs(scores.slopes[0] - 0.7) < 2.5 * scores.slope_errors()[0]
    turned = fit_bradley_terry(
        second,
        first,
        1 - outcome,
        n_items=40,
        covariates=-length[:, None],
        options=BradleyTerryOptions(position=False),
    )
    assert turned.slopes[0] == pytest.approx(scores.slopes[0], abs=0.02)


@pytest.mark.parametrize(
    ("judge", "covariates", "message"),
    [
        ([0], None, "2 integers"),
        ([0, -1], None, "numbered from 0"),
        ([0.0, 1.0], None, "2 integers"),
        (None, [1.0], "2 rows"),
        (None, [1.0, math.nan], "row 1 are not finite"),
    ],
)
def test_wrong_judges_and_covariates_are_refused(
    judge: list[float] | None, covariates: list[float] | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        fit_bradley_terry([0, 1], [1, 2], [1, 0], n_items=3, judge=judge, covariates=covariates)


def test_a_sandwich_knows_that_repeats_tell_nothing_new() -> None:
    rng = np.random.default_rng(0)
    missed = []
    for _ in range(6):
        strength, rows = simulate(30, 700, seed=int(rng.integers(1000)))
        twice = tuple(np.concatenate([column, column]) for column in rows)
        held = []
        for errors in ("laplace", "sandwich"):
            options = BradleyTerryOptions(errors=errors, careless=False)
            scores = fit_bradley_terry(*twice, n_items=30, options=options)
            miss = np.abs(scores.strength - strength + strength.mean())
            held.append(float((miss < 1.96 * scores.standard_error()).mean()))
        missed.append(held)
    laplace, sandwich = np.mean(missed, axis=0)
    assert laplace + 0.04 < sandwich < 0.97


def test_a_sandwich_draws_what_it_states_and_refuses_what_is_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, rows = simulate(8, 300, seed=3)
    options = BradleyTerryOptions(prior=1.5, errors="sandwich", ties=False, position=False)
    scores = fit_bradley_terry(*rows, n_items=8, options=options)
    items = np.arange(8)[None, :]
    drawn = scores.covariance.draw(items, 40_000, np.random.default_rng(0))[0]
    gap = scores.difference_error([0], [5])[0]
    assert (drawn[:, 0] - drawn[:, 5]).std() == pytest.approx(gap, rel=0.03)
    monkeypatch.setattr(fit, "LARGEST", 7)
    with pytest.raises(InputError, match="use errors='laplace'"):
        fit_bradley_terry(*rows, n_items=8, options=options)


def test_draws_have_the_covariance_they_come_from() -> None:
    _, rows = simulate(8, 60, seed=3)
    scores = fit_bradley_terry(*rows, n_items=8)
    items = np.append(np.arange(8), -1)[None, :]
    drawn = scores.covariance.draw(items, 40_000, np.random.default_rng(0))[0, :, :8]
    gaps = drawn - drawn.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(gaps.std(axis=0), scores.standard_error(), rtol=0.03)


def test_terms_that_were_not_fitted_have_no_error() -> None:
    scores = fit_bradley_terry([0], [1], [1], n_items=2, options=PLAIN)
    assert all(math.isnan(error) for error in scores.term_errors())


def test_tables_show_the_strongest_first() -> None:
    scores: Scores = fit_bradley_terry([0, 1], [1, 2], [0, 1], n_items=3)
    table = scores.to_pandas()
    assert table["item"].tolist() == [1, 0, 2]
    assert list(table.columns) == [
        "item",
        "strength",
        "standard_error",
        "n_comparisons",
        "component",
    ]
    assert "3 strengths" in scores._repr_html_()


@pytest.mark.parametrize(
    "wrong",
    [
        {"prior": 0.0},
        {"prior": -1.0},
        {"prior": math.nan},
        {"prior": "guess"},
        {"tolerance": 0.0},
        {"tolerance": math.nan},
        {"max_iterations": 0},
        {"errors": "bootstrap"},
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionsError):
        BradleyTerryOptions(**wrong)  # type: ignore[arg-type]


@given(st.lists(st.integers(-1, 12), max_size=60), st.integers(1, 200))
def test_blocks_hold_every_labelled_item_once(labels: list[int], cells: int) -> None:
    array: NDArray[np.int64] = np.array(labels, dtype=np.int64)
    seen: list[int] = []
    for items in pad_blocks(array, cells):
        for row in items:
            members = row[row >= 0]
            assert np.array_equal(members, np.flatnonzero(array == array[members[0]]))
            seen += members.tolist()
    assert sorted(seen) == np.flatnonzero(array >= 0).tolist()


def test_a_judge_who_never_contradicts_himself_gives_strengths_within_bounds() -> None:
    first, second = np.nonzero(~np.eye(40, dtype=bool))

    scores = fit_bradley_terry(first, second, 1.0 * (first > second), n_items=40)

    assert scores.prior == 5.0
    assert np.array_equal(np.argsort(scores.strength), np.arange(40))
    assert np.ptp(scores.strength) < 40
