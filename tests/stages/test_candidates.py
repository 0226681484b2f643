from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from tagraph.stages import candidates
from tagraph.stages.candidates import find_close_meanings, find_close_spellings


@given(
    st.lists(st.text("abc", max_size=6), max_size=30, unique=True),
    st.integers(1, 2),
    st.integers(1, 8),
)
def test_close_spellings_are_those_a_full_comparison_finds(
    keys: list[str], distance: int, block: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "_BLOCK", block)
        left, right = find_close_spellings(keys, distance=distance)
    expected = [
        (i, j)
        for i, j in combinations(range(len(keys)), 2)
        if keys[i] and keys[j] and keys[i][0] == keys[j][0]
        if OSA.distance(keys[i], keys[j]) <= distance
    ]
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == expected


def test_very_long_keys_are_compared_with_nothing() -> None:
    left, _ = find_close_spellings(["a" * 65, "a" * 66, "a" * 10_000])
    assert len(left) == 0


@given(st.integers(0, 40), st.integers(1, 50), st.integers(0, 1000))
def test_close_meanings_are_those_a_full_comparison_finds(n: int, block: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(n, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "_BLOCK", block)
        left, right, cosine = find_close_meanings(vectors, similarity=0.9, nearest=n + 1)
    full = vectors @ vectors.T
    clear = {(i, j) for i, j in combinations(range(n), 2) if full[i, j] >= 0.9002}
    near = {(i, j) for i, j in combinations(range(n), 2) if full[i, j] >= 0.8998}
    found = set(zip(left.tolist(), right.tolist(), strict=True))
    assert clear <= found <= near
    assert np.allclose(cosine, full[left, right], atol=2e-4)


def test_only_the_nearest_of_either_end_are_proposed() -> None:
    angles = np.array([0.0, 0.1, 0.21, 0.33, 0.46])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)])
    left, right, _ = find_close_meanings(vectors, similarity=0.5, nearest=1)
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 1), (1, 2), (2, 3), (3, 4)]


def test_a_row_of_zeros_is_close_to_nothing() -> None:
    left, _, _ = find_close_meanings(np.zeros((3, 4)), similarity=0.1)
    assert len(left) == 0
