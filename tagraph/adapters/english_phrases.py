"""The noun phrases of English text, trimmed to what names a topic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sys import intern
from typing import TYPE_CHECKING, TypeAlias

from tagraph.adapters.english_requests import singular
from tagraph.adapters.english_words import (
    LIGHT_MODIFIERS,
    LIGHT_NOUNS,
    LIGHT_VERBS,
    REQUEST_VERBS,
)
from tagraph.stages.keyphrases import Kind, Mention, TagOptions

if TYPE_CHECKING:
    from spacy.tokens import Token

MAX_LENGTH = 60  # a longer word is no word; text without blanks reaches it between commas
PARAGRAPH_GAP = 60  # words a paragraph break counts for: the request is rarely behind one
_NOUNS = frozenset(("NN", "NNS", "NNP", "NNPS"))
_NAMES = frozenset(("NNP", "NNPS"))
_MODIFIERS = frozenset(("JJ", "JJR", "JJS", "VBN", "VBG"))
_WORD = re.compile(r"[^\W\d_][\w.+#&’'-]*|(?<!\d)\d++[^\W\d_][\w-]*")
_CONTENT = frozenset(("NN", "JJ", "VB", "FW", "UH"))
_FOREIGN = re.compile(r"[\u0370-\u1dff\u2c00-\ud7ff\uf900-\ufdff\uff66-\uffdc]")
_FOREIGN_WORD = re.compile(r"[^\W\d_]{2,60}")
_UNSURE = frozenset(("CD", "XX", "ADD", "AFX"))  # what names of products are taken for
_JOINTS = frozenset("-–‑")
_PARTICIPLES = frozenset(("VBN", "VBG"))

Around: TypeAlias = "tuple[Token | None, Token | None]"
"""The tokens before and after a word."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One word as readers see it: "long-term" is one, whatever the tokenizer says."""

    shown: str
    word: str
    tag: str
    position: int
    is_word: bool


def read_units(tokens: Sequence[Token]) -> list[Unit]:
    """Return the words and marks of a text in order, words around a bare hyphen joined."""
    units: list[Unit] = []
    text = "".join([token.text for token in tokens])
    shouting = 2 * sum(map(str.isupper, text)) > sum(map(str.isalpha, text))
    start = position = 0
    while start < len(tokens):
        end = start + 1
        while _joined(tokens, end):
            end += 2
        around = tokens[start - 1] if start else None, tokens[end] if end < len(tokens) else None
        units.append(_unit(tokens[start:end], position, shouting, around))
        position += PARAGRAPH_GAP if is_break(tokens[start]) else units[-1].is_word
        start = end
    return units


def is_break(token: Token) -> bool:
    """Whether a token is the blank line between two paragraphs."""
    return token.is_space and token.text.count("\n") > 1


def _joined(tokens: Sequence[Token], i: int) -> bool:
    """Whether token i is a hyphen between two words without blanks."""
    return (
        i + 1 < len(tokens)
        and tokens[i].text in _JOINTS
        and not tokens[i].whitespace_
        and not tokens[i - 1].whitespace_
        and tokens[i - 1].text[-1].isalnum()
        and tokens[i + 1].text[0].isalnum()
    )


def _unit(tokens: Sequence[Token], position: int, shouting: bool, around: Around) -> Unit:
    """Return one unit of tokens."""
    last = tokens[-1]
    text = "".join(token.text for token in tokens)
    acronym = text.isupper() and 2 <= len(text) <= 6 and not shouting
    shown = text if acronym else text.lower()
    word = "".join(token.lower_ for token in tokens[:-1]) + singular(last)
    foreign = _FOREIGN.search(text) is not None
    is_word = len(text) <= MAX_LENGTH and _WORD.fullmatch(text) is not None and not foreign
    tag = "FW" if foreign else _tag(last, text, around)
    return Unit(intern(shown), intern(word), tag, position, is_word)


def _tag(last: Token, text: str, around: Around) -> str:
    """Return the part of speech of a unit: that of its last token, with what that one misses."""
    tag = last.tag_
    if tag in _NOUNS:
        return tag
    if last.is_stop:
        return "STOP"
    if tag in _UNSURE and text[0].isalpha() and not last.like_num:
        return "NNP"
    if text != last.text:
        return "JJ"
    return "VB" if tag in _PARTICIPLES and not _modifies(last, around) else tag


