"""Selections: the chosen samples, each with its reason, and those withheld."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tagraph.data.arrays import FloatArray, IntArray
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Withheld:
    """A row that was kept from the policy.

    Attributes:
        sample: Position in the pool.
        rule: `excluded` by a list, or near-duplicate `query` or `response`.
        twin: Position of the selected row that it nearly repeats; -1 if excluded.
        likeness: Share of the words the two have in common; NaN if excluded.
    """

    sample: int
    rule: str
    twin: int = -1
    likeness: float = float("nan")


@dataclass(frozen=True, eq=False, repr=False)
class Selection:
    """The samples that were chosen, in the order chosen.

    Attributes:
        index: Positions of the chosen samples in the pool, shape (k,).
        cluster: Their primary cluster, shape (k,); -1 means none.
        strength: Their strength, shape (k,); NaN where the policy has none.
        rank: Place inside the cluster by strength, from 1, shape (k,).
        rival: Position of the best sample of the same cluster left out, -1 if none, shape (k,).
        rule: Which rule of the policy took the row, one word, shape (k,).
        reasons: One sentence per row.
        ids: Sample ids of the rows; empty when the pool was given as bare arrays.
        policy: Name of the policy.
        chance: Chance of each row to belong among the best it competed with, shape (k,); None where
            the policy does not go by strength.
        figure: What the rule went by where that is more than strength (gain, cosine, tags added),
            shape (k,), else NaN.
        withheld: Rows that were kept from the policy, by position.
    """

    index: IntArray
    cluster: IntArray
    strength: FloatArray
    rank: IntArray
    rival: IntArray
    rule: tuple[str, ...]
    reasons: tuple[str, ...]
    ids: tuple[str, ...] = ()
    policy: str = ""
    chance: FloatArray | None = None
    figure: FloatArray | None = None
    withheld: tuple[Withheld, ...] = ()

    def __len__(self) -> int:
        return len(self.index)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per chosen sample: index, id, cluster, strength, rank, rule, reason."""
        return frame(self._rows(), ["index", "id", "cluster", "strength", "rank", "rule", "reason"])

    def _rows(self) -> list[tuple[Any, ...]]:
        ids = self.ids or ("",) * len(self)
        arrays = (self.cluster.tolist(), self.strength.tolist(), self.rank.tolist())
        columns = (self.index.tolist(), ids, *arrays, self.rule, self.reasons)
        return list(zip(*columns, strict=True))

    def _title(self) -> str:
        return f"{len(self):,} samples by '{self.policy}'"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        columns = ["index", "id", "cluster", "strength", "rank", "rule", "reason"]
        return html_table(self._title(), columns, self._rows()[:20])
