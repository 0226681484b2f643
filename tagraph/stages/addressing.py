"""Samples that seem to talk to a judge: flagged, never dropped.

What is looked for is the wording of known attacks on judges, in a few languages. It finds what is
clumsy; a sample that writes for a judge without addressing it is not found, and a sample about
judges may be flagged without a fault. That is why a flag only shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tagraph.data import Turn
from tagraph.text import shorten

_JUDGES = "judges?|evaluators?|graders?|raters?|assessors?|scorers?|annotators?|reviewers?"
_RULES = "instructions?|prompts?|rules?|criteria|rubrics?|directions?|guidelines"
_SAYS = {
    "verdict": (
        r"\b(first|second)_(much_)?better\b|^[ \t>*_#-]*verdict[*_]*[ \t]*:"
        r"|\[\[[ABC]\]\]|</?samples-[0-9a-f]{16}>"
    ),
    "address": (
        rf"\b(dear|attention|hello|hey|notes?|message|instructions?|reminder|to)[ ,:]{{1,2}}"
        rf"((to|for|all|the|our|any|ai|llm|model|automated|honou?rable) ){{0,3}}({_JUDGES})\b"
        rf"|\b({_JUDGES})[ :,]+(please |you |must |should |is ){{1,3}}"
        r"(choose|pick|prefer|select|rate|rank|score|vote|ignore|instructed|give)\b"
        r"|\bif you are (a|an|the) ([a-z]+ ){0,2}"
        rf"({_JUDGES}|language model|llm|ai)\b[^.\n]{{0,60}}"
        r"\b(choose|pick|prefer|select|rate|rank|score|vote|ignore|give)\b"
    ),
    "override": (
        r"\b((ignore|disregard|forget|override|overrule|skip)\b[^.\n]{0,20}"
        r"\b(previous|above|prior|earlier|preceding|foregoing|all|any|other|your)\b[^.\n]{0,20}"
        rf"\b({_RULES}|samples?|responses?|candidates?)\b"
        r"|ignor(iere|ieren sie) [^.\n]{0,40}\b(vorherig|bisherig|obig|andere)"
        r"|(ignor(a|e[zr]?)|oublie[zr]?|olvida|dimentica) [^.\n]{0,40}"
        r"\b(précédent|ci-dessus|l['’]a[ul]tr|anteriores|previas|acima|la otra|precedenti))"
        r"|(?=[^\x00-\x7f])((忽略|无视|忘记|無視)[^。\n]{0,24}(指示|指令|说明|提示|样本|回答)"
        r"|(指示|命令|指令)[^。\n]{0,12}(無視|忘れ)"
        r"|(игнорируй|забудь)(те)? [^.\n]{0,40}(предыдущ|инструкци|друг)"
        r"|(이전|위의|앞의|다른)[^.\n]{0,24}(무시|잊)"
        r"|تجاهل [^.\n]{0,30}(التعليمات|السابقة|الأخرى)"
        r"|पिछले [^।\n]{0,40}(अनदेखा|नज़रअंदाज़))"
    ),
    "praise": (
        r"\b(this|the above|the present) (sample|response|answer|candidate|submission|one)\b"
        r"[^.\n]{0,20}\b(is|was|wins?|must|should|deserves?)\b[^.\n]{0,40}"
        r"\b(better|best|superior|win|winner|preferred|correct choice|highest|full marks|chosen)\b"
        r"|\b(choose|pick|prefer|select|favou?r|vote for|rate) "
        r"(this|the present) (sample|response|answer|candidate|submission|one)\b"
        r"|\b(sample|response|answer|candidate|one) [^.\n]{0,20}"
        r"\bthis (sentence|line|note|remark)\b"
        r"|\b(other|opposing|competing) (sample|response|candidate|submission)\b[^.\n]{0,40}"
        r"\b(is|was|must|should|has)\b[^.\n]{0,40}"
        r"\b(worse|wrong|unsafe|lose|withdrawn|ignored|disqualified|rejected)\b"
    ),
    "marker": (
        r"<\|(im_start|im_end|system|assistant|user|endoftext)\|>|\[/?INST\]|<</?SYS>>"
        r"|^#{1,4} *(system|judge|evaluation|evaluator)( prompt| instructions?)? *:?$"
        r"|^(system|developer)( (prompt|message|override))?: "
    ),
}
_FLAGS = {name: re.compile(said, re.IGNORECASE | re.MULTILINE) for name, said in _SAYS.items()}
_CANDIDATES = ("sample", "response", "answer", "candidate", "submission", "one")
# Whatever a pattern finds holds one of these beginnings with one of its ends, or with any; they are
# found much faster.
_SIGNS: dict[str, dict[str, tuple[str, ...]]] = {
    "verdict": dict.fromkeys(("_better", "verdict", "[[", "samples-"), ()),
    "address": dict.fromkeys((*(w.rstrip("s?") for w in _JUDGES.split("|")), "if you are"), ()),
    "override": dict.fromkeys(
        (
            *("ignor", "disregard", "forget", "overr", "skip", "oublie", "olvida", "dimentica"),
            *("忽略", "无视", "忘记", "無視", "指示", "命令", "指令", "игнорируй", "забудь"),
            *("이전", "위의", "앞의", "다른", "تجاهل", "पिछले"),
        ),
        (),
    ),
    "praise": {
        "this ": (*_CANDIDATES, "sentence", "line", "note", "remark"),
        **dict.fromkeys(
            ("the above ", "the present ", "other ", "opposing ", "competing "), _CANDIDATES
        ),
    },
    "marker": dict.fromkeys(
        ("<|", "inst]", "sys>>", "system", "developer", "judge", "evaluat"), ()
    ),
}
_DOTS = str.maketrans("İı", "ii")  # alike to a pattern, apart when folded
_EXCERPT = 160


def find_address(turns: Iterable[Turn]) -> tuple[str, str]:
    """Return how a conversation talks to a judge, and where, on one line; empty if it does not.

    The first kind that is found counts: verdict (the words of an answer), address (a judge is
    spoken to), override (instructions shall be ignored), praise (a sample speaks of itself as the
    better one), marker (control words of a chat).
    """
    texts = [turn.content for turn in turns]
    folded = _fold("\n".join(texts))
    for name, pattern in _FLAGS.items():
        for text in texts if _may_hold(name, folded) else ():
            found = pattern.search(text)
            if found:
                start = max(0, found.start() - 40)
                return name, shorten(text[start : found.end() + 80], _EXCERPT)
    return "", ""


def _fold(text: str) -> str:
    """Return a text without the differences that patterns pass over."""
    return (text if text.isascii() else text.translate(_DOTS)).casefold()


def _may_hold(name: str, folded: str) -> bool:
    """Say whether folded texts are worth looking through for a pattern."""
    for start, ends in _SIGNS[name].items():
        if start in folded and (not ends or any(start + end in folded for end in ends)):
            return True
    return False
