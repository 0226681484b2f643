"""Raw tags to words and keys: tags that share a key are the same tag, written differently."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypeAlias

from tagraph.data import Link

Words: TypeAlias = tuple[str, ...]

# Symbols that tell tags apart (c, c++, c#, .net, a*, r&d) are spelled out; no other is a word.
_SYMBOLS = (
    (re.compile(r"(?<!\S)[#*]+(?=\w)"), " "),  # a hashtag or a bullet
    (re.compile(r"(?<!\S)\.(?=[^\W\d])"), " dot "),
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
    (re.compile(r"(?<=\w)['’](?=\w)"), ""),
    (re.compile("&"), " and "),
    (re.compile(r"\+"), " plus "),
    (re.compile(r"(?<=[^\W\d])#"), " sharp "),
    (re.compile(r"(?<=\w)\*(?!\w)"), " star "),
    (re.compile("%"), " percent "),
)
_SEPARATORS = re.compile(r"[\s_\-./:,;'’\"()\[\]{}!?@&*#\\⁄`]+")
_BRITISH = (
    (re.compile(r"(?<=\w{3})our(?=$|s$|ed$|ing$|able$|al$|ite$|hood$|ful$)"), "or"),
    (re.compile(r"(?<=\w{3})is(?=e$|es$|ed$|er$|ers$|ing$|ation$|ations$|able$)"), "iz"),
    (re.compile(r"(?<=\w{2})lys(?=e$|es$|ed$|er$|ers$|ing$)"), "lyz"),
    (re.compile(r"(^cen|thea|me|^li)tre(?=$|s$)"), r"\1ter"),
    (re.compile(r"(?<=\w{3})(?<!prol)ogue$"), "og"),
    (re.compile(r"^(def|off|lic|pret)ence"), r"\1ense"),
    (re.compile(r"([aeiou][^aeiou]+[aeiou]l)l(?=ed$|er$|ers$|ing$)"), r"\1"),
    (re.compile(r"^grey"), "gray"),
    (re.compile(r"^programme$"), "program"),
    (re.compile(r"dgement"), "dgment"),
)
_SHORT_FORMS = {
    "admin": "administration",
    "app": "application",
    "auth": "authentication",
    "config": "configuration",
    "db": "database",
    "dev": "development",
    "dir": "directory",
    "doc": "documentation",
    "env": "environment",
    "exam": "examination",
    "info": "information",
    "intro": "introduction",
    "lib": "library",
    "math": "mathematics",
    "maths": "mathematics",
    "org": "organization",
    "param": "parameter",
    "prep": "preparation",
    "repo": "repository",
    "spec": "specification",
    "stat": "statistics",
    "tech": "technology",
    "univ": "university",
}
_VERSION = re.compile(r"v?\d+")
_TRAILING = re.compile(r"v?\d+$")
# Words around which the order of the others carries meaning.
_DIRECTIONAL_TEXT = """
about after against and as at before between by for from in into like no not on or over than to
under versus via vs with within without
"""
_DIRECTIONAL = frozenset(_DIRECTIONAL_TEXT.split())
# Words beside which the last one does not say what a thing is.
_TURNING = _DIRECTIONAL | {"of", "anti", "ex", "fake", "former", "mock", "non", "pseudo", "quasi"}
_SHORTEST_HEAD = 2


def split_words(tag: str, *, accents: bool = False) -> Words:
    """Return the words of a tag: NFKC, case folded, symbols spelled out, Latin accents off.

    `C#` gives c, sharp; `.NET` gives dot, net; `r&d` gives r, and, d. A tag of separators
    alone gives no word; signs and emoji without a rule stay part of a word. With `accents` they
    stay, as a dictionary needs them.
    """
    text = fold_case(tag)
    for pattern, spelled in _SYMBOLS:
        text = pattern.sub(spelled, text)
    text = text if text.isascii() else _drop_marks(text, accents=accents)
    return tuple(word for word in _SEPARATORS.split(text) if word)


def fold_case(tag: str) -> str:
    """Return a tag in compatibility form, case folded, blanks collapsed."""
    folded = unicodedata.normalize("NFKC", tag).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _drop_marks(text: str, *, accents: bool) -> str:
    """Return text without accents on Latin letters unless asked for, punctuation as blanks."""
    kept: list[str] = []
    latin = False
    for sign in unicodedata.normalize("NFD", text):
        if unicodedata.combining(sign):
            kept.append("" if latin and not accents else sign)
        else:
            latin = "a" <= sign <= "z"
            kept.append(" " if unicodedata.category(sign).startswith(("P", "C")) else sign)
    return unicodedata.normalize("NFC", "".join(kept))


def squash(words: Sequence[str]) -> str:
    """Return words as one key; a point stays between digits, so that 3.5 is not 35."""
    key = "".join(words)
    if not any(word[-1].isdigit() for word in words[:-1]):
        return key
    parts = list(words[:1])
    for left, right in pairwise(words):
        parts.append("." + right if left[-1].isdigit() and right[0].isdigit() else right)
    return "".join(parts)


def spell_american(word: str) -> str:
    """Return a word in American spelling, by rules of endings that leave short words alone."""
    for pattern, american in _BRITISH:
        word = pattern.sub(american, word)
    return word


def spell_out(words: Words) -> Words:
    """Return words with everyday short forms written out: docs, info, app."""
    return tuple(_SHORT_FORMS.get(word, word) for word in words)


def drop_version(words: Words) -> Words:
    """Return a tag without the number at its end, or no words where it has none.

    What is left must end in a word of three letters or more: python 3 and python3 give python,
    mp3 gives nothing.
    """
    if not words or not words[-1][-1].isdigit():
        return ()
    while words and _VERSION.fullmatch(words[-1]):
        words = words[:-1]
    last = _TRAILING.sub("", words[-1]) if words else ""
    return (*words[:-1], last) if len(last) > 2 and last.isalpha() else ()


def turn_around(words: Words) -> str:
    """Return a key that ignores word order; empty where order carries meaning.

    `history of art` gives the key of `art history`; tags with a word such as to, from or without
    have none, nor has a single word.
    """
    if words.count("of") == 1 and 0 < words.index("of") < len(words) - 1:
        at = words.index("of")
        words = words[at + 1 :] + words[:at]
    words = tuple(word for word in words if word not in ("a", "an", "the"))
    if len(words) < 2 or not _DIRECTIONAL.isdisjoint(words) or "of" in words:
        return ""
    return " ".join(sorted(words))


def find_heads(words: Words) -> list[Words]:
    """Return the shorter tags that the end of an English tag makes, the longest first.

    Deep machine learning gives machine learning and learning. The last word says what a thing is,
    the words before it which one. There are none where a word such as of, to or without turns
    that around, and none of a single letter, a number or a marker.
    """
    if not _TURNING.isdisjoint(words):
        return []
    heads = (words[at:] for at in range(1, len(words)))
    return [head for head in heads if len(head[-1]) >= _SHORTEST_HEAD and _is_thing(head[-1])]


def _is_thing(word: str) -> bool:
    return word.isalpha() and word not in ("js", "lang")


def link_by_keys(keys: Iterable[str], reason: str) -> list[Link]:
    """Link the entries that share a key to the first of them; an empty key matches nothing."""
    groups: dict[str, list[int]] = defaultdict(list)
    for i, key in enumerate(keys):
        if key:
            groups[key].append(i)
    return [Link(group[0], i, reason) for group in groups.values() for i in group[1:]]
