from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from tagraph.data import Bags
from tagraph.stages.cooccurrence import ASSOCIATIONS, count_pairs, find_significant, weigh_pairs

BAGS = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=5, unique=True), max_size=12)


@given(BAGS)
def test_pairs_are_counted_as_by_hand(bags: list[list[str]]) -> None:
    held = Bags.of(bags)
    pairs, together = count_pairs(held, 200)
    found = {
        (held.vocabulary[i], held.vocabulary[j]): n
        for (i, j), n in zip(pairs.tolist(), together.tolist(), strict=True)
    }
    expected: dict[tuple[str, str], int] = {}
    for bag in bags:
        for left, right in combinations(sorted(bag), 2):
            expected[left, right] = expected.get((left, right), 0) + 1
    assert found == expected
    assert list(found) == sorted(found)


def test_a_bag_above_the_limit_is_not_counted() -> None:
    pairs, together = count_pairs(Bags.of([["a", "b", "c"], ["a", "b"]]), 2)
    assert pairs.tolist() == [[0, 1]]
    assert together.tolist() == [1]


@given(
    st.lists(st.tuples(st.integers(1, 40), st.floats(0.01, 40)), min_size=1, max_size=20),
    st.floats(0.001, 1),
)
def test_significance_is_the_upper_tail_of_a_poisson_count(
    rows: list[tuple[int, float]], significance: float
) -> None:
    together, expected = np.array([n for n, _ in rows]), np.array([e for _, e in rows])
    chance = poisson.sf(together - 1, expected)
    clear = np.abs(chance - significance) > 1e-9
    kept = find_significant(together, expected, significance)
    assert (kept == ((chance <= significance) & (together > expected)))[clear].all()


@pytest.mark.parametrize("association", ASSOCIATIONS)
def test_tags_that_always_stand_together_weigh_one(association: str) -> None:
    counts = np.array([3, 3, 6, 6])
    pairs = np.array([[0, 1], [2, 3]])
    weights = weigh_pairs(pairs, np.array([3, 6]), counts, 6, association)  # type: ignore[arg-type]
    assert weights.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("association", "weight"),
    [
        ("cosine", 2 / np.sqrt(4 * 5)),
        ("overlap", 2 / 4),
        ("npmi", np.log(2 * 20 / 20) / np.log(10)),
    ],
)
def test_weights_follow_their_formulas(association: str, weight: float) -> None:
    found = weigh_pairs(np.array([[0, 1]]), np.array([2]), np.array([4, 5]), 20, association)  # type: ignore[arg-type]
    assert found[0] == pytest.approx(weight, abs=1e-6)


def test_tags_that_meet_less_than_by_chance_weigh_nothing_in_npmi() -> None:
    assert weigh_pairs(np.array([[0, 1]]), np.array([1]), np.array([9, 9]), 10, "npmi")[0] == 0
