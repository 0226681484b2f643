"""Prices and habits of models, with their date; money as whole billionths of a dollar.

Prices are USD per million tokens, from the public model pages of Anthropic as of `AS_OF`. A model
that is not listed has no price: it is shown without one, and never taken for free.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

AS_OF = "2026-11-20"
BATCH_SHARE = 0.5  # of the live price, in Message Batches
_CACHE_WRITE = 1.25  # of the input price, five minutes
_FRAMING = 1500  # most tokens a server adds to the text for roles, schemas and tools


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens.

    Attributes:
        input: Tokens of the prompt.
        output: Tokens of the reply, thinking included.
        cache_read: Tokens of the prompt read from the cache; None as dear as `input`.
        long_from: Prompt tokens above which `long_factor` applies to everything.
        long_factor: How many times dearer a long prompt is, input and output alike.
    """

    input: float
    output: float
    cache_read: float | None = None
    long_from: float = math.inf
    long_factor: float = 1.0

    @property
    def batched(self) -> Price:
        """The price of the same tokens in Message Batches."""
        read = None if self.cache_read is None else self.cache_read * BATCH_SHARE
        return replace(
            self, input=self.input * BATCH_SHARE, output=self.output * BATCH_SHARE, cache_read=read
        )


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model costs, and what to send it for short structured answers.

    Attributes:
        price: None if nobody said.
        max_tokens: Room for a verdict or the tags of a few samples.
        parameters: Sent with every request.
        cache_from: Tokens of a prefix from which on the model caches it; a shorter one is never
            cached, and nothing says so. None if nobody said.
    """

    price: Price | None = None
    max_tokens: int = 1024
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cache_from: int | None = None


_NO_THINKING = {"thinking": {"type": "disabled"}}
_LOW = {"output_config": {"effort": "low"}}
_FACTS = {
    "claude-haiku-5-5": ModelFacts(Price(0.10, 0.50, 0.01, 100_000, 5.0), 512, _NO_THINKING),
    "claude-sonnet-5-5": ModelFacts(Price(2.0, 10.0, 0.10), 4096, _LOW, 1024),
    "claude-opus-5-5": ModelFacts(Price(4.0, 20.0, 0.20), 4096, _LOW, 512),
    "claude-fable-5-1": ModelFacts(Price(10.0, 50.0), 4096, _LOW),
    "claude-fable-5-2": ModelFacts(Price(8.0, 40.0), 4096, _LOW),
    "claude-haiku-4-5": ModelFacts(Price(1.0, 5.0, 0.10), 512, cache_from=4096),
}


def find_facts(model: str) -> ModelFacts:
    """Return what is known of a model; a date at the end of its name does not count."""
    return _FACTS.get(re.sub(r"-20\d{6}$", "", model), ModelFacts())


def cost_of(
    price: Price, input_tokens: int, output_tokens: int, cache_read: int = 0, cache_write: int = 0
) -> int:
    """Return the cost of a reply in billionths of a dollar, rounded up.

    `input_tokens` are those neither read from nor written to the cache, as servers count them.
    """
    whole = input_tokens + cache_read + cache_write
    factor = price.long_factor if whole > price.long_from else 1.0
    read = price.input if price.cache_read is None else price.cache_read
    dollars = (
        input_tokens * price.input
        + cache_read * read
        + cache_write * price.input * _CACHE_WRITE
        + output_tokens * price.output
    )
    return math.ceil(round(dollars * factor * 1000, 6))


def worst_cost(price: Price, n_bytes: int, max_tokens: int) -> int:
    """Return the most that a request can cost, in billionths of a dollar.

    A token is at least one byte, and writing to the cache is the dearest way to send one; this
    is what gets reserved before a request, and the true cost takes its place after.
    """
    return cost_of(price, 0, max_tokens, cache_write=n_bytes + _FRAMING)
