"""Names with a marker of what they are, and words clipped and run together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from typing import TypeAlias

from tagraph.data import Link

Words: TypeAlias = tuple[str, ...]

# What people write behind a name to say what it is; it adds nothing to a name that stands alone.
_MARKERS = (("lang", 2), ("js", 3))  # with the fewest letters of a name it is written onto
_MARKING_ENDINGS = (("programming", "language"), ("lang",), ("js",))
_AGENTS, _SHORTEST_VERB = ("er", "or"), 3
_SHORTEST_BLEND, _LONGEST_BLEND, _MOST_PARTS = 4, 12, 3
_VOWELS = frozenset("aeiou")
_SHORTEST_CLIPPING, _LONGEST_CLIPPING, _LEAST_CLIPPED = 3, 4, 3


def link_markers(
    words: Sequence[Words], spelled: Sequence[Words], names: Set[str] = frozenset()
) -> list[Link]:
    """Link tags with a marker behind a name to the name: ziglang, zig lang, python programming.

    Args:
        words: The words of each tag.
        spelled: The same as written, plurals and all: handlebarsjs is no handlebar.
        names: Names that a marker does change; dictionary words for numbers, say.

    Returns:
        Links to the first entry that is the bare name, sorted.
    """
    plain = {entry: i for i, entry in reversed(list(enumerate(words)))}
    plain |= {entry: i for i, entry in reversed(list(enumerate(spelled)))}
    found = []
    for i, entry in enumerate(words):
        for base in _without_marker(entry):
            if base in plain and names.isdisjoint(base):
                found.append(Link(i, plain[base], "affix"))
    return found


def _without_marker(words: Words) -> Iterator[Words]:
    """Yield a tag without the marker at its end."""
    for ending in _MARKING_ENDINGS:
        if len(words) == len(ending) + 1 and words[1:] == ending:
            yield words[:1]
    for marker, shortest in _MARKERS:
        base = words[0].removesuffix(marker) if len(words) == 1 else ""
        if shortest <= len(base) < len(words[0]):
            yield (base,)


def link_clipped(words: Sequence[Words], known: Set[str]) -> list[Link]:
    """Link tags of several words of which one is clipped to its beginning: llm eval.

    The clipped word has three letters or more, loses three or more, and is in no dictionary, while
    the full one is; all others are the same. Where the vocabulary holds several such tags, none
    is linked. Two words may begin alike by chance, so other evidence is needed besides.
    """
    around: dict[tuple[Words, Words], list[tuple[str, int]]] = defaultdict(list)
    for i, entry in enumerate(words):
        for at, word in enumerate(entry if len(entry) > 1 else ()):
            around[entry[:at], entry[at + 1 :]].append((word, i))
    found = set()
    for held in around.values():
        full = [(word, i) for word, i in held if word in known]
        for word, i in held if len(held) > len(full) > 0 else ():
            fits = (
                [j for other, j in full if _is_clipping(word, other)] if word not in known else []
            )
            if len({words[j] for j in fits}) == 1:
                found.add(Link(i, fits[0], "short form"))
    return sorted(found)


def _is_clipping(short: str, full: str) -> bool:
    """Say whether a word is the beginning of a longer one, both of letters."""
    fits = _SHORTEST_CLIPPING <= len(short) <= len(full) - _LEAST_CLIPPED
    return fits and full.startswith(short) and full.isalpha()


def link_doings(words: Sequence[Words], known: Set[str]) -> list[Link]:
    """Link tags of several words that end in a doing to the tag with the plain verb.

    `unit testing` is `unit test`: with other words beside it a doing hardly means another thing
    than its verb. A word that stands alone may (cooking, cook), and so may who does a thing
    (engineering, engineer): these are left to other evidence.
    """
    plain = {entry: i for i, entry in reversed(list(enumerate(words))) if len(entry) > 1}
    found = []
    for i, entry in enumerate(words):
        for base in _undone(entry[-1]) if len(entry) > 1 else ():
            at = plain.get((*entry[:-1], base), i)
            if at != i and base in known and not base.endswith(_AGENTS):
                found.append(Link(i, at, "inflection"))
    return found


def _undone(word: str) -> Iterator[str]:
    """Yield the verbs a word in -ing may come from: test, code for coding, plot for plotting."""
    stem = word.removesuffix("ing")
    if stem == word or len(stem) < _SHORTEST_VERB:
        return
    yield from (stem, stem + "e")
    if stem[-1] == stem[-2]:
        yield stem[:-1]


def link_plural_acronyms(words: Sequence[Words], known: Set[str]) -> list[Link]:
    """Link a plural no lemmatizer knows, such as llms, to its singular; three letters or more.

    Neither may be a dictionary word, but for a singular of three consonants (dvd); the singular is
    short, holds a vowel at most and ends in no s: redis is no plural of redi, ccss none of ccs.
    """
    plain = {entry[0]: i for i, entry in reversed(list(enumerate(words))) if len(entry) == 1}
    spelled = {word for word in plain if len(word) == 3 and _VOWELS.isdisjoint(word)}
    found = []
    for i, entry in enumerate(words):
        base = entry[0].removesuffix("s") if len(entry) == 1 else ""
        if base in plain and _is_acronym(base) and not known & ({base} - spelled | {*entry}):
            found.append(Link(i, plain[base], "plural"))
    return [link for link in found if link.left != link.right]


def _is_acronym(word: str) -> bool:
    """Say whether a short word looks like one that is spelled letter by letter."""
    fits = len(word) in (3, 4) and word.isalpha() and not word.endswith("s")
    return fits and sum(letter in _VOWELS for letter in word) <= 1


def link_blends(words: Sequence[Words], group: Sequence[int], known: Set[str]) -> list[Link]:
    """Link words made of clipped words to the tag they clip: infosec, gdrive, biopic.

    Such a word is no dictionary word, and parts into as many beginnings as the tag has words.
    A word that is not there in full loses at least three letters and keeps at most four, so that
    no inflection passes for a clipping; the last part has two letters, and one part three. Where
    a word is there in full, all before it are single letters: a coworker is no coal worker.
    Words that fit tags of several groups are left alone.

    Args:
        words: The words of each tag.
        group: The group each tag is in by its keys.
        known: Dictionary words.
    """
    short = {
        entry[0]: i for i, entry in reversed(list(enumerate(words))) if _is_blend(entry, known)
    }
    beginnings = {word[:n] for word in short for n in range(1, len(word) + 1)}
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for i, entry in enumerate(words):
        for blend in _blends(entry, beginnings):
            at = short.get(blend, i)
            if group[at] != group[i]:
                found[at].setdefault(group[i], i)
    return sorted(
        Link(at, next(iter(tags.values())), "blend") for at, tags in found.items() if len(tags) == 1
    )


def _is_blend(words: Words, known: Set[str]) -> bool:
    """Say whether a tag can be a blend: one word of letters that no dictionary holds."""
    fits = len(words) == 1 and _SHORTEST_BLEND <= len(words[0]) <= _LONGEST_BLEND
    return fits and words[0].isascii() and words[0].isalpha() and words[0] not in known


def _blends(words: Words, beginnings: Set[str]) -> list[str]:
    """Return the blends of a tag's words that one of the `beginnings` may grow into."""
    if not 2 <= len(words) <= _MOST_PARTS or not all(w.isascii() and w.isalpha() for w in words):
        return []
    parts: list[tuple[str, Words]] = [("", ())]
    for word in words:
        parts = [
            (text + part, (*head, part))
            for text, head in parts
            for part in _beginnings(word)
            if text + part in beginnings
        ]
    return [
        text
        for text, found in parts
        if len(found[-1]) > 1 and max(map(len, found)) > 2 and _clips(found, words)
    ]


def _clips(parts: Words, words: Words) -> bool:
    """Say whether all words are clipped, or all but the last one to their first letter."""
    if parts[-1] == words[-1]:
        return all(len(part) == 1 for part in parts[:-1])
    return all(part != word for part, word in zip(parts, words, strict=True))


def _beginnings(word: str) -> list[str]:
    """Return a word and its clippings."""
    longest = min(_LONGEST_CLIPPING, len(word) - _LEAST_CLIPPED)
    return [word, *(word[:n] for n in range(1, longest + 1))]
