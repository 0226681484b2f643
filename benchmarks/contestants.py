"""Our public functions in the forms that the measuring scripts take; thin on purpose."""

from collections.abc import Mapping, Sequence

import numpy as np

from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
from tagraph.data import Bags, CandidatePair, FloatArray, IntArray
from tagraph.protocols import Relation
from tagraph.stages.bradley_terry import BradleyTerryOptions, Scores, fit_bradley_terry
from tagraph.stages.pairing import ScheduleOptions
from tagraph.steps.cluster import ClusterOptions, cluster_samples
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.normalize import NormalizeOptions, normalize_tags
from tagraph.steps.scheduler import PairScheduler
from tagraph.steps.tag_communities import CommunityOptions, detect_communities


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
