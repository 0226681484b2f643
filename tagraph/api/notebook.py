"""The pure steps for a notebook: default adapters filled in, nothing stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.api.registry import make_lemmatizer, make_tag_encoder, make_tagger
from tagraph.config import Config
from tagraph.data import Bags, Clustering, Communities, FloatArray, Samples, TagMap
from tagraph.graphs import TagGraph
from tagraph.pipeline.remembered import RememberedEncoder
from tagraph.protocols import Adjudicator, Encoder, Tagger
from tagraph.stages.communities import CommunityOptions
from tagraph.steps import assign as assign_step
from tagraph.steps import cluster as cluster_step
from tagraph.steps import community_stability as stability_step
from tagraph.steps import graph as graph_step
from tagraph.steps import normalize as normalize_step
from tagraph.steps import sensitivity as sensitivity_step
from tagraph.steps import tag as tag_step
from tagraph.steps.assign import Assignment
from tagraph.steps.cluster import ClusterOptions
from tagraph.steps.community_stability import CommunityStability, StabilityOptions
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
        OptionsError: Overrides that contradict each other, or a language without lemmatizer.
        MissingPackageError: The language needs simplemma, which is not installed.
    """
    return normalize_step.normalize_tags(
        bags,
        options,
        lemmatizer=make_lemmatizer(options.language),
        encoder=_meaning(options),
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
    lemmatizer = make_lemmatizer(options.language)
    return sensitivity_step.measure_sensitivity(
        bags, option, grid, options, lemmatizer=lemmatizer, encoder=_meaning(options)
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


def assign_samples(
    new_bags: Bags | Iterable[Iterable[str]],
    bags: Bags | Iterable[Iterable[str]],
    graph: TagGraph,
    clustering: Clustering,
    options: ClusterOptions = ClusterOptions(),
    *,
    vectors: tuple[FloatArray, FloatArray] | None = None,
) -> Assignment:
    """Put new samples into the clusters that are there, which stay as they are.

    Args:
        new_bags: Canonical tags of each new sample, by the TagMap of the pool.
        bags: Canonical tags of the pool's samples.
        graph: Tag graph of the pool.
        clustering: Clusters of the pool's samples.
        options: Mix, and what happens to a sample without a known tag.
        vectors: One row for each new sample, and one for each of the pool's; the mean MiniLM
            vectors of their tags unless given. With `mix=0` none are needed and none are made.

    Returns:
        The cluster of each new sample and how like it is to the cluster's centre.

    Raises:
        InputError: The parts do not fit together.
    """
    new, held = Bags.of(new_bags), Bags.of(bags)
    if vectors is None and options.mix > 0:
        encode = _encoder().encode
        vectors = (
            average_tags(new, encode(new.vocabulary)),
            average_tags(held, encode(held.vocabulary)),
        )
    return assign_step.assign_samples(new, held, graph, clustering, options, vectors=vectors)


def assess_communities(
    bags: Bags | Iterable[Iterable[str]],
    communities: Communities,
    options: StabilityOptions = StabilityOptions(),
    *,
    graph: GraphOptions = GraphOptions(),
    leiden: CommunityOptions = CommunityOptions(),
) -> CommunityStability:
    """Find communities again with other seeds, in other orders and from fewer samples.

    Args:
        bags: Canonical tags of each sample.
        communities: Found from these bags with the same options.
        options: Repeats, share of a subset and seed.
        graph: How the tag graph was built.
        leiden: How the communities were found.

    Returns:
        How well the whole and each community stood it.

    Raises:
        InputError: The communities are not those of these bags' tags.
    """
    held = Bags.of(bags)
    vectors = _encoder().encode(held.vocabulary) if graph.mix > 0 else None
    return stability_step.assess_communities(
        held, communities, options, graph=graph, leiden=leiden, vectors=vectors
    )


def _meaning(options: NormalizeOptions) -> Encoder | None:
    """Return the remembering encoder where merging by meaning has one."""
    return _encoder() if make_tag_encoder(Config(normalize=options)) else None


@cache
def _encoder() -> Encoder:
    """Return an encoder that remembers its vectors as long as the process lives."""
    return RememberedEncoder(SentenceEncoder(), Store(MEMORY))
