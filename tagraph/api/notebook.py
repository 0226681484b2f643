"""The pure steps for a notebook: default adapters filled in, nothing stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
from tagraph.api.registry import make_tagger
from tagraph.config import Config
from tagraph.data import Bags, Clustering, Communities, FloatArray, Samples, TagMap
from tagraph.graphs import TagGraph
from tagraph.pipeline.remembered import RememberedEncoder
from tagraph.protocols import Adjudicator, Encoder, Tagger
from tagraph.steps import cluster as cluster_step
from tagraph.steps import graph as graph_step
from tagraph.steps import normalize as normalize_step
from tagraph.steps import sensitivity as sensitivity_step
from tagraph.steps import tag as tag_step
from tagraph.steps.cluster import ClusterOptions
from tagraph.steps.graph import GraphOptions
from tagraph.steps.normalize import NormalizeOptions
from tagraph.steps.overrides import Overrides
from tagraph.steps.sample_vectors import average_tags
from tagraph.steps.sensitivity import Sensitivity
from tagraph.steps.tag import TagOptions
from tagraph.store import MEMORY, Store


def tag_samples(
    samples: Samples, tagger: str | Tagger = "keyphrase", options: TagOptions = TagOptions()
) -> Bags:
    """Give every sample a few open tags.

    Args:
        samples: The samples.
        tagger: `keyphrase` (offline), `field` (tags the data has), or a Tagger of your own.
        options: Options of `keyphrase`.

    Returns:
        One bag of raw tags per sample, the most telling tag first.

    Raises:
        OptionsError: There is no tagger of that name.
        InputError: `field` was asked for, and no sample has a tag.
    """
    if isinstance(tagger, str):
        tagger = make_tagger(Config(tagger=tagger, tag=options))
    return tag_step.tag_samples(samples, tagger)


def normalize_tags(
    bags: Bags | Iterable[Iterable[str]],
    options: NormalizeOptions = NormalizeOptions(),
    *,
    overrides: Overrides | None = None,
    adjudicator: Adjudicator | None = None,
    previous: TagMap | None = None,
) -> TagMap:
    """Merge spellings, inflections and synonyms of one tag into one canonical tag.

    Args:
        bags: Raw tags of every sample.
        options: Thresholds and switches.
        overrides: What to merge always, never, or under another name.
        adjudicator: Asked about the pairs that are worth it, within `options.budget`.
        previous: The map of an earlier run, whose canonical names are kept.

    Returns:
        The canonical tag of every raw tag, and the reason of every merge.

    Raises:
        OptionsError: Overrides that contradict each other.
    """
    return normalize_step.normalize_tags(
        bags,
        options,
        lemmatizer=SpacyLemmatizer(),
        encoder=_encoder() if options.embedding else None,
        overrides=overrides,
        adjudicator=adjudicator,
        previous=previous,
    )


def measure_sensitivity(
    bags: Bags | Iterable[Iterable[str]],
    option: str = "embedding_threshold",
    grid: Sequence[float] = (0.75, 0.8, 0.85, 0.9, 0.95),
    options: NormalizeOptions = NormalizeOptions(),
) -> Sensitivity:
    """Normalize once for each value of a threshold: tag counts, merges, stability.

    Args:
        bags: Raw tags of every sample.
        option: Name of a threshold of `NormalizeOptions`.
        grid: Its values.
        options: Everything else, and the run that the others are compared with.

    Returns:
        A table with a plot.

    Raises:
        OptionsError: There is no such threshold, or a value is out of range.
    """
    encoder = _encoder() if options.embedding else None
    return sensitivity_step.measure_sensitivity(
        bags, option, grid, options, lemmatizer=SpacyLemmatizer(), encoder=encoder
    )


def build_tag_graph(
    bags: Bags | Iterable[Iterable[str]],
    options: GraphOptions = GraphOptions(),
    *,
    vectors: FloatArray | None = None,
    narrower: Sequence[tuple[str, str]] | None = None,
) -> TagGraph:
    """Join canonical tags by co-occurrence and similarity.

    Args:
        bags: Canonical tags of every sample.
        options: Weights, thresholds, and the mix of the two layers.
        vectors: Unit rows, one per tag of the sorted vocabulary; MiniLM's unless given. With
            `mix=0` none are needed and none are made.
        narrower: Pairs of a narrower and a broader tag.

    Returns:
        The graph over the sorted vocabulary.

    Raises:
        InputError: The vectors do not fit the vocabulary or are not finite.
    """
    held = Bags.of(bags)
    if vectors is None and options.mix > 0:
        vectors = _encoder().encode(held.vocabulary)
    return graph_step.build_tag_graph(held, options, vectors=vectors, narrower=narrower)


def cluster_samples(
    bags: Bags | Iterable[Iterable[str]],
    graph: TagGraph,
    communities: Communities,
    options: ClusterOptions = ClusterOptions(),
    *,
    vectors: FloatArray | None = None,
) -> Clustering:
    """Give every sample one primary cluster.

    Args:
        bags: Canonical tags of every sample.
        graph: The tag graph.
        communities: Communities of its tags.
        options: Sizes, number of clusters, and how they are drawn.
        vectors: One unit row per sample, shape (n_samples, n_dimensions); the mean MiniLM vector
            of the sample's tags unless given. With `mix=0` none are needed and none are made.

    Returns:
        Clusters by falling size.

    Raises:
        InputError: The parts do not fit together.
    """
    held = Bags.of(bags)
    if vectors is None and options.mix > 0:
        vectors = average_tags(held, _encoder().encode(held.vocabulary))
    return cluster_step.cluster_samples(held, graph, communities, options, vectors=vectors)


@cache
def _encoder() -> Encoder:
    """Return an encoder that remembers its vectors as long as the process lives."""
    return RememberedEncoder(SentenceEncoder(), Store(MEMORY))
