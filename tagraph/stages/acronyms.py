"""Short tags to the one tag of the vocabulary they abbreviate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
_SHORTEST, _LONGEST = 2, 6
_DOUBT = 0.75  # similarity of an acronym to one of several expansions: a judge's matter
_DOMINANT = 5  # how many times as used as all others together an expansion must be to win


def link_acronyms(
    words: Sequence[Words], group: Sequence[int], counts: Sequence[int], *, word_lists: bool = True
) -> tuple[list[Link], list[Link]]:
    """Link acronyms (nlp) and numeronyms (i18n) to their expansion in the vocabulary.

    An acronym is sure when the vocabulary has one expansion of it, or when one is five times as
    used as all others together. Longer acronyms choose first, and an expansion that one of them
    is sure of is no longer open to a shorter one.

    Args:
        words: The words of each tag, in the singular.
        group: The group each tag is in by its keys; expansions of one group count as one.
        counts: In how many bags each tag stands.
        word_lists: Leave alone short tags that are everyday words, such as it or cat.

    Returns:
        The sure links and the ambiguous ones, which need a judge; the longest acronyms first.
    """
    short = {
        "".join(entry): i
        for i, entry in reversed(list(enumerate(words)))
        if _is_short(entry, word_lists)
    }
    found = _find_expansions(words, group, short)
    sure: list[Link] = []
    doubtful: list[Link] = []
    taken: set[int] = set()
    for name, i in sorted(short.items(), key=lambda item: (-len(item[0]), item)):
        open_to = {g: j for g, j in found.get(i, {}).items() if g not in taken}
        chosen = _dominant(open_to, group, counts)
        if chosen is None:
            doubtful += [Link(i, j, "acronym", _DOUBT) for j in sorted(open_to.values())]
        else:
            taken |= {group[chosen]} if len(name) > _SHORTEST else set()
            sure.append(Link(i, chosen, "acronym"))
    return sure, doubtful


def _find_expansions(
    words: Sequence[Words], group: Sequence[int], short: Mapping[str, int]
) -> dict[int, dict[int, int]]:
    """Return for each acronym the groups it may stand for, each by its first member."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for i, entry in enumerate(words):
        for abbreviation in _abbreviations(entry):
            if abbreviation in short and group[short[abbreviation]] != group[i]:
                found[short[abbreviation]].setdefault(group[i], i)
    return found


def _dominant(
    open_to: Mapping[int, int], group: Sequence[int], counts: Sequence[int]
) -> int | None:
    """Return the only expansion, or the one far more used than the others."""
    ordered = sorted(open_to.values(), key=lambda i: (-counts[i], i))
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
    """Yield the short forms of a tag, the fullest first, each once."""
    forms = []
    if len(words) > 1:
        forms.append("".join(word[0] for word in words))
        telling = [word[0] for word in words if word not in _SKIPPED]
        forms.append("".join(telling) if len(telling) > 1 else "")
    key = "".join(words)
    if len(key) > 4 and key.isascii() and key.isalpha():
        forms.append(f"{key[0]}{len(key) - 2}{key[-1]}")
    yield from dict.fromkeys(form for form in forms if len(form) >= _SHORTEST)
