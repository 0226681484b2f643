"""What the bags tell of two tags: whether they stand among the same others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import Bags, Link, TagMap
from tagraph.stages.context import (
    compare_neighbours,
    count_together,
    describe_neighbours,
    find_shared_neighbours,
)
from tagraph.stages.guards import differ_in_kind, residues
from tagraph.stages.merge import Groups
from tagraph.stages.tag_keys import find_heads
from tagraph.steps.tag_vocabulary import TagVocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_LEAST_BAGS, _LEAST_SHARE = 3, 0.3  # for a context; of a narrower tag's bags with the broader
_TELLING = 0.5  # from which cosine on shared neighbours alone are worth a judge


@dataclass(frozen=True)
class Context:
    """The neighbours of each group of tags.

    Attributes:
        rows: A unit row for each group; empty where it is in fewer than three bags.
        row_of: The row of each tag of the vocabulary.
        similarity: The cosine from which on neighbours count as the same.
        bags: The bags in groups; row i is its tag i.
    """

    rows: csr_array
    row_of: tuple[int, ...]
    similarity: float
    bags: Bags

    @classmethod
    def read(cls, raw: Bags, groups: Groups, similarity: float) -> Context | None:
        """Return the context that the bags give, or None if no bag has two tags."""
        if not (np.diff(raw.indptr) > 1).any():
            return None
        tags, labels = raw.vocabulary, groups.labels()
        grouped = TagMap({tag: tags[i] for tag, i in zip(tags, labels, strict=True)}).apply(raw)
        position = {tag: i for i, tag in enumerate(grouped.vocabulary)}
        rows = describe_neighbours(grouped, min_count=_LEAST_BAGS)
        return cls(rows, tuple(position[tags[i]] for i in labels), similarity, grouped)

    def compare(self, links: Sequence[Link]) -> list[float]:
        """Return how alike the neighbours of the two ends of each link are, 0 to 1."""
        ends = np.array([(self.row_of[i], self.row_of[j]) for i, j, *_ in links], dtype=np.int64)
        left, right = ends.reshape(-1, 2).T
        found: list[float] = compare_neighbours(self.rows, left, right).tolist()
        return found

    def find_narrower(self, vocabulary: TagVocabulary) -> list[tuple[int, int]]:
        """Return pairs of a narrower tag and the broader one that ends it, sorted.

        Vector database is narrower than database where the bags bear it out: the broader tag is
        the more used one, three bags or more hold the narrower one, at least .3 of these the
        broader one as well, two or more, and twice as many as chance would put there.
        (Subsumption: Sanderson and Croft 1999.)
        """
        first = {row: i for i, row in reversed(list(enumerate(self.row_of)))}
        row_at = dict(zip(vocabulary.folded, self.row_of, strict=True))
        pairs = {
            (row, row_at[head])
            for row, entry in zip(self.row_of, vocabulary.folded, strict=True)
            for head in find_heads(entry)
            if row_at.get(head, row) != row
        }
        left, right = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2).T
        counts, n_bags = self.bags.counts, max(1, len(self.bags))
        together = count_together(self.bags, left, right)
        chance = counts[left] * counts[right] / n_bags
        kept = (counts[left] >= _LEAST_BAGS) & (counts[left] < counts[right])
        kept &= (together >= np.maximum(_LEAST_SHARE * counts[left], 2)) & (together > 2 * chance)
        ends = zip(left[kept].tolist(), right[kept].tolist(), strict=True)
        return sorted((first[a], first[b]) for a, b in ends)

    def propose(self, vocabulary: TagVocabulary, *, word_lists: bool) -> list[Link]:
        """Return pairs that share neighbours and pass the guard: for a judge, not for merging.

        Most pairs with the same neighbours are related, not the same.
        """
        first = {row: i for i, row in reversed(list(enumerate(self.row_of)))}
        left, right, alike = find_shared_neighbours(self.rows, similarity=_TELLING)
        folded, links = vocabulary.folded, []
        for a, b, close in zip(left.tolist(), right.tolist(), alike.tolist(), strict=True):
            ends = folded[first[a]], folded[first[b]]
            own = residues(*ends, vocabulary.known)
            if all(own) and not differ_in_kind(*ends, word_lists=word_lists):
                links.append(Link(first[a], first[b], "context", close))
        return links
