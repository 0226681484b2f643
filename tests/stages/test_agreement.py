import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import IntArray
from tagraph.stages.agreement import cross_groups, measure_agreement

GROUPS = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), max_size=25).map(
    lambda rows: np.array(rows, dtype=np.int64).reshape(-1, 2).T
)


@given(GROUPS)
def test_both_measures_are_those_of_scikit_learn_on_what_both_place(groups: IntArray) -> None:
    from sklearn.metrics import adjusted_rand_score, v_measure_score

    left, right = groups
    both = (left >= 0) & (right >= 0)
    found = measure_agreement(left, right)
    assert found.adjusted_rand == pytest.approx(
        adjusted_rand_score(left[both], right[both]), abs=1e-5
    )
    if both.any():
        assert found.v_measure == pytest.approx(v_measure_score(left[both], right[both]), abs=1e-5)
    assert found == measure_agreement(right, left)


def test_the_table_of_two_partitions_counts_every_shared_thing_once() -> None:
    first, second, count = cross_groups(np.array([0, 0, 1, -1]), np.array([2, 2, 0, 1]))
    assert (first.tolist(), second.tolist(), count.tolist()) == ([0, 1], [2, 0], [2, 1])
