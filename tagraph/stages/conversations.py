"""A record to a conversation: which form it has, its cleaned turns and its tags."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from tagraph.data import ASSISTANT, HUMAN, SYSTEM, Turn
from tagraph.errors import InputError
from tagraph.text import are_clean_tags, as_name, clean_tag, clean_text, shorten

ALPACA, SHAREGPT, MESSAGES, PROMPT = FORMATS = (
    "alpaca",
    "sharegpt",
    "messages",
    "prompt-completion",
)

_CHATS = {
    MESSAGES: ("messages", "dialogs", "dialog", "dialogue", "chat"),
    SHAREGPT: ("conversations", "conversation"),
}
_PROMPTS = ("prompt", "question", "query", "problem", "input", "inputs")
_RESPONSES = ("output", "response", "completion", "answer", "solution", "targets")
_SYSTEMS = ("system", "system_prompt")
_SIGNS = {**_CHATS, ALPACA: ("instruction",), PROMPT: _PROMPTS}
_LOOKED_FOR = (
    "`instruction` and `output`, `conversations`, `messages`, or `prompt` and `completion`"
)
_NAME_YOURS = "name yours by --query-field and --response-field"

_CHAT_FIELDS = frozenset(name for names in _CHATS.values() for name in names)
KNOWN_FIELDS = frozenset(name for names in _SIGNS.values() for name in names)
READ_FIELDS = KNOWN_FIELDS | {*_RESPONSES, *_SYSTEMS, "context", "history", "tags"}
"""What a sample may be made of."""
TURN_FIELDS = _CHAT_FIELDS | {"history"}
"""Those that may hold turns, also as JSON in a text."""

_ROLES = {
    **dict.fromkeys(("human", "user", "prompter"), HUMAN),
    **dict.fromkeys(
        ("assistant", "gpt", "chatgpt", "bard", "bing", "model", "ai", "bot"), ASSISTANT
    ),
    "system": SYSTEM,
}
_SEPARATORS = re.compile(r"[,;|]")
_TEXT_OR_NOTHING = {str, type(None)}

Field = tuple[str, str]


class UnusableRecordError(InputError):
    """One record cannot become a sample; `field` and `reason` say why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"`{field}`: {reason}" if field else reason)
        self.field, self.reason = field, clean_text(reason)


class Conversation(NamedTuple):
    """What one record says.

    Attributes:
        form: Which of `FORMATS` the record has.
        turns: Cleaned messages in order; at least one human and one assistant turn say something.
        sign: The fields the form was known by.
        fields: What each used field gave: (human, assistant, system or turns; field name).
    """

    form: str
    turns: tuple[Turn, ...]
    sign: tuple[str, ...]
    fields: tuple[Field, ...]


def detect_format(record: Mapping[str, object]) -> str:
    """Return the form of `record` by its fields; those that hold something count first.

    A record that shows several forms is read by the richest: messages, then sharegpt, alpaca,
    prompt-completion.

    Raises:
        UnusableRecordError: No field of a known form is there.
    """
    filled = tuple([name for name, value in record.items() if _may_hold(name, value)])
    form = _find_form(filled, tuple(record))
    if form is not None:
        return form
    why = f"no known form; {_list_fields(record)}; looked for {_LOOKED_FOR}; {_NAME_YOURS}"
    raise UnusableRecordError("", why)


def _list_fields(record: Mapping[str, object]) -> str:
    return "fields: " + (shorten(", ".join(f"`{as_name(name)}`" for name in record), 120) or "none")


