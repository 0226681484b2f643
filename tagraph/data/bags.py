"""Bags: the tags of each sample, as a sparse matrix over a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np

from tagraph.data.arrays import IntArray
from tagraph.errors import InputError
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Bags(Sequence[list[str]]):
    """Tag bags as rows of a compressed sparse matrix over a vocabulary.

    Attributes:
        indptr: Shape (n_bags + 1,); bag i holds `indices[indptr[i]:indptr[i + 1]]`.
        indices: Positions in `vocabulary`, in the order the tags were given, no repeats in a bag.
        vocabulary: Distinct tags, sorted by code point.
    """

    indptr: IntArray
    indices: IntArray
    vocabulary: tuple[str, ...]

    @classmethod
    def of(cls, bags: Bags | Iterable[Iterable[str]]) -> Bags:
        """Return `bags` as `Bags`; a tag repeated inside one bag counts once.

        Raises:
            InputError: A bag is not a list of texts.
        """
        if isinstance(bags, Bags):
            return bags
        lists = [_distinct(bag) for bag in bags]
        vocabulary = tuple(sorted({tag for bag in lists for tag in bag}))
        position = {tag: i for i, tag in enumerate(vocabulary)}
        indptr = np.zeros(len(lists) + 1, dtype=np.int64)
        indptr[1:] = np.cumsum([len(bag) for bag in lists])
        indices = np.array([position[tag] for bag in lists for tag in bag], dtype=np.int64)
        return cls(indptr, indices, vocabulary)

    @cached_property
    def counts(self) -> IntArray:
        """In how many bags each tag stands, shape (n_vocabulary,)."""
        return np.bincount(self.indices, minlength=len(self.vocabulary)).astype(np.int64)

    @cached_property
    def bag_of(self) -> IntArray:
        """The bag each entry of `indices` belongs to, same shape."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.indptr))

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @overload
    def __getitem__(self, index: int) -> list[str]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[str]]: ...
    def __getitem__(self, index: int | slice) -> list[str] | list[list[str]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = range(len(self))[index]
        found = self.indices[self.indptr[i] : self.indptr[i + 1]]
        return [self.vocabulary[j] for j in found.tolist()]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per tag of the vocabulary: tag, count; most used first."""
        rows = sorted(zip(self.vocabulary, self.counts.tolist(), strict=True), key=_by_count)
        return frame(rows, ["tag", "count"])

    def _title(self) -> str:
        return f"{len(self):,} bags over {len(self.vocabulary):,} tags"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        return html_table(
            self._title(), ["bag", "tags"], [(i, ", ".join(b)) for i, b in enumerate(self[:5])]
        )


def _distinct(bag: Iterable[str]) -> list[str]:
    tags = list(dict.fromkeys(bag))
    if isinstance(bag, str) or not all(isinstance(tag, str) for tag in tags):
        wrong = next((tag for tag in tags if not isinstance(tag, str)), bag)
        raise InputError(f"a bag is a list of tags, each a text; got a {type(wrong).__name__}")
    return tags


def _by_count(row: tuple[str, int]) -> tuple[int, str]:
    return -row[1], row[0]
