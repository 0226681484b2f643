"""Mentions of phrases to tags: score by place, rarity and sharing, choose a few per sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.errors import OptionsError

SMALL_POOL = 100  # in fewer samples, nobody need share a request
HALF_WAY = 60.0  # words before a phrase that halve its weight: about one paragraph
SHARING = 0.2  # what a sharing sample adds to the weight, times its logarithm
SHARED_MORE = 2  # as many times as a phrase must its part be shared to stand beside it
WEIGHTS = (1.0, 1.0, 1.0, 0.5, 0.5, 0.1)  # by kind: what is said before what is derived


@dataclass(frozen=True, slots=True)
class TagOptions:
    """How the keyphrase tagger reads a sample and how many tags it gives.

    Attributes:
        min_tags: Below this many tags, parts of phrases and single words fill up.
        max_tags: At most this many tags per sample.
        max_words: A longer noun phrase keeps its last words.
        max_characters: Only the first characters of a query are read.
        general_words: Use the lists of general English words; off only to measure their share.
    """

    min_tags: int = 2
    max_tags: int = 6
    max_words: int = 4
    max_characters: int = 2000
    general_words: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.min_tags <= self.max_tags:
            raise OptionsError(
                f"min_tags {self.min_tags} must lie between 0 and max_tags {self.max_tags}"
            )
        if self.max_tags < 1 or self.max_words < 1 or self.max_characters < 1:
            raise OptionsError("max_tags, max_words and max_characters must be at least 1")


class Kind(IntEnum):
    """What a mention is; equal words of several kinds count as the smallest.

    PHRASE a noun phrase, INTENT a request verb with its object, NOUN the noun of a request verb,
    FORM the form of a request, PART the last words of a longer phrase, WORD a single word that
    only fills up.
    """

    PHRASE = 0
    INTENT = 1
    NOUN = 2
    FORM = 3
    PART = 4
    WORD = 5


_PHRASE, _INTENT, _NOUN, _FORM, _PART = map(int, list(Kind)[:5])  # plain ones compare faster


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a sample names something.

    Attributes:
        text: The tag as shown.
        words: What is counted: lower-case singular words; equal words are one phrase.
        position: Words of the sample before it; a break may count for several.
        kind: What it is.
    """

    text: str
    words: tuple[str, ...]
    position: int
    kind: Kind = Kind.PHRASE


@dataclass(frozen=True, slots=True)
class _Pool:
    """Candidates of all samples as parallel arrays, one entry per sample and distinct phrase."""

    sample: IntArray
    phrase: IntArray
    times: IntArray
    position: IntArray
    kind: list[int]
    mentions: list[Mention]
    n_samples: int


def choose_keyphrases(
    mentions: Sequence[Sequence[Mention]], options: TagOptions
) -> list[list[str]]:
    """Choose the tags of every sample, the most telling first.

    A candidate's score is the product of how often and how early it stands in the sample, of
    its number of words, of how rare they are over all samples (tf-idf, Spärck Jones 1972), and of
    how many samples share the whole phrase (as in C-value, Frantzi et al. 2000: terms are reused).
    Requests have up to half of the places: a verb with its object that another sample asks for
    too, else the noun of the verb. A phrase inside a chosen tag is taken when at least twice as
    many samples share it; below `min_tags` anything left fills up. Equal scores fall back to the
    earlier place, then to the code points of the text.

    Args:
        mentions: Per sample, in any order.
        options: `min_tags` and `max_tags` are used.

    Returns:
        Per sample at most `max_tags` tags, no two alike but for case; empty without mentions.
        A sample's tags depend on the set of samples, never on their order.
    """
    phrases: dict[tuple[str, ...], int] = {}
    pool = _gather(mentions, phrases)
    shared = np.bincount(pool.phrase, minlength=len(phrases)).astype(np.int64)
    rarity = _rarity(mentions, list(phrases))
    scores = _score(pool, rarity, shared)
    order = np.lexsort((pool.position, -scores, pool.sample))
    bounds = np.searchsorted(pool.sample, np.arange(len(mentions) + 1))
    return [
        _choose(pool, shared, order[start:end], options)
        for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ]


