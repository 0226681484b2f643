"""A language model behind a server: how a question to it is put, asked, counted and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, TypeAlias

from tagraph.adapters.batch_caller import BatchCaller
from tagraph.adapters.caller import Caller
from tagraph.adapters.messages_transport import MessagesTransport
from tagraph.adapters.structure import demand, extend, read_structured
from tagraph.adapters.token_counts import Count, count_questions
from tagraph.errors import OptionsError
from tagraph.stages.loose_rows import find_rows
from tagraph.steps.batches import BatchLog
from tagraph.steps.calls import CallLog, Question, Reply
from tagraph.steps.estimate import Estimate, Range, estimate_calls, guess_tokens
from tagraph.steps.llm_options import LlmOptions
from tagraph.steps.server_facts import ServerBook

Ask: TypeAlias = Callable[[Sequence[Question]], list[Reply]]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is shown, and the form its answer has.

    Attributes:
        system: Who the model is to be.
        content: The data and what to do with it.
        schema: JSON schema of the answer.
        by_words: The form of the answer in words, where nothing else enforces it.
        room: Tokens the answer may take; at least what is known of the model.
    """

    system: str
    content: str
    schema: Mapping[str, Any]
    by_words: str
    room: int = 0


def _refuse(questions: Sequence[Question]) -> list[Reply]:
    raise OptionsError("this model is not connected; it can only be looked at")


def _never(body: Mapping[str, Any]) -> int | None:
    return None


@dataclass(frozen=True)
class LanguageModel:
    """A model that was named, the host that serves it, and how to ask it.

    Attributes:
        options: Model, form of its answers, limits.
        ask: Returns one reply per question.
        server: Host of the server; empty for the default one.
        count: Counts the tokens of a body, None if the server cannot.

    Raises:
        OptionsError: No model was named.
    """

    options: LlmOptions
    ask: Ask = _refuse
    server: str = ""
    count: Count = _never

    def __post_init__(self) -> None:
        if not self.options.model:
            raise OptionsError("name the model with --model, such as claude-haiku-5-5")

    @classmethod
    def connect(
        cls,
        options: LlmOptions,
        log: CallLog,
        batches: BatchLog | None = None,
        servers: ServerBook | None = None,
        listen: Callable[[str], object] = lambda line: None,
    ) -> Self:
        """Return a model at the server that the options name.

        Args:
            options: Model, server, limits.
            log: Keeps every request.
            batches: Keeps Message Batches; without it none can be sent or collected.
            servers: Keeps what a server takes a minute.
            listen: Told how far it is and why nothing happens for a while.

        Raises:
            OptionsError: No model was named, or batches were asked for without a log of them.
            AccessError: There is no way to reach the server.
        """
        if options.batch and batches is None:
            raise OptionsError("batches have to be kept in a store; leave out `batch`, or name one")
        transport = MessagesTransport(options.base_url, deadline=options.deadline)
        live = Caller(transport.send, log, options, listen)
        if servers is not None:
            live.on_limits = partial(servers.save_limits, transport.address, options.model)
        ask = live.ask if batches is None else BatchCaller(live, transport, batches).ask
        return cls(options, ask, transport.server, transport.count_tokens)

    def question(self, step: str, prompt: Prompt) -> Question:
        """Return what is sent; `step` is the key of the step that asks."""
        facts = self.options.facts
        words = f"\n\n{prompt.by_words}" if self.options.is_by_words else ""
        body: dict[str, Any] = {
            "model": self.options.model,
            "max_tokens": self.options.max_tokens or max(facts.max_tokens, prompt.room),
            "system": _cached(prompt.system + words, facts.cache_from),
            "messages": [{"role": "user", "content": prompt.content}],
            **facts.parameters,
        }
        body = extend(body, self.options.parameters)
        return Question(step, body | demand(self.options.form, prompt.schema, body), self.server)

    def key(self, version: int, question: Question) -> str:
        """Return what stands for everything that may change an answer to questions like this."""
        return f"claude/{version}({self.options.model},{question.key[:16]})"

    def read(self, reply: Reply) -> object:
        """Return the JSON values of an answer, None if there are none; total."""
        return read_structured(reply, self.options.form) if reply.is_whole else None

    def read_rows(self, reply: Reply, fields: Sequence[str]) -> object:
        """Return the JSON values of an answer; told in words, its objects with these fields."""
        if self.options.is_by_words and reply.is_whole:
            return find_rows(reply.text, fields)
        return self.read(reply)

    def estimate(self, calls: int, asked: Sequence[Question], replies: Range) -> Estimate:
        """Return what `calls` questions like those in `asked` take.

        The server counts the tokens if it can, at no charge; else they are guessed.

        Args:
            calls: Number of requests.
            asked: A few questions; they are counted, not asked.
            replies: Tokens of one reply: low, expected, high.
        """
        counted, counted_by = count_questions(asked, self.count)
        return estimate_calls(calls, counted, replies, self.options.facts, counted_by)


def _cached(system: str, cache_from: int | None) -> str | list[dict[str, Any]]:
    """Return a system prompt, marked as worth caching if it is long enough for the model."""
    low, _, _ = guess_tokens(system)
    if cache_from is None or low < cache_from:
        return system
    return [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]
