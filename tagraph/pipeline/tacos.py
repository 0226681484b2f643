"""The recipe of TACOS on a store: the same tables as the main job, filled its way."""

from __future__ import annotations

import numpy as np

from tagraph.pipeline.bookkeeping import Plan, Result, run_step
from tagraph.pipeline.remembered import RememberedEncoder
from tagraph.pipeline.runs import Pipeline
from tagraph.pipeline.selecting import save_audited
from tagraph.protocols import Encoder, Scorer
from tagraph.steps.tacos import (
    cluster_by_labels,
    cluster_tags,
    keep_longest,
    score_neighbours,
    select_top,
    stem_tags,
)


def run_tacos(pipeline: Pipeline, scorer: Scorer, encoder: Encoder, k: int) -> None:
    """Run the recipe from the raw tags of a store to a selection of k samples.

    It has no graph and fits no strengths: `tag_edges` and `scores` stay empty, the communities are
    the groups of tags by k-means, and the scores of the pass are in `pair_scores`.

    Raises:
        OptionsError: The recipe keeps fewer than k samples.
    """
    _run_stemming(pipeline)
    _run_grouping(pipeline, encoder)
    _run_pass(pipeline, scorer)
    _run_top(pipeline, k)


def _run_stemming(pipeline: Pipeline) -> None:
    store, options = pipeline.store, pipeline.config.tacos

    def work() -> Result:
        raw = store.tags.load_raw_bags()
        tag_map = stem_tags(raw, options)
        bags = tag_map.apply(raw)
        summary = {
            "raw_tags": len(raw.vocabulary),
            "canonical_tags": len(bags.vocabulary),
            "merges": len(tag_map.merges),
            "rare": len(tag_map.rare),
        }
        return Result(summary, lambda: store.tags.save_tag_map(tag_map, bags))

    run_step(store, Plan("normalize", "tag", {"tacos": options}), work, pipeline.listen)


def _run_grouping(pipeline: Pipeline, encoder: Encoder) -> None:
    store, options = pipeline.store, pipeline.config.tacos

    def work() -> Result:
        bags = store.tags.load_bags()
        communities = cluster_tags(bags, RememberedEncoder(encoder, store), options)
        clustering = cluster_by_labels(bags, communities)
        summary = {
            "communities": len(communities),
            "clusters": len(clustering),
            "largest": int(clustering.sizes.max()),
            "smallest": int(clustering.sizes.min()),
            "without_cluster": int((clustering.membership < 0).sum()),
            "moves": 0,
            "backend": communities.backend,
            "quality": None,
            "resolution": None,
        }

        def save() -> None:
            store.groups.save_communities(communities)
            store.groups.save_clustering(clustering)

        return Result(summary, save)

    made_of = {"tacos": options, "encoder": encoder.key}
    run_step(store, Plan("cluster", "normalize", made_of), work, pipeline.listen)


def _run_pass(pipeline: Pipeline, scorer: Scorer) -> None:
    store = pipeline.store

    def work() -> Result:
        samples, clustering = store.samples.load_samples(), store.groups.load_clustering()
        kept = keep_longest(clustering, store.samples.load_lengths(), samples.ids)
        pairs = score_neighbours(clustering, kept, samples, scorer)
        unscored = int(np.isnan(pairs.score).any(axis=1).sum())
        summary = {
            "judge": pipeline.config.judge,
            "calls": len(pairs.first),
            "ties": float(
                (pairs.score[:, 0] == pairs.score[:, 1]).sum() / max(1, len(pairs.first))
            ),
            "no_verdict": unscored,
            "outcomes": {},
            "unfinished": 0,
        }
        return Result(summary, lambda: store.results.save_pair_scores(kept, pairs))

    plan = Plan("compare", "cluster", {"scorer": scorer.key, "recipe": "tacos 1"})
    run_step(store, plan, work, pipeline.listen)


def _run_top(pipeline: Pipeline, k: int) -> None:
    store = pipeline.store

    def work() -> Result:
        clustering, ids = store.groups.load_clustering(), store.samples.load_samples().ids
        kept, pairs = store.results.load_pair_scores()
        return save_audited(store, select_top(clustering, kept, pairs, k, ids), clustering)

    plan = Plan("select", "compare", {"recipe": "tacos 1", "k": k})
    run_step(store, plan, work, pipeline.listen)
