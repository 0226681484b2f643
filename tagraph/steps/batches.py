"""Message Batches as the log knows them: many questions sent at once, answered within a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tagraph.steps.calls import Ending, Question


class BatchState(StrEnum):
    """How far a batch is."""

    SENDING = "sending"  # the intent is kept; whether the server has it is not known yet
    UNCLEAR = "unclear"  # sent, but no readable reply: perhaps there, perhaps not
    OPEN = "open"  # the server has it, and its results are not stored
    COLLECTED = "collected"  # its results are stored
    REFUSED = "refused"  # the server never had it: nothing was charged
    LOST = "lost"  # given up by the user's word; what it may have cost is booked


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that is on its way, or may be.

    Attributes:
        number: Its number in the store.
        address: Server it was sent to.
        name: What the server calls it; empty if that is not known.
        state: How far it is.
        sent_at: When the intent was kept, RFC 3339.
        n_requests: Questions it holds.
        n_open: Those without a stored result.
        reserved: The most that those may cost, in billionths of a dollar.
    """

    number: int
    address: str
    name: str
    state: BatchState
    sent_at: str
    n_requests: int
    n_open: int
    reserved: int


class BatchLog(Protocol):
    """Keeps batches: the intent before they are sent, every result before it is read."""

    def open(self) -> list[Batch]:
        """Return the batches that are on their way, or may be, oldest first."""
        ...

    def holding(self, keys: Sequence[str]) -> list[Batch]:
        """Return those of them that hold a question among `keys` without result."""
        ...

    def begin(self, address: str, asked: Sequence[tuple[Question, int | None]]) -> Batch:
        """Keep the intent to send questions, each with its worst cost."""
        ...

    def move(self, number: int, state: BatchState, name: str = "", error: str = "") -> None:
        """Keep what became of a batch; a name that is empty stays as it is."""
        ...

    def requests(self, number: int) -> dict[str, str]:
        """Return the key of each request without result, by its id in the batch."""
        ...

    def settle(self, number: int, endings: Mapping[str, Ending]) -> int:
        """Keep results by id in the batch; return how many were new, the first of each counts."""
        ...

    def names(self) -> set[str]:
        """Return the names of all batches ever sent."""
        ...

    def is_proven(self, model: str) -> bool:
        """Return whether the log holds an answer of a model."""
        ...


def custom_id(key: str) -> str:
    """Return the id of a question in a batch: 40 hex digits of its key, at most 64 characters."""
    return f"q-{key[:40]}"
