"""Ties by Davidson's model or by a threshold: chances, derivatives, and which one is believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from tagraph.data import FloatArray, IntArray
from tagraph.stages.bradley_terry import BradleyTerryOptions, fit_bradley_terry
from tagraph.stages.bradley_terry.careless import CarelessOdds
from tagraph.stages.bradley_terry.comparisons import collect_edges
from tagraph.stages.bradley_terry.edges import Edges
from tagraph.stages.bradley_terry.odds import DavidsonOdds, Odds, ThresholdOdds

logits = st.floats(-30, 30)
tie_terms = st.floats(-8, 4)
kinds = pytest.mark.parametrize("kind", [DavidsonOdds.of, ThresholdOdds])


@kinds
@given(logit=logits, tie=tie_terms)
def test_chances_add_up_and_turn_with_the_order(
    kind: type[ThresholdOdds], logit: float, tie: float
) -> None:
    first, second, tied = np.exp(kind(np.asarray(logit), np.asarray(tie)).logarithms)
    assert first + second + tied == pytest.approx(1, abs=1e-12)
    turned = np.exp(kind(np.asarray(-logit), np.asarray(tie)).logarithms)
    assert turned == pytest.approx([second, first, tied], rel=1e-9)


@pytest.mark.parametrize("ties", [True, False])
def test_a_fit_says_what_its_judge_says_to_a_lead(ties: bool) -> None:
    outcome = [1.0, 0.5, 0.0, 0.5, 1.0, 1.0, 0.5, 1.0]
    first, second = [0, 1, 2, 0, 0, 0, 1, 0], [1, 2, 0, 2, 1, 2, 2, 1]
    options = BradleyTerryOptions(ties=ties)
    scores = fit_bradley_terry(first, second, outcome, n_items=3, options=options)
    wins, loses, tied = scores.odds(np.array([0.0, 2.0])).chances()

    assert scores.ties_by_threshold is False
    assert wins / loses == pytest.approx(np.exp([0.0, 2.0]))
    assert wins + loses + tied * ties == pytest.approx(1)
    assert np.isfinite(scores.tie) == ties


def test_a_threshold_is_what_a_noisy_lead_says() -> None:
    eta, lead = 0.36, 0.8
    noisy = lead + np.random.default_rng(0).logistic(size=400_000)
    said = [(noisy > eta).mean(), (noisy < -eta).mean(), (np.abs(noisy) < eta).mean()]
    tie = np.log(np.expm1(2 * eta) / 2)
    chances = np.exp(ThresholdOdds(np.asarray(lead), np.asarray(tie)).logarithms)
    assert said == pytest.approx(chances, abs=0.003)


@kinds
@given(logit=st.floats(-6, 6), tie=st.floats(-4, 2))
def test_derivatives_are_those_of_the_chances(
    kind: type[ThresholdOdds], logit: float, tie: float
) -> None:
    step = 1e-5

    def at(logit: float, tie: float) -> Odds:
        return kind(np.asarray(logit), np.asarray(tie))

    def change(name: str, of: str) -> FloatArray:
        up = at(logit + step, tie) if of == "logit" else at(logit, tie + step)
        down = at(logit - step, tie) if of == "logit" else at(logit, tie - step)
        rise: FloatArray = np.array(getattr(up, name)) - np.array(getattr(down, name))
        return rise / (2 * step)

    here = at(logit, tie)
    np.testing.assert_allclose(here.slopes, change("logarithms", "logit"), atol=1e-8)
    np.testing.assert_allclose(here.tie_slopes, change("logarithms", "tie"), atol=1e-8)
    twice, both, by_tie = here.bends
    np.testing.assert_allclose(twice, change("slopes", "logit"), atol=1e-8)
    np.testing.assert_allclose(both, change("slopes", "tie"), atol=1e-8)
    np.testing.assert_allclose(by_tie, change("tie_slopes", "tie"), atol=1e-8)


@given(logit=st.floats(-8, 8), tie=st.floats(-4, 2))
def test_a_judge_without_habits_is_the_judge_who_reads(logit: float, tie: float) -> None:
    read = DavidsonOdds.of(np.array([logit]), np.array([tie]))
    none = CarelessOdds(read, (np.zeros(1), np.zeros(1)), ties=True)
    edges = count([0, 0, 0], [1, 1, 1], [1.0, 0.0, 0.5])
    assert none.value(edges) == pytest.approx(read.value(edges), rel=1e-9)
    for name in ("push", "weight", "push_tie", "weigh_tie"):
        np.testing.assert_allclose(
            getattr(none, name)(edges), getattr(read, name)(edges), atol=1e-9
        )


def count(first: list[int], second: list[int], outcome: list[float]) -> Edges:
    return collect_edges(first, second, outcome, 2, ordered=True)


def play(seed: int, gap: float | None, bias: float) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return true strengths, pairs inside groups of 40 and outcomes, by threshold or Davidson."""
    rng = np.random.default_rng(seed)
    strength = rng.normal(0, 1.5, 800)
    first = rng.integers(0, 800, 6400)
    second = first // 40 * 40 + (first % 40 + rng.integers(1, 40, 6400)) % 40
    lead = strength[first] - strength[second] + bias
    if gap is not None:
        noisy = lead + rng.logistic(size=6400)
        said = np.where(np.abs(noisy) < gap, 0.5, (noisy > 0).astype(np.float64))
    else:
        weights = np.exp(np.stack([-lead / 2, np.full_like(lead, -1.0), lead / 2]))
        below = np.cumsum(weights / weights.sum(axis=0), axis=0)[:2]
        said = 0.5 * (rng.random(6400) > below).sum(axis=0)
    return strength, np.stack([first, second]), said


