"""What a model as tagger says of a sample: tags with their reasons, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tagraph.data import Sample
from tagraph.protocols import Tagger

TAGGED, REFUSED, TRUNCATED, UNPARSED, FAILED = (
    "tagged",
    "refused",
    "truncated",
    "unparsed",
    "failed",
)


@dataclass(frozen=True, slots=True)
class TagAnswer:
    """The answer to one sample.

    Attributes:
        outcome: `tagged`, `refused`, `truncated`, `unparsed`, or `failed` (ask again some day).
        tags: Tag and explanation, the most telling first.
    """

    outcome: str
    tags: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class ExplainingTagger(Tagger, Protocol):
    """A tagger that says why, and can fail sample by sample; its answers are worth keeping."""

    @property
    def at_once(self) -> int:
        """Samples best asked about before their answers are kept."""
        ...

    @property
    def at_first(self) -> int:
        """Samples to begin with, to see whether the answers can be used at all."""
        ...

    def explain(self, samples: Sequence[Sample]) -> list[TagAnswer]:
        """Return one answer per sample, in the order of `samples`."""
        ...
