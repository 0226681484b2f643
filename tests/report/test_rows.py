from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagraph.report.rows import first_of_each, number, rounded, split_groups

GROUPS = st.lists(st.integers(0, 6), max_size=30).map(sorted)


@given(GROUPS, st.integers(1, 4))
def test_the_first_of_each_group_are_kept(group: list[int], limit: int) -> None:
    kept = first_of_each(np.array(group, dtype=np.int64), limit)

    seen: Counter[int] = Counter()
    for value, is_kept in zip(group, kept.tolist(), strict=True):
        assert is_kept == (seen[value] < limit)
        seen[value] += 1


@given(GROUPS)
def test_groups_are_split_in_order_and_the_empty_ones_stay_empty(group: list[int]) -> None:
    values = np.arange(len(group))
    expected: dict[int, list[int]] = defaultdict(list)
    for i, value in enumerate(group):
        expected[value].append(i)

    found = split_groups(np.array(group, dtype=np.int64), values, 9)

    assert found == [expected[i] for i in range(9)]


def test_what_is_not_finite_becomes_none() -> None:
    assert rounded([1.23456, float("nan"), float("inf")], 2) == [1.23, None, None]
    assert number(0.5) == 0.5
    assert number(float("nan")) is None
