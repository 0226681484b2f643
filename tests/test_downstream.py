"""The trial of policies downstream: every run shows the same number of tokens."""

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.downstream.feeding import Row, feed, read_rows
from tagraph.data import ASSISTANT, HUMAN, Sample, Turn

lengths = st.lists(st.integers(2, 30), min_size=1, max_size=8)


@given(lengths, st.integers(1, 200), st.integers(0, 3))
def test_just_so_many_tokens_are_shown_whatever_the_rows(
    sizes: list[int], tokens: int, seed: int
) -> None:
    rows = [Row(tuple(range(size)), 1) for size in sizes]

    shown = list(feed(rows, tokens, seed))

    assert sum(len(row.tokens) for row in shown) == tokens
    assert shown == list(feed(rows, tokens, seed))
    passes = [len(row.tokens) for row in shown[: len(rows)]]
    assert all(size in sizes for size in passes[:-1])


def test_every_row_has_a_response_to_learn() -> None:
    turns = (Turn(HUMAN, "a" * 50), Turn(ASSISTANT, "b"))
    samples = [Sample("x", turns, (), 0, "made up")]

    (row,) = read_rows(samples, lambda text: list(text.encode()), 20)

    assert len(row.tokens) == 13
    assert row.start == 10
