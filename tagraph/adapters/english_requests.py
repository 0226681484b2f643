"""What an English request asks for: its verb with the object, or the form of its question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tagraph.adapters.english_words import (
    COUNTING_NOUNS,
    EMPTY_NOUNS,
    GIVING_VERBS,
    LIGHT_VERBS,
    REQUEST_NOUNS,
    REQUEST_VERBS,
)
from tagraph.stages.keyphrases import Kind, Mention

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

_BE = frozenset(("is", "are", "was", "were", "'s", "s"))
_AUXILIARY = r"(is|are|was|were|am|do|does|did|can|could|will|would|should|has|have|had)"
_AGENTS = frozenset(("i", "we", "you", "one"))
_CARRIERS = frozenset(("ask", "help", "like", "need", "try", "want"))
_SAID = {"come": "suggest", "think": "suggest", "enumerate": "list", "name": "list"}
_DATES = frozenset(("century", "date", "day", "decade", "month", "time", "year"))
_STEPS = 3  # verbs between a request and its root: "help me find and list" has two
_OBJECTS = frozenset(("dobj", "xcomp", "pobj"))
_OBJECT_TAGS = frozenset(("NN", "NNS", "NNP", "VBG"))

# The first pattern found in a question names its form.
QUESTION_FORMS = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        (r"\bhow (many|much|long|far|old|often|tall|big|large|high|deep|fast)\b", "find amount"),
        (r"\bhow to\b|\bhow (do|can|should) (i|you|we|one)\b|\bways? (to|that|i|you)\b", "how-to"),
        (r"\bdifferences? between\b", "comparison"),
        (r"\bwhy\b|\bhow come\b|^what (makes?|causes?)\b", "explain reason"),
        (r"^who|\bwhom?\W*$|\bwho(m|se)?\b[^.]*\?", "identify person"),
        (r"^tell me (more )?about\b", "description"),
        (r"^when\b.*\?", "find date"),
        (r"^where\b", "find place"),
        (r"\bhow\b", "explain process"),
        (r"\bwhich (of|one)\b", "choose option"),
        (
            r"^what('s|s| is| are| was| were) "
            r"(?!.*\b(of|in|on|at|to|for|from|by|with|between|like|about|some|any|my|your|best|good)\b)"
            r"[^ \d]+( [^ ]+){0,3}\W*$",
            "definition",
        ),
        (r"^what (do|does|is)\b.*\b(means?|meant|stand for)\W*$", "definition"),
        (rf"^{_AUXILIARY}\b(?! you).*\bor\b.*\?", "choose option"),
        (rf"^{_AUXILIARY}\b(?! you).*\?", "yes-no question"),
    )
)


def find_requests(sentence: Span) -> list[Mention]:
    """Return the requests of a sentence as mentions at its start, in reading order.

    Request verbs come with their object ("write poem") and, where there is one, with the noun
    of the verb ("writing"); questions come as what is asked for ("identify capital") and as the
    form of the question ("find place"); a question of no known form is an "open question", which
    only fills up.
    """
    verbs = [token for token in sentence if _is_verb(token) and _is_asked(token)]
    if sentence[0] not in verbs and _opens(sentence):
        verbs = [sentence[0], *verbs]
    found = [mention for verb in verbs for mention in _verb_mentions(verb)]
    return found + list(_question_mentions(sentence))


def _opens(sentence: Span) -> bool:
    """Whether a sentence opens with a request verb, whatever the parser took it for."""
    if sentence[0].lower_ not in REQUEST_VERBS or len(sentence) < 2:
        return False
    return sentence[1].tag_ not in ("IN", "VBZ", "VBD", "MD", "POS", "CC", "HYPH", ",", ":")


def _is_verb(token: Token) -> bool:
    return token.tag_ == "VB" or (token.tag_ == "VBP" and token.lower_ in REQUEST_VERBS)


def _is_asked(verb: Token) -> bool:
    """Whether the writer wants the verb done: an imperative, "can you", "how do I"."""
    carried = False
    for _ in range(_STEPS):
        if verb.dep_ == "conj" and verb.head.tag_ == "VB" and not _subjects(verb):
            verb = verb.head
        elif verb.dep_ in ("ccomp", "xcomp") and verb.head.lower_ in _CARRIERS:
            verb, carried = verb.head, True
    subjects = _subjects(verb)
    spoken = _AGENTS.issuperset(subjects) and (carried or "?" in verb.sent.text)
    return verb.dep_ == "ROOT" and (not subjects or spoken)


def _subjects(verb: Token) -> list[str]:
    return [t.lower_ for t in verb.children if t.dep_ in ("nsubj", "expl")]


def _verb_mentions(verb: Token) -> Iterator[Mention]:
    """Yield the verb with its object, and its noun."""
    name = verb.lower_
    if name in LIGHT_VERBS:
        return
    thing, counted = _object(verb)
    if thing is not None and singular(thing) not in EMPTY_NOUNS:
        listed = counted and thing.tag_ == "NNS" and name in GIVING_VERBS
        yield _intent("list" if listed else _SAID.get(name, name), thing)
    if name in REQUEST_NOUNS:
        noun = REQUEST_NOUNS[name]
        yield Mention(noun, (noun,), 0, Kind.NOUN)


def _object(verb: Token) -> tuple[Token | None, bool]:
    """Return the noun a verb acts on, and whether it was only counted ("a list of names")."""
    links = [t for t in verb.children if t.lower_ in ("of", "with")]
    for word in (verb, *(t for t in verb.children if t.dep_ == "conj"), *links):
        for child in word.children:
            if child.dep_ in _OBJECTS and (child.tag_ in _OBJECT_TAGS or child.lower_ == "some"):
                return _counted(child)
    found = None if verb.tag_ == "VB" else _next_noun(verb)
    return (None, False) if found is None else _counted(found)


def _next_noun(verb: Token) -> Token | None:
    """Return the last of the first nouns after a verb that was mistaken for something else."""
    found = None
    for token in verb.sent[verb.i - verb.sent.start + 1 :]:
        if token.tag_ in ("NN", "NNS"):
            found = token
        elif found is not None or token.is_punct or token.tag_[:2] in ("VB", "IN"):
            break
    return found


def _counted(noun: Token) -> tuple[Token, bool]:
    """Follow "of" from counting nouns to what they count."""
    counted = False
    while singular(noun) in COUNTING_NOUNS and (inner := _after_of(noun)) is not None:
        if singular(noun) == "example" and inner.tag_ == "NN":
            break
        noun, counted = inner, True
    return noun, counted


def _after_of(noun: Token) -> Token | None:
    """Return the noun after "of"."""
    links = (link for link in noun.children if link.lower_ == "of")
    nouns = (t for link in links for t in link.children if t.tag_ in _OBJECT_TAGS)
    return next(nouns, None)


def _intent(verb: str, thing: Token) -> Mention:
    """Return "verb object", the object with the noun right before it when they are one."""
    joined = [t for t in thing.lefts if t.dep_ == "compound" and t.i == thing.i - 1]
    before = [
        t.lower_ for t in joined if t.text.isalpha() and t.doc[max(0, t.i - 1)].tag_ != "HYPH"
    ]
    shown = " ".join([verb, *before, thing.lower_])
    return Mention(shown, (verb, *before, singular(thing)), 0, Kind.INTENT)


def _form(name: str) -> Mention:
    return Mention(name, (name,), 0, Kind.FORM)


def _question_mentions(sentence: Span) -> Iterator[Mention]:
    """Yield what a question asks for and the first form that fits it."""
    asked = _asked_noun(sentence)
    if asked is not None and singular(asked) in _DATES:
        yield _form("find date")
        return
    if asked is not None and singular(asked) not in EMPTY_NOUNS:
        which = any(t.lower_ == "which" for t in asked.lefts)
        yield _intent("list" if asked.tag_ == "NNS" and not which else "identify", asked)
    text = " ".join(sentence.text.partition("\n\n")[0].lower().split())
    form = next((form for pattern, form in QUESTION_FORMS if pattern.search(text)), None)
    if form is not None:
        yield _form(form)
    elif text.endswith("?"):
        yield Mention("open question", ("open question",), 0, Kind.WORD)


def _asked_noun(sentence: Span) -> Token | None:
    """Return the noun of "which country" and of "what is the capital of"."""
    for token in sentence:
        if token.lower_ in ("what", "which"):
            noun = _told(token) if token.dep_ in ("attr", "nsubj") else token.head
            return _counted(noun)[0] if noun is not None and noun.tag_ in ("NN", "NNS") else None
    return None


def _told(asking: Token) -> Token | None:
    """Return the X of "what is the X of Y": a noun that is told by what follows it."""
    if asking.head.lower_ not in _BE:
        return None
    nouns = (t for t in asking.head.children if t.i > asking.i and t.dep_ in ("nsubj", "attr"))
    return next((t for t in nouns if any(not right.is_space for right in t.rights)), None)


def singular(token: Token) -> str:
    """Return a plural noun's lemma, any other word as it is, in lower case."""
    plural = token.tag_ in ("NNS", "NNPS")
    return (token.lemma_.lower() if plural else "") or token.lower_
