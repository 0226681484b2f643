"""Samples to the rows that trainers and other selectors read, and what a form cannot carry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import attrgetter

from tagraph.data import ASSISTANT, HUMAN, SYSTEM, Sample, Turn
from tagraph.errors import OptionsError

Row = dict[str, object]

MESSAGES, SHAREGPT, ALPACA, PROMPT, DEITA, MIG = TRAINER_FORMS = (
    "messages",
    "sharegpt",
    "alpaca",
    "prompt-completion",
    "deita",
    "mig",
)

_OPENAI_ROLES = {HUMAN: "user"}
_SHAREGPT_ROLES = {ASSISTANT: "gpt", "tool": "observation", "function": "observation"}

NOT_ALTERNATING = "rows whose sides do not take turns, which LLaMA-Factory leaves out"
OTHER_ROLES = "rows without their turns of other roles"
UNASKED = "rows without the answers that nobody asked for"
UNANSWERED = "rows without their last question, which nobody answers"
EMPTY = "rows left out whole: no question comes before an answer"
UNREAD = "rows whose system prompt or earlier turns axolotl's alpaca does not read"
CONTEXT = "rows whose earlier answers are prompt, so not trained on"


@dataclass(frozen=True, slots=True)
class Rated:
    """A sample with what tagraph found out about it.

    Attributes:
        sample: The sample.
        tags: Its canonical tags.
        strength: Its strength in logits; None if it was never compared.
    """

    sample: Sample
    tags: tuple[str, ...] = ()
    strength: float | None = None


@dataclass(frozen=True, slots=True)
class TrainerRows:
    """Rows of one form.

    Attributes:
        form: Which of `TRAINER_FORMS`.
        rows: JSON-ready values, all with the same fields, in the order of the samples.
        losses: What the form could not carry -> in how many rows.
    """

    form: str
    rows: list[Row]
    losses: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether no field of any row holds a list."""
        return not any(isinstance(value, list) for row in self.rows for value in row.values())

    @property
    def is_bare(self) -> bool:
        """Whether no row of `alpaca` has a system prompt or earlier turns."""
        return not any(row.get("system") or row.get("history") for row in self.rows)


def make_rows(rated: Sequence[Rated], form: str) -> TrainerRows:
    """Write samples in the form of a trainer.

    The forms are those of TRL (`messages`, `prompt-completion`), LLaMA-Factory and FastChat
    (`sharegpt`), Stanford Alpaca (`alpaca`), and the inputs of the selectors DEITA (`sharegpt`
    with `complexity_scores`, the number of tags, and `quality_scores`, the strength) and MIG
    (`dialogs`, `labels`, `score`). Fields of a record other than its text and tags are left out.

    Args:
        rated: The samples, in the order the rows shall have.
        form: One of `TRAINER_FORMS`.

    Returns:
        The rows, and what was lost; a sample without a question before an answer has no row in
        `alpaca` and `prompt-completion`.

    Raises:
        OptionsError: There is no such form.
    """
    if form not in TRAINER_FORMS:
        raise OptionsError(f"no form '{form}'; choose one of {', '.join(TRAINER_FORMS)}")
    losses: Counter[str] = Counter()
    return TrainerRows(form, _MAKERS[form](rated, losses), dict(sorted(losses.items())))


def _make_messages(rated: Sequence[Rated], losses: Counter[str]) -> list[Row]:
    return [{"messages": _say(one.sample.turns)} for one in rated]


def _make_mig(rated: Sequence[Rated], losses: Counter[str]) -> list[Row]:
    return [
        {"dialogs": _say(one.sample.turns), "labels": list(one.tags), "score": one.strength}
        for one in rated
    ]


def _make_sharegpt(rated: Sequence[Rated], losses: Counter[str]) -> list[Row]:
    return [{"conversations": _converse(one.sample.turns, losses)} for one in rated]


def _make_deita(rated: Sequence[Rated], losses: Counter[str]) -> list[Row]:
    return [
        {
            "id": one.sample.id,
            "conversations": _converse(one.sample.turns, losses),
            "complexity_scores": [float(len(one.tags))],
            "quality_scores": [] if one.strength is None else [one.strength],
        }
        for one in rated
    ]


