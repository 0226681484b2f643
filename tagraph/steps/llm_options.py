"""How to reach a language model, and how much it may cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import orjson

from tagraph.errors import OptionsError
from tagraph.stages.model_facts import ModelFacts, Price, find_facts

STRUCTURES = ("auto", "schema", "tool", "prompt", "word")


@dataclass(frozen=True, slots=True)
class LlmOptions:
    """Options of the tagger, judge and adjudicator `claude`; section `llm` of the configuration.

    Attributes:
        model: Name of the model; there is no default, a paid model is named by whoever pays.
        base_url: Server that speaks the Messages API; empty for the one the SDK finds
            (`ANTHROPIC_BASE_URL`, a profile, or Anthropic).
        structure: How an answer is kept to its form: `schema` (the server enforces a JSON schema),
            `tool` (forced tool use), `prompt` (asked for in words, read strictly), `word` (a small
            model is asked for a verdict of one word). `auto` takes what the server was found to
            obey, and `schema` where nobody looked.
        max_tokens: Most tokens of a reply; 0 leaves it to what is known of the model.
        extra_body: JSON object sent along with every request, such as sampling settings of an own
            server.
        samples_per_call: Samples that the tagger is shown at once.
        tag_language: Language of the tags.
        batch: Ask in Message Batches: half the price, most within an hour, all within a day.
        detach: Send a batch and stop instead of waiting for it; the next run collects it.
        resubmit: Ask again what may have been asked: batches that may or may not be there, and
            batches whose results are gone.
        concurrency: Requests under way at the same time.
        deadline: Seconds for one attempt, from start to the last byte.
        max_attempts: Attempts per question.
        max_wait: Longest wait in seconds that a server may ask for; beyond it the run stops.
        max_cost: Dollars that everything in the store may have cost; None for no limit.
        max_calls: Requests that the store may hold; None for no limit.
        input_price: Dollars per million tokens in; None takes the listed price of the model.
        output_price: Dollars per million tokens out.
        prices: Your own table on top of the listed prices: rows of model, dollars per million
            tokens in and out, and, if you like, read from the cache.
    """

    model: str = ""
    base_url: str = ""
    structure: str = "auto"
    max_tokens: int = 0
    extra_body: str = ""
    samples_per_call: int = 8
    tag_language: str = "English"
    batch: bool = False
    detach: bool = False
    resubmit: bool = False
    concurrency: int = 8
    deadline: float = 120.0
    max_attempts: int = 6
    max_wait: float = 600.0
    max_cost: float | None = None
    max_calls: int | None = None
    input_price: float | None = None
    output_price: float | None = None
    prices: tuple[tuple[str | float, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.structure not in STRUCTURES:
            raise OptionsError(f"structure must be one of {', '.join(STRUCTURES)}")
        _check_url(self.base_url)
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise OptionsError(f"{name} must be from {least:g} to {most:g}, not {value}")
        if self.detach and not self.batch:
            raise OptionsError("detach sends a batch and stops; add batch")
        if (self.input_price is None) != (self.output_price is None):
            raise OptionsError("give both input_price and output_price, or neither")
        _check_table(self.prices)
        self.parameters  # noqa: B018 - refuses JSON that is no object

    @property
    def form(self) -> str:
        """The structure in use, where nobody looked what the server obeys."""
        return "schema" if self.structure == "auto" else self.structure

    @property
    def is_by_words(self) -> bool:
        """Whether nothing but the words of the prompt keeps an answer to its form."""
        return self.form in ("prompt", "word")

    @property
    def facts(self) -> ModelFacts:
        """What is known of the model, with a price that was given on top."""
        facts = find_facts(self.model)
        if self.input_price is not None and self.output_price is not None:
            own = Price(self.input_price, self.output_price)
            return replace(facts, price=own, priced_by="input_price and output_price")
        for model, *numbers in self.prices:
            if model == self.model:
                told, said, *read = map(float, numbers)
                own = Price(told, said, read[0] if read else None)
                return replace(facts, price=own, priced_by="your table of prices")
        return facts

    @property
    def parameters(self) -> dict[str, Any]:
        """What `extra_body` holds.

        Raises:
            OptionsError: It is no JSON object, or would replace what questions are made of.
        """
        try:
            found = orjson.loads(self.extra_body or "{}")
        except orjson.JSONDecodeError as error:
            raise OptionsError(f"extra_body is no JSON: {error}") from error
        if not isinstance(found, dict):
            raise OptionsError('extra_body must be a JSON object, such as {"temperature": 0}')
        for name in _OURS.keys() & found.keys():
            raise OptionsError(f"extra_body cannot hold '{name}'{_OURS[name]}")
        config = found.get("output_config", {})
        if not isinstance(config, dict) or "format" in config:
            raise OptionsError("extra_body cannot hold a form of the answer; see structure")
        return found


@dataclass(frozen=True, slots=True)
class SecondLlmOptions:
    """Another model for the second judge, section `second_llm`; all else is as in `llm`.

    Attributes:
        model: Name of the model; empty for that of `llm`, and then nothing here counts.
        base_url: Its server; empty for that of `llm`.
        structure: As in `llm`.
        max_tokens: As in `llm`.
        extra_body: As in `llm`; what `llm` says goes to its own model alone.
        input_price: As in `llm`.
        output_price: As in `llm`.
    """

    model: str = ""
    base_url: str = ""
    structure: str = "auto"
    max_tokens: int = 0
    extra_body: str = ""
    input_price: float | None = None
    output_price: float | None = None

    def on(self, first: LlmOptions) -> LlmOptions:
        """Return the options of the second judge, given those of everybody else.

        Raises:
            OptionsError: A value is out of range.
        """
        if not self.model:
            return first
        own = asdict(self) | {"base_url": self.base_url or first.base_url}
        return replace(first, **own)


def _check_url(url: str) -> None:
    """Refuse an address that is none, or that holds a secret, which options are no place for.

    Raises:
        OptionsError: It does.
    """
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise OptionsError(
            "base_url holds a user or a password, which would be written into the store; leave them"
            " out, and set ANTHROPIC_API_KEY"
        )
    if url and not url.startswith(("http://", "https://")):
        raise OptionsError(f"base_url must start with http:// or https://: {url}")
    try:
        parts = urlsplit(url)
        is_address = not url or (bool(parts.hostname) and parts.port != 0)
    except ValueError:
        is_address = False
    if not is_address:
        raise OptionsError(f"base_url names no server: {url}")


_OURS = {
    "model": "; name the model with --model, since its price depends on it",
    "max_tokens": "; set max_tokens in section [llm], since the limits depend on it",
    **dict.fromkeys(("messages", "system", "stream", "tools", "tool_choice"), ", which is ours"),
    **dict.fromkeys(
        ("cache_control", "inference_geo", "service_tier", "speed"),
        ", which changes the price in a way that nobody would count",
    ),
}
_RANGES = {
    "max_tokens": (0, 128_000),
    "samples_per_call": (1, 50),
    "concurrency": (1, 1000),
    "deadline": (0.01, 86_400),
    "max_attempts": (1, 100),
    "max_wait": (0.01, 86_400),
    "max_cost": (0, 1e9),
    "max_calls": (0, 1e12),
    "input_price": (0, 1e6),
    "output_price": (0, 1e6),
}


def _check_table(prices: object) -> None:
    """Refuse a table of prices that is none.

    Raises:
        OptionsError: A row is not a name and two or three numbers from 0.
    """
    for row in prices if isinstance(prices, list | tuple) else [prices]:
        name, *numbers = row if isinstance(row, list | tuple) and row else [None]
        fits = [isinstance(number, int | float) and 0 <= number <= 1e6 for number in numbers]
        if not isinstance(name, str) or len(fits) not in (2, 3) or not all(fits):
            raise OptionsError(f'prices needs rows such as ["my-model", 0.2, 0.8], not {row!r}')
