"""Comparisons to strengths: one concave Bradley-Terry model over all clusters in one call."""

from tagraph.stages.bradley_terry.blocks import pad_blocks
from tagraph.stages.bradley_terry.covariance import LARGEST
from tagraph.stages.bradley_terry.edges import collect_edges
from tagraph.stages.bradley_terry.fit import fit_bradley_terry
from tagraph.stages.bradley_terry.options import BradleyTerryOptions
from tagraph.stages.bradley_terry.scores import Scores
from tagraph.stages.bradley_terry.spread import TYPICAL_SPREAD

__all__ = [
    "LARGEST",
    "TYPICAL_SPREAD",
    "BradleyTerryOptions",
    "Scores",
    "collect_edges",
    "fit_bradley_terry",
    "pad_blocks",
]
