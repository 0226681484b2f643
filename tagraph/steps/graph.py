"""Bags of canonical tags to the tag graph: co-occurrence and similarity, noise removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tagraph.data import Bags, FloatArray, IntArray
from tagraph.errors import OptionsError
from tagraph.graphs import TagGraph
from tagraph.stages.cooccurrence import (
    ASSOCIATIONS,
    Association,
    count_pairs,
    find_significant,
    weigh_pairs,
)
from tagraph.stages.neighbours import find_neighbours, join_neighbours
from tagraph.stages.unit_vectors import check_vectors


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """How tags are joined.

    Attributes:
        min_count: Bags that two tags must share to be joined by co-occurrence.
        significance: Two tags stay joined if independent tags would meet this often with at most
            this probability; 1 keeps every pair above expectation.
        association: What co-occurrence weighs: npmi, cosine or overlap.
        max_bag: Bags with more tags than this say nothing about which tags belong together; their
            pairs are not counted.
        threshold: Cosine above which two tags are joined by similarity.
        neighbours: Most similar tags looked at for each tag.
        mix: Share of similarity in the weight of an edge, 0 to 1; without vectors it is 0.
    """

    min_count: int = 1
    significance: float = 0.05
    association: Association = "npmi"
    max_bag: int = 200
    threshold: float = 0.5
    neighbours: int = 10
    mix: float = 0.5

    def __post_init__(self) -> None:
        if self.min_count < 1:
            raise OptionsError(f"min_count must be at least 1, got {self.min_count}")
        if not 0 < self.significance <= 1:
            raise OptionsError(f"significance must lie in (0, 1], got {self.significance}")
        if self.association not in ASSOCIATIONS:
            known = ", ".join(ASSOCIATIONS)
            raise OptionsError(f"association must be one of {known}, got {self.association!r}")
        if self.max_bag < 2:
            raise OptionsError(f"max_bag must be at least 2, got {self.max_bag}")
        self._check_similarity()

    def _check_similarity(self) -> None:
        if not 0 <= self.threshold < 1:
            raise OptionsError(f"threshold must lie in [0, 1), got {self.threshold}")
        if self.neighbours < 1:
            raise OptionsError(f"neighbours must be at least 1, got {self.neighbours}")
        if not 0 <= self.mix <= 1:
            raise OptionsError(f"mix must lie in [0, 1], got {self.mix}")


DEFAULTS = GraphOptions()


def build_tag_graph(
    bags: Bags | Iterable[Iterable[str]],
    options: GraphOptions = DEFAULTS,
    *,
    vectors: FloatArray | None = None,
    narrower: Sequence[tuple[str, str]] | None = None,
) -> TagGraph:
    """Join tags that stand together more often than chance, and tags of like meaning.

    The layers are kept apart in the result; the weight of an edge is
    `(1 - mix) * cooccurrence + mix * similarity`, and edges that weigh nothing are left out.
    The order of bags and of tags inside a bag does not matter.

    Args:
        bags: Canonical tags of each sample.
        options: Support, significance, thresholds and mix.
        vectors: One vector per tag of `Bags.of(bags).vocabulary`, in that order; None leaves
            similarity out.
        narrower: Pairs (narrower tag, broader tag); pairs with a tag that no bag holds are left
            out. They are kept beside the edges and weigh nothing.

    Returns:
        The graph over the whole vocabulary; a tag may be isolated.

    Raises:
        InputError: The vectors do not fit the vocabulary or are not finite.
    """
    held = Bags.of(bags)
    n = len(held.vocabulary)
    pairs, association = _associate(held, options)
    mix = 0.0 if vectors is None else options.mix
    alike, cosine = _alike(vectors, n, options)
    edges, layers = _overlay([(pairs, association), (alike, cosine)], n)
    weights = np.round((1 - mix) * layers[0] + mix * layers[1], 6)
    kept = weights > 0
    return TagGraph(
        held.vocabulary,
        edges[kept],
        weights[kept],
        layers[0][kept],
        layers[1][kept],
        held.counts,
        _directed(narrower or (), held.vocabulary),
    )


def _associate(bags: Bags, options: GraphOptions) -> tuple[IntArray, FloatArray]:
    """Return the pairs of tags that stand together more often than chance, and their weights."""
    pairs, together = count_pairs(bags, options.max_bag)
    counts, n = bags.counts, max(1, len(bags))
    expected = counts[pairs[:, 0]] * counts[pairs[:, 1]] / n
    kept = together >= options.min_count
    kept &= find_significant(together, expected, options.significance)
    pairs, together = pairs[kept], together[kept]
    return pairs, weigh_pairs(pairs, together, counts, n, options.association)


def _alike(
    vectors: FloatArray | None, n: int, options: GraphOptions
) -> tuple[IntArray, FloatArray]:
    """Return the pairs of tags of like meaning, and their cosines."""
    if vectors is None or n < 2:
        return np.empty((0, 2), dtype=np.int64), np.empty(0)
    rows = check_vectors(vectors, n, "tag")
    nearest = find_neighbours([rows], [1.0], options.neighbours, options.threshold)
    pairs, cosine, _ = join_neighbours(*nearest, n)
    return pairs, np.minimum(cosine, 1.0)


def _overlay(
    layers: Sequence[tuple[IntArray, FloatArray]], n: int
) -> tuple[IntArray, list[FloatArray]]:
    """Return the union of the layers' pairs, sorted as each layer's are, and the weights on it."""
    keys = [pairs[:, 0] * max(1, n) + pairs[:, 1] for pairs, _ in layers]
    held = [key for key in keys if len(key)] or keys[:1]
    union = held[0] if len(held) == 1 else np.unique(np.concatenate(held))
    spread = []
    for key, (_, weight) in zip(keys, layers, strict=True):
        on_union = np.zeros(len(union))
        on_union[np.searchsorted(union, key)] = weight
        spread.append(on_union)
    return np.column_stack(np.divmod(union, max(1, n))).astype(np.int64), spread


def _directed(narrower: Sequence[tuple[str, str]], tags: Sequence[str]) -> IntArray:
    """Return the pairs as positions in `tags`, sorted; pairs with an unknown tag are left out."""
    position = {tag: i for i, tag in enumerate(tags)}
    known = sorted({(position.get(low, -1), position.get(high, -1)) for low, high in narrower})
    rows = [pair for pair in known if min(pair) >= 0 and pair[0] != pair[1]]
    return np.array(rows, dtype=np.int64).reshape(-1, 2)
