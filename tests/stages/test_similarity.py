import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from tagraph.errors import InputError
from tagraph.stages import similarity
from tagraph.stages.similarity import check_vectors, find_neighbours, join_neighbours, unit_rows


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
    monkeypatch.setattr(similarity, "BLOCK_CELLS", 70)
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


def test_vectors_are_brought_to_unit_length_and_zero_stays_zero() -> None:
    unit = check_vectors(np.array([[3.0, 4.0], [0.0, -0.0]]), 2, "tag")
    assert unit.tolist() == [[0.6, 0.8], [0.0, 0.0]]
    assert not np.signbit(unit).any()


@pytest.mark.parametrize("vectors", [np.ones((3, 2)), np.ones(2)])
def test_vectors_of_the_wrong_shape_are_refused(vectors: np.ndarray) -> None:
    with pytest.raises(InputError, match="one row for each tag: 2"):
        check_vectors(vectors, 2, "tag")


def test_vectors_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InputError, match="not finite"):
        check_vectors(np.array([[np.nan, 1.0]]), 1, "sample")


def test_of_equal_neighbours_the_first_rows_are_taken() -> None:
    vectors = np.tile(np.eye(3), (4, 1))  # rows 0, 3, 6, 9 are one, and so on
    row, other, similarity = find_neighbours([vectors], [1.0], 2, 0.0)

    found: dict[int, list[int]] = {}
    for i, j in zip(row.tolist(), other.tolist(), strict=True):
        found.setdefault(i, []).append(j)
    assert found == {i: [j for j in range(i % 3, 12, 3) if j != i][:2] for i in range(12)}
    assert (similarity == 1).all()
