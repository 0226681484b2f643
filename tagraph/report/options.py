"""How much of a store goes into a report."""

from __future__ import annotations

from dataclasses import dataclass, fields

from tagraph.errors import OptionsError


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Bounds that keep a report small, and what it draws at random.

    Attributes:
        nodes: Tags drawn in the graph, the most used first.
        edges: Strongest edges drawn per tag.
        tags: Tags that can be looked up, the most used first.
        rows: Rows of a long table: selected samples, merges, records set aside.
        text_bytes: Sample texts in all; of the others the page names the id.
        excerpt: Characters of one text.
        draws: Random selections that coverage is held against.
        seed: Of the random selections.
    """

    nodes: int = 800
    edges: int = 4
    tags: int = 15_000
    rows: int = 2_000
    text_bytes: int = 5_000_000
    excerpt: int = 2_000
    draws: int = 30
    seed: int = 0

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            least = 0 if part.name == "seed" else 1
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise OptionsError(
                    f"{part.name} is {value!r}; it must be a whole number from {least}"
                )
