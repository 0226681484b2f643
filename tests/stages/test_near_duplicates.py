import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.near_duplicates import find_near_duplicates

texts = st.lists(st.text(alphabet="ab c", max_size=14), max_size=8)


def runs_of(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    padded = words + [""] * (3 - len(words)) if words else []
    return {tuple(padded[i : i + 3]) for i in range(len(padded) - 2)}


@given(texts, st.sampled_from([0.1, 0.34, 0.5, 0.8]))
def test_every_pair_above_the_bar_is_found_and_no_other(held: list[str], bar: float) -> None:
    expected = []
    for j, later in enumerate(held):
        for i, text in enumerate(held[:j]):
            either = runs_of(text) | runs_of(later)
            alike = len(runs_of(text) & runs_of(later)) / len(either) if either else 0.0
            if runs_of(text) and runs_of(later) and round(alike, 6) > bar:
                expected.append((i, j, round(alike, 6)))

    left, right, likeness = find_near_duplicates(held, bar)

    found = list(zip(left.tolist(), right.tolist(), likeness.tolist(), strict=True))
    assert sorted(found) == sorted(expected)


def test_case_and_punctuation_do_not_count() -> None:
    left, right, likeness = find_near_duplicates(
        ["Write a poem, please!", "write A poem please"], 0.9
    )

    assert (left.tolist(), right.tolist(), likeness.tolist()) == ([0], [1], [1.0])


def test_short_texts_are_alike_by_nature() -> None:
    held = ["yes", "yes", "the very same long answer again", "the very same long answer again"]

    assert find_near_duplicates(held, 0.9, least_words=5)[0].tolist() == [2]
    assert find_near_duplicates(held, 0.9)[0].tolist() == [0, 2]


@pytest.mark.parametrize("held", [[], ["", "!"], ["a b c d", "a b c d"]])
def test_a_bar_of_one_and_texts_without_words_find_nothing(held: list[str]) -> None:
    assert len(find_near_duplicates(held, 1.0)[0]) == 0


def test_many_texts_are_compared_in_seconds() -> None:
    rng = np.random.default_rng(0)
    words = rng.integers(0, 3000, (4000, 30))
    held = [" ".join(map(str, row)) for row in words.tolist()]
    held += [f"{text} more" for text in held[:50]]

    left, right, _ = find_near_duplicates(held, 0.9)

    assert left.tolist() == list(range(50))
    assert right.tolist() == list(range(4000, 4050))
