"""Our public functions in the forms that the measuring scripts take; thin on purpose."""

from collections.abc import Sequence

import numpy as np

from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
from tagraph.data import Bags, FloatArray
from tagraph.steps.cluster import (
    ClusterOptions,
    CommunityOptions,
    cluster_samples,
    detect_communities,
)
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.normalize import normalize_tags


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
