import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import FloatArray, IntArray
from tagraph.errors import InputError, OptionsError
from tagraph.stages.anchors import AnchorOptions, pair_anchors
from tagraph.stages.bradley_terry import (
    BradleyTerryOptions,
    Scores,
    fit_bradley_terry,
    link_clusters,
)

PLAIN = BradleyTerryOptions(ties=False, position=False, careless=False)


def judge(
    strength: FloatArray, first: IntArray, second: IntArray, rng: np.random.Generator
) -> FloatArray:
    """Return which is stronger after noise."""
    noise = rng.logistic(size=len(first))
    return (strength[first] - strength[second] + noise > 0).astype(np.float64)


def rank_inside(level: FloatArray, seed: int) -> tuple[FloatArray, IntArray, Scores]:
    """Return true strengths in clusters of 40, and the fit of comparisons inside them."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(len(level)), 40)
    strength = level[groups] + rng.normal(size=len(groups))
    first = rng.integers(0, len(groups), 5 * len(groups))
    second = first // 40 * 40 + (first % 40 + rng.integers(1, 40, len(first))) % 40
    outcome = judge(strength, first, second, rng)
    return (
        strength,
        groups,
        fit_bradley_terry(
            first, second, outcome, n_items=len(groups), options=PLAIN, groups=groups
        ),
    )


@given(st.lists(st.integers(-1, 4), max_size=40), st.integers(1, 30), st.integers(0, 99))
def test_anchors_join_all_clusters_and_never_pair_within_one(
    labels: list[int], per_link: int, seed: int
) -> None:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    groups = np.array(labels, dtype=np.int64)
    strength = np.random.default_rng(seed).normal(size=len(groups))
    first, second = pair_anchors(strength, groups, AnchorOptions(per_link, seed=seed))
    ends = groups[first], groups[second]
    assert (ends[0] != ends[1]).all()
    assert min(first.min(initial=0), second.min(initial=0)) >= 0
    assert len({frozenset(p) for p in zip(first.tolist(), second.tolist(), strict=True)}) == len(
        first
    )
    present = np.unique(groups[groups >= 0])
    if len(present) > 1:
        joined = csr_array((np.ones(len(first)), ends), shape=(5, 5))
        n_parts = connected_components(joined, directed=False)[0]
        assert n_parts == 1 + 5 - len(present)
    else:
        assert not len(first)


def test_anchors_are_spread_over_the_rankings_and_shown_in_balance() -> None:
    groups = np.repeat([0, 1], 100)
    strength = np.tile(np.linspace(2, -2, 100), 2)
    first, second = pair_anchors(strength, groups)
    assert len(first) == 40
    place = np.sort(np.where(groups[first] == 0, first, second))
    assert place[0] < 10
    assert place[-1] >= 90
    assert np.diff(place).max() < 20
    assert np.abs(strength[first] - strength[second]).max() < 0.5
    assert (groups[first] == 0).sum() == 20


def test_forty_anchors_a_link_find_the_levels_and_say_how_well() -> None:
    errors, held = [], []
    for seed in range(6):
        level = np.random.default_rng(seed).normal(size=6)
        strength, groups, scores = rank_inside(level, seed)
        first, second = pair_anchors(scores.strength, groups, AnchorOptions(seed=seed))
        outcome = judge(strength, first, second, np.random.default_rng(seed))
        linked = link_clusters(scores, groups, first, second, outcome)
        true = np.bincount(groups, strength) / 40
        errors.append(linked.level - (true - true.mean()))
        held.append(np.abs(errors[-1]) < 1.96 * linked.level_error)
        assert np.isfinite(linked.strength).all()
        assert (linked.standard_error > scores.standard_error()).all()
    assert np.sqrt(np.mean(np.square(errors))) < 0.4
    assert np.mean(held) > 0.85


def test_without_anchors_every_level_is_that_of_the_prior() -> None:
    _, groups, scores = rank_inside(np.array([0.0, 1.0, 2.0]), 0)
    linked = link_clusters(scores, np.where(groups == 2, -1, groups), [], [], [])
    assert linked.level.tolist() == [0, 0]
    np.testing.assert_allclose(linked.level_error, scores.prior / np.sqrt(2))
    assert np.isnan(linked.strength[groups == 2]).all()


def test_wrong_input_is_refused() -> None:
    _, groups, scores = rank_inside(np.array([0.0, 1.0]), 0)
    with pytest.raises(InputError, match="groups must have shape"):
        link_clusters(scores, [0], [], [], [])
    with pytest.raises(InputError, match="in no cluster"):
        link_clusters(scores, np.where(groups == 1, -1, groups), [0], [50], [1.0])
    with pytest.raises(InputError, match="differ"):
        pair_anchors(np.zeros(2), groups)
    for wrong in ({"per_link": 0}, {"detours": 1.5}, {"seed": -1}):
        with pytest.raises(OptionsError):
            AnchorOptions(**wrong)  # type: ignore[arg-type]
