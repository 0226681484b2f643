"""What was planted among the questions, and which samples talk to a judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tagraph.data import Outcome
from tagraph.stages.controls import Control
from tagraph.steps.control_card import ControlAnswer
from tagraph.store.connection import Connection


class TrustTables:
    """Tables `controls` and `flagged_samples`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_controls(self, rows: Iterable[tuple[str, Control, int, bool, str]]) -> None:
        """Save what was planted: judge, control, sample, whether the copy came first, key."""
        columns = "position judge control sample is_copy_first comparison"
        numbered = (
            (i, judge, control.value, sample, int(ahead), key)
            for i, (judge, control, sample, ahead, key) in enumerate(rows)
        )
        self._connection.insert("controls", columns, numbered)

    def load_controls(self, judges: Sequence[str]) -> list[list[ControlAnswer]]:
        """Return the answers of each judge to what was planted, in the order planted."""
        rows = self._connection.rows(
            "SELECT x.judge, x.control, x.sample, x.is_copy_first, k.outcome FROM controls x"
            " JOIN comparisons k ON k.key = x.comparison ORDER BY x.position"
        )
        found: dict[str, list[ControlAnswer]] = {judge: [] for judge in judges}
        for judge, control, sample, ahead, outcome in rows:
            answer = ControlAnswer(Control(control), sample, bool(ahead), Outcome(outcome))
            found.setdefault(judge, []).append(answer)
        return [found[judge] for judge in judges]

    def save_flags(self, rows: Iterable[tuple[int, str, str]]) -> None:
        """Save the samples that talk to a judge: position, how, and where."""
        self._connection.insert("flagged_samples", "sample flag excerpt", rows)

    def load_flags(self) -> dict[int, tuple[str, str]]:
        """Return how each flagged sample talks to a judge, and where, by position."""
        rows = self._connection.rows(
            "SELECT sample, flag, excerpt FROM flagged_samples ORDER BY sample"
        )
        return {sample: (flag, excerpt) for sample, flag, excerpt in rows}
