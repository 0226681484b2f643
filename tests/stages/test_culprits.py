import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.culprits import find_culprits


def name(rows: list[tuple[int, int, bool]], n_items: int = 10) -> list[int]:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return find_culprits(table[:, 0], table[:, 1], table[:, 2] > 0, n_items).tolist()


def test_the_sample_present_in_all_of_them_is_named() -> None:
    assert name([(7, 1, True), (2, 7, True), (7, 3, True), (1, 2, False), (3, 4, False)]) == [7]


def test_two_questions_name_nobody() -> None:
    assert name([(7, 1, True), (2, 7, True), (1, 2, False)]) == []


def test_one_rival_in_both_orders_names_nobody() -> None:
    assert name([(7, 1, True), (1, 7, True), (7, 1, True), (2, 3, False)]) == []


def test_two_rivals_in_both_orders_are_enough() -> None:
    rows = [(7, 1, True), (1, 7, True), (7, 2, True), (2, 7, True), (1, 2, False)]
    assert name(rows) == [7]


def test_a_sample_that_is_mostly_judged_is_not_named() -> None:
    rows = [(7, i, True) for i in (1, 2, 3)] + [(7, i, False) for i in (4, 5, 6)]
    assert name(rows) == []


def test_rivals_of_culprits_are_not_named() -> None:
    culprits = [(c, i, True) for c in (7, 8, 9) for i in (1, 2, 3)]
    assert name([*culprits, (1, 4, False), (2, 4, False), (3, 4, False), (5, 6, False)]) == [
        7,
        8,
        9,
    ]


def test_a_judge_that_refuses_everything_names_nobody() -> None:
    assert name([(i, j, True) for i in range(5) for j in range(i)]) == []


def test_nothing_asked_names_nobody() -> None:
    assert name([]) == []


@given(
    st.integers(0, 9),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=60),
)
def test_nobody_but_the_culprit_is_ever_named(culprit: int, pairs: list[tuple[int, int]]) -> None:
    rows = [(i, j, culprit in (i, j)) for i, j in pairs if i != j]
    assert set(name(rows)) <= {culprit}