def _modifies(participle: Token, around: Around) -> bool:
    """Whether a participle stands before a noun as its modifier, as the parser says.

    Where nothing was parsed: if a noun or, after "-ed", an adjective follows, and what comes before
    makes no verb of it. So say nine of ten that the parser takes for modifiers.
    """
    if participle.dep:
        return participle.dep_ in ("amod", "compound")
    before, after = ("" if token is None else token.tag_ for token in around)
    if participle.tag_ == "VBG":
        return after in _NOUNS and before[:2] not in ("VB", "MD", "TO", "RB", "NN", ",", "CC", "IN")
    return after[:2] in ("NN", "JJ") and before[:2] not in ("VB", "MD", "RB", "NN", ",", "CC")


def find_phrases(units: Sequence[Unit], options: TagOptions) -> Iterator[Mention]:
    """Yield the noun phrases in reading order, each followed by its own last words.

    A phrase is a run of nouns with the adjectives and participles before them (Hulth 2003, by
    part of speech). Articles, pronouns, possessives and numbers are
    never in it; words that belong to the request are taken off its left end. A phrase of more than
    `options.max_words` words keeps the last ones.
    """
    yield from _foreign(units)
    for run in _runs(units):
        kept = _trimmed(run, options)
        if kept:
            yield _mention(kept, Kind.PHRASE)
        whole_name = all(unit.tag in _NAMES for unit in kept)
        for start in range(1, 1 if whole_name else len(kept)):
            part = kept[start:]
            if _tells(part, options):
                yield _mention(part, Kind.PART)


def _foreign(units: Sequence[Unit]) -> Iterator[Mention]:
    """Yield the words of other scripts one by one; English rules would glue them together.

    A run without blanks (Chinese, Japanese) ends at its marks; alphabetic words need 3 letters.
    """
    for unit in units:
        if unit.tag == "FW" and not unit.is_word:
            for word in _FOREIGN_WORD.findall(unit.shown):
                if len(word) > 2 or word[0] > "\u2e7f":
                    yield Mention(word, (word,), unit.position, Kind.PHRASE)


def _runs(units: Sequence[Unit]) -> Iterator[list[Unit]]:
    """Yield maximal runs of modifiers and nouns; a modifier after a noun starts a new run."""
    run: list[Unit] = []
    for unit in units:
        grows = unit.is_word and (unit.tag in _NOUNS or unit.tag in _MODIFIERS)
        if not grows or (unit.tag in _MODIFIERS and run and run[-1].tag in _NOUNS):
            if run:
                yield run
            run = []
        if grows and not (run and run[-1].word == unit.word):
            run.append(unit)
    if run:
        yield run


def _trimmed(run: Sequence[Unit], options: TagOptions) -> list[Unit]:
    """Return the run from its first telling word to its last noun; empty if it tells nothing."""
    end = max((i + 1 for i, unit in enumerate(run) if unit.tag in _NOUNS), default=0)
    start = 0
    while start < end and _is_light_modifier(run[start], options):
        start += 1
    kept = list(run[max(start, end - options.max_words) : end])
    return kept if _tells(kept, options) else []


def _is_light_modifier(unit: Unit, options: TagOptions) -> bool:
    """Whether a word on the left end says nothing about the topic."""
    return options.general_words and unit.tag in _MODIFIERS and unit.word in LIGHT_MODIFIERS


def _tells(units: Sequence[Unit], options: TagOptions) -> bool:
    """Whether a phrase holds a word of its own: not only light nouns, not a bare request verb."""
    if not any(len(u.word) > 1 and (u.word[0].isalpha() or u.shown.isupper()) for u in units):
        return False
    if not options.general_words:
        return True
    light = (unit.word in LIGHT_NOUNS or unit.word in LIGHT_MODIFIERS for unit in units)
    return not all(light) and not all(unit.word in REQUEST_VERBS | LIGHT_VERBS for unit in units)


def _mention(units: Sequence[Unit], kind: Kind) -> Mention:
    """Return the mention of a phrase."""
    shown = " ".join(unit.shown for unit in units)
    return Mention(shown, tuple(unit.word for unit in units), units[0].position, kind)


def find_words(units: Sequence[Unit], options: TagOptions) -> Iterator[Mention]:
    """Yield the verbs, adjectives and nouns one by one, for want of phrases."""
    for unit in units:
        if unit.is_word and unit.tag[:2] in _CONTENT and _tells([unit], options):
            yield _mention([unit], Kind.WORD)
