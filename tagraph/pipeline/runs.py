"""The steps on a store, one function per key: load the inputs, run the step, save the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from tagraph.config import Config
from tagraph.data import Clustering, IntArray, TagMap
from tagraph.pipeline.bookkeeping import Event, Listen, Plan, Result, ignore, run_step
from tagraph.pipeline.remembered import (
    RememberedEncoder,
    RememberedTagger,
)
from tagraph.protocols import Adjudicator, Encoder, Lemmatizer, Tagger
from tagraph.stages.selection import SelectionOptions, cluster_quotas
from tagraph.steps.cluster import cluster_samples
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.normalize import normalize_tags
from tagraph.steps.overrides import Overrides
from tagraph.steps.records import Ingest
from tagraph.steps.sample_vectors import encode_samples
from tagraph.steps.select import share_clusters
from tagraph.steps.tag import tag_samples
from tagraph.steps.tag_answers import FAILED, ExplainingTagger
from tagraph.steps.tag_communities import detect_communities
from tagraph.store import Store
from tagraph.text import digest

LEIDEN_PACKAGES = ("igraph", "leidenalg", "graspologic-native", "networkx")


@dataclass(frozen=True)
class Pipeline:
    """A store, the options, and who watches: what every step needs."""

    store: Store
    config: Config
    listen: Listen = ignore


def run_ingest(pipeline: Pipeline, content: str, read: Callable[[], Ingest]) -> bool:
    """Read the source into the store; `content` is the digest of what would be read."""

    def work() -> Result:
        ingest = read()

        def save() -> None:
            samples = pipeline.store.samples
            samples.save_sources(ingest.sources)
            columns = (ingest.samples, ingest.originals, ingest.source_index)
            samples.save_samples(*columns, rows=ingest.rows)
            samples.save_set_aside(ingest.set_aside, ingest.notices)

        summary = {
            "samples": len(ingest.samples),
            "set_aside": len(ingest.set_aside),
            "unusable_tags": len(ingest.notices),
            "format": ingest.format,
            "evidence": ingest.evidence,
        }
        return Result(summary, save)

    options = {"content": content, "ingest": pipeline.config.ingest}
    return run_step(pipeline.store, Plan("ingest", None, options), work, pipeline.listen)


def run_tag(pipeline: Pipeline, tagger: Tagger) -> bool:
    """Give every sample raw tags."""
    store = pipeline.store

    def tell(done: int, total: int) -> None:
        dollars = store.calls.spent().cost / 1e9
        pipeline.listen(Event("tag", "working", done=done, total=total, dollars=dollars))

    def work() -> Result:
        asked = tagger
        if isinstance(tagger, ExplainingTagger):
            asked = RememberedTagger(tagger, store, tell)
        bags = tag_samples(store.samples.load_samples(), asked)
        summary: dict[str, Any] = {
            "raw_tags": len(bags.vocabulary),
            "per_sample": round(len(bags.indices) / max(1, len(bags)), 2),
            "without_tags": int((np.diff(bags.indptr) == 0).sum()),
        }
        if isinstance(asked, RememberedTagger):
            summary["outcomes"] = dict(sorted(asked.outcomes.items()))
            summary["unfinished"] = asked.outcomes[FAILED]
        return Result(summary, lambda: store.tags.save_raw_bags(bags))

    return run_step(store, Plan("tag", "ingest", {"tagger": tagger.key}), work, pipeline.listen)


def run_normalize(
    pipeline: Pipeline,
    lemmatizer: Lemmatizer,
    encoder: Encoder | None,
    overrides: Overrides | None = None,
    adjudicator: Adjudicator | None = None,
    previous: TagMap | None = None,
) -> bool:
    """Merge raw tags into canonical ones; what they were called in `previous` keeps its name."""
    store, options = pipeline.store, pipeline.config.normalize

    def work() -> Result:
        raw = store.tags.load_raw_bags()
        tag_map = normalize_tags(
            raw,
            options,
            lemmatizer=lemmatizer,
            encoder=encoder and RememberedEncoder(encoder, store),
            overrides=overrides,
            adjudicator=adjudicator,
            previous=previous,
        )
        bags = tag_map.apply(raw)
        summary = {
            "raw_tags": len(raw.vocabulary),
            "canonical_tags": len(bags.vocabulary),
            "merges": len(tag_map.merges),
            "rare": len(tag_map.rare),
            "unknown_overrides": overrides.unknown(raw.vocabulary) if overrides else (),
        }
        return Result(summary, lambda: store.tags.save_tag_map(tag_map, bags))

    made_of = {
        "normalize": options,
        "lemmatizer": lemmatizer.key,
        "encoder": encoder and encoder.key,
        "overrides": overrides,
        "adjudicator": adjudicator and adjudicator.key,
        "previous": previous and digest(*sorted(set(previous.canonical_of.values()))),
    }
    return run_step(store, Plan("normalize", "tag", made_of), work, pipeline.listen)


def run_graph(pipeline: Pipeline, encoder: Encoder) -> bool:
    """Join the canonical tags by co-occurrence and similarity."""
    store, options = pipeline.store, pipeline.config.graph

    def work() -> Result:
        bags = store.tags.load_bags()
        vectors = RememberedEncoder(encoder, store).encode(bags.vocabulary)
        narrower = store.tags.load_tag_map().narrower
        graph = build_tag_graph(bags, options, vectors=vectors, narrower=narrower)
        isolated = len(graph) - len(np.unique(graph.edges))
        summary = {
            "tags": len(graph),
            "edges": len(graph.edges),
            "isolated_tags": isolated,
            "uncounted_bags": int((np.diff(bags.indptr) > options.max_bag).sum()),
        }
        return Result(summary, lambda: store.groups.save_graph(graph))

    made_of = {"graph": options, "encoder": encoder.key}
    return run_step(store, Plan("graph", "normalize", made_of), work, pipeline.listen)


def run_cluster(pipeline: Pipeline, encoder: Encoder) -> bool:
    """Cut the graph into communities of tags, and the pool into clusters of samples."""
    store, config = pipeline.store, pipeline.config

    def work() -> Result:
        graph, bags = store.groups.load_graph(), store.tags.load_bags()
        communities = detect_communities(graph, config.communities)
        remembered = RememberedEncoder(encoder, store)
        vectors = encode_samples(bags, store.samples.load_samples(), remembered)
        clustering = cluster_samples(bags, graph, communities, config.clusters, vectors=vectors)
        summary = {
            "communities": len(communities),
            "clusters": len(clustering),
            "largest": int(clustering.sizes.max(initial=0)),
            "smallest": int(clustering.sizes.min(initial=len(bags))),
            "without_cluster": int((clustering.membership < 0).sum()),
            "moves": len(clustering.moves),
            "quality": communities.quality,
            "resolution": communities.resolution,
            "backend": communities.backend,
            "runs": communities.n_runs,
        }

        def save() -> None:
            store.groups.save_communities(communities)
            store.groups.save_clustering(clustering)

        return Result(summary, save)

    made_of = {
        "communities": config.communities,
        "clusters": config.clusters,
        "encoder": encoder.key,
        "backend": [f"{name} {version(name)}" for name in LEIDEN_PACKAGES],
    }
    return run_step(store, Plan("cluster", "graph", made_of), work, pipeline.listen)


def cut_clusters(clustering: Clustering, k: int, options: SelectionOptions) -> IntArray:
    """Return how many samples of each cluster will be selected, shape (n_clusters,).

    Samples without a cluster have their share of k, as in the selection itself.
    """
    leftovers = int((clustering.membership < 0).sum())
    sizes = np.append(clustering.sizes, leftovers) if leftovers else clustering.sizes
    shares = share_clusters(clustering, options) if options.target else None
    if shares is not None and leftovers:
        shares = np.append(shares, 0.0)
    return cluster_quotas(sizes, k, options.policy, shares)[: len(clustering)]
