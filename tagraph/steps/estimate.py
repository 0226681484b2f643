"""What asking will cost, from the tokens of a few questions; a range, never a bare number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from tagraph.stages.model_facts import BATCH_SHARE, ModelFacts, cost_of

Range: TypeAlias = tuple[int, int, int]  # low, expected, high
Dollars: TypeAlias = tuple[float, float, float]

_GUESS = ((4.5, 0.7), (3.5, 1.0), (2.5, 1.6))  # ASCII characters a token, tokens a other character


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a number of requests takes: low, expected, high.

    Attributes:
        calls: Requests, if none has to be repeated.
        input_tokens: Tokens of all prompts.
        output_tokens: Tokens of all replies; the high end is every reply filling its room.
        live_usd: Dollars for requests one by one; None if nobody knows the price.
        batch_usd: Dollars in Message Batches; None likewise.
        counted_by: `server`, or `guess from the length`.
        prices: Where the price comes from.
    """

    calls: int
    input_tokens: Range
    output_tokens: Range
    live_usd: Dollars | None
    batch_usd: Dollars | None
    counted_by: str
    prices: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def estimate_seconds(
    estimate: Estimate, limits: Mapping[str, int], pace: float | None
) -> float | None:
    """Return how long the requests take one by one, None if nothing is known of it.

    The slowest of what the server takes a minute (`requests`, `input-tokens`, `output-tokens`,
    `tokens`; it reserves the room of a reply) and of what answers took so far.

    Args:
        estimate: What is asked.
        limits: What the server takes a minute, by name.
        pace: Seconds between two answers at the concurrency in use; None if none came yet.
    """
    told, said = estimate.input_tokens[1], estimate.output_tokens[2]
    needs = {"requests": estimate.calls, "input-tokens": told, "output-tokens": said}
    needs["tokens"] = told + said
    times = [60 * need / limits[name] for name, need in needs.items() if limits.get(name)]
    if pace is not None:
        times.append(estimate.calls * pace)
    return max(times, default=None)


def guess_tokens(text: str) -> Range:
    """Return a guess at the tokens of a text, from its length and script: low, expected, high."""
    plain = sum(char < "\x80" for char in text)
    other = len(text) - plain
    low, expected, high = (math.ceil(plain / per + other * each) for per, each in _GUESS)
    return low, expected, high


def spread_counts(counts: Sequence[int]) -> Range:
    """Return the mean of counted tokens, in hundredths, with two standard errors to each side."""
    n = len(counts)
    mean = sum(counts) / n
    variance = sum((count - mean) ** 2 for count in counts) / max(1, n - 1)
    error = 2 * math.sqrt(variance / n)
    low, middle, high = (round(100 * value) for value in (max(0, mean - error), mean, mean + error))
    return low, middle, high


def estimate_calls(
    calls: int, hundredths: Range, replies: Range, facts: ModelFacts, counted_by: str
) -> Estimate:
    """Return what `calls` requests take.

    Args:
        calls: Number of requests.
        hundredths: Tokens of one prompt times 100: low, expected, high.
        replies: Tokens of one reply: low, expected, high.
        facts: What is known of the model, its price among it.
        counted_by: Who counted the tokens.
    """
    inputs = tuple(calls * value // 100 for value in hundredths)
    outputs = tuple(calls * value for value in replies)
    live = batch = None
    if facts.price is not None:
        live = tuple(
            calls * cost_of(facts.price, math.ceil(shown / 100), said) / 1e9
            for shown, said in zip(hundredths, replies, strict=True)
        )
        batch = tuple(value * BATCH_SHARE for value in live)
    told = "unknown model: no price" if facts.price is None else facts.priced_by
    return Estimate(calls, inputs, outputs, live, batch, counted_by, told)  # type: ignore[arg-type]
