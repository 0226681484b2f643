"""Communities of tags and clusters of samples: names, sizes, stability, examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from tagraph.data import Bags, Communities
from tagraph.report.findings import Findings
from tagraph.report.rows import first_of_each, rounded, split_groups
from tagraph.report.texts import Texts
from tagraph.report.vocabulary import TAG_WIDTH

_EXAMPLES = 3
_TAGS = 12


def describe_communities(found: Findings, texts: Texts) -> dict[str, Any] | None:
    """Return the communities as columns, the largest first; None before there are any."""
    if found.communities is None or found.tags is None:
        return None
    communities, bags, n = found.communities, found.tags, len(found.communities)
    sample, community, tally = _count_pairs(bags, communities)
    strength = np.nan_to_num(found.strength, nan=-np.inf)
    order = np.lexsort((sample, -strength[sample], ~found.is_selected[sample], -tally, community))
    kept = order[first_of_each(community[order], _EXAMPLES)]
    examples = split_groups(community[kept], sample[kept], n)
    texts.want(i for chosen in examples for i in chosen)
    chosen = community[found.is_selected[sample]]
    return {
        "name": [name[:TAG_WIDTH] for name in communities.names],
        "stability": rounded(communities.stability),
        "n_tags": np.bincount(communities.membership, minlength=n).tolist(),
        "n_samples": np.bincount(community, minlength=n).tolist(),
        "n_selected": np.bincount(chosen, minlength=n).tolist(),
        "tags": _leading_tags(bags, communities),
        "examples": examples,
        "quality": found.runs["cluster"].summary.get("quality"),
        "resolution": communities.resolution,
    }


def _count_pairs(bags: Bags, communities: Communities) -> tuple[Any, Any, Any]:
    """Return sample, community, and how many tags of the one lie in the other, sorted."""
    keys = bags.bag_of * max(1, len(communities)) + communities.membership[bags.indices]
    pairs, tally = np.unique(keys, return_counts=True)
    return *np.divmod(pairs, max(1, len(communities))), tally


def _leading_tags(bags: Bags, communities: Communities) -> list[list[str]]:
    """Return the most used tags of each community."""
    tag = np.arange(len(communities.tags))
    order = np.lexsort((tag, -bags.counts, communities.membership))
    group = communities.membership[order]
    kept = first_of_each(group, _TAGS)
    chosen = split_groups(group[kept], order[kept], len(communities))
    return [[communities.tags[i][:TAG_WIDTH] for i in tags] for tags in chosen]
