"""Verdicts: what a judge said of a pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What a judge said of a pair; only the first three are evidence and enter the fit."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"
    CANNOT_JUDGE = "cannot_judge"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    UNPARSED = "unparsed"
    FAILED = "failed"

    @property
    def score(self) -> float:
        """1 first wins, 0 second wins, 0.5 tie, NaN for everything that is no verdict."""
        return _SCORES.get(self, float("nan"))


_SCORES = {Outcome.FIRST: 1.0, Outcome.SECOND: 0.0, Outcome.TIE: 0.5}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer of a judge to one pair in one order.

    Attributes:
        outcome: What was said, in the order shown.
        grade: 0 tie or no verdict, 1 better, 2 much better; stored, weighs nothing by default.
        reply_digest: SHA-256 of the raw reply, empty for a judge that has none.
        usage: What the answer cost, such as input_tokens and output_tokens.
        calls: Keys of the requests that it was asked for in, empty for a judge that has none.
    """

    outcome: Outcome
    grade: int = 0
    reply_digest: str = ""
    usage: Mapping[str, int] = field(default_factory=dict)
    calls: tuple[str, ...] = field(default=(), compare=False)
