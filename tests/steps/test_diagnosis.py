import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.bradley_terry import fit_bradley_terry
from tagraph.steps.diagnosis import Diagnosis, contrast_lengths, diagnose


def look(rows: list[tuple[int, int, float]], n_items: int) -> Diagnosis:
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    first, second = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    scores = fit_bradley_terry(first, second, table[:, 2], n_items=n_items)
    return diagnose(scores, first, second, table[:, 2])


def test_nothing_judged_says_so() -> None:
    found = look([], 3)
    assert (found.n_components, found.n_unseen, found.n_triads, found.n_swapped) == (0, 3, 0, 0)
    assert math.isnan(found.tie_rate)
    assert math.isnan(found.swap_consistency)
    assert math.isnan(found.cycle_share)
    assert found.worst.shape == (0, 2)


def test_components_and_items_without_a_verdict_are_counted() -> None:
    found = look([(0, 1, 1.0), (2, 3, 0.5), (4, 5, math.nan)], 6)
    assert (found.n_components, found.n_unseen, found.tie_rate) == (2, 2, 0.5)


def test_pairs_in_both_orders_are_held_against_each_other() -> None:
    rows = [(0, 1, 1.0), (1, 0, 0.0), (2, 1, 1.0), (1, 2, 1.0), (0, 2, 0.5), (2, 0, 0.5)]
    found = look([*rows, (2, 3, 1.0)], 4)
    assert found.n_swapped == 3
    assert found.swap_consistency == pytest.approx(2 / 3)


@pytest.mark.no_cover
@given(st.integers(3, 8), st.integers(0, 10**6))
def test_cycles_equal_a_count_by_hand(n_items: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [p for p in itertools.combinations(range(n_items), 2) if rng.random() < 0.8]
    said = rng.integers(0, 3, len(pairs)) / 2
    won = {p if s else p[::-1] for p, s in zip(pairs, said, strict=True) if s != 0.5}
    triads = cycles = 0
    for i, j, k in itertools.combinations(range(n_items), 3):
        sides = [(i, j), (j, k), (k, i)]
        if all(side in won or side[::-1] in won for side in sides):
            triads += 1
            cycles += sum(side in won for side in sides) in (0, 3)
    found = look([(*p, float(s)) for p, s in zip(pairs, said, strict=True)], n_items)
    assert found.n_triads == triads
    if triads:
        assert found.cycle_share == pytest.approx(cycles / triads)
        assert 0 < found.expected_cycle_share <= 0.25 + 1e-9


def test_a_judge_by_the_model_has_the_expected_cycles_and_a_fickle_one_more() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 2.5, 40)
    first, second = np.triu_indices(40, 1)
    said = (truth[first] - truth[second] + rng.logistic(size=len(first)) > 0).astype(np.float64)
    shift = (second - first) % 40
    circle = ((shift > 0) & (shift < 20)).astype(np.float64)
    honest, fickle = (
        look(list(zip(first.tolist(), second.tolist(), answers.tolist(), strict=True)), 40)
        for answers in (said, circle)
    )
    assert honest.cycle_share == pytest.approx(honest.expected_cycle_share, abs=0.02)
    assert fickle.cycle_share > 0.15


def test_the_most_surprising_verdict_comes_first() -> None:
    rows = [(i, j, 1.0) for i in range(8) for j in range(i + 1, 8)]
    rows[rows.index((0, 7, 1.0))] = (0, 7, 0.0)
    found = look(rows, 8)
    assert found.worst[0].tolist() == [0, 7]
    assert found.surprise[0] < -2
    assert len(found.worst) == 10


def test_an_audit_tells_a_judge_who_repeats_itself_from_one_who_draws_anew() -> None:
    rng = np.random.default_rng(0)
    pairs = [(i, j) for i in range(8) for j in range(8) if i != j]
    said = rng.integers(0, 2, len(pairs)).astype(float)
    rows = [(i, j, s) for (i, j), s in zip(pairs, said.tolist(), strict=True)]
    sticky = look(rows + rows, 8)
    assert (sticky.n_repeated, sticky.repeat_consistency) == (56, 1.0)
    assert sticky.expected_repeat_consistency < 0.9
    assert not sticky.rematch_pays
    again = rng.integers(0, 2, len(pairs)).tolist()
    fresh = look(rows + [(i, j, float(s)) for (i, j), s in zip(pairs, again, strict=True)], 8)
    assert fresh.rematch_pays
    few = look([*rows, (0, 1, 1 - said[0])], 8)
    assert (few.n_repeated, few.repeat_consistency, few.rematch_pays) == (1, 0.0, False)


def test_the_slope_of_length_is_found_where_lengths_are_given() -> None:
    rng = np.random.default_rng(1)
    strength, length = rng.normal(size=30), rng.normal(size=30)
    first = rng.integers(0, 30, 2000)
    second = (first + rng.integers(1, 30, 2000)) % 30
    noise = rng.logistic(size=2000)
    longer = contrast_lengths(length, first, second)
    outcome = (strength[first] - strength[second] + 1.0 * longer + noise > 0).astype(float)
    scores = fit_bradley_terry(first, second, outcome, n_items=30)
    found = diagnose(scores, first, second, outcome, length=length)
    assert found.length_error > 0
    assert abs(found.length_slope) < 1.0 + 3 * found.length_error
    assert math.isnan(diagnose(scores, first, second, outcome).length_slope)


def test_lengths_are_contrasted_in_deviations() -> None:
    assert contrast_lengths([1, 1], [0], [1]).tolist() == [0.0]
    assert contrast_lengths([1, 2], [], []).tolist() == []
    contrast = contrast_lengths([0, 10, 30], [0, 1, 2], [1, 2, 0])
    assert (np.abs(contrast) < 1).all()
    assert contrast[2] == -contrast_lengths([0, 10, 30], [1, 2, 0], [0, 1, 2])[2]