@lru_cache(maxsize=256)
def _find_form(filled: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    """Return the form of a record by the names of its fields, those that hold something first."""
    if "instruction" in names and "input" in filled:
        filled = (*filled, "instruction")  # an alpaca row may ask by its input alone
    for present in (filled, names):
        for form, signs in _SIGNS.items():
            if any(sign in present for sign in signs):
                return form
    return None


def parse_conversation(record: Mapping[str, object], form: str = "auto") -> Conversation:
    """Return the conversation a record holds, system prompt and earlier turns included.

    Alpaca's `input` (Dolly's `context`) follows the instruction after a blank line. A top-level
    system prompt becomes the first turn. Roles are human, assistant, system or as written.

    Raises:
        UnusableRecordError: The record has another form, a value of the wrong type, no human
            turn or no assistant turn that says something.
    """
    form = detect_format(record) if form == "auto" else form
    parse = {ALPACA: _parse_alpaca, PROMPT: _parse_prompt}.get(form, _parse_chat)
    return _complete(record, parse(record, form))


def parse_sides(record: Mapping[str, object], query: str, response: str) -> Conversation:
    """Return the conversation of a record whose fields of query and response are known by name.

    Both are texts or lists of messages; a top-level system prompt becomes the first turn.

    Raises:
        UnusableRecordError: A value has the wrong type, or one side says nothing.
    """
    asked, question = _read_side(record, (query,), HUMAN)
    answered, answer = _read_side(record, (response,), ASSISTANT)
    fields = (("human", asked), ("assistant", answered))
    return _complete(record, Conversation(PROMPT, question + answer, (asked, answered), fields))


def _complete(record: Mapping[str, object], found: Conversation) -> Conversation:
    """Return a conversation with its system prompt; both sides must say something."""
    field, system = _read_text(record, _SYSTEMS)
    if system and Turn(SYSTEM, system) not in found.turns:
        turns = (Turn(SYSTEM, system), *found.turns)
        found = found._replace(turns=turns, fields=(*found.fields, ("system", field)))
    _require(record, found, HUMAN)
    _require(record, found, ASSISTANT)
    return found


def _require(record: Mapping[str, object], found: Conversation, role: str) -> None:
    """Refuse a conversation in which one side says nothing."""
    for turn in found.turns:
        if turn.role == role and turn.content.strip():
            return
    field = found.sign[-1 if role == ASSISTANT else 0]
    missing = "an instruction without a response" if role == ASSISTANT else "a sample without text"
    if field in record:
        raise UnusableRecordError(field, f"{missing}: no {role} turn says anything")
    why = f"{missing}: the field is missing; {_list_fields(record)}; {_NAME_YOURS}"
    raise UnusableRecordError(field, why)


def _parse_alpaca(record: Mapping[str, object], form: str) -> Conversation:
    asked, instruction = _read_text(record, ("instruction",))
    given, extra = _read_text(record, ("input", "context"))
    answered, response = _read_text(record, _RESPONSES)
    past = [turn for item in _as_list(record, "history") for turn in _past_turns(item)]
    query = "\n\n".join(part for part in (instruction, extra) if part)
    turns = (*past, Turn(HUMAN, query), Turn(ASSISTANT, response))
    fields = [("human", asked), ("assistant", answered)]
    fields += [("human", given)] if extra else []
    fields += [("turns", "history")] if past else []
    return Conversation(form, turns, (asked, answered), tuple(fields))


def _past_turns(item: object) -> tuple[Turn, ...]:
    """Return the turns of one item of `history`: a pair of texts, or a message."""
    if isinstance(item, Mapping):
        return (_parse_turn(item, "history"),)
    if not (isinstance(item, Sequence) and len(item) == 2):
        raise UnusableRecordError("history", "an item is not a pair of query and answer")
    asked, answered = (_content(part, "history") for part in item)
    return Turn(HUMAN, asked), Turn(ASSISTANT, answered)


def _parse_prompt(record: Mapping[str, object], form: str) -> Conversation:
    asked, question = _read_side(record, _PROMPTS, HUMAN)
    answers = [name for name in _RESPONSES if name != asked]
    answered, answer = _read_side(record, answers, ASSISTANT)
    fields = (("human", asked), ("assistant", answered))
    return Conversation(form, question + answer, (asked, answered), fields)


def _read_side(
    record: Mapping[str, object], names: Sequence[str], role: str
) -> tuple[str, tuple[Turn, ...]]:
    """Return the turns of a prompt or a completion: a text, or a list of messages."""
    name = _first_field(record, names)
    if isinstance(record.get(name), list):
        return name, tuple(_parse_turn(item, name) for item in _as_list(record, name))
    return name, (Turn(role, _read_text(record, (name,))[1]),)


def _parse_chat(record: Mapping[str, object], form: str) -> Conversation:
    name = _first_field(record, _CHATS[form])
    items = _as_list(record, name)
    turns = tuple(turn for i, item in enumerate(items) for turn in _parse_item(item, i, name))
    return Conversation(form, turns, (name,), (("turns", name),))


def _parse_item(item: object, place: int, field: str) -> tuple[Turn, ...]:
    """Return the turns of one item: a message, a text (sides take turns), or an exchange."""
    if isinstance(item, str):
        return (Turn(ASSISTANT if place % 2 else HUMAN, clean_text(item)),)
    if isinstance(item, Mapping) and {"input", "output"} <= item.keys():
        said = (_content(item[side], field) for side in ("input", "output"))
        return tuple(Turn(role, text) for role, text in zip((HUMAN, ASSISTANT), said, strict=True))
    return (_parse_turn(item, field),)


def _parse_turn(item: object, field: str) -> Turn:
    if not isinstance(item, Mapping):
        raise UnusableRecordError(field, f"a turn is {_kind(item)}, not an object")
    role = next((item[key] for key in ("role", "from") if item.get(key)), None)
    if not isinstance(role, str):
        raise UnusableRecordError(field, "a turn has no `role` (or `from`) that is a text")
    content = next((item[key] for key in ("content", "value", "text") if item.get(key)), None)
    name = clean_tag(role)
    said = (_content(content, field), _called(item))
    return Turn(_ROLES.get(name.lower(), name), "\n".join(part for part in said if part))


def _called(item: Mapping[str, object]) -> str:
    """Return the tool calls of a turn as JSON, so that turns that differ in them do differ."""
    calls = item.get("tool_calls") or item.get("function_call")
    return clean_text(json.dumps(calls, sort_keys=True, default=str)) if calls else ""


def _content(value: object, field: str) -> str:
    """Return the clean text of a message: a text, or text parts joined by line ends."""
    if isinstance(value, list):
        return clean_text("\n".join(_part(part, field) for part in value))
    if not isinstance(value, str | None):
        raise UnusableRecordError(field, f"a turn's content is {_kind(value)}, not text")
    return clean_text(value or "")


def _part(part: object, field: str) -> str:
    text = part.get("text") if isinstance(part, Mapping) else part
    if not isinstance(text, str):
        kind = part.get("type") if isinstance(part, Mapping) else _kind(part)
        raise UnusableRecordError(field, f"a part of type {as_name(str(kind))} is not text")
    return text


def _read_text(record: Mapping[str, object], names: Sequence[str]) -> tuple[str, str]:
    """Return the first of the fields that holds something, and its clean text."""
    name = _first_field(record, names)
    value = record.get(name)
    if not isinstance(value, str | None):
        raise UnusableRecordError(name, f"is {_kind(value)}, not text")
    text = clean_text(value or "")
    return name, text if text.strip() else ""


def _first_field(record: Mapping[str, object], names: Sequence[str]) -> str:
    """Return the first name with a value, else the first that is there, else the first."""
    for name in names:
        if not _is_blank(record.get(name)):
            return name
    return next((name for name in names if name in record), names[0])


def _as_list(record: Mapping[str, object], name: str) -> Sequence[object]:
    """Return a list field; CSV holds it as JSON text, Arrow at times as an object of lists."""
    value = record.get(name)
    if isinstance(value, str) and value.strip():
        value = _parse_json_list(value, name)
    if isinstance(value, Mapping):
        value = list(_transpose(value))
    if _is_blank(value):
        return []
    if not isinstance(value, list):
        raise UnusableRecordError(name, f"is {_kind(value)}, not a list of turns")
    return value


def _parse_json_list(text: str, name: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UnusableRecordError(name, "is text, not a list of turns") from error


def _transpose(columns: Mapping[str, object]) -> Iterator[dict[str, object]]:
    lists = {name: value for name, value in columns.items() if isinstance(value, list)}
    for row in zip(*lists.values(), strict=False):
        yield dict(zip(lists, row, strict=True))


def parse_tags(value: object) -> tuple[str, ...]:
    """Return clean tags from a list of texts or a text separated by comma, semicolon or bar.

    Order and spelling stay; missing values and blank tags go.

    Raises:
        UnusableRecordError: `value` is neither.
    """
    if isinstance(value, str):
        value = _split_tags(value)
    if value is None:
        return ()
    if not (isinstance(value, list) and set(map(type, value)) <= _TEXT_OR_NOTHING):
        raise UnusableRecordError("", f"is {_kind(value)}, not a list of texts; taken as no tags")
    tags = list(filter(None, value))
    return tuple(tags) if are_clean_tags(tags) else tuple(filter(None, map(clean_tag, tags)))


def read_clean_bags(values: Sequence[object]) -> list[tuple[str, ...] | None]:
    """Return what `parse_tags` makes of many values, None for those it has to look at closely."""
    held = [value if isinstance(value, list) else [] for value in values]
    flat = list(chain.from_iterable(held))
    bags: list[tuple[str, ...] | None]
    if set(map(type, flat)) <= {str} and all(flat) and are_clean_tags(flat):
        bags = list(map(tuple, held))
    else:
        bags = [() if not bag else _read_clean_bag(bag) for bag in held]
    return [
        bag if isinstance(value, list) or value is None else None
        for bag, value in zip(bags, values, strict=True)
    ]


def _read_clean_bag(tags: list[object]) -> tuple[str, ...] | None:
    texts = [tag for tag in tags if isinstance(tag, str) and tag]
    return tuple(texts) if len(texts) == len(tags) and are_clean_tags(texts) else None


def _split_tags(text: str) -> object:
    """Return the tags in a text; brackets and quotes of a list written as text are no tag."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return _SEPARATORS.split(text)
    try:
        return json.loads(text)
    except ValueError:
        return [tag.strip(" \t\n'\"") for tag in _SEPARATORS.split(text[1:-1])]


def _may_hold(name: str, value: object) -> bool:
    """Return whether a field says something; an id or a count in a field for turns does not."""
    if name not in _CHAT_FIELDS:
        return not _is_blank(value)
    if isinstance(value, str):
        return value.lstrip().startswith("[")
    return not _is_blank(value) and isinstance(value, list | Mapping)


def _is_blank(value: object) -> bool:
    return not value if isinstance(value, str) else value is None or value == []


def _kind(value: object) -> str:
    """Return what `value` is, in JSON's words."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, list):
        return "a list"
    names = {str: "text", dict: "an object", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else "no text")
