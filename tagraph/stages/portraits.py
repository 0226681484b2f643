"""Bags of tags and their groups to a portrait of each group: tags that cover it, a typical bag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagraph.data import Bags, FloatArray, IntArray

FEWEST_TAGS, MOST_TAGS = 3, 5
# Share of the bags that the first tags must cover, or more tags are taken.
ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Portrait:
    """What stands for a group of bags.

    Attributes:
        tags: Positions in the vocabulary, most telling first.
        covered: Share of the group's bags that hold one of them.
        typical: The bag whose tags are most like the group's, -1 if none has a tag.
    """

    tags: tuple[int, ...]
    covered: float
    typical: int


def draw_portraits(bags: Bags, membership: IntArray) -> list[Portrait]:
    """Choose for each group the most telling tags, so that they cover it.

    A tag tells in each bag its rarity over the groups (class-based TF-IDF; Grootendorst, 2022);
    while half of the bags are not covered, only bags that no earlier tag covers count. Ties go to
    the smaller tag. Three tags are chosen, and up to five until half is covered. The typical bag
    has the largest cosine with the group's tags so weighed, the first of equals.

    Args:
        bags: Tag bags.
        membership: Group of each bag, shape (n_bags,), from 0; -1 means none.
    """
    home = membership[bags.bag_of]
    entry = np.lexsort((bags.indices, bags.bag_of, home))
    sizes = np.bincount(membership[membership >= 0])
    rarity = _weigh(bags, home, len(sizes))
    starts = np.searchsorted(home[entry], np.arange(len(sizes) + 1))
    return [
        _draw(bags.bag_of[inside], bags.indices[inside], rarity, int(size))
        for inside, size in zip(np.split(entry, starts)[1:-1], sizes, strict=True)
    ]


def _weigh(bags: Bags, home: IntArray, n_groups: int) -> FloatArray:
    """Return log(1 + mean uses of a group / uses of the tag), shape (n_vocabulary,)."""
    uses = np.bincount(bags.indices[home >= 0], minlength=len(bags.vocabulary))
    weight: FloatArray = np.log1p(uses.sum() / max(1, n_groups) / np.maximum(uses, 1))
    return weight


def _draw(bag: IntArray, tag: IntArray, rarity: FloatArray, size: int) -> Portrait:
    """Draw one group of `size` bags from its entries, by bag and then by tag."""
    if not len(bag):
        return Portrait((), 0.0, -1)
    bags, row = np.unique(bag, return_inverse=True)
    tags, column = np.unique(tag, return_inverse=True)
    weight, open_ = rarity[tags], np.ones(len(bags))
    score = weight * np.bincount(column)
    chosen: list[int] = []
    while len(chosen) < min(MOST_TAGS, len(tags)):
        enough = len(bags) - open_.sum() >= size * ENOUGH
        if len(chosen) >= FEWEST_TAGS and (enough or not open_.any()):
            break
        told = score if enough else weight * np.bincount(column, weights=open_[row])
        gain = (told if told.any() else score).copy()
        gain[chosen] = 0
        chosen.append(int(np.argmax(np.round(gain, 9))))
        open_[row[column == chosen[-1]]] = 0
    likeness = np.bincount(row, weights=score[column]) / np.sqrt(np.bincount(row))
    typical = int(bags[np.argmax(np.round(likeness, 9))])
    covered = round(float((len(bags) - open_.sum()) / size), 6)
    return Portrait(tuple(tags[chosen].tolist()), covered, typical)
