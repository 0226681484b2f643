"""A server's rate limits, learned from the headers of its replies, for requests and tokens alike.

Servers that speak the Messages API tell, with each reply, what is left of each limit and when it is
whole again (`anthropic-ratelimit-*`). What is left grows back evenly until then; a request starts
once every limit has room for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tagraph.adapters.attempts import as_number, as_time

_MINUTE = 60.0  # seconds; limits are told for a minute
NAMES = ("requests", "tokens", "input-tokens", "output-tokens")


@dataclass
class _Limit:
    """One limit as a reply told it.

    Attributes:
        whole: What there is when nothing is used; infinite if it was not told.
        left: What was left.
        at: When that was, in seconds of the caller's clock.
        grows_for: Seconds until it is whole again.
        taken: What requests took that started since.
    """

    whole: float
    left: float
    at: float
    grows_for: float
    taken: float = 0.0

    def wait(self, need: float, now: float) -> float:
        """Return the seconds until there is room for `need`, or for the whole limit."""
        since = now - self.at
        if math.isinf(self.whole):
            return 0.0 if self.left - self.taken >= need else max(0.0, self.grows_for - since)
        grown = self.whole - self.left
        rate = grown / self.grows_for if grown > 0 < self.grows_for else self.whole / _MINUTE
        lacks = min(need, self.whole) - (self.left - self.taken + rate * since)
        return max(0.0, lacks / rate)


class RateLimits:
    """What the latest replies told of each limit, less what was started since."""

    def __init__(self) -> None:
        self._limits: dict[str, _Limit] = {}

    def learn(self, headers: Mapping[str, str], now: float, unix: float) -> None:
        """Take in the headers of a reply; `now` is the caller's clock, `unix` Unix time."""
        told = as_time(headers.get("date", ""), unix)
        for name in NAMES:
            start = f"anthropic-ratelimit-{name}-"
            left = as_number(headers.get(f"{start}remaining", ""))
            if left is None:
                continue
            whole = as_number(headers.get(f"{start}limit", "")) or math.inf
            reset = as_time(headers.get(f"{start}reset", ""), told)
            self._limits[name] = _Limit(whole, max(0.0, left), now, max(0.0, reset - told))

    def wait(self, needs: Mapping[str, float], now: float) -> float:
        """Return the seconds until every limit has room for a request that takes `needs`."""
        return max(
            (limit.wait(needs.get(name, 0.0), now) for name, limit in self._limits.items()),
            default=0.0,
        )

    def start(self, needs: Mapping[str, float]) -> None:
        """Note a request that starts now."""
        for name, limit in self._limits.items():
            limit.taken += needs.get(name, 0.0)

    @property
    def wholes(self) -> dict[str, int]:
        """Each limit that was told, by name, in units a minute."""
        return {n: int(v.whole) for n, v in self._limits.items() if math.isfinite(v.whole)}


def needs_of(input_tokens: int, output_tokens: int) -> dict[str, float]:
    """Return what a request takes of each limit; servers reserve the room of the reply."""
    amounts = (1, input_tokens + output_tokens, input_tokens, output_tokens)
    return dict(zip(NAMES, map(float, amounts), strict=True))
