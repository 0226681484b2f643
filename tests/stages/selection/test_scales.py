"""What stands behind a strength: its chance of a place, and its pull of length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.errors import OptionsError
from tagraph.stages.selection import (
    SelectionOptions,
    chance_of_place,
    control_length,
    select_samples,
)


@given(st.integers(0, 500), st.integers(0, 12))
def test_chances_add_up_to_the_places(seed: int, quota: int) -> None:
    rng = np.random.default_rng(seed)
    strength, error = rng.normal(size=12), rng.uniform(0.1, 2, 12)

    chance = chance_of_place(strength, error, np.zeros(12, int), np.array([quota]))

    assert chance.sum() == pytest.approx(quota, abs=1e-3)
    assert ((chance >= 0) & (chance <= 1)).all()


def test_chances_are_near_those_of_drawn_strengths() -> None:
    rng = np.random.default_rng(1)
    strength, error = rng.normal(0, 1.5, 40), np.full(40, 0.7)
    drawn = strength + rng.normal(size=(4000, 40)) * error
    bar = np.sort(drawn, axis=1)[:, -10][:, None]

    chance = chance_of_place(strength, error, np.zeros(40, int), np.array([10]))

    assert np.abs(chance - (drawn >= bar).mean(axis=0)).max() < 0.05


def test_an_unknown_strength_has_no_chance_and_a_full_group_is_sure() -> None:
    strength, error = np.array([1.0, np.nan, 0.0, 5.0]), np.array([1.0, np.nan, np.nan, 1.0])

    chance = chance_of_place(strength, error, np.array([0, 0, 1, 1]), np.array([1, 1]))

    assert chance[0] == 1
    assert np.isnan(chance[1])
    assert chance[2:].sum() == pytest.approx(1, abs=1e-3)


def test_the_pull_of_length_is_found_and_taken_out() -> None:
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(20), 50)
    length = np.exp(rng.normal(5, 1, 1000)).round()
    honest = rng.normal(size=1000) + cluster
    found = control_length(honest + 0.8 * np.log1p(length), cluster, length, np.full(1000, 0.3))

    assert found.slope == pytest.approx(0.8, abs=3 * found.error)
    inside = [
        np.corrcoef(found.strength[cluster == c], length[cluster == c])[0, 1] for c in range(20)
    ]
    assert abs(np.mean(inside)) < 0.05


def test_where_no_length_differs_nothing_changes() -> None:
    strength = np.array([1.0, 2.0, np.nan])

    found = control_length(strength, np.zeros(3, int), np.full(3, 9.0))

    np.testing.assert_array_equal(found.strength, strength)
    assert found.slope == 0
    assert np.isnan(found.error)


def test_length_control_takes_the_short_and_good_before_the_long_and_average() -> None:
    rng = np.random.default_rng(0)
    length = rng.integers(10, 2000, 400)
    talent = rng.normal(size=400)
    strength = talent + 3 * np.log1p(length)
    cluster = np.zeros(400, dtype=int)
    plain, fair = (
        select_samples(
            strength, cluster, 40, SelectionOptions(length_control=control), length=length
        )
        for control in (False, True)
    )

    assert length[plain.index].mean() > 1.5 * length[fair.index].mean()
    assert talent[fair.index].mean() > talent[plain.index].mean() + 0.3


def test_length_control_without_lengths_is_refused() -> None:
    with pytest.raises(OptionsError, match="length"):
        select_samples(np.zeros(2), np.zeros(2, int), 1, SelectionOptions(length_control=True))
