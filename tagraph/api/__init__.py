"""The face of tagraph: adapters chosen by name, the steps for notebooks, the steps on a store."""

from tagraph.api.answering import Taken, take_review_answers
from tagraph.api.cards import describe_selection, write_card
from tagraph.api.comparing import diff_stored_clusterings
from tagraph.api.costs import estimate_costs
from tagraph.api.exporting import export_graph
from tagraph.api.growing import diff_growth, grow, grow_in_store, growing_store, plan_growth
from tagraph.api.manifest import describe_run, write_manifest
from tagraph.api.notebook import (
    assess_communities,
    assign_samples,
    build_tag_graph,
    cluster_samples,
    measure_sensitivity,
    normalize_tags,
    tag_samples,
)
from tagraph.api.registry import (
    check_names,
    describe_judge,
    make_adjudicator,
    make_encoder,
    make_judge,
    make_second_judge,
    make_tagger,
)
from tagraph.api.reporting import export_datasette, write_report
from tagraph.api.reviewing import write_review_tasks
from tagraph.api.running import (
    check_budget,
    check_complete,
    explain,
    ingest_source,
    map_samples,
    normalize_stored,
    replay_store,
    select,
    select_in_store,
    tag_stored,
)
from tagraph.api.servers import recall_server, settle_server
from tagraph.api.stored import load_tag_map, open_existing
from tagraph.api.tag_tables import normalize_table
from tagraph.api.writing import Written, check_writable, write_selected
from tagraph.pipeline.replay import ReplayedStep

__all__ = [
    "ReplayedStep",
    "Taken",
    "Written",
    "assess_communities",
    "assign_samples",
    "build_tag_graph",
    "check_budget",
    "check_complete",
    "check_names",
    "check_writable",
    "cluster_samples",
    "describe_judge",
    "describe_run",
    "describe_selection",
    "diff_growth",
    "diff_stored_clusterings",
    "estimate_costs",
    "explain",
    "export_datasette",
    "export_graph",
    "grow",
    "grow_in_store",
    "growing_store",
    "ingest_source",
    "load_tag_map",
    "make_adjudicator",
    "make_encoder",
    "make_judge",
    "make_second_judge",
    "make_tagger",
    "map_samples",
    "measure_sensitivity",
    "normalize_stored",
    "normalize_table",
    "normalize_tags",
    "open_existing",
    "plan_growth",
    "recall_server",
    "replay_store",
    "select",
    "select_in_store",
    "settle_server",
    "tag_samples",
    "tag_stored",
    "take_review_answers",
    "write_card",
    "write_manifest",
    "write_report",
    "write_review_tasks",
    "write_selected",
]
