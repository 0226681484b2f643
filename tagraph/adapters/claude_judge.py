"""A language model as judge, through any server that speaks the Messages API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from tagraph.adapters.caller import Caller
from tagraph.adapters.messages_transport import MessagesTransport
from tagraph.data import Outcome, Sample, Samples, Verdict
from tagraph.errors import OptionsError
from tagraph.stages.answers import VERDICT_LINE, read_object, read_prose
from tagraph.stages.pair_question import EXAMPLE, VERDICTS, frame_pair, instruct, verdict_schema
from tagraph.steps.calls import CallLog, Question, Reply
from tagraph.steps.estimate import Estimate, estimate_calls, guess_tokens, spread_counts
from tagraph.steps.llm_options import LlmOptions
from tagraph.text import digest

VERSION = 1
_TOOL = "give_verdict"
_COUNTED = 100  # questions counted for an estimate
_SECOND_ROOM = 4  # times the room of the first try, for a reply that was cut off


class ClaudeJudge:
    """Asks a model which of two samples is the better one to learn from.

    A sample is shown whole. The verdict is read from the structured reply and from nothing else; a
    refusal, a reply cut off and one without verdict are outcomes of their own. Two samples of the
    same text tie without a question. A reply that was cut off is asked for once more, with room.

    Raises:
        OptionsError: No model was named.
    """

    def __init__(
        self,
        options: LlmOptions,
        caller: Caller,
        *,
        server: str = "",
        count: Callable[[Mapping[str, Any]], int | None] = lambda body: None,
    ) -> None:
        if not options.model:
            raise OptionsError("name the model that judges with --model, such as claude-haiku-5-5")
        self.options = options
        self._caller = caller
        self._server = server
        self._count = count

    @classmethod
    def connect(cls, options: LlmOptions, log: CallLog) -> ClaudeJudge:
        """Return a judge at the server that the options name.

        Raises:
            OptionsError: No model was named.
            JudgeError: There is no way to reach the server.
        """
        transport = MessagesTransport(options.base_url, deadline=options.deadline)
        caller = Caller(transport.send, log, options)
        return cls(options, caller, server=transport.server, count=transport.count_tokens)

    @property
    def key(self) -> str:
        """Name, version, model, and a digest of the prompt, every parameter and the server."""
        question = self.question((), ())
        return f"claude/{VERSION}({question.model},{question.key[:16]})"

    def describe(self) -> str:
        """Return one sentence for people: what this judge is, and what it cannot see."""
        return describe_model(self.options.model)

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        """Return one verdict per pair, in the order of `pairs`.

        Raises:
            BudgetReachedError: The next request might pass the limit.
            JudgeError: The server answers nobody.
        """
        same = [first.digest == second.digest for first, second in pairs]
        asked = [
            self.question(first.turns, second.turns)
            for (first, second), equal in zip(pairs, same, strict=True)
            if not equal
        ]
        replies = iter(self._ask(asked))
        return [Verdict(Outcome.TIE) if equal else self.read(next(replies)) for equal in same]

    def question(self, first: Sequence[Any], second: Sequence[Any], room: int = 1) -> Question:
        """Return what is asked about two conversations, shown in this order."""
        facts = self.options.facts
        body: dict[str, Any] = {
            "model": self.options.model,
            "max_tokens": (self.options.max_tokens or facts.max_tokens) * room,
            "system": instruct(self.options.structure),
            "messages": [{"role": "user", "content": frame_pair(first, second)}],
            **facts.parameters,
        }
        body |= _demand(self.options.structure, body) | self.options.parameters
        return Question("compare", body, self._server)

    def estimate(self, samples: Samples, calls: int) -> Estimate:
        """Return what `calls` comparisons take, from the questions about a few of the samples.

        The server counts the tokens if it can, at no charge; else they are guessed.
        """
        shown = samples.take(sorted({i * len(samples) // _COUNTED for i in range(_COUNTED)}))
        pairs = zip(shown, [*shown[1:], shown[0]], strict=True)
        asked = [self.question(first.turns, second.turns) for first, second in pairs]
        counted, counted_by = count_questions(asked, self._count)
        low, expected, _ = guess_tokens(EXAMPLE)
        replies = (low, expected, asked[0].max_tokens)
        return estimate_calls(calls, counted, replies, self.options.facts.price, counted_by)

    def read(self, reply: Reply) -> Verdict:
        """Return the verdict of a reply; total, and nothing is made up."""
        outcome, grade = read_verdict(reply, self.options.structure)
        reply_digest = digest(reply.raw) if reply.raw else ""
        usage = reply.tokens.as_usage() if reply.raw else {}
        return Verdict(outcome, grade, reply_digest, usage)

    def _ask(self, questions: list[Question]) -> list[Reply]:
        """Return the replies; those cut off are asked for a second time."""
        replies = self._caller.ask(questions)
        cut = [i for i, reply in enumerate(replies) if reply.stop_reason == "max_tokens"]
        again = [_with_room(questions[i]) for i in cut]
        for i, reply in zip(cut, self._caller.ask(again), strict=True):
            if not reply.error:
                replies[i] = reply
        return replies


def describe_model(model: str) -> str:
    """Return one sentence for people on a language model as judge."""
    return (
        f"The judge is the language model {model}: it may favour a side or a style, and a sample"
        " may talk to it; the position term of the fit takes out the first, nothing the rest."
    )


def count_questions(
    asked: Sequence[Question], count: Callable[[Mapping[str, Any]], int | None]
) -> tuple[tuple[int, int, int], str]:
    """Return the mean tokens of some prompts in hundredths (low, expected, high), and who counted.

    A server that cannot count one of them counts none.
    """
    counts = []
    for question in asked:
        tokens = count(question.body)
        if tokens is None:
            break
        counts.append(tokens)
    else:
        return spread_counts(counts), "server"
    guesses = [guess_tokens(question.encoded.decode()) for question in asked]
    low, expected, high = (sum(column) * 100 // len(asked) for column in zip(*guesses, strict=True))
    return (low, expected, high), "guess from the length"


def _with_room(question: Question) -> Question:
    body = {**question.body, "max_tokens": question.max_tokens * _SECOND_ROOM}
    return Question(question.step, body, question.server, question.repeat)


def _demand(structure: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that keep the answer to its form."""
    if structure == "schema":
        form = {"format": {"type": "json_schema", "schema": verdict_schema()}}
        return {"output_config": {**body.get("output_config", {}), **form}}
    if structure == "tool":
        tool = {"name": _TOOL, "description": "Give the verdict.", "strict": True}
        return {
            "tools": [{**tool, "input_schema": verdict_schema()}],
            "tool_choice": {"type": "tool", "name": _TOOL},
        }
    return {}


def read_verdict(reply: Reply, structure: str) -> tuple[Outcome, int]:
    """Return what a reply says of a pair, and the grade; total."""
    if reply.error:
        return Outcome.FAILED, 0
    if reply.stop_reason == "refusal":
        return Outcome.REFUSED, 0
    if reply.stop_reason == "max_tokens":
        return Outcome.TRUNCATED, 0
    if structure == "schema":
        found = read_object(_parsed(reply.text), "verdict", VERDICTS)
    elif structure == "tool":
        inputs = reply.tool_inputs
        found = read_object(inputs[0], "verdict", VERDICTS) if len(inputs) == 1 else None
    else:
        found = read_prose(reply.text, VERDICTS, VERDICT_LINE)
    return found or (Outcome.UNPARSED, 0)


def _parsed(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
