import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from tagraph.data import FloatArray
from tagraph.errors import OptionsError
from tagraph.stages.pairing import (
    ScheduleOptions,
    discount_narrow,
    expect_gain,
    find_bars,
    match_greedily,
    orient_pairs,
    rank_in_groups,
    value_pairs,
    weigh_openness,
)


def symmetric(n_blocks: int, size: int, seed: int, levels: int) -> FloatArray:
    """Return symmetric values with repeats; a quarter of the pairs and the diagonal are barred."""
    rng = np.random.default_rng(seed)
    value = np.triu(rng.integers(0, levels, (n_blocks, size, size)).astype(np.float64), 1)
    value[rng.random(value.shape) < 0.25] = -np.inf
    value = np.triu(value, 1) + np.swapaxes(np.triu(value, 1), 1, 2)
    value[:, np.arange(size), np.arange(size)] = -np.inf
    return value


@given(st.integers(0, 3), st.integers(1, 9), st.integers(0, 10**6), st.sampled_from([2, 10**9]))
def test_matching_uses_items_once_and_leaves_no_allowed_pair(
    n_blocks: int, size: int, seed: int, levels: int
) -> None:
    value = symmetric(n_blocks, size, seed, levels)
    block, item, partner = match_greedily(value.copy())
    assert (item < partner).all()
    assert (value[block, item, partner] > -np.inf).all()
    free = np.ones((n_blocks, size), dtype=bool)
    for side in (item, partner):
        assert free[block, side].all()
        free[block, side] = False
    assert not (free[:, :, None] & free[:, None, :] & (value > -np.inf)).any()


@given(st.integers(2, 9), st.integers(0, 10**6))
def test_matching_equals_taking_the_best_pair_one_at_a_time(size: int, seed: int) -> None:
    value = symmetric(1, size, seed, 10**9)
    _, item, partner = match_greedily(value.copy())
    left, expected = value[0].copy(), set()
    while left.max(initial=-np.inf) > -np.inf:
        i, j = sorted(int(k) for k in np.unravel_index(left.argmax(), left.shape))
        expected.add((i, j))
        for gone in (i, j):
            left[gone, :] = left[:, gone] = -np.inf
    assert set(zip(item.tolist(), partner.tolist(), strict=True)) == expected


def test_gain_is_largest_between_uncertain_equals() -> None:
    strength = np.array([[0.0, 0.0, 3.0, 0.0]])
    covariance = np.diag([1.0, 1.0, 1.0, 0.1])[None]
    gain = expect_gain(strength, covariance)[0]
    assert gain[0, 1] == pytest.approx(0.5)
    assert gain[0, 1] > gain[0, 3] > gain[0, 2]
    np.testing.assert_allclose(gain, gain.T)


def test_gain_of_variances_alone_takes_items_as_independent() -> None:
    strength = np.array([[0.0, 1.0, 2.5]])
    variance = np.array([[1.0, 2.0, 0.5]])
    dense = expect_gain(strength, np.diag(variance[0])[None])
    sparse = expect_gain(strength, variance)
    apart = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(sparse[0][apart], dense[0][apart])


def test_what_is_known_together_teaches_nothing_about_the_difference() -> None:
    covariance = np.ones((1, 2, 2))
    assert expect_gain(np.zeros((1, 2)), covariance)[0, 0, 1] < 1e-9


def test_openness_is_full_at_the_bar_and_none_far_away() -> None:
    strength = np.array([0.0, 1.0, -9.0])
    openness = weigh_openness(strength, np.ones(3), np.zeros(3))
    assert openness[0] == 1
    assert 0 < openness[1] < 1
    assert openness[2] == pytest.approx(0)
    for nothing in (math.inf, -math.inf):
        assert (weigh_openness(strength, np.ones(3), np.full(3, nothing)) == 0).all()


