"""A weighted graph to communities: Leiden over several seeds and resolutions, made one."""

from tagraph.stages.communities.backends import LARGE, WeightedGraph, choose_backend
from tagraph.stages.communities.consensus import find_communities
from tagraph.stages.communities.options import BACKENDS, Backend, CommunityOptions
from tagraph.stages.communities.partition import (
    Partition,
    measure_agreement,
    measure_stability,
    number_by_size,
)

__all__ = [
    "BACKENDS",
    "LARGE",
    "Backend",
    "CommunityOptions",
    "Partition",
    "WeightedGraph",
    "choose_backend",
    "find_communities",
    "measure_agreement",
    "measure_stability",
    "number_by_size",
]
