"""Two scores to a verdict: the higher wins, close ones tie."""

from __future__ import annotations

from tagraph.data import Outcome


def compare_scores(first: float, second: float, margin: float, clear: float) -> tuple[Outcome, int]:
    """Return the outcome and its grade: 0 tie, 1 better, 2 much better.

    Args:
        first: Score of the sample shown first.
        second: Score of the other.
        margin: Scores closer than this are a tie; equal ones always are.
        clear: Scores at least this far apart get grade 2.
    """
    gap = first - second
    if abs(gap) < margin or gap == 0:
        return Outcome.TIE, 0
    return (Outcome.FIRST if gap > 0 else Outcome.SECOND), (2 if abs(gap) >= clear else 1)
