"""Comparisons to strengths: one concave Bradley-Terry model over all clusters in one call."""

from tagraph.stages.bradley_terry.blocks import pad_blocks
from tagraph.stages.bradley_terry.comparisons import collect_edges
from tagraph.stages.bradley_terry.covariance import LARGEST
from tagraph.stages.bradley_terry.fit import fit_bradley_terry
from tagraph.stages.bradley_terry.linking import Linked, link_clusters
from tagraph.stages.bradley_terry.marginal import TYPICAL_SPREAD
from tagraph.stages.bradley_terry.options import BradleyTerryOptions
from tagraph.stages.bradley_terry.scores import Judges, Scores

__all__ = [
    "LARGEST",
    "TYPICAL_SPREAD",
    "BradleyTerryOptions",
    "Judges",
    "Linked",
    "Scores",
    "collect_edges",
    "fit_bradley_terry",
    "link_clusters",
    "pad_blocks",
]