def test_places_are_counted_inside_each_group() -> None:
    strength = np.array([1.0, 5.0, 2.0, 5.0, 9.0, 0.0])
    groups = np.array([0, 1, 0, 1, -1, 1])
    lot = np.array([0.1, 0.9, 0.1, 0.2, 0.1, 0.1])
    assert rank_in_groups(strength, groups, lot).tolist() == [1, 1, 0, 0, 0, 2]


@given(st.integers(2, 20), st.integers(1, 19), st.integers(0, 10**6))
def test_as_many_as_the_cut_are_expected_above_the_bar(size: int, cut: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    strength, error = rng.normal(size=(1, size)), rng.uniform(0.3, 2, (1, size))
    bar = find_bars(strength, error, np.ones((1, size), dtype=bool), np.array([cut]))
    if cut < size:
        above = ndtr((strength - bar[:, None]) / error).sum()
        assert above == pytest.approx(cut, abs=1e-3)
    else:
        assert bar[0] == -math.inf


def test_a_bar_is_out_of_reach_where_the_cut_takes_nothing_or_all() -> None:
    inside = np.array([[True, True, False], [True, True, True]])
    zeros = np.zeros((2, 3))
    assert find_bars(zeros, zeros + 1, inside, np.array([0, 3])).tolist() == [math.inf, -math.inf]
    assert find_bars(zeros, zeros + 1, inside, np.array([2, 1]))[0] == -math.inf


def test_equal_strengths_are_worth_less_than_the_prior_believes() -> None:
    rng = np.random.default_rng(0)
    strength = np.stack([rng.normal(0, spread, 60) for spread in (0.1, 1.5, 3.0)])
    discount = discount_narrow(strength, np.full((3, 60), 0.3), np.ones((3, 60), dtype=bool), 1.5)
    assert discount[0] < 0.6
    assert discount[1] == pytest.approx(1, abs=0.1)
    assert 1 < discount[2] < 1.2


def test_nothing_known_leaves_the_prior_as_it_is() -> None:
    inside = np.array([[True] * 5 + [False]])
    discount = discount_narrow(np.zeros((1, 6)), np.full((1, 6), 1.5**2), inside, 1.5)
    assert discount[0] == pytest.approx(1)


def test_weightless_pairs_come_last_and_barred_ones_never() -> None:
    gain = np.ones((1, 3, 3))
    barred = np.eye(3, dtype=bool)[None].copy()
    barred[0, 0, 1] = barred[0, 1, 0] = True
    weight = np.array([[1.0, 1.0, 0.0]])
    value = value_pairs(gain, weight, barred, np.random.default_rng(0).random(gain.shape))
    assert value[0, 0, 1] == -np.inf
    assert 0 < value[0, 0, 2] < 0.01
    np.testing.assert_array_equal(value, np.swapaxes(value, 1, 2))


@given(st.integers(0, 10**6))
def test_orders_are_balanced_over_a_random_schedule(seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked = np.zeros((2, 0), dtype=np.int64)
    for _ in range(9):
        pairs = np.sort(rng.permutation(10).reshape(2, 5), axis=0)
        asked = np.concatenate([asked, orient_pairs(pairs, asked, 10, rng)], axis=1)
    lead = np.bincount(asked[0], minlength=10) - np.bincount(asked[1], minlength=10)
    assert np.abs(lead).max() <= 5


def test_a_pair_that_meets_again_is_shown_the_other_way_round() -> None:
    rng = np.random.default_rng(0)
    for first, second in ((0, 1), (1, 0)):
        asked = np.array([[first], [second]])
        shown = orient_pairs(np.array([[0], [1]]), asked, 2, rng)
        assert shown[:, 0].tolist() == [second, first]


@pytest.mark.parametrize(
    "wrong",
    [
        {"goal": "fun"},
        {"cut": 0.0},
        {"cut": 1.0},
        {"cut": math.nan},
        {"flow": 1.5},
        {"worth": -0.1},
        {"control": 1.5},
        {"control": math.nan},
        {"max_meetings": 0},
        {"seed": -1},
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionsError):
        ScheduleOptions(**wrong)  # type: ignore[arg-type]
