from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from tagraph.stages import neighbours
from tagraph.stages.neighbours import find_neighbours, join_neighbours
from tagraph.stages.unit_vectors import unit_rows


def points(seed: int, n: int = 30, d: int = 4) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return unit_rows(np.random.default_rng(seed).normal(size=(n, d)))


@given(st.integers(0, 1000), st.integers(1, 40), st.floats(0, 0.9))
def test_neighbours_are_those_of_the_full_matrix(seed: int, k: int, threshold: float) -> None:
    rows = points(seed)
    row, other, likeness = find_neighbours([rows], [1.0], k, threshold)
    full = np.round(rows @ rows.T, 6)
    np.fill_diagonal(full, -np.inf)
    for i in range(len(rows)):
        best = np.sort(full[i])[::-1][:k]
        mine = likeness[row == i]
        assert sorted(mine.tolist(), reverse=True) == best[best > threshold].tolist()
        assert np.array_equal(mine, full[i, other[row == i]])


def test_small_blocks_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = points(3)
    whole = find_neighbours([rows], [1.0], 5, 0.1)
    monkeypatch.setattr(neighbours, "BLOCK_CELLS", 70)
    for one, other in zip(whole, find_neighbours([rows], [1.0], 5, 0.1), strict=True):
        assert np.array_equal(one, other)


def test_parts_are_mixed_by_their_shares_whether_sparse_or_dense() -> None:
    rows, tags = points(1), np.abs(points(2).round(1))
    dense = find_neighbours([tags, rows], [0.25, 0.75], 4, 0.0)
    sparse = find_neighbours([csr_array(tags), rows], [0.25, 0.75], 4, 0.0)
    for one, other in zip(dense, sparse, strict=True):
        assert np.allclose(one, other, atol=2e-6)


@pytest.mark.parametrize("n", [0, 1])
def test_no_other_row_means_no_neighbour(n: int) -> None:
    row, other, likeness = find_neighbours([np.ones((n, 2))], [1.0], 5, 0.0)
    assert len(row) == len(other) == len(likeness) == 0


def test_joining_counts_in_how_many_lists_a_pair_stands() -> None:
    row, other = np.array([0, 1, 2, 2]), np.array([2, 0, 0, 1])
    pairs, likeness, times = join_neighbours(row, other, np.array([0.9, 0.5, 0.9, 0.3]), 3)
    assert pairs.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert likeness.tolist() == [0.5, 0.9, 0.3]
    assert times.tolist() == [1, 2, 1]


def test_of_equal_neighbours_the_first_rows_are_taken() -> None:
    vectors = np.tile(np.eye(3), (4, 1))  # rows 0, 3, 6, 9 are one, and so on
    row, other, similarity = find_neighbours([vectors], [1.0], 2, 0.0)

    found: dict[int, list[int]] = {}
    for i, j in zip(row.tolist(), other.tolist(), strict=True):
        found.setdefault(i, []).append(j)
    assert found == {i: [j for j in range(i % 3, 12, 3) if j != i][:2] for i in range(12)}
    assert (similarity == 1).all()


def mixture(seed: int, n: int, zeros: int) -> tuple[list[Any], list[float]]:
    """Rows as those of samples are: few columns that many share and many rare ones; vectors."""
    draw = np.random.default_rng(seed)
    column = np.minimum(draw.zipf(1.6, size=(n, 6)) - 1, 199)
    tags = np.zeros((n, 200))
    tags[np.arange(n)[:, None], column] = draw.random((n, 6)) + 0.1
    tags[:zeros] = 0
    vectors = draw.normal(size=(n, 8)) + 1
    vectors[:zeros] = 0
    return [csr_array(unit_rows(tags)), unit_rows(vectors)], [0.5, 0.5]


@settings(max_examples=60)
@given(
    st.integers(0, 10**6),
    st.integers(2, 90),
    st.integers(0, 40),
    st.integers(1, 12),
    st.sampled_from([0.0, 0.3, 0.8]),
    st.sampled_from([slice(0, 1), slice(1, 2), slice(0, 2)]),
)
def test_sifting_finds_what_the_full_matrix_holds(
    seed: int, n: int, zeros: int, k: int, threshold: float, some: slice
) -> None:
    parts, shares = mixture(seed, n, min(zeros, n))
    parts, shares = parts[some], [0.5, 0.5][some]
    exact = find_neighbours(parts, shares, k, threshold)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "SIFTED_ROWS", 0)
        patch.setattr(neighbours, "SIFTED_CELLS", 17 * n)
        if n > k + 1:
            for one, other in zip(exact, find_neighbours(parts, shares, k, threshold), strict=True):
                assert np.array_equal(one, other)


def test_where_most_are_equally_near_all_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.tile(np.eye(2), (60, 1))
    exact = find_neighbours([rows], [1.0], 3, 0.0)
    monkeypatch.setattr(neighbours, "SIFTED_ROWS", 10)
    for one, other in zip(exact, find_neighbours([rows], [1.0], 3, 0.0), strict=True):
        assert np.array_equal(one, other)
