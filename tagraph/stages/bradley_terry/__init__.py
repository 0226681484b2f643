"""Comparisons to strengths: one concave Bradley-Terry model over all clusters in one call."""

from tagraph.stages.bradley_terry.blocks import pad_blocks
from tagraph.stages.bradley_terry.edges import collect_edges
from tagraph.stages.bradley_terry.fit import fit_bradley_terry
from tagraph.stages.bradley_terry.options import BradleyTerryOptions
from tagraph.stages.bradley_terry.scores import Scores

__all__ = ["BradleyTerryOptions", "Scores", "collect_edges", "fit_bradley_terry", "pad_blocks"]
