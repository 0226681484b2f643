"""The part of a transport that Message Batches need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from tagraph.adapters.messages_transport import Response


class BatchServer(Protocol):
    """A server that takes batches; none of its methods raises."""

    @property
    def address(self) -> str:
        """Where the server is."""
        ...

    def send_batch(self, requests: Sequence[Mapping[str, Any]]) -> Response:
        """Create a batch."""
        ...

    def look_up(self, name: str) -> Response:
        """Read how far a batch is."""
        ...

    def list_batches(self) -> Response:
        """Read which batches there are."""
        ...

    def read_results(self, name: str, take: Callable[[bytes], object]) -> Response:
        """Hand each line of the results to `take`."""
        ...
