"""What forbids a merge however alike two tags look: numbers, symbols, negation, opposites."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from typing import TypeAlias

from tagraph.text import skeleton

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
tight loose|top bottom|train test validation|transparent opaque|training testing|true false
unit integration
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
inside outside|de re
"""
_NEGATING = ("un", "non", "in", "im", "ir", "il", "dis", "de", "anti", "a", "mis", "counter")
_NOTS = ("un", "non", "dis", "im", "il", "ir", "anti", "mis")
_ENDINGS_TEXT = """
s e es ed d ing ings er ers or ors y ies ly ally al ical ically ic ity ty ive ively ivity ion ions
ation ations ational ative ition itive ition ize izing izes ized ization ise isation ment ments
ement ements ness ance ence ancy ency ant ent able ible ability ibility ful ous ary ial ially
ern ate ates ated ating ator ification ify ifying fy ying ied atic
"""
_ENDINGS = frozenset(("", *_ENDINGS_TEXT.split()))
_LEAST_CLIPPED = 3  # letters that a clipped word has lost
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

    They must when one only looks like the other, when their numbers, symbols or single letters
    differ, or when one has a negation the other lacks; with `word_lists` also when the words
    they do not share are opposites, or members of one closed set such as months. Symmetric.
    """
    if share_look("".join(left), "".join(right)):
        return True
    if _numbers(left) != _numbers(right) or _signs(left) != _signs(right):
        return True
    only_left, only_right = set(left) - set(right), set(right) - set(left)
    pairs = [(x, y) for x in sorted(only_left) for y in sorted(only_right)]
    if any(_negates(x, y) or _negates(y, x) or _names_agent(x, y) for x, y in pairs):
        return True
    whole = ("".join(left), "".join(right))
    return word_lists and (_prefixed_apart(*whole) or _opposed(only_left, only_right, pairs))


def share_look(left: str, right: str) -> bool:
    """Say whether two different words are written the same to the eye, in letters of two scripts.

    They never merge by themselves: one of them may be there to be taken for the other.
    """
    return left != right and skeleton(left) == skeleton(right)


def residues(left: Words, right: Words, known: Set[str]) -> tuple[Words, Words]:
    """Return the words each tag has beyond those both have, in order.

    Where the tags have several words left and another number of them, words of one stem count as
    the same: of africa and african country, country is left. Where one word each is left and both
    end in the same letters behind different beginnings, only those are returned if `known` holds
    them, or does not hold both words: valueerror and typeerror leave value and type.
    """
    shared = Counter(left) & Counter(right)
    mine, yours = _without(left, shared), _without(right, shared)
    if len(mine) != len(yours):
        return _without_akin(mine, yours)
    if len(mine) == len(yours) == 1:
        return _without_ending(mine[0], yours[0], known)
    return mine, yours


def _without_akin(mine: Words, yours: Words) -> tuple[Words, Words]:
    """Return two sets of words without those that have one of their stem in the other."""
    own = tuple(x for x in mine if not any(_same_stem(x, y) for y in yours))
    return own, tuple(y for y in yours if not any(_same_stem(x, y) for x in mine))


def _same_stem(x: str, y: str) -> bool:
    """Say whether two words share most of their letters from the start."""
    shared = _shared_beginning(x, y)
    if shared == _STEM:
        return _are_endings(x[shared:], y[shared:])
    return shared >= _SHARED and 2 * shared > max(len(x), len(y)) - 1


def _without_ending(x: str, y: str, known: Set[str]) -> tuple[Words, Words]:
    """Return what two words have before a common ending that parts off words, else the words."""
    for cut in range(_shared_ending(x, y), _STEM - 1, -1):
        if x[:-cut] in known and y[:-cut] in known and x[-cut:] in known:
            return (x[:-cut],), (y[:-cut],)
    cut = _shared_ending(x, y)
    if cut >= _STEM and not {x, y} <= known and _shared_beginning(x, y) < _STEM:
        return (x[:-cut],), (y[:-cut],)
    return (x,), (y,)


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
    """Say whether `word` is `base` with a negating prefix, or -less against -ful.

    A prefix that does nothing else may stand before another form of the base: unhappy, happiness.
    """
    if len(base) >= _STEM and any(word == prefix + base for prefix in _NEGATING):
        return True
    if any(word.startswith(p) and _shared_beginning(word[len(p) :], base) >= _STEM for p in _NOTS):
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


def _names_agent(x: str, y: str) -> bool:
    """Say whether one word is who does the other; a parser may stand for parsing."""
    agent, other = (x, y) if _is_agent(x) else (y, x)
    if not _is_agent(agent) or _is_agent(other) or other.startswith(agent):
        return False
    return _akin(x, y) and not is_doer(x, y)


def is_doer(x: str, y: str) -> bool:
    """Say whether one word ends in -er and the other in -ing behind the same stem."""
    doer, doing = (x, y) if x.endswith("er") else (y, x)
    return doer.endswith("er") and doing.endswith("ing") and doer[:-2] == doing[:-3]


def are_forms(left: Words, right: Words) -> bool:
    """Say whether two tags have the same stems, one for one: scaling and scale."""
    pairs = list(zip(sorted(left), sorted(right), strict=False))
    return len(left) == len(right) and all(_inflects(x, y) for x, y in pairs)


def are_names_alike(left: Words, right: Words, known: Set[str]) -> bool:
    """Say whether two words begin alike and at least one is a name, so that vectors mislead.

    An encoder reads a word it does not know in pieces, and takes names of one beginning for one:
    jina and jinja, prisma and prism. One that goes on where the other ends is the same name with
    a marker (debian, debianlinux), unless the shorter is a word of its own (swift, swiftui) or
    the longer one is and goes on for a letter or two (scala, scalar).
    """
    if len(left) != 1 or len(right) != 1 or {*left, *right} <= known:
        return False
    short, long = sorted((left[0], right[0]), key=len)
    if _shared_beginning(short, long) < _STEM:
        return False
    near = long in known and len(long) - len(short) < _LEAST_CLIPPED
    return not long.startswith(short) or short in known or near


def look_alike(left: Words, right: Words) -> bool:
    """Say whether two words differ in the middle only, as stalactite and stalagmite.

    An encoder that sees pieces of words takes such for one; misspellings of one word do so too,
    but those are found by their spelling.
    """
    if len(left) != 1 or len(right) != 1 or _inflects(left[0], right[0]):
        return False
    ends = _shared_beginning(left[0], right[0]), _shared_ending(left[0], right[0])
    return ends[0] >= _SHARED and ends[1] >= _STEM


def _inflects(x: str, y: str) -> bool:
    """Say whether two words are one stem with two of the usual endings; not statistic(s)."""
    if (x.endswith("ics") and y == x[:-1]) or (y.endswith("ics") and x == y[:-1]):
        return False
    cuts = range(_STEM, _shared_beginning(x, y) + 1)
    return any(_are_endings(_ending(x, cut), _ending(y, cut)) for cut in cuts)


def _ending(word: str, cut: int) -> str:
    """Return what a word has behind a stem, without the letter that doubles its last one."""
    return word[cut:].removeprefix(word[cut - 1]) if len(word) > cut + 1 else word[cut:]


def _are_endings(x: str, y: str) -> bool:
    """Say whether what two words have behind one stem are usual endings, or those of automata."""
    if {x, y} == {"", "s"}:
        return False  # a plural that is none: means, spirits
    return (x in _ENDINGS and y in _ENDINGS) or {x, y} in ({"a", "on"}, {"a", "um"})


def _akin(x: str, y: str) -> bool:
    """Say whether two words begin alike, as words of one stem do; one may be the whole stem."""
    shared = _shared_beginning(x, y)
    return shared >= _SHARED or _STEM <= shared == min(len(x), len(y))


def _listed_apart(x: str, y: str) -> bool:
    """Say whether two words are listed as opposites; northern counts as north."""
    x, y = x.removesuffix("ern"), y.removesuffix("ern")
    return y in _OPPOSITES.get(x, frozenset())


def _prefixed_apart(x: str, y: str) -> bool:
    """Say whether two words are one stem behind opposed prefixes, such as over and under."""
    cuts = range(_STEM, _shared_ending(x, y) + 1)
    return any(frozenset((x[:-cut], y[:-cut])) in _OPPOSED_PREFIXES for cut in cuts)
