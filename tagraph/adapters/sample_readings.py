"""A conversation as tokens, twice: as it was held, and with nothing but the responses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

from tagraph.data import ASSISTANT, HUMAN, Turn

Encode: TypeAlias = Callable[[str], list[int]]

WINDOW = 2048  # tokens of a conversation that are looked at
CONTEXT = 512  # tokens of a message that is no response; of a longer one, both ends stay
_LONGEST = 16  # characters of a token that are reckoned with when a long text is cut
_ROLES = {HUMAN: "user"}


@dataclass(frozen=True, slots=True)
class Form:
    """How messages are set apart; tokens that no text can hold.

    Attributes:
        before: Tokens before the first message.
        opening: Tokens before each message, ahead of its role; empty if roles are not named.
        closing: Tokens that end a response.
        closing_others: Tokens that end any other message.
        between: Text between two messages.
    """

    before: tuple[int, ...]
    opening: tuple[int, ...]
    closing: tuple[int, ...]
    closing_others: tuple[int, ...]
    between: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Tokens, and the places among them that count.

    Attributes:
        tokens: At most `WINDOW` of them.
        scored: Places of the tokens of responses, their ends included; never 0.
        ends: Places of the tokens that end a response.
    """

    tokens: list[int] = field(default_factory=list)
    scored: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


def read_turns(turns: Sequence[Turn], form: Form, encode: Encode) -> tuple[Reading, Reading]:
    """Return a conversation as it was held, and its responses alone; the same places count.

    What does not fit the window is not looked at: of a long message of the human or the system
    both ends stay, and responses count up to the end of the window.
    """
    whole = _read(turns, form, encode)
    alone = _read([turn for turn in turns if turn.role == ASSISTANT], form, encode)
    n = len(whole.scored)
    kept = set(alone.scored[:n])
    return whole, Reading(
        alone.tokens[: max(kept, default=-1) + 1],
        alone.scored[:n],
        [place for place in alone.ends if place in kept],
    )


def _read(turns: Sequence[Turn], form: Form, encode: Encode) -> Reading:
    reading = Reading(list(form.before))
    for turn in turns:
        if len(reading.tokens) >= WINDOW:
            break
        _append(reading, turn, form, encode)
    return Reading(
        reading.tokens[:WINDOW],
        [place for place in reading.scored if place < WINDOW],
        [place for place in reading.ends if place < WINDOW],
    )


def _append(reading: Reading, turn: Turn, form: Form, encode: Encode) -> None:
    """Add one message."""
    tokens = reading.tokens
    if form.opening:
        tokens += [*form.opening, *encode(f"{_ROLES.get(turn.role, turn.role)[:40]}\n")]
    if turn.role == ASSISTANT:
        start = len(tokens)
        tokens += encode(turn.content[: WINDOW * _LONGEST])[:WINDOW]
        reading.ends.extend(range(len(tokens), len(tokens) + len(form.closing)))
        tokens += form.closing
        reading.scored.extend(range(start, len(tokens)))
    else:
        tokens += [*_both_ends(turn.content, encode), *form.closing_others]
    tokens += encode(form.between)


def _both_ends(text: str, encode: Encode) -> list[int]:
    """Return the tokens of a text; of a long one the first and the last."""
    half = CONTEXT // 2
    if len(text) > 2 * CONTEXT * _LONGEST:
        parts = (text[: CONTEXT * _LONGEST], text[-CONTEXT * _LONGEST :])
        first, last = (encode(part) for part in parts)
        return [*first[:half], *last[-half:]]
    tokens = encode(text)
    return tokens if len(tokens) <= CONTEXT else list(chain(tokens[:half], tokens[-half:]))
