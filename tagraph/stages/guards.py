"""What forbids a merge however alike two tags look: numbers, symbols, negation, opposites."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from typing import TypeAlias

Words: TypeAlias = tuple[str, ...]

_NUMBER = re.compile(r"\d+")
_SYMBOL_WORDS = frozenset(("plus", "sharp", "dot", "star", "percent"))
_COUNTING_TEXT = """
one two three four five six seven eight nine ten eleven twelve hundred thousand million billion
first second third fourth fifth sixth seventh eighth ninth tenth last once twice half double triple
quadruple single dual i ii iii iv v vi vii viii ix x xi xii
"""
_NEGATIONS_TEXT = "no non not never without un anti contra counter ex pseudo quasi semi free less"
_APART_ALONE = frozenset((_COUNTING_TEXT + _NEGATIONS_TEXT).split())
# Opposites and members of closed sets: at most one word of a line may stand for the others.
_APART = """
above below|absent present|abstract concrete|accept reject|active passive|add remove subtract
adult child|agree disagree|alive dead|all none some|always never sometimes|ancient modern
analog digital|ascend descend ascending descending|asset liability|attack defense defend
autumn spring summer winter|back front|backend frontend|backward forward|bad good|before after
begin end|beginner expert advanced intermediate|best worst|better worse|big small
binary decimal hexadecimal octal|birth death
black white red green blue yellow orange purple pink brown gray|boy girl|brother sister|buy sell
buyer seller|cause effect|cheap expensive|city country|clean dirty|client server|close open
cold hot warm cool|column row|comedy tragedy|compile decompile|complex simple|compress decompress
consumer producer|cons pros|create delete destroy|day night|dark light|debit credit|decode encode
decoder encoder|decrease increase|decreasing increasing|decrypt encrypt|decryption encryption
decoding encoding|deep shallow|demand supply|deductive inductive|dependent independent
desktop mobile|difficult easy hard|direct indirect|discrete continuous|divide multiply
division multiplication addition subtraction|domestic foreign|down up|download upload|dry wet
dynamic static|early late|empty full
enemy friend|enter exit|even odd|exclude include|explicit implicit|export import
external internal|extrovert introvert|fact fiction opinion|fail pass succeed|failure success
fake real|false true|far near|fast slow|fat thin|father mother|female male|few many
fiction nonfiction|final initial|finite infinite|fixed variable|float integer|formal informal
gain loss|generator discriminator|global local|guilty innocent|happy sad|he she|hero villain
high low|higher lower|horizontal vertical|human machine|husband wife|ideal real|inbound outbound
incoming outgoing|in out|indoor outdoor|inner outer|input output|inside outside
integrate differentiate|integral derivative
january february march april may june july august september october november december
junior senior|king queen|kilometer meter centimeter millimeter mile|large small|large tiny
lead follow|left right|legal illegal|lexical semantic syntactic|liberal conservative
linear nonlinear|literal figurative|long short|lose win|loser winner|loud quiet|love hate
major minor|majority minority|man woman|manual automatic|maximum minimum|max min|maximal minimal
maximize minimize|mean median mode|men women
monday tuesday wednesday thursday friday saturday sunday|more less|most least|narrow wide
native foreign|natural artificial|negative positive neutral|negotiable fixed|new old
normal abnormal|noun verb adjective adverb pronoun|numerator denominator|objective subjective
offline online|off on|old young|optimist pessimist|optimistic pessimistic|ordered unordered
parent child|past present future|peace war|permanent temporary|personal professional
physical mental|plaintiff defendant|plural singular|point counterpoint|polite rude|poor rich
pop push|post pre|predator prey|prefix suffix|present absent|private public|profit loss
proton electron neutron|pull push|quality quantity|question answer|quantitative qualitative
read write|reader writer|receive send|receiver sender|relative absolute|relational nonrelational
remote local|reward punishment|right wrong|rise fall|rural urban|safe dangerous|same different
save spend|serial parallel|similar different|similarity difference|simplify complicate|soft hard
solid liquid gas|source target|sour sweet|start stop finish|strength weakness|strong weak
student teacher|summary expansion|sunrise sunset|supervised unsupervised|synchronous asynchronous
sync async|symmetric asymmetric|synonym antonym|teach learn|theoretical practical|thick thin
tight loose|top bottom|train test validation|training testing|true false|unit integration
union intersection|useful useless|vegan carnivore|vertical horizontal|victory defeat
virtual physical|visible invisible|voluntary involuntary|vowel consonant|weekday weekend
weekly daily monthly yearly hourly annual quarterly|win lose|winter summer|with without|work play
yesterday today tomorrow|gold silver bronze
north south east west northeast northwest southeast southwest
"""
_OPPOSED_PREFIXES_TEXT = """
en de|in ex|im ex|up down|pre post|over under|micro macro|hyper hypo|inter intra|mono poly
mono multi|uni multi|single multi|uni bi|bi tri|endo exo|homo hetero|sub super|front back
pro anti|mini maxi|max min|in out|fore after|centri centro|intro extro|em de|as des|inner outer
inside outside
"""
_NEGATING = ("un", "non", "in", "im", "ir", "il", "dis", "de", "anti", "a", "mis", "counter")
_SHARED, _STEM = 4, 3  # letters that words of one stem share; the least behind a listed prefix


def read_lines(text: str) -> list[frozenset[str]]:
    """Return the words of each entry of a list; entries end at a bar or at the end of a line."""
    return [frozenset(entry.split()) for entry in text.strip().replace("\n", "|").split("|")]


def _index(entries: Iterable[frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return, for each listed word, all words it must not be taken for."""
    apart: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for word in entry:
            apart[word] |= entry - {word}
    return {word: frozenset(others) for word, others in apart.items()}


