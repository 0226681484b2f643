"""Tokens of questions before they are asked: counted by the server if it can, else guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from tagraph.steps.calls import Question
from tagraph.steps.estimate import Range, guess_tokens, spread_counts

Count: TypeAlias = Callable[[Mapping[str, Any]], int | None]
MOST_COUNTED = 100  # questions


def spread_over(n_items: int, most: int = MOST_COUNTED) -> list[int]:
    """Return positions spread evenly over `n_items`, at most `most`."""
    return sorted({i * n_items // most for i in range(most)})


def count_questions(asked: Sequence[Question], count: Count) -> tuple[Range, str]:
    """Return the mean tokens of some prompts in hundredths (low, expected, high), and who counted.

    A server that cannot count one of them counts none.
    """
    counts = []
    for question in asked:
        tokens = count(question.body)
        if tokens is None:
            break
        counts.append(tokens)
    else:
        return spread_counts(counts), "server"
    guesses = [guess_tokens(question.encoded.decode()) for question in asked]
    low, expected, high = (sum(column) * 100 // len(asked) for column in zip(*guesses, strict=True))
    return (low, expected, high), "guess from the length"
