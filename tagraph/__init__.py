"""Choose the few samples worth fine-tuning a language model on."""

__version__ = "0.1.0"

from tagraph.adapters.override_files import read_overrides, write_review
from tagraph.adapters.sample_files import read_samples
from tagraph.adapters.tag_files import read_tags
from tagraph.api import (
    Taken,
    assess_communities,
    assign_samples,
    build_tag_graph,
    cluster_samples,
    explain,
    export_datasette,
    export_graph,
    grow,
    load_tag_map,
    measure_sensitivity,
    normalize_tags,
    select,
    tag_samples,
    take_review_answers,
    write_report,
    write_review_tasks,
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
    plot_resolutions,
    plot_tag_graph,
)
from tagraph.stages.anchors import AnchorOptions, pair_anchors
from tagraph.stages.bradley_terry import (
    BradleyTerryOptions,
    Judges,
    Linked,
    Scores,
    fit_bradley_terry,
    link_clusters,
)
from tagraph.stages.communities import CommunityOptions
from tagraph.stages.likelihood import LikelihoodOptions
from tagraph.stages.pairing import ScheduleOptions
from tagraph.stages.selection import SelectionOptions, select_samples
from tagraph.steps.assign import Assignment
from tagraph.steps.audit import Audit
from tagraph.steps.cascade import Cascade, CascadeOptions, run_cascade
from tagraph.steps.cluster import ClusterOptions
from tagraph.steps.community_stability import CommunityStability, StabilityOptions
from tagraph.steps.comparing import ClusteringDiff, PoolDiff, diff_clusterings, diff_pools
from tagraph.steps.diagnosis import Diagnosis, contrast_lengths
from tagraph.steps.explain import Explanation
from tagraph.steps.graph import GraphOptions
from tagraph.steps.judge_card import JudgeCard
from tagraph.steps.measures import Measure
from tagraph.steps.normalize import NormalizeOptions
from tagraph.steps.overrides import Overrides
from tagraph.steps.resolution_profile import ResolutionProfile, profile_resolutions
from tagraph.steps.review import MapDiff, Review, diff_maps, review_merges
from tagraph.steps.scheduler import PairScheduler
from tagraph.steps.selection_diff import SelectionDiff, diff_selections
from tagraph.steps.sensitivity import Sensitivity
from tagraph.steps.tag import TagOptions
from tagraph.steps.tag_communities import detect_communities
from tagraph.steps.tournament import Tournament, TournamentOptions, run_tournament
from tagraph.store import Store, open_store

__all__ = [
    "AnchorOptions",
    "Assignment",
    "Audit",
    "Bags",
    "BradleyTerryOptions",
    "CandidatePair",
    "Cascade",
    "CascadeOptions",
    "ClusterOptions",
    "Clustering",
    "ClusteringDiff",
    "Communities",
    "CommunityOptions",
    "CommunityStability",
    "Config",
    "Diagnosis",
    "Explanation",
    "GraphOptions",
    "JudgeCard",
    "Judges",
    "LikelihoodOptions",
    "Linked",
    "MapDiff",
    "Measure",
    "Merge",
    "NormalizeOptions",
    "Outcome",
    "Overrides",
    "PairScheduler",
    "PoolDiff",
    "Relation",
    "ReportOptions",
    "ResolutionProfile",
    "Review",
    "Sample",
    "Samples",
    "ScheduleOptions",
    "Scores",
    "Selection",
    "SelectionDiff",
    "SelectionOptions",
    "Sensitivity",
    "StabilityOptions",
    "Store",
    "TagGraph",
    "TagMap",
    "TagOptions",
    "TagraphError",
    "Taken",
    "Tournament",
    "TournamentOptions",
    "Turn",
    "Verdict",
    "assess_communities",
    "assign_samples",
    "build_tag_graph",
    "cluster_samples",
    "contrast_lengths",
    "detect_communities",
    "diff_clusterings",
    "diff_maps",
    "diff_pools",
    "diff_selections",
    "explain",
    "export_datasette",
    "export_graph",
    "fit_bradley_terry",
    "grow",
    "link_clusters",
    "load_tag_map",
    "measure_sensitivity",
    "normalize_tags",
    "open_store",
    "pair_anchors",
    "plot_communities",
    "plot_costs",
    "plot_coverage",
    "plot_frequency",
    "plot_merges",
    "plot_position_bias",
    "plot_ranks",
    "plot_resolutions",
    "plot_tag_graph",
    "profile_resolutions",
    "read_overrides",
    "read_samples",
    "read_tags",
    "review_merges",
    "run_cascade",
    "run_tournament",
    "select",
    "select_samples",
    "tag_samples",
    "take_review_answers",
    "write_report",
    "write_review",
    "write_review_tasks",
]
