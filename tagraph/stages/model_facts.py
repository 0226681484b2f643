"""Prices and habits of models; money as whole billionths of a dollar.

Prices come from the list that genai-prices carries, which is Anthropic's, offline and of the date
of that package. A model that is not listed has no price: it is shown without one, and never taken
for free.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

BATCH_SHARE = 0.5  # of the live price, in Message Batches
_CACHE_WRITE = 1.25  # of the input price, five minutes, where a price does not say
_FRAMING = 1500  # most tokens a server adds to the text for roles, schemas and tools
_NEWEST = datetime.max.replace(tzinfo=UTC)  # of prices with a date; no clock is read here


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens.

    Attributes:
        input: Tokens of the prompt.
        output: Tokens of the reply, thinking included.
        cache_read: Tokens of the prompt read from the cache; None as dear as `input`.
        cache_write: Tokens of the prompt written to it; None a quarter dearer than `input`.
        long_from: Prompt tokens above which `long` holds for everything.
        long: The price of long prompts.
    """

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    long_from: float = math.inf
    long: Price | None = None

    @property
    def batched(self) -> Price:
        """The price of the same tokens in Message Batches."""
        read, write = (
            None if rate is None else rate * BATCH_SHARE
            for rate in (self.cache_read, self.cache_write)
        )
        told, said = self.input * BATCH_SHARE, self.output * BATCH_SHARE
        return Price(told, said, read, write, self.long_from, self.long and self.long.batched)

    def at(self, n_tokens: int) -> Price:
        """The price of a request with so many tokens in its prompt."""
        return self.long.at(n_tokens) if self.long and n_tokens > self.long_from else self


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model costs, and what to send it for short structured answers.

    Attributes:
        price: None if nobody said.
        priced_by: Who said so; empty for nobody.
        max_tokens: Room for a verdict or the tags of a few samples.
        parameters: Sent with every request.
        cache_from: Tokens of a prefix from which on the model caches it; a shorter one is never
            cached, and nothing says so. None if nobody said.
    """

    price: Price | None = None
    max_tokens: int = 1024
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cache_from: int | None = None
    priced_by: str = ""


_NO_THINKING = {"thinking": {"type": "disabled"}}
_LOW = {"output_config": {"effort": "low"}}
_HABITS: dict[str, tuple[int, Mapping[str, Any], int | None]] = {  # room, parameters, cache_from
    "claude-haiku-5-5": (512, _NO_THINKING, None),
    "claude-sonnet-5-5": (4096, _LOW, 1024),
    "claude-opus-5-5": (4096, _LOW, 512),
    "claude-fable-5-1": (4096, _LOW, None),
    "claude-fable-5-2": (4096, _LOW, None),
    "claude-haiku-4-5": (512, {}, 4096),
}


@cache
def find_facts(model: str) -> ModelFacts:
    """Return what is known of a model; a date at the end of its name does not count."""
    name = re.sub(r"-20\d{6}$", "", model)
    price = find_price(name) if model else None
    told = "" if price is None else f"genai-prices {version('genai-prices')}"
    return ModelFacts(price, *_HABITS.get(name, (1024, {}, None)), priced_by=told)


@cache
def find_price(model: str) -> Price | None:
    """Return what Anthropic's list says of a model, None if it is not there.

    Of prices with a date the newest counts, also before its day.
    """
    from genai_prices import Usage, calc_price

    try:
        found = calc_price(
            Usage(), model, provider_id="anthropic", genai_request_timestamp=_NEWEST
        ).model_price
    except LookupError:
        return None
    starts = {tier.start for rate in _rates(found) for tier in getattr(rate, "tiers", ())}
    price = None
    for start in (*sorted(starts, reverse=True), 0):
        told, said, read, written = (_at(rate, start + 1) for rate in _rates(found))
        if told is None or said is None:
            return None
        price = Price(told, said, read, written, _next(starts, start), price)
    return price


def _rates(price: ModelPrice) -> tuple[Any, ...]:
    return price.input_mtok, price.output_mtok, price.cache_read_mtok, price.cache_write_mtok


def _at(rate: Any, n_tokens: int) -> float | None:
    """Return a rate of the list for a prompt of so many tokens."""
    steps = [tier.price for tier in getattr(rate, "tiers", ()) if n_tokens > tier.start]
    found = [*([] if rate is None else [getattr(rate, "base", rate)]), *steps]
    return float(found[-1]) if found else None


def _next(starts: set[int], start: int) -> float:
    return min((other for other in starts if other > start), default=math.inf)


def cost_of(
    price: Price, input_tokens: int, output_tokens: int, cache_read: int = 0, cache_write: int = 0
) -> int:
    """Return the cost of a reply in billionths of a dollar, rounded up.

    `input_tokens` are those neither read from nor written to the cache, as servers count them.
    """
    here = price.at(input_tokens + cache_read + cache_write)
    read = here.input if here.cache_read is None else here.cache_read
    write = here.input * _CACHE_WRITE if here.cache_write is None else here.cache_write
    dollars = (
        input_tokens * here.input
        + cache_read * read
        + cache_write * write
        + output_tokens * here.output
    )
    return math.ceil(round(dollars * 1000, 6))


def worst_cost(price: Price, n_bytes: int, max_tokens: int) -> int:
    """Return the most that a request can cost, in billionths of a dollar.

    A token is at least one byte, all of them written to the cache or none; this is what gets
    reserved before a request, and the true cost takes its place after.
    """
    tokens = n_bytes + _FRAMING
    return max(
        cost_of(price, 0, max_tokens, cache_write=tokens), cost_of(price, tokens, max_tokens)
    )
