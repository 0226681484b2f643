"""Our public functions in the forms that the measuring scripts take; thin on purpose."""

from collections.abc import Sequence

import numpy as np

from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
from tagraph.data import Bags, FloatArray, IntArray
from tagraph.stages.bradley_terry import BradleyTerryOptions, Scores, fit_bradley_terry
from tagraph.stages.pairing import ScheduleOptions
from tagraph.steps.cluster import (
    ClusterOptions,
    CommunityOptions,
    cluster_samples,
    detect_communities,
)
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.normalize import normalize_tags
from tagraph.steps.scheduler import PairScheduler


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


def fit(n_items: int, winners: IntArray, losers: IntArray) -> FloatArray:
    """Return strengths with the defaults; the form names no order shown, so none is fitted."""
    return _fit(n_items, winners, losers, BradleyTerryOptions(position=False)).strength


def fit_mle(n_items: int, winners: IntArray, losers: IntArray) -> FloatArray:
    """Return the plain maximum likelihood strengths: prior, ties and position off."""
    options = BradleyTerryOptions(prior=None, ties=False, position=False)
    return _fit(n_items, winners, losers, options).strength


def fit_with_ci(
    n_items: int, winners: IntArray, losers: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return strengths of mean zero with the bounds of 95 % intervals."""
    scores = _fit(n_items, winners, losers, BradleyTerryOptions(position=False))
    width = 1.959964 * scores.standard_error()
    return scores.strength, scores.strength - width, scores.strength + width


def _fit(n_items: int, winners: IntArray, losers: IntArray, options: BradleyTerryOptions) -> Scores:
    """Fit decided comparisons."""
    won = np.ones(len(winners))
    return fit_bradley_terry(winners, losers, won, n_items=n_items, options=options)


def make_scheduler(n_items: int, k: int, seed: int) -> PairScheduler:
    """Return the default schedule, which looks for the best k."""
    return PairScheduler(n_items, ScheduleOptions(seed=seed), cut=k)


def make_ranking_scheduler(n_items: int, k: int, seed: int) -> PairScheduler:
    """Return the schedule that looks for the whole order."""
    return PairScheduler(n_items, ScheduleOptions(goal="ranking", seed=seed), cut=k)
