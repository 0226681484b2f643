"""A query and its response to how far the one answers the other, by what can be counted."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence

_STEM = 5  # letters kept of a word, so that inflections meet
_ENDING = re.compile(r"(?<=..[^s])(ies|ied|ing|ed|es|er|ly|s|y|e)$")
_COPIED = 4  # first words that a mere copy shares with the query
_COMMON = 50  # the most frequent words carry no subject
_ASKING = 400  # characters in which the query says what it wants; texts to work on follow
_DOUBT = 2.0  # weight of not knowing: a query of few telling words says little either way
_UNKNOWN = 30_000  # rank of a word that the list of frequent words does not hold
_ENOUGH = 40.0  # matched weight (some eight telling words) after which a long query is met

# Words that ask for something and say nothing about what.
_REQUEST_WORDS = """
answer article ask based below brief come compare complete compose construct create define describe
design detailed determine develop different discuss each edit essay example examples explain find
following generate get give given giving hello help hi idea ideas identify include input instruction
kind know list make name need output paragraph passage phrase please possible propose provide
question reference rewrite say sentence sentences short show some statement story suggest summarize
suggestions summary task tell text thing things think topic type types use using want way ways word
words write your two three four five ten
"""
_REQUESTS = frozenset(_REQUEST_WORDS.split())
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
            "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20}  # fmt: skip
_COUNT = "|".join(_NUMBERS)
_ASKED = re.compile(
    r"\b(?:list|give|name|write|provide|suggest|create|generate|identify|describe|find|tell|make"
    r"|come up with|think of|brainstorm|what are|which|recommend|compile|propose|offer|mention|are"
    rf"|share|state|outline)\b(?: \w+){{0,3}}? (\d{{1,2}}|{_COUNT}) (?:\w+ ){{0,3}}?\w+s\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:in|using|under|within|at most|no more than|less than|fewer than|up to|maximum of|only"
    rf"|not exceed|exceeding) (?:a |an |just |only |about )?(\d{{1,4}}|one|a single|{_COUNT})"
    r"[ -](words?|sentences?|paragraphs?)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?。！？][\"'”’)\]]{0,3}(?=\s|$)")
_PARAGRAPH = re.compile(r"\n\s*\n")
_WANTS_NUMBER = re.compile(
    r"(^|[.?!,:]\s+)(how (many|much|old|tall|long|far|large|heavy|fast) (is|are|was|were|do|does"
    r"|did|has|have|\w+s)|(in )?(what|which) year|what percentage|calculate|compute)\b",
    re.IGNORECASE,
)
_HAS_NUMBER = re.compile(
    rf"\d|\b({_COUNT}|\w+teen|\w+ty|zero|no|one|eleven|hundred|thousand|million|billion|dozen|half"
    r"|none|never|depends?|var(y|ies))\b",
    re.IGNORECASE,
)
_WANTS_CODE = re.compile(
    r"\b(write|create|implement|generate|develop|construct)\b[^.?!]{0,60}\b(code|program|function"
    r"|query|python|javascript|java|c\+\+|sql|html|css|regex|regular expression)\b",
    re.IGNORECASE,
)
_HAS_CODE = re.compile(r"[{}<>=;`_\\^]|\(\)|\w\(|SELECT|:\n")
_NO_ANSWER_ASKED = re.compile(
    r"\b(refus\w+|declin\w+|reject\w*|apolog\w+|sorry|regret\w*|cancel\w*|excuses?|resign\w*"
    r"|turn(ing)? down|say(ing)? no|sympath\w+|condolences?)\b",
    re.IGNORECASE,
)
_OTHER_LANGUAGE = re.compile(
    r"\b(translat\w+|language|chinese|japanese|korean|arabic|russian|hindi|greek|hebrew|ukrainian"
    r"|bengali|thai|emojis?|kanji|hiragana|cyrillic|script|in [a-z]+(ish|ese|ian|ic))\b",
    re.IGNORECASE,
)


def observe_fit(
    texts: tuple[str, str],
    words: tuple[Sequence[str], Sequence[str]],
    n_items: int,
    rank_of: Mapping[str, int],
) -> dict[str, float]:
    """Return how a response meets its query, each from 0 to 1.

    Args:
        texts: Query and response.
        words: The words of both, in lower case.
        n_items: List items in the response.
        rank_of: Frequency rank of general English words, 1 the most frequent.

    Returns:
        `relevance`, `copied` (only hands the query back), `delivered` (share of the number of
        items asked for), `limit` (kept a limit on words or sentences), `answer_type` (a number or
        code where one is asked for), `language` (same script), `refusal_asked` (the query is about
        declining or apologising).
    """
    query, response = texts
    return {
        "relevance": rate_relevance(*words, rank_of),
        "copied": rate_copy(*words),
        "delivered": rate_delivery(query, n_items),
        "limit": rate_limit(query, response, len(words[1])),
        "answer_type": rate_answer_type(query, response),
        "language": rate_language(query, response),
        "refusal_asked": float(bool(_NO_ANSWER_ASKED.search(query[:_ASKING]))),
    }


def cut_ending(word: str) -> str:
    """Return what inflections of a word share: no common English ending, at most five letters."""
    return _ENDING.sub("", word)[:_STEM]


def rate_relevance(
    query: Sequence[str], response: Sequence[str], rank_of: Mapping[str, int]
) -> float:
    """Return which share of the query's telling words the response takes up, by rarity.

    A word weighs the log of its frequency rank; the fifty most frequent words weigh nothing. The
    share never falls when the response grows. The unmet part of a long query counts less: an
    answer about a page of text need not repeat the page. A query without telling words gives 0.
    """
    weights = {
        cut_ending(word): math.log((rank + 1) / _COMMON)
        for word in sorted(set(query))
        if (rank := rank_of.get(word, _UNKNOWN)) > _COMMON and word not in _REQUESTS
    }
    said = {cut_ending(word) for word in set(response)}
    met = sum(weight for stem, weight in weights.items() if stem in said)
    unmet = sum(weight for stem, weight in weights.items() if stem not in said)
    unmet *= _ENOUGH / (_ENOUGH + met + unmet)
    return (met + _DOUBT / 2) / (met + unmet + _DOUBT)


def rate_copy(query: Sequence[str], response: Sequence[str]) -> float:
    """Return 1 for a response that only hands the query back, else 0.

    It opens with the first words of the query and has little of its own; quoting or correcting
    a text of the query is no copy.
    """
    opening = query[:_COPIED]
    if len(opening) < _COPIED or response[:_COPIED] != opening:
        return 0.0
    own = set(response) - set(query)
    return float(len(own) <= 0.1 * len(set(response)) and len(response) <= 1.2 * len(query))


def rate_delivery(query: str, n_items: int) -> float:
    """Return the share of the asked number of items that a list holds; 1 without a list."""
    found = _ASKED.search(query[:_ASKING])
    if found is None or n_items < 2:
        return 1.0
    asked = _read_number(found[1])
    return min(1.0, n_items / asked) if asked else 1.0


def rate_limit(query: str, response: str, n_words: int) -> float:
    """Return 1 where a limit on words, sentences and so on is kept, else limit / length."""
    found = _LIMIT.search(query[:_ASKING])
    if found is None:
        return 1.0
    limit, unit = _read_number(found[1]), found[2].lower().rstrip("s")
    length = {
        "word": n_words,
        "sentence": len(_SENTENCE.findall(response)),
        "paragraph": len(_PARAGRAPH.split(response)),
    }[unit]
    return min(1.0, limit / max(1, length))


def _read_number(text: str) -> int:
    return int(text) if text.isdecimal() else _NUMBERS.get(text.lower(), 1)


def rate_answer_type(query: str, response: str) -> float:
    """Return 0 where a number or code is asked for and there is none, else 1."""
    asked = query[:_ASKING]
    if _WANTS_NUMBER.search(asked) and not _HAS_NUMBER.search(response):
        return 0.0
    return float(not _WANTS_CODE.search(asked) or bool(_HAS_CODE.search(response)))


def rate_language(query: str, response: str) -> float:
    """Return 0 where the response is in another script and the query does not ask for one."""
    scripts = [_main_script(text) for text in (query, response)]
    same = scripts[0] == scripts[1] or "" in scripts
    return float(same or bool(_OTHER_LANGUAGE.search(query)))


def _main_script(text: str) -> str:
    """Return the first word of the Unicode name of most letters; empty without letters."""
    counts: dict[str, int] = {}
    for letter in text[:1000]:
        if letter.isascii():
            name = "LATIN" if letter.isalpha() else ""
        else:
            name = unicodedata.name(letter, "").split(" ")[0] if letter.isalpha() else ""
        counts[name] = counts.get(name, 0) + (name != "")
    return max(sorted(counts), key=lambda name: counts[name], default="")
