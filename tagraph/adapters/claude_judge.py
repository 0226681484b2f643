"""A language model as judge, through any server that speaks the Messages API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tagraph.adapters.language_model import LanguageModel, Prompt
from tagraph.adapters.structure import read_structured
from tagraph.adapters.token_counts import spread_over
from tagraph.data import Outcome, Sample, Turn, Verdict
from tagraph.stages.answers import VERDICT_LINE, read_object, read_prose, read_word
from tagraph.stages.pair_question import (
    BY_WORDS,
    EXAMPLE,
    ONE_WORD,
    RUBRIC,
    SHORT_RUBRIC,
    VERDICTS,
    frame_pair,
    verdict_schema,
)
from tagraph.steps.calls import Question, Reply
from tagraph.steps.estimate import Estimate, guess_tokens
from tagraph.text import digest

VERSION = 1
_SECOND_ROOM = 4  # times the room of the first try, for a reply that was cut off
_LEAST_AT_ONCE, _ROUNDS_AT_ONCE = 100, 25  # pairs; the same for each that may be under way


@dataclass(frozen=True, eq=False)
class ClaudeJudge:
    """Asks a model which of two samples is the better one to learn from.

    A sample is shown whole. The verdict is read from the structured reply and from nothing else; a
    refusal, a reply cut off and one without verdict are outcomes of their own. Two samples of the
    same text tie without a question. A reply that was cut off is asked for once more, with room.
    """

    minds_order = True  # a model may favour a side, so a part of the pairs is asked both ways

    model: LanguageModel

    @property
    def at_once(self) -> int:
        """Pairs whose verdicts are kept together: some seconds' worth; 0 for all, in batches."""
        options = self.model.options
        return 0 if options.batch else max(_LEAST_AT_ONCE, _ROUNDS_AT_ONCE * options.concurrency)

    @property
    def key(self) -> str:
        """Name, version, model, and a digest of the prompt, every parameter and the server."""
        return self.model.key(VERSION, self.question((), ()))

    def describe(self) -> str:
        """Return one sentence for people: what this judge is, and what it cannot see."""
        return describe_model(self.model.options.model)

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        """Return one verdict per pair, in the order of `pairs`.

        Raises:
            BudgetReachedError: The next request might pass the limit.
            AccessError: The server answers nobody.
            JudgeError: The server is down.
        """
        same = [first.digest == second.digest for first, second in pairs]
        asked = [
            self.question(first.turns, second.turns)
            for (first, second), equal in zip(pairs, same, strict=True)
            if not equal
        ]
        verdicts = iter(self._ask(asked))
        return [Verdict(Outcome.TIE) if equal else next(verdicts) for equal in same]

    def question(self, first: Sequence[Turn], second: Sequence[Turn]) -> Question:
        """Return what is asked about two conversations, shown in this order."""
        shown = frame_pair(first, second)
        if self.model.options.form == "word":
            prompt = Prompt(SHORT_RUBRIC, f"{shown}\n{ONE_WORD}", {}, "")
            return self.model.question("compare", prompt)
        return self.model.question("compare", Prompt(RUBRIC, shown, verdict_schema(), BY_WORDS))

    def estimate(self, pairs: Sequence[tuple[Sample, Sample]], calls: int) -> Estimate:
        """Return what `calls` comparisons take, from the questions about a few likely pairs."""
        shown = [pairs[i] for i in spread_over(len(pairs))]
        asked = [self.question(first.turns, second.turns) for first, second in shown]
        low, expected, _ = guess_tokens(EXAMPLE)
        return self.model.estimate(calls, asked, (low, expected, asked[0].max_tokens))

    def read(self, reply: Reply) -> Verdict:
        """Return the verdict of a reply; total, and nothing is made up."""
        outcome, grade = read_verdict(reply, self.model.options.form)
        reply_digest = digest(reply.raw) if reply.raw else ""
        usage = reply.tokens.as_usage() if reply.raw else {}
        return Verdict(outcome, grade, reply_digest, usage)

    def _ask(self, questions: list[Question]) -> list[Verdict]:
        """Return the verdicts; those cut off before they came are asked for once more."""
        replies = self.model.ask(questions)
        verdicts = [self.read(reply) for reply in replies]
        cut = [
            i
            for i, reply in enumerate(replies)
            if reply.may_end_with_room and verdicts[i].outcome is Outcome.TRUNCATED
        ]
        calls = [[question.key] for question in questions]
        again = [_with_room(questions[i]) for i in cut]
        for i, asked, reply in zip(cut, again, self.model.ask(again), strict=True):
            verdicts[i] = verdicts[i] if reply.error else self.read(reply)
            calls[i].append(asked.key)
        return [replace(one, calls=tuple(keys)) for one, keys in zip(verdicts, calls, strict=True)]


def describe_model(model: str) -> str:
    """Return one sentence for people on a language model as judge."""
    return (
        f"The judge is the language model {model}: it may favour a side or a style, and a sample"
        " may talk to it; the position term of the fit takes out the first, nothing the rest."
    )


def _with_room(question: Question) -> Question:
    body = {**question.body, "max_tokens": question.max_tokens * _SECOND_ROOM}
    return Question(question.step, body, question.server, question.repeat)


def read_verdict(reply: Reply, structure: str) -> tuple[Outcome, int]:
    """Return what a reply says of a pair, and the grade; total.

    Only a reply that the model ended by itself is read; of one word, it does not matter how much
    would have come after it.
    """
    if reply.error:
        return Outcome.FAILED, 0
    if reply.stop_reason == "refusal":
        return Outcome.REFUSED, 0
    if reply.is_whole or (reply.is_cut and structure == "word"):
        found = _find_verdict(reply, structure)
        if found is not None:
            return found
    return (Outcome.TRUNCATED if reply.is_cut else Outcome.UNPARSED), 0


def _find_verdict(reply: Reply, structure: str) -> tuple[Outcome, int] | None:
    if structure == "word":
        return read_word(reply.text, VERDICTS)
    if structure == "prompt":
        return read_prose(reply.text, VERDICTS, VERDICT_LINE)
    return read_object(read_structured(reply, structure), "verdict", VERDICTS)
