"""How often each group uses each tag to a readable, distinct name per group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagraph.text import clean_tag, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from tagraph.data import FloatArray

SEPARATOR = " · "
TAG_WIDTH = 40


def score_tags(uses: csr_array) -> csr_array:
    """Return how characteristic each tag is of each group (class-based TF-IDF, Grootendorst, 2022).

    Args:
        uses: Shape (n_groups, n_tags), how much each group uses each tag, no stored zeros.

    Returns:
        `uses / total of the group * log(1 + mean total / total of the tag)`, same shape.
    """
    from scipy.sparse import diags_array

    group = np.asarray(uses.sum(axis=1)).ravel()
    tag = np.asarray(uses.sum(axis=0)).ravel()
    rarity = np.log1p(group.mean() / np.maximum(tag, 1e-12)) if len(group) else tag
    share = diags_array(1 / np.maximum(group, 1e-12))
    scored: csr_array = (share @ uses @ diags_array(rarity)).tocsr()
    return scored


def name_groups(scores: csr_array, tags: Sequence[str], n_tags: int = 3) -> tuple[str, ...]:
    """Name each group by its most characteristic tags; equal names get a number.

    Args:
        scores: Shape (n_groups, len(tags)), above 0 where stored; ties go to the smaller tag.
        tags: The tags, sorted.
        n_tags: Tags in a name.

    Returns:
        One name per group, no two the same; "untagged" for a group without any tag.
    """
    rows = zip(scores.indptr[:-1], scores.indptr[1:], strict=True)
    best = (_best(scores.indices[a:b], scores.data[a:b], n_tags) for a, b in rows)
    return join_names(best, tags)


def join_names(chosen: Iterable[Sequence[int]], tags: Sequence[str]) -> tuple[str, ...]:
    """Return the name of each group from the positions of its tags; equal names get a number."""
    names: list[str] = []
    taken: set[str] = set()
    for best in chosen:
        name = SEPARATOR.join(shorten(clean_tag(tags[i]), TAG_WIDTH) for i in best) or "untagged"
        name = _distinct(name, taken)
        taken.add(name)
        names.append(name)
    return tuple(names)


def _best(columns: NDArray[np.int32], values: FloatArray, n_tags: int) -> list[int]:
    """Return the columns of the largest values, equal values by column."""
    order = np.lexsort((columns, -np.round(values, 9)))[:n_tags]
    return [int(column) for column in columns[order]]


def _distinct(name: str, taken: set[str]) -> str:
    """Return `name`, with the first free number from 2 if it is taken."""
    number, free = 2, name
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free