_OPPOSITES = _index(read_lines(_APART))
_OPPOSED_PREFIXES = frozenset(read_lines(_OPPOSED_PREFIXES_TEXT))


def differ_in_kind(left: Words, right: Words, *, word_lists: bool = True) -> bool:
    """Say whether two tags must stay apart although they look alike.

    They must when their numbers, symbols or single letters differ, or when one has a negation
    the other lacks; with `word_lists` also when the words they do not share are opposites, or
    members of one closed set such as months. Symmetric.
    """
    if _numbers(left) != _numbers(right) or _signs(left) != _signs(right):
        return True
    only_left, only_right = set(left) - set(right), set(right) - set(left)
    pairs = [(x, y) for x in sorted(only_left) for y in sorted(only_right)]
    if any(
        _negates(x, y) or _negates(y, x) or (_is_agent(x) != _is_agent(y) and _akin(x, y))
        for x, y in pairs
    ):
        return True
    whole = ("".join(left), "".join(right))
    return word_lists and (_prefixed_apart(*whole) or _opposed(only_left, only_right, pairs))


def residues(left: Words, right: Words, known: Set[str]) -> tuple[Words, Words]:
    """Return the words each tag has beyond those both have, in order.

    Where one word each is left and both end in the same word behind words that `known` holds,
    only those are returned: valueerror and typeerror leave value and type.
    """
    shared = Counter(left) & Counter(right)
    mine, yours = _without(left, shared), _without(right, shared)
    if len(mine) == len(yours) == 1:
        for cut in range(_shared_ending(mine[0], yours[0]), _STEM - 1, -1):
            x, y = mine[0][:-cut], yours[0][:-cut]
            if x in known and y in known and mine[0][-cut:] in known:
                return (x,), (y,)
    return mine, yours


def _shared_ending(x: str, y: str) -> int:
    """Return how many letters two words have in common at the end."""
    return _shared_beginning(x[::-1], y[::-1])


def _shared_beginning(x: str, y: str) -> int:
    """Return how many letters two words have in common at the start."""
    pairs = enumerate(zip(x, y, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(x), len(y)))


def _without(words: Sequence[str], shared: Counter[str]) -> Words:
    left = Counter(shared)
    kept = []
    for word in words:
        if left[word] > 0:
            left[word] -= 1
        else:
            kept.append(word)
    return tuple(kept)


def _numbers(words: Iterable[str]) -> Counter[str]:
    found = (number for word in words for number in _NUMBER.findall(word))
    return Counter(number.lstrip("0") or "0" for number in found)


def _signs(words: Iterable[str]) -> Counter[str]:
    """Return what is not a plain word: spelled symbols, other signs, letters standing alone."""
    alone = (w for w in words if w in _SYMBOL_WORDS or (len(w) == 1 and not w.isdigit()))
    return Counter(alone) + Counter(s for w in words for s in w if not s.isalnum())


def _negates(word: str, base: str) -> bool:
    """Say whether `word` is `base` with a negating prefix, or -less against -ful."""
    if len(base) >= _STEM and any(word == prefix + base for prefix in _NEGATING):
        return True
    stem = word.removesuffix("less")
    return word.endswith("less") and base in (stem, stem + "ful", stem + "y")


def _opposed(left: set[str], right: set[str], pairs: Sequence[tuple[str, str]]) -> bool:
    """Say whether the word lists keep two sets of words apart."""
    if not _APART_ALONE.isdisjoint(left | right):
        return True
    return any(_listed_apart(x, y) or _prefixed_apart(x, y) for x, y in pairs)


def _is_agent(word: str) -> bool:
    """Say whether a word looks like who does a thing, not the thing: designer, artist."""
    return word.endswith(("er", "or", "eer", "ist", "ian"))


def _akin(x: str, y: str) -> bool:
    """Say whether two words begin alike, as words of one stem do."""
    return _shared_beginning(x, y) >= _SHARED


def _listed_apart(x: str, y: str) -> bool:
    """Say whether two words are listed as opposites; northern counts as north."""
    x, y = x.removesuffix("ern"), y.removesuffix("ern")
    return y in _OPPOSITES.get(x, frozenset())


def _prefixed_apart(x: str, y: str) -> bool:
    """Say whether two words are one stem behind opposed prefixes, such as over and under."""
    cuts = range(_STEM, _shared_ending(x, y) + 1)
    return any(frozenset((x[:-cut], y[:-cut])) in _OPPOSED_PREFIXES for cut in cuts)
