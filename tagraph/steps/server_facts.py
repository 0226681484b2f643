"""What is known of a server: what it obeys, what it can, how much it takes a minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a server did when it was tried with a model.

    Attributes:
        obeys_schema: Whether it kept an answer to a JSON schema.
        obeys_tool: Whether it called a tool that was forced.
        counts_tokens: Whether it counts the tokens of a prompt.
        has_batches: Whether it knows Message Batches.
        limits: What it takes a minute of requests and tokens, by name; empty if it did not say.
    """

    obeys_schema: bool
    obeys_tool: bool
    counts_tokens: bool
    has_batches: bool
    limits: Mapping[str, int] = field(default_factory=dict)

    @property
    def structure(self) -> str:
        """The best way to keep an answer to its form there."""
        return "schema" if self.obeys_schema else "tool" if self.obeys_tool else "prompt"

    def describe(self) -> str:
        """Return what it did as a phrase."""
        parts = (
            ("obeys JSON schemas", "ignores JSON schemas", self.obeys_schema),
            ("obeys forced tools", "ignores forced tools", self.obeys_tool),
            ("counts tokens", "does not count tokens", self.counts_tokens),
            ("has batches", "has no batches", self.has_batches),
            ("tells rate limits", "tells no rate limits", bool(self.limits)),
        )
        return ", ".join(yes if holds else no for yes, no, holds in parts)


class ServerBook(Protocol):
    """Keeps what is known of servers, by address and model."""

    def load(self, address: str, model: str) -> ServerFacts | None:
        """Return what a server did when it was tried, None if it never was."""
        ...

    def save(self, address: str, model: str, facts: ServerFacts) -> None:
        """Keep what a server did, in place of what was known."""
        ...

    def load_limits(self, address: str, model: str) -> dict[str, int]:
        """Return what a server takes a minute, empty if it never said."""
        ...

    def save_limits(self, address: str, model: str, limits: Mapping[str, int]) -> None:
        """Keep what a server takes a minute."""
        ...
