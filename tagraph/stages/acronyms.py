"""Short tags to the tags of the vocabulary they may abbreviate, and to the one they do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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


def find_acronyms(
    words: Sequence[Words], group: Sequence[int], *, word_lists: bool = True
) -> list[Link]:
    """Find acronyms (nlp) and numeronyms (i18n) of other tags in the vocabulary.

    Args:
        words: The words of each tag, in the singular.
        group: The group each tag is in by its keys; expansions of one group count as one.
        word_lists: Leave alone short tags that are everyday words, such as it or cat.

    Returns:
        Links from an acronym to the first member of each group it may stand for, sorted.
    """
    short = {
        "".join(entry): i
        for i, entry in reversed(list(enumerate(words)))
        if _is_short(entry, word_lists)
    }
    found: dict[tuple[int, int], int] = {}
    for i, entry in enumerate(words):
        for abbreviation in _abbreviations(entry):
            at = short.get(abbreviation, i)
            if group[at] != group[i]:
                found.setdefault((at, group[i]), i)
    return sorted(Link(at, i, "acronym") for (at, _), i in found.items())


def choose_acronyms(
    links: Iterable[Link], words: Sequence[Words], group: Sequence[int], counts: Sequence[int]
) -> tuple[list[Link], list[Link]]:
    """Choose the expansion of each acronym where there is one, or one that stands out.

    An expansion stands out when it is in five times as many bags as all others together. Longer
    acronyms choose first, and an expansion that one of three letters or more is sure of is no
    longer open to others.

    Args:
        links: What `find_acronyms` found, or the part of it that other evidence allows.
        words: The words of each tag.
        group: The group each tag is in by its keys.
        counts: In how many bags each tag stands.

    Returns:
        The sure links and the ambiguous ones, which need a judge; the longest acronyms first.
    """
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for link in links:
        found[link.left][group[link.right]] = link.right
    sure: list[Link] = []
    doubtful: list[Link] = []
    taken: set[int] = set()
    for length, i in sorted((-len("".join(words[i])), i) for i in found):
        open_to = [j for g, j in sorted(found[i].items()) if g not in taken]
        chosen = _dominant(open_to, counts)
        if chosen is None:
            doubtful += [Link(i, j, "acronym", _DOUBT) for j in open_to]
        else:
            taken |= {group[chosen]} if -length > _SHORTEST else set()
            sure.append(Link(i, chosen, "acronym"))
    return sure, doubtful


def _dominant(open_to: Sequence[int], counts: Sequence[int]) -> int | None:
    """Return the only expansion, or the one far more used than the others."""
    ordered = sorted(open_to, key=lambda i: (-counts[i], i))
    if not ordered:
        return None
    others = sum(counts[i] for i in ordered[1:])
    return ordered[0] if counts[ordered[0]] >= _DOMINANT * others else None


def _is_short(words: Sequence[str], word_lists: bool) -> bool:
    """Say whether a tag can be an acronym: one word, or the letters of one (q and a)."""
    key = "".join(words)
    single = len(words) == 1 and key.isascii() and key.isalnum() and not key.isdigit()
    fits = single and _SHORTEST <= len(key) <= _LONGEST
    return fits and not (word_lists and key in _WORDS)


def _abbreviations(words: Sequence[str]) -> Iterator[str]:
    """Yield the short forms of a tag, the fullest first, each once.

    Numbers, Roman ones too, stand for themselves; a tag with initials of its own, such as a
    person's, is no expansion.
    """
    forms = []
    telling = [word for word in words if len(word) == 1 or word not in _SKIPPED]
    alone = sum(len(word) == 1 for word in telling)
    if len(telling) > 1 and (alone < 2 or alone == len(telling)):
        forms += ["".join(map(_initial, words)), "".join(map(_initial, telling))]
    key = "".join(words)
    if len(key) > 4 and key.isascii() and key.isalpha():
        forms.append(f"{key[0]}{len(key) - 2}{key[-1]}")
    yield from dict.fromkeys(form for form in forms if len(form) >= _SHORTEST)


def _initial(word: str) -> str:
    """Return the first letter of a word, or the whole of a number."""
    return word if word in _ROMAN or word[0].isdigit() else word[0]
