"""A second look at the stored communities, beside the steps: it changes no result."""

from __future__ import annotations

from tagraph.pipeline.remembered import RememberedEncoder
from tagraph.pipeline.runs import Pipeline
from tagraph.protocols import Encoder
from tagraph.steps.community_stability import (
    CommunityStability,
    StabilityOptions,
    assess_communities,
)

DEFAULTS = StabilityOptions()


def run_assess(
    pipeline: Pipeline, encoder: Encoder, options: StabilityOptions = DEFAULTS
) -> CommunityStability:
    """Find the stored communities again under change, save how they stood it and return that.

    Raises:
        MissingResultError: The samples were never clustered.
    """
    store, config = pipeline.store, pipeline.config
    communities, bags = store.groups.load_communities(), store.tags.load_bags()
    found = assess_communities(
        bags,
        communities,
        options,
        graph=config.graph,
        leiden=config.communities,
        vectors=RememberedEncoder(encoder, store).encode(bags.vocabulary),
    )
    store.groups.save_stability(found)
    return found