@pytest.mark.parametrize("gap", [0.36, None])
def test_the_verdicts_say_which_ties_they_are_and_the_bias_comes_back(gap: float | None) -> None:
    strength, pairs, said = play(0, gap, bias=1.0)
    scores = fit_bradley_terry(pairs[0], pairs[1], said, n_items=800)
    assert scores.ties_by_threshold == (gap is not None)
    position, tie = scores.position, scores.tie
    assert abs(position - 1.0) < 2 * scores.term_errors()[0]
    truth = -1.0 if gap is None else np.log(np.expm1(2 * gap) / 2)
    assert abs(tie - truth) < 0.2
    assert abs(scores.prior - 1.5) < 0.12
    outside = np.abs(scores.strength - strength) > 1.96 * scores.standard_error()
    assert outside.mean() < 0.08


def test_a_fit_by_threshold_is_the_highest_point_of_its_posterior() -> None:
    _, pairs, said = play(1, 0.36, bias=0.5)
    inside = (pairs < 40).all(axis=0)
    (first, second), said = pairs[:, inside], said[inside]
    options = BradleyTerryOptions(prior=1.5, careless=False, integrate=False)
    warm = fit_bradley_terry(first, second, said, n_items=40, options=options)
    start = replace(warm, ties_by_threshold=True)
    found = fit_bradley_terry(first, second, said, n_items=40, options=options, start=start)

    def loss(point: FloatArray) -> float:
        lead = point[first] - point[second] + point[40]
        eta = 0.5 * np.log1p(2 * np.exp(point[41]))
        win, lose = 1 / (1 + np.exp(eta - lead)), 1 / (1 + np.exp(eta + lead))
        chance = np.select([said == 1, said == 0], [win, lose], 1 - win - lose)
        prior = (point[:40] / 1.5) @ (point[:40] / 1.5) + point[40] ** 2 + (point[41] + 1) ** 2
        return float(-np.log(chance).sum() + 0.5 * prior)

    point = np.append(found.strength, [found.position, found.tie])
    best = minimize(loss, np.zeros(42), method="BFGS", options={"gtol": 1e-6})
    assert found.ties_by_threshold
    np.testing.assert_allclose(point, best.x, atol=2e-4)
    assert loss(point) <= best.fun + 1e-9
