"""Samples: conversations with an id that is a digest of their text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import chain, pairwise
from struct import Struct
from typing import TYPE_CHECKING, overload

from tagraph.errors import InputError
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

HUMAN, ASSISTANT, SYSTEM = "human", "assistant", "system"
_LENGTH = Struct(">Q").pack


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation; `role` is human, assistant, system, or what the data says."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One instruction-response conversation.

    Attributes:
        id: Digest of the cleaned turns, 20 hex digits; a repeat of the same text ends in -2, -3.
        turns: Cleaned messages in order.
        tags: Tags the data already had, as written, order kept.
        row: Position in the source, from 0.
        source: Name of the file or stream the sample came from.
        record_id: What the record calls itself, where a field was named for that; else empty.
    """

    id: str
    turns: tuple[Turn, ...]
    tags: tuple[str, ...] = ()
    row: int = 0
    source: str = ""
    record_id: str = ""

    @property
    def query(self) -> str:
        """What the human says, all human turns joined by a blank line."""
        return "\n\n".join(turn.content for turn in self.turns if turn.role == HUMAN)

    @property
    def response(self) -> str:
        """What the assistant answers, all assistant turns joined by a blank line."""
        return "\n\n".join(turn.content for turn in self.turns if turn.role == ASSISTANT)

    @property
    def digest(self) -> str:
        """SHA-256 of the turns: equal for equal conversations, whatever their id."""
        return digest_turns(self.turns)


def digest_turns(turns: Sequence[Turn]) -> str:
    """Return the SHA-256 of the turns as 64 hex digits."""
    roles = tuple([turn.role for turn in turns])
    return digest_said(roles, [turn.content for turn in turns])


def digest_said(roles: tuple[str, ...], said: Sequence[str]) -> str:
    """Return the digest of turns that are given by their roles and by what they say.

    It is `text.digest` of role and content of each turn in order.
    """
    openings = _frame_roles(roles)
    texts = list(map(str.encode, said))
    lengths = map(_LENGTH, map(len, texts))
    parts = chain.from_iterable(zip(openings, lengths, texts, strict=True))
    return sha256(b"".join(parts)).hexdigest()


@lru_cache(maxsize=256)
def _frame_roles(roles: tuple[str, ...]) -> tuple[bytes, ...]:
    """Return each role as it stands in a digest, after its length."""
    held = [role.encode() for role in roles]
    return tuple([_LENGTH(len(role)) + role for role in held])


class Samples(Sequence[Sample]):
    """A lazy sequence of samples in the order of their ids; texts are loaded when asked for."""

    BATCH = 1000

    def __init__(
        self, ids: Sequence[str], load: Callable[[Sequence[int]], Sequence[Sample]]
    ) -> None:
        """Keep `ids`, sorted and distinct, and the function that loads samples by position."""
        self.ids = tuple(ids)
        self._load = load

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> Samples:
        """Return samples held in memory, put in the order of their ids.

        Raises:
            InputError: Two samples share an id.
        """
        held = sorted(samples, key=lambda sample: sample.id)
        for left, right in pairwise(held):
            if left.id == right.id:
                raise InputError(f"two samples have the id {left.id!r}; ids must be distinct")
        return cls([sample.id for sample in held], lambda index: [held[i] for i in index])

    def take(self, index: Iterable[int]) -> list[Sample]:
        """Return the samples at the given positions, in that order, in one load."""
        return list(self._load([int(i) for i in index]))

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Samples: ...
    def __getitem__(self, index: int | slice) -> Sample | Samples:
        if isinstance(index, slice):
            rows = range(*index.indices(len(self)))
            return Samples(self.ids[index], lambda chosen: self._load([rows[i] for i in chosen]))
        return self.take([range(len(self))[index]])[0]

    def __iter__(self) -> Iterator[Sample]:
        for start in range(0, len(self), self.BATCH):
            yield from self.take(range(start, min(len(self), start + self.BATCH)))

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per sample: id, query, response, tags, source, row."""
        rows = [(s.id, s.query, s.response, list(s.tags), s.source, s.row) for s in self]
        return frame(rows, ["id", "query", "response", "tags", "source", "row"])

    def _repr_html_(self) -> str:
        rows = [(s.id, s.query, s.response) for s in self[:5]]
        return html_table(self._title(), ["id", "query", "response"], rows)

    def _title(self) -> str:
        return f"{len(self):,} samples"

    def __repr__(self) -> str:
        return f"<{self._title()}>"
