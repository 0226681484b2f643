"""One command per step, `select` for all of them, and `inspect` for a first look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tagraph import api
from tagraph.adapters.numbered_files import PER_FILE
from tagraph.adapters.sample_files import inspect_source
from tagraph.cli.inspecting import describe_inspection, inspection_as_json
from tagraph.cli.options import (
    EVERYWHERE,
    JUDGING,
    LIMITING,
    PAYING,
    READING,
    SETTINGS,
    examples,
    make_config,
    shared,
)
from tagraph.cli.selecting import Request, run_select_command
from tagraph.cli.session import running
from tagraph.cli.telling import tell, tell_json
from tagraph.pipeline import run_assess, run_cluster, run_compare, run_graph, run_rank
from tagraph.stages.trainer_rows import TRAINER_FORMS
from tagraph.steps.resolution_profile import profile_resolutions


@click.command(
    epilog=examples(
        "select data.jsonl -k 1000 -o subset.jsonl",
        "select data.jsonl -k 1000 -o random.jsonl --policy random --store subset.db",
        "select data.jsonl -k 9 -o few.jsonl --judge claude --model claude-haiku-5-5 --dry-run",
        "select - -k 100 < data.jsonl > subset.jsonl",
    )
)
@click.argument("source")
@click.option("-k", type=int, help="How many samples to select; may be left to --tokens.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default=Path("-"),
    help="Where the selected records go; standard output unless given. `part-{}.jsonl` is as many"
    " numbered files as it takes.",
)
@click.option(
    "--per-file",
    type=click.IntRange(min=1),
    default=PER_FILE,
    show_default=True,
    help="Records of one numbered file, at most.",
)
@shared("store", "grow", *SETTINGS, *LIMITING, *READING, *PAYING)
@click.option(
    "--to",
    "form",
    type=click.Choice(TRAINER_FORMS),
    help="Write the form of a trainer instead of the records as they came.",
)
@click.option(
    "--manifest",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what the selection was made of: digests, versions, options, cost.",
)
@click.option(
    "--card",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a dataset card for the selection, such as README.md beside it.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done and what it costs.")
@click.option("--overwrite", is_flag=True, help="Replace the output file if it is there.")
@shared(*EVERYWHERE)
def select(source: str, k: int | None, output: Path, **flags: Any) -> None:
    """Select the K best and most diverse samples of SOURCE, each with a reason.

    SOURCE is `-`, a file (.jsonl .json .csv .parquet, also .gz .zst), a folder, a glob, or with
    the [hf] extra a data set of the Hugging Face hub (owner/name). Steps
    whose result is in the store are kept; the store is OUTPUT with the ending .db unless named.
    """
    if k is None and flags["tokens"] is None:
        raise click.UsageError("say how many samples with -k, or how many tokens with --tokens")
    run_select_command(Request.of(source, k or 0, output, flags))


@click.command(
    epilog=examples("inspect data.jsonl", "inspect owner/name --split train --limit 100")
)
@click.argument("source")
@shared(*READING, *EVERYWHERE)
def inspect(source: str, config: Path | None, as_json: bool, quiet: bool, **flags: Any) -> None:
    """Show how SOURCE would be read: form, evidence, fields, a first sample, bad rows."""
    inspection = inspect_source(source, make_config(config, flags).ingest)
    if as_json:
        told = inspection_as_json(inspection)
        tell_json(told)
    elif not quiet:
        tell(*describe_inspection(inspection))


@click.command(epilog=examples("ingest data.jsonl --store run.db"))
@click.argument("source")
@shared("store", *READING, *EVERYWHERE)
def ingest(source: str, **flags: Any) -> None:
    """Read SOURCE into the store."""
    with running(flags) as pipeline:
        api.ingest_source(pipeline, source)


@click.command(epilog=examples("tag --store run.db", "tag --store run.db --tagger field"))
@shared("store", "tagger", "executor", *PAYING, *EVERYWHERE)
def tag(**flags: Any) -> None:
    """Give every sample raw tags."""
    with running(flags) as pipeline:
        api.tag_stored(api.settle_server(pipeline))
        api.check_complete(pipeline.store)


@click.command(
    epilog=examples("graph --store run.db --export tags.gexf", "graph --store run.db --profile")
)
@click.option(
    "--export",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the graph to a file: .gexf .graphml .json .parquet.",
)
@click.option("--overwrite", is_flag=True, help="Replace the exported file if it is there.")
@click.option("--profile", is_flag=True, help="Print what each resolution would give.")
@shared("store", "executor", *EVERYWHERE)
def graph(target: Path | None, overwrite: bool, profile: bool, **flags: Any) -> None:
    """Join the canonical tags by co-occurrence and similarity."""
    with running(flags) as pipeline:
        run_graph(pipeline, api.make_encoder(pipeline.config))
        if target is not None:
            for path in api.export_graph(pipeline.store, target, overwrite=overwrite):
                tell(f"wrote {path}", err=True)
        if profile:
            told = str(profile_resolutions(pipeline.store.groups.load_graph()))
            tell(*told.split("\n"), err=True)


@click.command(epilog=examples("cluster --store run.db --assess"))
@click.option("--assess", is_flag=True, help="Also measure how the communities stand change.")
@shared("store", "seed", "executor", *EVERYWHERE)
def cluster(assess: bool, **flags: Any) -> None:
    """Find communities of tags and clusters of samples."""
    with running(flags) as pipeline:
        run_cluster(pipeline, api.make_encoder(pipeline.config))
        if assess:
            found = run_assess(pipeline, api.make_encoder(pipeline.config))
            tell(*str(found).split("\n"), err=True)


@click.command(
    epilog=examples(
        "compare --store run.db -k 1000", "compare --store run.db -k 1000 --judge mixed"
    )
)
@click.option("-k", type=int, required=True, help="How many samples will be selected.")
@shared("store", "judge", *JUDGING, "policy", "calls", "seed", "executor", *PAYING, *EVERYWHERE)
def compare(k: int, **flags: Any) -> None:
    """Let the judge compare pairs of samples inside each cluster."""
    with running(flags) as opened:
        pipeline = api.settle_server(opened)
        api.check_budget(len(pipeline.store.samples.load_samples()), k)
        judge = api.make_judge(pipeline.config, pipeline.store, pipeline.listen)
        second = api.make_second_judge(pipeline.config, pipeline.store, pipeline.listen)
        run_compare(pipeline, judge, k, second)
        api.check_complete(pipeline.store)


@click.command(epilog=examples("rank --store run.db"))
@shared("store", *EVERYWHERE)
def rank(**flags: Any) -> None:
    """Fit strengths with standard errors to the verdicts."""
    with running(flags) as pipeline:
        run_rank(pipeline)
