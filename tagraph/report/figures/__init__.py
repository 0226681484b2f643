"""Figures for notebooks and papers: each function returns one and never shows it."""

from tagraph.report.figures.choosing import plot_coverage
from tagraph.report.figures.grouping import plot_communities, plot_resolutions, plot_tag_graph
from tagraph.report.figures.judging import plot_costs, plot_position_bias, plot_ranks
from tagraph.report.figures.tagging import plot_frequency, plot_merges

__all__ = [
    "plot_communities",
    "plot_costs",
    "plot_coverage",
    "plot_frequency",
    "plot_merges",
    "plot_position_bias",
    "plot_ranks",
    "plot_resolutions",
    "plot_tag_graph",
]
