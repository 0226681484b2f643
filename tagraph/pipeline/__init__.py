"""The steps on a store: load the inputs, run the step, save the result; skip what is there."""

from tagraph.pipeline.assessing import run_assess
from tagraph.pipeline.bookkeeping import Event, Listen, ignore
from tagraph.pipeline.judging import run_compare, run_rank
from tagraph.pipeline.runs import (
    Pipeline,
    needs_strengths,
    run_cluster,
    run_graph,
    run_ingest,
    run_normalize,
    run_select,
    run_tag,
)

__all__ = [
    "Event",
    "Listen",
    "Pipeline",
    "ignore",
    "needs_strengths",
    "run_assess",
    "run_cluster",
    "run_compare",
    "run_graph",
    "run_ingest",
    "run_normalize",
    "run_rank",
    "run_select",
    "run_tag",
]
