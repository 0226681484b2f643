"""Rows to edges, beside a count by hand; what the fit starts from and what it refuses."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.errors import ConvergenceError, InputError
from tagraph.stages.bradley_terry import (
    BradleyTerryOptions,
    Scores,
    collect_edges,
    fit,
    fit_bradley_terry,
)
from tests.stages.test_bradley_terry import NO_PRIOR, connected, simulate

QUICK = BradleyTerryOptions(prior=1.5, integrate=False)
JOINT = BradleyTerryOptions(prior=1.5, integrate=False, careless=False, sharpness=False)
Key = tuple[object, ...]
Row = tuple[int, int, float, int, tuple[float, float]]


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    item = st.integers(0, 3)
    shown = st.tuples(*[st.sampled_from([-1.0, 0.0, 0.5, 1.0])] * 2)
    said = st.sampled_from([0.0, 0.5, 1.0, math.nan])
    row = st.tuples(item, item, said, st.integers(0, 2), shown)
    return draw(st.lists(row.filter(lambda row: row[0] != row[1]), max_size=40))


def count_by_hand(
    given_rows: list[Row], ordered: bool, has_judge: bool, has_covariates: bool
) -> dict[Key, tuple[int, float, int]]:
    """Return verdicts, wins and ties of everything that is told apart."""
    judged, won, tied = Counter[Key](), Counter[Key](), Counter[Key]()
    for first, second, said, judge, shown in given_rows:
        if math.isnan(said):
            continue
        turned = not ordered and first > second
        pair = (second, first) if turned else (first, second)
        covariates = tuple(0.0 - x if turned else x for x in shown) if has_covariates else ()
        key = (*pair, judge if has_judge else 0, covariates)
        judged[key] += 1
        won[key] += 2 * int(2 * (1 - said if turned else said))
        tied[key] += said == 0.5
    return {key: (judged[key], won[key] / 4, tied[key]) for key in judged}


@given(rows(), st.booleans(), st.booleans(), st.booleans())
def test_edges_equal_a_count_by_hand(
    given_rows: list[Row], ordered: bool, has_judge: bool, has_covariates: bool
) -> None:
    first, second, said, judge, shown = zip(*given_rows, strict=True) if given_rows else [()] * 5
    edges = collect_edges(
        np.array(first, dtype=int),
        np.array(second, dtype=int),
        said,
        4,
        ordered=ordered,
        judge=np.array(judge, dtype=int) if has_judge else None,
        covariates=np.array(shown, dtype=float).reshape(-1, 2) if has_covariates else None,
    )

    n_judges = max(judge, default=0) + 1 if has_judge else 1
    who = np.zeros(len(edges.first), dtype=int) if edges.judge is None else edges.judge
    told = [
        (i, j, k, tuple(x))
        for i, j, k, x in zip(
            edges.first.tolist(),
            edges.second.tolist(),
            who.tolist(),
            edges.covariates.tolist(),
            strict=True,
        )
    ]
    counts = zip(edges.n_verdicts, edges.wins, edges.n_ties, strict=True)
    by_hand = count_by_hand(given_rows, ordered, has_judge, has_covariates)
    assert dict(zip(told, counts, strict=True)) == by_hand
    assert len(told) == len(by_hand)
    assert [key[:3] for key in told] == sorted(key[:3] for key in told)
    assert (edges.n_items, edges.n_judges) == (4, n_judges)
    assert (edges.judge is None) == (n_judges == 1)
    assert edges.n_terms == 2 * n_judges + 2 * has_covariates
    starts = np.searchsorted(edges.first, np.arange(5))
    assert edges.indptr.tolist() == starts.tolist()
    assert not np.signbit(edges.covariates[edges.covariates == 0]).any()


def test_covariates_of_one_dimension_are_one_column() -> None:
    edges = collect_edges([0, 1], [1, 2], [1, 0], 3, ordered=True, covariates=[0.5, -0.0])

    assert edges.covariates.tolist() == [[0.5], [0.0]]
    with pytest.raises(InputError, match="3 rows, not shape"):
        collect_edges([0] * 3, [1] * 3, [1] * 3, 2, ordered=True, covariates=np.ones((3, 1, 1)))


def test_what_is_wrong_is_named_by_its_row() -> None:
    with pytest.raises(InputError, match=r"second names item 3, .* from 0 to 2"):
        fit_bradley_terry([1, 1], [0, 3], [1, 1], n_items=3)
    with pytest.raises(InputError, match=r"outcome 0.2 in row 1"):
        fit_bradley_terry([1, 1], [0, 2], [1, 0.2], n_items=3)
    with pytest.raises(InputError, match="row 1 compares item 2 with itself"):
        fit_bradley_terry([1, 2], [0, 2], [1, 1], n_items=3)
    with pytest.raises(InputError, match="row 1 are not finite"):
        fit_bradley_terry(
            [0, 1], [1, 2], [1, 0], n_items=3, covariates=[[1.0, 1.0], [1.0, math.inf]]
        )
    with pytest.raises(InputError, match="items 1 and 2 were compared"):
        fit_bradley_terry([0, 1], [1, 2], [1, 1], n_items=3, groups=[0, 0, 1])
    assert len(fit_bradley_terry([], [], [], n_items=0)) == 0


def fit_two_judges(options: BradleyTerryOptions, **more: object) -> Scores:
    """Return a fit of two judges and a covariate."""
    _, (first, second, outcome) = simulate(12, 160, seed=3, position=0.5)
    rng = np.random.default_rng(3)
    told = {"judge": rng.integers(0, 2, 160), "covariates": rng.normal(size=160)} | more
    kept = {name: value for name, value in told.items() if value is not None}
    return fit_bradley_terry(first, second, outcome, n_items=12, options=options, **kept)  # type: ignore[arg-type]


def test_a_warm_start_is_where_the_earlier_fit_ended() -> None:
    found = fit_two_judges(QUICK)
    once = BradleyTerryOptions(prior=1.5, integrate=False, max_iterations=1)

    again = fit_two_judges(once, start=found)

    np.testing.assert_allclose(again.strength, found.strength, atol=1e-6)
    np.testing.assert_allclose(again.judges.careless, found.judges.careless)
    with pytest.raises(ConvergenceError, match="after 1 Newton steps"):
        fit_two_judges(once)


@pytest.mark.parametrize(
    ("earlier", "change"),
    [
        (JOINT, {"judge": None}),
        (JOINT, {"covariates": None}),
        (replace(JOINT, ties=False), {}),
        (replace(JOINT, prior=3.0, position=False), {}),
    ],
)
def test_a_warm_start_from_another_model_moves_nothing(
    earlier: BradleyTerryOptions, change: dict[str, object]
) -> None:
    start = fit_two_judges(earlier, **change)
    for options in (JOINT, replace(JOINT, ties=False, position=False)):
        cold = fit_two_judges(options)
        warm = fit_two_judges(options, start=start)
        np.testing.assert_allclose(warm.strength, cold.strength, atol=1e-6)
        np.testing.assert_allclose(warm.judges.position, cold.judges.position, atol=1e-6)
        assert warm.prior == cold.prior


def test_a_start_without_prior_does_not_take_the_prior_away() -> None:
    winner, loser = connected(8, 60, seed=1)
    start = fit_bradley_terry(winner, loser, [1] * len(winner), n_items=8, options=NO_PRIOR)
    auto = BradleyTerryOptions(careless=False)

    warm = fit_bradley_terry(winner, loser, [1] * len(winner), n_items=8, options=auto, start=start)

    cold = fit_bradley_terry(winner, loser, [1] * len(winner), n_items=8, options=auto)
    assert warm.prior == pytest.approx(cold.prior, rel=1e-3)
    told = replace(auto, integrate=False)  # which takes the spread that was found
    kept = fit_bradley_terry(winner, loser, [1] * len(winner), n_items=8, options=told, start=cold)
    assert kept.prior == pytest.approx(cold.prior)


def test_without_prior_a_start_off_centre_is_centred() -> None:
    winner, loser = connected(8, 60, seed=1)
    found = fit_bradley_terry(winner, loser, [1] * len(winner), n_items=8, options=NO_PRIOR)
    start = replace(found, strength=found.strength + 3)

    again = fit_bradley_terry(
        winner, loser, [1] * len(winner), n_items=8, options=NO_PRIOR, start=start
    )

    np.testing.assert_allclose(again.strength, found.strength, atol=1e-6)


def test_what_was_found_of_two_judges_is_kept_by_a_quick_fit() -> None:
    found = fit_two_judges(QUICK)
    habits, sharpness = np.array([[0.1, 0.2], [0.05, 0.01]]), np.array([1.5, 1 / 1.5])
    judges = replace(found.judges, careless=habits, sharpness=sharpness)

    kept = fit_two_judges(QUICK, start=replace(found, judges=judges))

    np.testing.assert_allclose(kept.judges.careless, habits)
    np.testing.assert_allclose(kept.judges.sharpness, sharpness)


def judge_ladder(unread: float) -> tuple[np.ndarray, ...]:
    """Return verdicts on items far apart, of a judge who names the first unread so often."""
    rng = np.random.default_rng(8)
    first = rng.integers(0, 12, 500)
    second = (first + rng.integers(1, 12, 500)) % 12
    ahead = first - second + rng.logistic(size=500) > 0
    return first, second, np.where(rng.random(500) < unread, 1.0, ahead)


def test_what_was_found_of_a_judge_is_where_the_next_fit_starts() -> None:
    told = judge_ladder(0.15)
    options = BradleyTerryOptions(prior=2.0)
    found = fit_bradley_terry(*told, n_items=12, options=options)
    assert found.judges.careless[0, 0] > 0.05
    assert found.judges.careless[0, 1] == 0

    quick = BradleyTerryOptions(prior=2.0, integrate=False)
    kept = fit_bradley_terry(*told, n_items=12, options=quick, start=found)

    np.testing.assert_allclose(kept.judges.careless, found.judges.careless)
    both = fit_bradley_terry(*told, n_items=12, options=quick)  # typical habits, on both sides
    np.testing.assert_allclose(both.judges.careless, math.exp(-6) / (1 + 2 * math.exp(-6)))
    again = fit_bradley_terry(*told, n_items=12, options=quick, start=both)
    np.testing.assert_allclose(again.judges.careless, both.judges.careless)


def test_a_judge_who_was_seen_to_read_is_doubted_only_by_a_whole_fit() -> None:
    told = judge_ladder(0.15)
    fair = judge_ladder(0.0)
    whole = BradleyTerryOptions(prior=2.0)
    reads = fit_bradley_terry(*fair, n_items=12, options=whole)
    assert not reads.judges.careless.any()

    quick = BradleyTerryOptions(prior=2.0, integrate=False)
    assert not fit_bradley_terry(
        *told, n_items=12, options=quick, start=reads
    ).judges.careless.any()
    assert fit_bradley_terry(*told, n_items=12, options=whole, start=reads).judges.careless.any()


@pytest.mark.parametrize("prior", [1.5, 0.7])
def test_a_sandwich_is_filled_with_the_square_of_each_pairs_push(prior: float) -> None:
    _, (first, second, outcome) = simulate(6, 90, seed=3, position=0.8)
    options = BradleyTerryOptions(
        prior=prior, errors="sandwich", ties=False, careless=False, integrate=False
    )
    scores = fit_bradley_terry(first, second, outcome, n_items=6, options=options)

    gap = scores.strength[first] - scores.strength[second] + scores.position
    chance = 1 / (1 + np.exp(-gap))
    design = np.eye(6)[first] - np.eye(6)[second]
    bread = np.linalg.inv(
        np.eye(6) / prior**2 + design.T @ ((chance * (1 - chance))[:, None] * design)
    )
    filling = np.zeros((6, 6))
    for i in range(6):
        for j in range(i):
            of_pair = ((first == i) & (second == j)) | ((first == j) & (second == i))
            push = float((design[of_pair, i] * (outcome - chance)[of_pair]).sum())
            way = np.eye(6)[i] - np.eye(6)[j]
            filling += push**2 * np.outer(way, way)
    items = bread @ filling @ bread
    found = scores.covariance.within(np.arange(6)[None, :])[0]
    np.testing.assert_allclose(found, items, atol=1e-8)


def test_a_sandwich_may_be_as_large_as_what_is_inverted(monkeypatch: pytest.MonkeyPatch) -> None:
    options = BradleyTerryOptions(prior=1.5, errors="sandwich", integrate=False)
    monkeypatch.setattr(fit, "LARGEST", 3)

    scores = fit_bradley_terry([0, 1], [1, 2], [1, 1], n_items=3, options=options)

    assert np.isfinite(scores.standard_error()).all()


@pytest.mark.parametrize("way", [1, -1])
def test_without_prior_one_loss_is_enough_for_a_wide_estimate_to_exist(way: int) -> None:
    options = BradleyTerryOptions(prior=None, ties=False, position=False)
    first = np.repeat(np.arange(8), 21)
    outcome = np.tile(np.append(np.ones(20), 0.0), 8)
    outcome = outcome if way > 0 else 1 - outcome

    scores = fit_bradley_terry(first, first + 1, outcome, n_items=9, options=options)

    np.testing.assert_allclose(np.diff(scores.strength), -way * math.log(20), atol=1e-6)


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_without_prior_a_pair_that_went_one_way_only_has_no_estimate(outcome: float) -> None:
    with pytest.raises(ConvergenceError, match="does not exist"):
        fit_bradley_terry([0, 0], [1, 1], [outcome] * 2, n_items=3, options=NO_PRIOR)


def test_newton_needs_few_steps() -> None:
    _, told = simulate(60, 900, seed=5, position=1.0)
    few = BradleyTerryOptions(prior=1.5, integrate=False, max_iterations=7)

    assert len(fit_bradley_terry(*told, n_items=60, options=few)) == 60


def test_scores_show_what_they_hold() -> None:
    scores = fit_two_judges(QUICK)
    table = scores.to_pandas()
    many = fit_bradley_terry(np.arange(25), np.arange(25) + 1, [1] * 25, n_items=26, options=QUICK)

    assert table["item"].tolist() == np.argsort(-scores.strength).tolist()
    assert table["strength"].tolist() == sorted(scores.strength, reverse=True)
    assert many._repr_html_().count("<tr>") == 21  # a head and 20 rows
    assert f"12 strengths, position {scores.position:+.2f}, tie {scores.tie:+.2f}" in repr(scores)
    assert scores.judge_errors().shape == (2, 2)
    assert np.isfinite(scores.judge_errors()).all()
    assert scores.slope_errors().shape == (1,)
    of_terms = np.sqrt(np.diag(scores.covariance.coupling[1]))
    np.testing.assert_allclose(scores.judge_errors(), of_terms[[[0, 3], [1, 4]]])
    np.testing.assert_allclose(scores.slope_errors(), of_terms[[2]])
    assert scores.term_errors() == tuple(of_terms[[0, 3]])


def test_items_that_are_not_there_have_no_difference() -> None:
    scores = fit_bradley_terry([0], [1], [1], n_items=2, options=QUICK)

    assert scores.difference_error([0, 1], [1, 0]).shape == (2,)
    for left, right in (([-1], [0]), ([0], [-1]), ([0], [2]), ([2], [0])):
        with pytest.raises(InputError, match="outside 0 to 1"):
            scores.difference_error(left, right)
    with pytest.raises(InputError, match="one length"):
        scores.difference_error([[0]], [[1]])


def test_without_sharpness_all_judges_weigh_the_same() -> None:
    options = BradleyTerryOptions(prior=1.5, careless=False, sharpness=False)

    assert fit_two_judges(options).judges.sharpness.tolist() == [1.0, 1.0]
    assert fit_two_judges(replace(options, sharpness=True)).judges.sharpness.tolist() != [1.0, 1.0]
