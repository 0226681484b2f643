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
_SHORTEST_BLEND, _LONGEST_BLEND, _MOST_PARTS = 4, 12, 3
_VOWELS = frozenset("aeiou")
_LONGEST_CLIPPING, _LEAST_CLIPPED = 4, 3


def link_markers(words: Sequence[Words], names: Set[str] = frozenset()) -> list[Link]:
    """Link tags with a marker behind a name to the name: ziglang, zig lang, python programming.

    Args:
        words: The words of each tag.
        names: Names that a marker does change; dictionary words for numbers, say.

    Returns:
        Links to the first entry that is the bare name, sorted.
    """
    plain = {entry: i for i, entry in reversed(list(enumerate(words)))}
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
