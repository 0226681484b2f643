"""The steps on a store: load the inputs, run the step, save the result; skip what is there."""

from tagraph.pipeline.assessing import run_assess
from tagraph.pipeline.bookkeeping import Event, Listen, ignore
from tagraph.pipeline.growing import (
    Growth,
    check_base,
    grow_cluster,
    grow_compare,
    grow_graph,
    grow_ingest,
    grow_normalize,
    grow_tag,
    list_sources,
)
from tagraph.pipeline.judging import run_compare, run_rank
from tagraph.pipeline.runs import (
    Pipeline,
    run_cluster,
    run_graph,
    run_ingest,
    run_normalize,
    run_tag,
)
from tagraph.pipeline.selecting import count_affordable, explain_stored, run_select
from tagraph.pipeline.tacos import run_tacos
from tagraph.stages.selection import needs_strengths

__all__ = [
    "Event",
    "Growth",
    "Listen",
    "Pipeline",
    "check_base",
    "count_affordable",
    "explain_stored",
    "grow_cluster",
    "grow_compare",
    "grow_graph",
    "grow_ingest",
    "grow_normalize",
    "grow_tag",
    "ignore",
    "list_sources",
    "needs_strengths",
    "run_assess",
    "run_cluster",
    "run_compare",
    "run_graph",
    "run_ingest",
    "run_normalize",
    "run_rank",
    "run_select",
    "run_tacos",
    "run_tag",
]