def _make_alpaca(rated: Sequence[Rated], losses: Counter[str]) -> list[Row]:
    rows = []
    for one in rated:
        exchanges = _pair_up(one.sample.turns, losses)
        if exchanges:
            *past, (query, response) = exchanges
            row: Row = {"instruction": query, "input": "", "output": response}
            row["system"] = _system(one.sample.turns)
            row["history"] = [list(pair) for pair in past]
            losses[UNREAD] += bool(row["system"] or past)
            rows.append(row)
    losses += Counter()
    return rows


def _make_prompts(rated: Sequence[Rated], losses: Counter[str]) -> list[Row]:
    """Write plain texts where every row is one exchange, else lists of messages in every row."""
    found = [(one, pairs) for one in rated if (pairs := _pair_up(one.sample.turns, losses))]
    plain = all(len(pairs) == 1 and not _system(one.sample.turns) for one, pairs in found)
    if plain:
        return [{"prompt": pairs[0][0], "completion": pairs[0][1]} for _, pairs in found]
    rows: list[Row] = []
    for one, pairs in found:
        losses[CONTEXT] += len(pairs) > 1
        system = _system(one.sample.turns)
        turns = [Turn(SYSTEM, system)] if system else []
        for query, response in pairs:
            turns += [Turn(HUMAN, query), Turn(ASSISTANT, response)]
        rows.append({"prompt": _say(turns[:-1]), "completion": _say(turns[-1:])})
    losses += Counter()  # forget what never happened
    return rows


_MAKERS: dict[str, Callable[[Sequence[Rated], Counter[str]], list[Row]]] = {
    MESSAGES: _make_messages,
    SHAREGPT: _make_sharegpt,
    ALPACA: _make_alpaca,
    PROMPT: _make_prompts,
    DEITA: _make_deita,
    MIG: _make_mig,
}


def _say(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """Return turns as messages with the roles of the OpenAI form."""
    return [
        {"role": _OPENAI_ROLES.get(turn.role, turn.role), "content": turn.content} for turn in turns
    ]


def _converse(turns: Sequence[Turn], losses: Counter[str]) -> list[dict[str, str]]:
    """Return turns with the roles of the ShareGPT form; count those a trainer would leave out."""
    roles = [_SHAREGPT_ROLES.get(turn.role, turn.role) for turn in turns]
    sides = roles[roles[:1] == [SYSTEM] :]
    asked = all(role in (HUMAN, "observation") for role in sides[::2])
    answered = all(role in ("gpt", "function_call") for role in sides[1::2])
    losses[NOT_ALTERNATING] += not (asked and answered and len(sides) % 2 == 0)
    losses += Counter()
    return [{"from": role, "value": turn.content} for role, turn in zip(roles, turns, strict=True)]


def _system(turns: Sequence[Turn]) -> str:
    return "\n\n".join(turn.content for turn in turns if turn.role == SYSTEM)


def _pair_up(turns: Sequence[Turn], losses: Counter[str]) -> list[tuple[str, str]]:
    """Return pairs of question and answer; neighbouring turns of one side are joined.

    Counts, once a row, what has no place in a list of pairs.
    """
    said = [turn for turn in turns if turn.role in (HUMAN, ASSISTANT)]
    joined = [
        Turn(role, "\n\n".join(turn.content for turn in same))
        for role, same in groupby(said, key=attrgetter("role"))
    ]
    pairs = [
        (asked.content, answered.content)
        for asked, answered in pairwise(joined)
        if asked.role == HUMAN
    ]
    if not pairs:
        losses[EMPTY] += 1
        return pairs
    losses[OTHER_ROLES] += any(t.role not in (HUMAN, ASSISTANT, SYSTEM) for t in turns)
    losses[UNASKED] += joined[0].role == ASSISTANT
    losses[UNANSWERED] += joined[-1].role == HUMAN
    losses += Counter()
    return pairs
