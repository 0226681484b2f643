"""Choose the few samples worth fine-tuning a language model on."""

__version__ = "0.1.0"

from tagraph.adapters.override_files import read_overrides, write_review
from tagraph.adapters.sample_files import read_samples
from tagraph.api import (
    build_tag_graph,
    cluster_samples,
    export_datasette,
    measure_sensitivity,
    normalize_tags,
    select,
    tag_samples,
    write_report,
)
from tagraph.config import Config
from tagraph.data import (
    Bags,
    CandidatePair,
    Clustering,
    Communities,
    Merge,
    Outcome,
    Sample,
    Samples,
    Selection,
    TagMap,
    Turn,
    Verdict,
)
from tagraph.errors import TagraphError
from tagraph.graphs import TagGraph
from tagraph.protocols import Relation
from tagraph.report import (
    ReportOptions,
    plot_communities,
    plot_costs,
    plot_coverage,
    plot_frequency,
    plot_merges,
    plot_position_bias,
    plot_ranks,
    plot_tag_graph,
)
from tagraph.stages.bradley_terry import BradleyTerryOptions, Scores, fit_bradley_terry
from tagraph.stages.communities import CommunityOptions
from tagraph.stages.pairing import ScheduleOptions
from tagraph.stages.selection import SelectionOptions, select_samples
from tagraph.steps.cluster import ClusterOptions, detect_communities
from tagraph.steps.graph import GraphOptions
from tagraph.steps.normalize import NormalizeOptions
from tagraph.steps.overrides import Overrides
from tagraph.steps.review import MapDiff, Review, diff_maps, review_merges
from tagraph.steps.scheduler import PairScheduler
from tagraph.steps.sensitivity import Sensitivity
from tagraph.steps.tag import TagOptions
from tagraph.steps.tournament import Tournament, TournamentOptions, run_tournament
from tagraph.store import Store, open_store

__all__ = [
    "Bags",
    "BradleyTerryOptions",
    "CandidatePair",
    "ClusterOptions",
    "Clustering",
    "Communities",
    "CommunityOptions",
    "Config",
    "GraphOptions",
    "MapDiff",
    "Merge",
    "NormalizeOptions",
    "Outcome",
    "Overrides",
    "PairScheduler",
    "Relation",
    "ReportOptions",
    "Review",
    "Sample",
    "Samples",
    "ScheduleOptions",
    "Scores",
    "Selection",
    "SelectionOptions",
    "Sensitivity",
    "Store",
    "TagGraph",
    "TagMap",
    "TagOptions",
    "TagraphError",
    "Tournament",
    "TournamentOptions",
    "Turn",
    "Verdict",
    "build_tag_graph",
    "cluster_samples",
    "detect_communities",
    "diff_maps",
    "export_datasette",
    "fit_bradley_terry",
    "measure_sensitivity",
    "normalize_tags",
    "open_store",
    "plot_communities",
    "plot_costs",
    "plot_coverage",
    "plot_frequency",
    "plot_merges",
    "plot_position_bias",
    "plot_ranks",
    "plot_tag_graph",
    "read_overrides",
    "read_samples",
    "review_merges",
    "run_tournament",
    "select",
    "select_samples",
    "tag_samples",
    "write_report",
    "write_review",
]
