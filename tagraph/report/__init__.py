"""What a store holds, to look at: one self-contained HTML page, and figures for papers."""

from tagraph.report.figures import (
    plot_communities,
    plot_costs,
    plot_coverage,
    plot_frequency,
    plot_merges,
    plot_position_bias,
    plot_ranks,
    plot_resolutions,
    plot_tag_graph,
)
from tagraph.report.options import ReportOptions
from tagraph.report.page import render_report

__all__ = [
    "ReportOptions",
    "plot_communities",
    "plot_costs",
    "plot_coverage",
    "plot_frequency",
    "plot_merges",
    "plot_position_bias",
    "plot_ranks",
    "plot_resolutions",
    "plot_tag_graph",
    "render_report",
]
