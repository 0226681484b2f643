"""A response to what can be seen of it alone: ending, repetition, balance, refusal, length.

Word lists are general English; what they miss is missed silently, so every list can be switched
off by a weight of 0 in `QualityOptions` and its share of a figure shown.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence

_GRAM = 8  # words in a row that are no accident when they come again
_SENTENCE = 4  # words from which on a sentence that comes again is counted
_LONGEST_LOOP = 12  # words in a part that is found when it follows itself at once
_NAME = 2  # words of a part that a name may hold twice
_OPENING = 400  # characters in which a refusal stands if there is one

# Letters and digits in a row; scripts written without blanks count by the character.
_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")
_SENTENCES = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_FINISHED = re.compile(r"[.!?…。！？؟।][\"'”’»)\]}*_`~]*$|[^\w\s.,;:!?'\"(\[{<&@#$%+=/\\|*-]$")
_CLOSED = re.compile(r"(```|~~~|[)}\]>;|\"”])$")
_DANGLING = re.compile(
    r"([,:(\[{–—&-]|\n[^\S\n]*(\d{1,3}[.)]|[-*•#])"
    r"|\w\s\S+\s\S*\b(a|an|the|and|or|but|nor|of|to|from|with|without|into|than|that|which|whose"
    r"|because|if|when|while|are|was|were|has|have|had|will|would|could|should|may|might|must"
    r"|my|your|his|its|our|their|these|those|such|very))$"
)
_SIGNED = re.compile(
    r"\n[^\n]{0,40}\b(sincerely|regards|wishes|love|cheers|thanks|thank you|gratitude|yours|truly"
    r"|faithfully|respectfully|best)\b[^\n]{0,20},(\s*\n[^\n]{1,40}){0,2}$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?<![\w.])(\d{1,2})[.):]\s")
_ITEM = re.compile(r"^[ \t]*(?:[-*•·+–]|\(?\d{1,3}[.):]|[a-zA-Z][.)])\s+\S", re.MULTILINE)
_CODE = re.compile(
    r"```|^[ \t]*(def|class|import|from|for|while|if|return|#include|public|var|let|const|function"
    r"|SELECT|INSERT|UPDATE|<\w+)\b.*[:;{(>=]",
    re.MULTILINE,
)
_PAIRS = ("()", "[]", "{}", "“”")
_BOILERPLATE = re.compile(
    r"\blorem ipsum\b|\bTODO\b|\bTBD\b|<no ?input>|<no ?output>"
    r"|\[(insert|add|enter|fill)\b[^\]]{0,80}\]"
    r"|\bas an? (ai|artificial intelligence|(large )?language model|chatbot)\b|�",
    re.IGNORECASE,
)
_DEED = (
    r"(help(?! (but|myself|feel|\w+ing)\b)|give(?! (up|in)\b)|assist|answer|respond|reply|provide"
    r"|comply|fulfil+|complete|discuss|comment|write|create|generate|produce|access|browse|determine"
    r"|continue|engage|support|process|understand|talk|offer|share|tell|say|do (that|this|so)"
    r"|perform|execute|proceed|accommodate|address)"
)
_REFUSAL = re.compile(
    r"\b(i|we|this model|the assistant)('m| am|'re| are)?( \w+ly| just| simply| only)? ?"
    r"(cannot|can ?not|can't|couldn't|could not|won't|will not|wouldn't|unable|not able|not allowed"
    r"|not permitted|not in a position|not comfortable|don't feel comfortable|not programmed"
    r"|not designed|not trained|not capable of|do not wish|don't want|prefer not|would rather not"
    rf"|'d rather not|refuse|decline)( to| be able to| be)? ?(\w+ )?{_DEED}(ing)?\b"
    r"|\b(i|we) (must|have to|need to|will have to) (\w+ly )?(decline|refuse)"
    r"|\b(i|we) (have no|lack|do not have|don't have)( \w+){0,2} (access|ability|abilities|capacity"
    r"|knowledge|information|opinions?|capability|means|data)\b"
    r"|\b(beyond|outside)( of)? (my|the scope of my) (\w+ )?(abilit|capabilit|capacit|scope"
    r"|knowledge|expertise|power|reach|means|permission)"
    r"|\b(beyond|outside)( of)? what i('m| am)? (can|able|allowed|permitted|here)\b"
    r"|\bagainst (my|our) (guidelines|principles|programming|polic\w+|rules)\b"
    r"|\b(as|being|i am|i'm) (just |only |merely )?an? (ai|artificial|(large )?language model"
    r"|machine|computer program|program)\b[^.]*\b(not|no|cannot|can't|unable)\b"
    r"|\b(request|question|prompt|task|instruction)( \w+)? (cannot|can't|can not|could not) be\b"
    r"|^(i'm |i am |we are |we're )?(very |so |really |deeply )?(sorry|afraid)\b(?! to hear)"
    r"[^.]{0,60}\b(cannot|can't|not|unable|don't|won't)\b",
    re.IGNORECASE,
)
_APOLOGY = re.compile(
    r"^((i'm |i am |we're |we are )?(very |so |really |deeply )?sorry(,| but|\.|!)"
    r"|(my |our )?(sincere )?apologies(,| but|\.|!)|unfortunately\b|regrettably\b)",
    re.IGNORECASE,
)


def split_words(text: str) -> list[str]:
    """Return the words of a text in lower case; a CJK character is a word."""
    return _WORDS.findall(text.lower())


def observe_response(response: str, words: Sequence[str]) -> dict[str, float]:
    """Return what can be seen of a response without its query.

    Args:
        response: The text.
        words: Its words as `split_words` gives them.

    Returns:
        `new_characters` (from 0, letters and digits outside repeated parts), and from 0 to 1:
        `finished`, `balanced`, `repetition` (share of the words that are repeated), `refusal`,
        `boilerplate`, `structure` (lists and code in a longer text). An empty response has 0 in
        all but `balanced`.
    """
    text = response.strip()
    repeated = find_repeated(text, words)
    new = sum(len(word) for word, again in zip(words, repeated, strict=True) if not again)
    return {
        "new_characters": float(new),
        "finished": rate_ending(text),
        "balanced": rate_balance(text),
        "repetition": sum(repeated) / len(repeated) if repeated else 0.0,
        "refusal": rate_refusal(text),
        "boilerplate": float(bool(_BOILERPLATE.search(text))),
        "structure": rate_structure(text),
    }


def find_repeated(text: str, words: Sequence[str]) -> list[bool]:
    """Return which words stand in a part that came before, shape (n_words,).

    A part is eight words in a row anywhere, a sentence or line of at least four words, or up to
    twelve words that follow themselves at once. Shorter parts come again in good prose and lists.
    """
    repeated = [False] * len(words)
    _mark_grams(words, repeated)
    _mark_loops(words, repeated)
    _mark_sentences(text, repeated)
    return repeated


def _mark_grams(words: Sequence[str], repeated: list[bool]) -> None:
    """Mark every eight words in a row that came before."""
    seen: set[tuple[str, ...]] = set()
    for i in range(len(words) - _GRAM + 1):
        gram = tuple(words[i : i + _GRAM])
        if gram in seen:
            repeated[i : i + _GRAM] = [True] * _GRAM
        seen.add(gram)


def _mark_loops(words: Sequence[str], repeated: list[bool]) -> None:
    """Mark every part of up to twelve words that follows itself, one of two words at least twice.

    Names hold a short part twice ("A. A. Milne", "Xbox, Xbox 360").
    """
    for period in range(1, min(_LONGEST_LOOP, len(words) // 2) + 1):
        same = bytes(map(operator.eq, words[period:], words))
        needed = period if period > _NAME else 2 * period
        for run in re.finditer(b"\x01{%d,}" % needed, same):
            length = run.end() - run.start()
            repeated[run.start() + period : run.end() + period] = [True] * length


def _mark_sentences(text: str, repeated: list[bool]) -> None:
    """Mark the words of every sentence or line of some length that came before."""
    start, seen = 0, set[tuple[str, ...]]()
    for sentence in _SENTENCES.split(text):
        key = tuple(split_words(sentence))
        if len(key) >= _SENTENCE and key in seen:
            repeated[start : start + len(key)] = [True] * len(key)
        seen.add(key)
        start += len(key)


def rate_ending(text: str) -> float:
    """Return 1 for a finished text, 0 for one cut in mid-sentence, 0.5 where it may be cut.

    A last line without a full stop is finished where other lines have none either (lists, verse,
    code, tables), where it signs a letter, and in texts of a few words.
    """
    if _SIGNED.search(text[-80:]):
        return 1.0
    if not text or _DANGLING.search(text[-80:]):
        return 0.0
    if _FINISHED.search(text[-8:]) or _CLOSED.search(text[-3:]):
        return 1.0
    lines = [line for line in text.split("\n") if line.strip()]
    open_lines = sum(not _FINISHED.search(line.rstrip()[-8:]) for line in lines[:-1])
    alike = 2 * open_lines >= len(lines) > 1
    return 1.0 if alike or len(text.split()) <= 6 else 0.5


def rate_balance(text: str) -> float:
    """Return 1 where brackets, quotes and code fences are closed, less for each kind left open."""
    opened = sum(text.count(pair[0]) > text.count(pair[1]) for pair in _PAIRS)
    opened += text.count("```") % 2 + text.count('"') % 2
    return 1.0 / (1 + opened)


def rate_refusal(text: str) -> float:
    """Return 1 for a text that opens by refusing, 0.5 for one that only opens with an apology."""
    opening = text[:_OPENING].replace("’", "'")
    if _REFUSAL.search(opening):
        return 1.0
    return 0.5 if _APOLOGY.search(opening) else 0.0


def rate_structure(text: str) -> float:
    """Return 1 for a list of at least two items or code, 0.5 for paragraphs, 0 for one block."""
    if len(_ITEM.findall(text)) >= 2 or _CODE.search(text):
        return 1.0
    return 0.5 if "\n\n" in text else 0.0


def count_items(text: str) -> int:
    """Return how many items a list holds, one per line or numbered from 1 inside a line."""
    numbers, n = {int(number) for number in _NUMBERED.findall(text)}, 0
    while n + 1 in numbers:
        n += 1
    return max(n, len(_ITEM.findall(text)))