def _gather(mentions: Sequence[Sequence[Mention]], phrases: dict[tuple[str, ...], int]) -> _Pool:
    """Join equal phrases of a sample; number phrases as they come (numbers decide nothing)."""
    rows: list[tuple[int, int, int, int, int]] = []
    shown: list[Mention] = []
    for sample, found in enumerate(mentions):
        groups: dict[tuple[str, ...], list[Mention]] = {}
        for mention in sorted(found, key=_reading_order):
            groups.setdefault(mention.words, []).append(mention)
        for words, group in sorted(groups.items(), key=_shown_text):
            number = phrases.setdefault(words, len(phrases))
            kind = min(mention.kind for mention in group)
            rows.append((sample, number, len(group), group[0].position, kind))
            shown.append(group[0])
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    kinds = table[:, 4].tolist()
    return _Pool(table[:, 0], table[:, 1], table[:, 2], table[:, 3], kinds, shown, len(mentions))


def _reading_order(mention: Mention) -> tuple[int, Kind, str]:
    return mention.position, mention.kind, mention.text


def _shown_text(group: tuple[tuple[str, ...], list[Mention]]) -> tuple[str, tuple[str, ...]]:
    return group[1][0].text, group[0]


def _rarity(
    mentions: Sequence[Sequence[Mention]], phrases: Iterable[tuple[str, ...]]
) -> FloatArray:
    """Return the mean inverse document frequency of each phrase's words, shape (n_phrases,)."""
    numbers: dict[str, int] = {}
    held = [
        numbers.setdefault(word, len(numbers))
        for found in mentions
        for word in {word for mention in found for word in mention.words}
    ]
    frequency = np.bincount(np.array(held, dtype=np.int64), minlength=len(numbers))
    inverse = np.log((len(mentions) + 1) / (frequency + 0.5)) if len(numbers) else frequency
    return np.array(
        [sum(float(inverse[numbers[word]]) for word in words) / len(words) for words in phrases]
    )


def _score(pool: _Pool, rarity: FloatArray, shared: IntArray) -> FloatArray:
    """Return the score of each candidate, shape (n_candidates,), rounded to nine decimals."""
    words = np.array([len(mention.words) for mention in pool.mentions], dtype=np.float64)
    score = (
        (1 + np.log(pool.times))
        / (1 + pool.position / HALF_WAY)
        * (1 + rarity[pool.phrase])
        * words
        * (1 + SHARING * np.log(shared[pool.phrase]))
        * np.array(WEIGHTS)[pool.kind]
    )
    rounded: FloatArray = np.round(score, 9)
    return rounded


def _choose(pool: _Pool, shared: IntArray, order: IntArray, options: TagOptions) -> list[str]:
    """Return the tags of one sample from its candidates, given best first."""
    best: dict[str, int] = {}
    for i in order.tolist():
        best.setdefault(pool.mentions[i].text.casefold(), i)
    ranked = list(best.values())
    chosen = _requests(ranked, pool, shared)[: max(1, options.max_tags // 2)]
    for i in ranked:
        if len(chosen) < options.max_tags and _adds(i, chosen, pool, shared):
            chosen.append(i)
    spare = [i for i in ranked if i not in chosen]
    spare.sort(key=lambda i: pool.kind[i] in (_INTENT, _NOUN))
    chosen += spare[: max(0, options.min_tags - len(chosen))]
    return [pool.mentions[i].text for i in sorted(chosen, key=ranked.index)]


def _requests(ranked: Sequence[int], pool: _Pool, shared: IntArray) -> list[int]:
    """Return the requests with an object that others make too, else named by the verb alone."""
    intents, nouns, forms = (
        [i for i in ranked if pool.kind[i] == kind] for kind in (_INTENT, _NOUN, _FORM)
    )
    least = 2 if pool.n_samples >= SMALL_POOL else 1
    known = [i for i in intents if shared[pool.phrase[i]] >= least]
    spoken = known or nouns or ([] if forms else intents)
    return sorted([*spoken, *forms], key=ranked.index)


def _adds(i: int, chosen: Sequence[int], pool: _Pool, shared: IntArray) -> bool:
    """Whether candidate i says something that the chosen ones, which hold its words, do not."""
    kind = pool.kind[i]
    if kind not in (_PHRASE, _PART):
        return False
    words = set(pool.mentions[i].words)
    holders = [j for j in chosen if words.issubset(pool.mentions[j].words)]
    if kind == _PART and not holders:
        return False
    return all(shared[pool.phrase[i]] >= SHARED_MORE * shared[pool.phrase[j]] for j in holders)
