"""Whom newcomers meet, and what a verdict on them is worth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.errors import OptionsError
from tagraph.stages.rivals import RivalOptions, choose_rivals, expect_certainty


@given(st.integers(0, 300), st.integers(1, 5), st.integers(0, 5))
def test_every_cluster_gives_so_many_and_none_that_is_barred(
    seed: int, anchors: int, rivals: int
) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(-1, 4, 60)
    strength, error, openness = rng.normal(size=60), rng.uniform(0.2, 1, 60), rng.random(60)

    chosen = choose_rivals(strength, error, openness, groups, RivalOptions(anchors, rivals))

    assert not chosen[groups < 0].any()
    for group in range(4):
        inside = groups == group
        assert chosen[inside].sum() == min(inside.sum(), anchors + rivals)


def test_anchors_are_the_surest_of_each_stretch_and_rivals_the_most_open_of_the_others() -> None:
    strength = np.arange(8.0)
    error = np.array([1, 0.1, 1, 1, 1, 1, 0.1, 1])
    openness = np.array([0, 0, 0, 0.2, 0.9, 0.8, 0.95, 0.1])

    chosen = choose_rivals(strength, error, openness, np.zeros(8, int), RivalOptions(2, 2))

    assert np.flatnonzero(chosen).tolist() == [1, 4, 5, 6]


def test_a_rival_that_is_near_and_well_known_teaches_most() -> None:
    strength = np.array([[0.0] * 3, [0.0, 0.0, 4.0]])
    error = np.array([[1.5] * 3, [0.2, 1.5, 0.2]])

    near_known, near_unknown, far_known = expect_certainty(strength, error)

    assert near_known > near_unknown > far_known > 0


def test_without_an_anchor_there_is_nobody_to_meet() -> None:
    with pytest.raises(OptionsError, match="anchors"):
        RivalOptions(anchors=0)
