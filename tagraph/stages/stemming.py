"""Porter's stemmer (An algorithm for suffix stripping, 1980), as TACOS and InsTag use it on tags.

tagraph's own normalizer does without: a stem is no word ("physic"). It is here for their recipe.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

_RUNS = re.compile("v+c+")

Rules = Sequence[tuple[str, str]]
_STEP2: Rules = (
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("abli", "able"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
)
_STEP3: Rules = (
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
)
_ENDINGS = "al ance ence er ic able ible ant ement ment ent sion tion ou ism ate iti ous ive ize"
_STEP4: Rules = tuple((end, end[0] if end in ("sion", "tion") else "") for end in _ENDINGS.split())


@cache
def stem(text: str) -> str:
    """Return the stem of a text in lower case; of several words only the last one changes.

    The measure of a stem is taken over the whole text, as where the method is applied to tags.
    """
    if len(text) <= 2:
        return text
    for step in (_plural, _past, _final_y, _double_suffix, _suffix, _residue, _final_e):
        text = step(text)
    return text


def _form(text: str) -> str:
    """Return the text as v for vowels and c for everything else; y is a vowel after a consonant."""
    form = ""
    for char in text:
        is_vowel = char in "aeiou" or (char == "y" and form.endswith("c"))
        form += "v" if is_vowel else "c"
    return form


def _measure(text: str) -> int:
    return len(_RUNS.findall(_form(text)))


def _ends_double(text: str) -> bool:
    return len(text) > 1 and text[-1] == text[-2] and _form(text)[-1] == "c"


def _ends_short(text: str) -> bool:
    """Return whether the text ends consonant, vowel, consonant other than w, x and y."""
    return _form(text)[-3:] == "cvc" and text[-1] not in "wxy"


def _replace(text: str, rules: Rules, least: int) -> str:
    """Return the text with the longest ending that a rule names replaced.

    Unless the measure of what stands before the ending is below `least`; of -sion and -tion, the
    first letter belongs to what stands before.
    """
    for ending, new in sorted(rules, key=lambda rule: -len(rule[0])):
        if text.endswith(ending):
            rest = text.removesuffix(ending)
            before = rest + ending[0] if new == ending[0] else rest
            return rest + new if _measure(before) >= least else text
    return text


def _plural(text: str) -> str:
    return _replace(text, (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")), 0)


def _past(text: str) -> str:
    if text.endswith("eed"):
        return text[:-1] if _measure(text[:-3]) > 0 else text
    for ending in ("ed", "ing"):
        rest = text.removesuffix(ending)
        if rest != text and "v" in _form(rest):
            return _mend(rest)
    return text


def _mend(text: str) -> str:
    """Return a stem that lost -ed or -ing with its own ending back."""
    if text.endswith(("at", "bl", "iz")):
        return text + "e"
    if _ends_double(text) and text[-1] not in "lsz":
        return text[:-1]
    return text + "e" if _measure(text) == 1 and _ends_short(text) else text


def _final_y(text: str) -> str:
    return text[:-1] + "i" if text.endswith("y") and "v" in _form(text[:-1]) else text


def _double_suffix(text: str) -> str:
    return _replace(text, _STEP2, 1)


def _suffix(text: str) -> str:
    return _replace(text, _STEP3, 1)


def _residue(text: str) -> str:
    return _replace(text, _STEP4, 2)


def _final_e(text: str) -> str:
    if text.endswith("e"):
        rest = text[:-1]
        if _measure(rest) > 1 or (_measure(rest) == 1 and not _ends_short(rest)):
            text = rest
    if text.endswith("ll") and _measure(text[:-1]) > 1:
        return text[:-1]
    return text
