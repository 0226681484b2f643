"""Our public functions in the forms that the measuring scripts take; thin on purpose."""

from collections.abc import Mapping, Sequence

import numpy as np

from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
from tagraph.data import Bags, CandidatePair, FloatArray
from tagraph.protocols import Relation
from tagraph.steps.cluster import (
    ClusterOptions,
    CommunityOptions,
    cluster_samples,
    detect_communities,
)
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.normalize import NormalizeOptions, normalize_tags


def normalize(tags: Sequence[str]) -> list[str]:
    """Return the canonical tag of each tag, with the default models."""
    bags = [[tag] for tag in tags]
    found = normalize_tags(bags, lemmatizer=SpacyLemmatizer(), encoder=SentenceEncoder())
    return [found.canonical_of[tag] for tag in tags]


def normalize_no_model(tags: Sequence[str]) -> list[str]:
    """Return the canonical tag of each tag by rules and spelling alone."""
    bags = [[tag] for tag in tags]
    found = normalize_tags(bags, lemmatizer=SpacyLemmatizer(), encoder=None)
    return [found.canonical_of[tag] for tag in tags]


def normalize_no_lists(tags: Sequence[str]) -> list[str]:
    """Return the canonical tag of each tag, with the default models and no word lists."""
    options = NormalizeOptions(word_lists=False)
    bags = [[tag] for tag in tags]
    found = normalize_tags(bags, options, lemmatizer=SpacyLemmatizer(), encoder=SentenceEncoder())
    return [found.canonical_of[tag] for tag in tags]


def normalize_no_model_no_lists(tags: Sequence[str]) -> list[str]:
    """Return the canonical tag of each tag by rules and spelling, without word lists."""
    options = NormalizeOptions(word_lists=False)
    bags = [[tag] for tag in tags]
    found = normalize_tags(bags, options, lemmatizer=SpacyLemmatizer(), encoder=None)
    return [found.canonical_of[tag] for tag in tags]


def normalize_adjudicated(
    tags: Sequence[str], truth: Sequence[str] | Mapping[str, str], pairs_per_tag: float
) -> list[str]:
    """Return the canonical tag of each tag, with a recorded truth as adjudicator.

    Args:
        tags: The tags.
        truth: The true cluster of each, in the order of `tags` or by tag.
        pairs_per_tag: How many pairs it is asked about at most, per tag.
    """
    cluster_of = truth if isinstance(truth, Mapping) else dict(zip(tags, truth, strict=True))
    found = normalize_tags(
        [[tag] for tag in tags],
        NormalizeOptions(budget=int(pairs_per_tag * len(tags))),
        lemmatizer=SpacyLemmatizer(),
        encoder=SentenceEncoder(),
        adjudicator=RecordedTruth(cluster_of),
    )
    return [found.canonical_of[tag] for tag in tags]


class RecordedTruth:
    """Answers same or different from a recorded truth, and counts what it was asked."""

    key = "recorded-truth"

    def __init__(self, cluster_of: Mapping[str, str]) -> None:
        self.cluster_of = cluster_of
        self.asked = 0

    def adjudicate(self, pairs: Sequence[CandidatePair]) -> list[Relation]:
        """Return same for two tags of one cluster, else different."""
        self.asked += len(pairs)
        of = self.cluster_of
        same = [of[pair.left] == of[pair.right] for pair in pairs]
        return [Relation.SAME if one else Relation.DIFFERENT for one in same]


def cluster(bags: Sequence[Sequence[str]], seed: int, n_clusters: int) -> list[int]:
    """Return the primary cluster of each bag, from its tags and the vector of its tags' text."""
    held = Bags.of(bags)
    graph = build_tag_graph(held, vectors=_encode(held.vocabulary))
    communities = detect_communities(graph, CommunityOptions(seed=seed))
    options = ClusterOptions(n_clusters=n_clusters, seed=seed)
    texts = [", ".join(bag) for bag in bags]
    found = cluster_samples(held, graph, communities, options, vectors=_encode(texts))
    return [int(number) for number in found.membership]


def _encode(texts: Sequence[str]) -> FloatArray:
    """Return the vectors of the texts; the scripts ask for the same ones many times."""
    new = sorted(set(texts) - _VECTORS.keys())
    _VECTORS.update(zip(new, SentenceEncoder().encode(new), strict=True))
    return np.stack([_VECTORS[text] for text in texts])


_VECTORS: dict[str, FloatArray] = {}
