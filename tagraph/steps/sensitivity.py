"""How much a vocabulary depends on its thresholds: a table over a small grid, and its plot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from tagraph.data import Bags, TagMap
from tagraph.errors import MissingPackageError, OptionsError
from tagraph.protocols import Encoder, Lemmatizer
from tagraph.steps.normalize import NormalizeOptions, normalize_tags
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_GRID = (0.75, 0.8, 0.85, 0.9, 0.95)
_MARKS = 10  # values of the grid marked one by one


class SensitivityRow(NamedTuple):
    """One run.

    Attributes:
        threshold: The value of the option.
        tags: How many canonical tags there were.
        merges: How many raw tags became another.
        stability: The share of merged pairs that this run and the one with the options as given
            have in common, of those that either has; 1 where neither has any.
    """

    threshold: float
    tags: int
    merges: int
    stability: float


@dataclass(frozen=True, repr=False)
class Sensitivity:
    """Runs over a grid of one threshold, from the loosest to the strictest.

    Attributes:
        option: The name of the threshold.
        chosen: Its value in the options as given.
        rows: One per value of the grid.
    """

    option: str
    chosen: float
    rows: tuple[SensitivityRow, ...]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per value."""
        return frame(self.rows, SensitivityRow._fields)

    def _title(self) -> str:
        return f"{self.option}, {self.chosen} as given"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        return html_table(self._title(), SensitivityRow._fields, self.rows)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw canonical tags and stability over the threshold; return the axes.

        Raises:
            MissingPackageError: matplotlib is not installed.
        """
        try:
            import matplotlib.pyplot as plt
            from matplotlib.ticker import MaxNLocator, StrMethodFormatter
        except ImportError as error:
            told = "matplotlib is missing; install it with `tagraph[viz]`"
            raise MissingPackageError(told) from error
        left = plt.figure(layout="constrained").subplots() if axes is None else axes
        values = [row.threshold for row in self.rows]
        left.plot(values, [row.tags for row in self.rows], marker="o", color="tab:blue")
        left.yaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
        left.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        if len(values) <= _MARKS:
            left.set_xticks(values, [f"{value:g}" for value in values])
        left.set_ylim(0, 1.05 * max((row.tags for row in self.rows), default=1))
        left.set_xlabel(f"{self.option} (dotted: {self.chosen:g}, as given)")
        left.set_ylabel("canonical tags", color="tab:blue")
        left.axvline(self.chosen, color="tab:gray", linestyle=":")
        right = left.twinx()
        right.plot(values, [row.stability for row in self.rows], marker="s", color="tab:orange")
        right.set_ylabel("stability: share of merged pairs in common", color="tab:orange")
        right.set_ylim(0, 1.05)
        return left


def measure_sensitivity(
    bags: Bags | Iterable[Iterable[str]],
    option: str = "embedding_threshold",
    grid: Sequence[float] = _GRID,
    options: NormalizeOptions = NormalizeOptions(),
    *,
    lemmatizer: Lemmatizer,
    encoder: Encoder | None,
) -> Sensitivity:
    """Normalize once for each value of a threshold and compare with the options as given.

    Raises:
        OptionsError: There is no such threshold, or a value is out of range.
    """
    if not option.endswith("threshold") or not hasattr(options, option):
        raise OptionsError(f"no threshold {option!r}; use one such as embedding_threshold")
    raw = Bags.of(bags)
    chosen = getattr(options, option)
    maps = {
        value: normalize_tags(
            raw, replace(options, **{option: value}), lemmatizer=lemmatizer, encoder=encoder
        )
        for value in sorted({*grid, chosen})
    }
    own = _merged_pairs(maps[chosen])
    rows = []
    for value in sorted(set(grid)):
        pairs = _merged_pairs(maps[value])
        shared = len(pairs & own) / len(pairs | own) if pairs | own else 1.0
        tags = len(set(maps[value].canonical_of.values()))
        rows.append(SensitivityRow(value, tags, len(maps[value].merges), round(shared, 4)))
    return Sensitivity(option, chosen, tuple(rows))


def _merged_pairs(tag_map: TagMap) -> set[tuple[str, str]]:
    """Return every two raw tags that became one."""
    groups: dict[str, list[str]] = {}
    for raw in sorted(tag_map.canonical_of):
        groups.setdefault(tag_map.canonical_of[raw], []).append(raw)
    return {(a, b) for tags in groups.values() for i, a in enumerate(tags) for b in tags[i + 1 :]}
