"""Short tags to the tags of the vocabulary they may abbreviate, and to the one they do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import TypeAlias

from tagraph.data import Link

Words: TypeAlias = tuple[str, ...]

# Words an acronym may skip, and short words that stand for themselves.
_SKIPPED_TEXT = "a an and as at by for from in of on or the to with"
_WORDS_TEXT = """
a about ad age ago aid air all am an and any ape app arc are arm art as ash ask at ate bad bag
ban bar bat be bed bee bet bid big bit bow box bra bug bun bus but buy by cam cap car case cat
code cop cow cry cub cue cup cut dad data date day den did die dig dip do dog don door dry due
ear eat egg ego elf elm end era eve eye face fact fan far fat fee few fig fin fit fix flu fly foe
fog for fox fun fur gal game gap gas gem get gin go god good gum gun gut guy gym had ham hand has
hat hay he head hen her hey hi hid him hip his hit home hop hot how hub hug hut i ice idea if ill
in ink inn ion is it item its ivy jam jar jaw jet job jog joy key kid kin kit lad lap law lay led
leg let lid lie life line lip list log lot love low mad made make man map mat may me men met mind
mix mob mom mop mud mug my name nap net new news nil nip no nod nor not now nut oak odd of off oh
oil old on one opt or our out owe owl own pad pal pan part past paw pay pea peg pen pet pie pig
pin pit plan pod pop pot pub pup put ran rap rat raw ray red rest rib rich rid rim riot rip rob
rod role rot row rub rug rule rum run sad sale sat save say sea see seem set sew sex she shy sin
sip sit six ski sky so son song soy spy star sum sun tag tan tap tar task tax tea team ten test
than that the them they this tie time tin tip to toe ton too tool top tow town toy tree try tub
tug two type up urn us use user van via vie view vow walk war was wax way we web wet what who why
wig will win wish wit with woe won word work year yes yet you zip zoo
"""
_SKIPPED, _WORDS = frozenset(_SKIPPED_TEXT.split()), frozenset(_WORDS_TEXT.split())
_ROMAN = frozenset(("ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii"))
_SHORTEST, _LONGEST = 2, 6
_DOUBT = 0.75  # similarity of an acronym to one of several expansions: a judge's matter
_DOMINANT = 5  # how many times as used as all others together an expansion must be to win
_MARGIN = 0.1  # how much closer than any other one an expansion must be to win by similarity
_SHARED = 4  # letters with which words of one stem begin


def find_acronyms(
    words: Sequence[Words], group: Sequence[int], *, word_lists: bool = True
) -> list[Link]:
    """Find acronyms (nlp) and numeronyms (i18n) of other tags in the vocabulary.

    Args:
        words: The words of each tag, in the singular.
        group: The group each tag is in by its keys; expansions of one group count as one.
        word_lists: Leave alone short tags that are everyday words, such as it or cat.

    Returns:
        Links from an acronym to the first member of each group it may stand for, sorted. A tag
        that holds the acronym, with or without a letter more, is no expansion of it.
    """
    short = {
        _letters(entry): i
        for i, entry in sorted(enumerate(words), key=lambda row: (-len(row[1]), -row[0]))
        if _is_short(entry, word_lists)
    }
    found: dict[tuple[int, int], int] = {}
    for i, entry in enumerate(words):
        for abbreviation in _abbreviations(entry):
            at = short.get(abbreviation, i)
            if group[at] != group[i] and not _holds(entry, abbreviation):
                found.setdefault((at, group[i]), i)
    return sorted(Link(at, i, "acronym") for (at, _), i in found.items())


def expected_by_chance(
    links: Sequence[Link], words: Sequence[Words], group: Sequence[int]
) -> list[float]:
    """Return how many expansions of each link's acronym a vocabulary holds by pure chance.

    The longer the acronym, the rarer its letters as initials and the smaller the vocabulary, the
    less: among 500 tags of three words hardly one spells `nlp` unless it is meant. Initials are
    counted by position over one tag of each group, and the expansion itself does not count.

    Args:
        links: What `find_acronyms` found.
        words: The words of each tag.
        group: The group each tag is in by its keys.
    """
    initials: dict[int, Counter[tuple[int, str]]] = defaultdict(Counter)
    total: Counter[int] = Counter()
    for i in dict(zip(reversed(group), reversed(range(len(words))), strict=True)).values():
        for form in _initials(words[i]):
            total[len(form)] += 1
            initials[len(form)].update(enumerate(form))
    found = []
    for link in links:
        key = _letters(words[link.left])
        n, table = total[len(key)] - 1, initials[len(key)]
        shares = [max(table[spot] - 1, 0) / max(n, 1) for spot in enumerate(key)]
        found.append(max(n, 0) * prod(shares))
    return found


def choose_acronyms(
    links: Iterable[Link], words: Sequence[Words], group: Sequence[int], counts: Sequence[int]
) -> tuple[list[Link], list[Link]]:
    """Choose the expansion of each acronym where there is one, or one that stands out.

    An expansion stands out when it is in five times as many bags as all others together, when it
    is closer by .1 than any other, or when the others are forms of the same words. Longer
    acronyms choose first, and an expansion that one of three letters or more is sure of is no
    longer open to others.

    Args:
        links: What `find_acronyms` found, or the part of it that other evidence allows, with the
            similarity that evidence gives.
        words: The words of each tag.
        group: The group each tag is in by its keys.
        counts: In how many bags each tag stands.

    Returns:
        The sure links and the ambiguous ones, which need a judge; the longest acronyms first.
    """
    found: dict[int, dict[int, Link]] = defaultdict(dict)
    for link in links:
        found[link.left][group[link.right]] = link
    sure: list[Link] = []
    doubtful: list[Link] = []
    taken: set[int] = set()
    for length, i in sorted((-len(_letters(words[i])), i) for i in found):
        open_to = [link for g, link in sorted(found[i].items()) if g not in taken]
        chosen = _standing_out(open_to, words, counts)
        if chosen is None:
            doubtful += [Link(i, link.right, "acronym", _DOUBT) for link in open_to]
        else:
            taken |= {group[chosen]} if -length > _SHORTEST else set()
            sure.append(Link(i, chosen, "acronym"))
    return sure, doubtful


def _standing_out(
    open_to: Sequence[Link], words: Sequence[Words], counts: Sequence[int]
) -> int | None:
    """Return the only expansion, or the one that stands out from the others."""
    if not open_to:
        return None
    used = sorted(open_to, key=lambda link: (-counts[link.right], -link.similarity, link))
    close = sorted(open_to, key=lambda link: (-link.similarity, link))
    others = sum(counts[link.right] for link in used[1:])
    if counts[used[0].right] >= _DOMINANT * others:
        return used[0].right
    if close[0].similarity >= close[1].similarity + _MARGIN:
        return close[0].right
    first = words[used[0].right]
    return used[0].right if all(_akin(first, words[link.right]) for link in used[1:]) else None


def _akin(left: Words, right: Words) -> bool:
    """Say whether two tags are forms of the same words: mapper and mapping, not map and mask."""
    same = (x[:_SHARED] == y[:_SHARED] for x, y in zip(left, right, strict=False))
    return len(left) == len(right) and all(same)


def _holds(words: Sequence[str], acronym: str) -> bool:
    """Say whether one of the words is the acronym, or that and a letter more: mdx for md."""
    return any(w.startswith(acronym) and len(w) <= len(acronym) + 1 for w in words)


def _letters(words: Sequence[str]) -> str:
    """Return a tag as an acronym would be written: nlp, and qa for q and a."""
    return "".join(word for word in words if len(word) == 1 or len(words) == 1)


def _is_short(words: Sequence[str], word_lists: bool) -> bool:
    """Say whether a tag can be an acronym: one word, or single letters and words skipped."""
    if len(words) > 1 and not all(len(word) == 1 or word in _SKIPPED for word in words):
        return False
    key = _letters(words)
    fits = key.isascii() and key.isalnum() and not key.isdigit()
    return fits and _SHORTEST <= len(key) <= _LONGEST and not (word_lists and key in _WORDS)


def _abbreviations(words: Sequence[str]) -> Iterator[str]:
    """Yield the short forms of a tag, the fullest first, each once.

    Numbers, Roman ones too, stand for themselves; a tag with initials of its own, such as a
    person's, is no expansion.
    """
    forms = _initials(words)
    key = "".join(words)
    if len(key) > 4 and key.isascii() and key.isalpha():
        forms.append(f"{key[0]}{len(key) - 2}{key[-1]}")
    yield from dict.fromkeys(form for form in forms if len(form) >= _SHORTEST)


def _initials(words: Sequence[str]) -> list[str]:
    """Return the initials of a tag of several words, with and without the words often skipped."""
    telling = [word for word in words if len(word) == 1 or word not in _SKIPPED]
    alone = sum(len(word) == 1 for word in telling)
    if len(telling) < 2 or not (2 * alone < len(telling) or alone == len(telling)):
        return []
    forms = ("".join(map(_initial, words)), "".join(map(_initial, telling)))
    return list(dict.fromkeys(forms))


def _initial(word: str) -> str:
    """Return the first letter of a word, or the whole of a number."""
    return word if word in _ROMAN or word[0].isdigit() else word[0]
