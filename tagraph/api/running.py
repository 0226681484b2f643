"""The steps on a store, with the adapters that the configuration names."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TypeAlias

from tagraph.adapters.sample_files import digest_source, locate_source, read_source
from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.api.manifest import check_manifest
from tagraph.api.registry import (
    check_names,
    make_adjudicator,
    make_encoder,
    make_judge,
    make_lemmatizer,
    make_overrides,
    make_scorer,
    make_second_judge,
    make_tag_encoder,
    make_tagger,
)
from tagraph.api.servers import settle_server
from tagraph.api.stored import load_tag_map
from tagraph.config import Config
from tagraph.data import Selection
from tagraph.errors import InputError, PartialResultError
from tagraph.pipeline import (
    Listen,
    Pipeline,
    count_affordable,
    explain_stored,
    ignore,
    needs_strengths,
    run_cluster,
    run_compare,
    run_graph,
    run_ingest,
    run_normalize,
    run_rank,
    run_select,
    run_tacos,
    run_tag,
)
from tagraph.pipeline.replay import ReplayedStep, read_options, replay
from tagraph.steps.explain import Explanation
from tagraph.steps.records import Ingest, SourceFile
from tagraph.store import MEMORY, Store, open_store

Check: TypeAlias = Callable[[int, Sequence[SourceFile]], None]


def select(  # noqa: PLR0913 - the public face: every argument but two is optional
    source: str | Path,
    k: int,
    *,
    store: str | Path | None = None,
    tagger: str | None = None,
    judge: str | None = None,
    policy: str | None = None,
    seed: int | None = None,
    config: Config | None = None,
    listen: Listen = ignore,
) -> Selection:
    """Select the k best and most diverse samples of a file: the whole pipeline.

    Args:
        source: File, folder or glob.
        k: How many samples; 0 leaves it to the token limit of the configuration.
        store: SQLite file that keeps every step's result; None keeps nothing.
        tagger: Name of the tagger; `keyphrase` unless the configuration says otherwise.
        judge: Name of the judge; `heuristic` unless the configuration says otherwise.
        policy: Name of the policy; `equal` unless the configuration says otherwise.
        seed: Seed of every step; 0 unless the configuration says otherwise.
        config: Options of all steps; the arguments above take precedence.
        listen: Told what happens to each step.

    Returns:
        The selection, in the order chosen, with ids and reasons.

    Raises:
        InputError: The source cannot be used, or holds fewer than k samples.
        OptionsError: An option is unknown or out of range.
        StoreError: The store cannot be used.
    """
    values = {"tagger": tagger, "judge": judge, "seed": seed}
    given: dict[str, object] = {name: v for name, v in values.items() if v is not None}
    if policy is not None:
        given["selection"] = {"policy": policy}
    chosen = (config or Config()).changed(given, "select()")
    k = operator.index(k)
    check_names(chosen)
    with open_store(MEMORY if store is None else store) as opened, opened.claimed():
        pipeline = Pipeline(opened, chosen, listen)
        ingest_source(pipeline, str(source), check=lambda n, _: check_budget(n, k, chosen))
        select_in_store(pipeline, k)
        return opened.results.load_selection()


def select_in_store(pipeline: Pipeline, k: int) -> None:
    """Run every step that is missing in the store, from the samples to the selection.

    k = 0 leaves the number of rows to the token limit of the configuration.
    """
    pipeline = settle_server(pipeline)
    judge = make_judge(pipeline.config, pipeline.store, pipeline.listen)
    second = make_second_judge(pipeline.config, pipeline.store, pipeline.listen)
    scorer = make_scorer(judge, pipeline.config) if pipeline.config.preset else None
    tag_stored(pipeline)
    if scorer is not None:
        run_tacos(
            pipeline, scorer, make_encoder(pipeline.config), k or count_affordable(pipeline)[0]
        )
        return
    map_samples(pipeline)
    if needs_strengths(pipeline.config.selection.policy):
        run_compare(pipeline, judge, k or count_affordable(pipeline)[0], second)
        run_rank(pipeline)
    run_select(pipeline, k, make_encoder(pipeline.config))


def explain(store: Store, sample_id: str) -> Explanation:
    """Say why a sample is in the selection of a store, or why it is not.

    Args:
        store: A store that `tagraph select` made.
        sample_id: Id of a sample, as in `v_samples`.

    Raises:
        MissingResultError: Nothing was selected yet.
        InputError: There is no such sample.
    """
    return explain_stored(store, sample_id)


def ingest_source(
    pipeline: Pipeline, source: str, stdin: BinaryIO | None = None, check: Check | None = None
) -> None:
    """Read a source into the store, unless it is there.

    Args:
        pipeline: Where to.
        source: File, folder, glob, or "-" for standard input.
        stdin: Stream to read for "-"; standard input if none is given.
        check: Called with the number of samples and the files before anything is saved; what it
            raises leaves the store as it was.

    Raises:
        InputError: The source cannot be used.
    """
    options, store = pipeline.config.ingest, pipeline.store.samples
    held = BytesIO((stdin or sys.stdin.buffer).read()) if source == "-" else None
    content = digest_source(source, options, stdin=held)

    def read() -> Ingest:
        if held is not None:
            held.seek(0)
        ingest = read_source(source, options, stdin=held)
        if check is not None:
            check(len(ingest.samples), ingest.sources)
        return ingest

    if not run_ingest(pipeline, content, read):
        store.move_sources(locate_source(source, options))
        if check is not None:
            check(len(store.load_samples()), store.load_sources())


def tag_stored(pipeline: Pipeline) -> None:
    """Tag the samples of the store; `field` means the field they were read with."""
    config, read = pipeline.config, pipeline.store.run("ingest")
    if read is not None:
        field = {"tags_field": read.options["ingest"]["tags_field"]}
        config = config.changed({"ingest": field}, "the store")
    run_tag(pipeline, make_tagger(config, pipeline.store, pipeline.listen))


def normalize_stored(pipeline: Pipeline) -> None:
    """Merge the raw tags of the store as the configuration says.

    Raises:
        InputError: The overrides, or the earlier store, cannot be used.
        OptionsError: There is no lemmatizer of the language, or the overrides contradict.
    """
    config = pipeline.config
    run_normalize(
        pipeline,
        make_lemmatizer(config.normalize.language),
        make_tag_encoder(config),
        overrides=make_overrides(config),
        adjudicator=make_adjudicator(config, pipeline.store, pipeline.listen),
        previous=load_tag_map(config.previous) if config.previous else None,
    )


def map_samples(pipeline: Pipeline) -> None:
    """Normalize the tags, build their graph, and cut it into communities and clusters."""
    encoder = make_encoder(pipeline.config)
    normalize_stored(pipeline)
    run_graph(pipeline, encoder)
    run_cluster(pipeline, encoder)


def check_complete(store: Store) -> None:
    """Tell that questions got no answer, after everything else was done.

    Raises:
        PartialResultError: Some samples or comparisons have no answer.
    """
    failed = {}
    for step, things in (("tag", "samples"), ("compare", "comparisons")):
        run = store.run(step)
        if run and run.summary.get("unfinished"):
            failed[things] = run.summary["unfinished"]
    if failed:
        told = " and ".join(f"{count:,} {things}" for things, count in failed.items())
        error = store.calls.last_error()
        why, then = (f" ({error})", "") if error else ("", "where people judge, `tagraph review`, ")
        raise PartialResultError(
            f"{told} got no answer and count for nothing{why};"
            f" {then}run the same command again to ask them again"
        )


def check_budget(n_samples: int, k: int, config: Config = Config()) -> None:
    """Refuse a k that the pool cannot meet, before any work is done.

    Raises:
        InputError: k is below 1 or above the number of samples; 0 needs a token limit.
    """
    if k == 0 and config.selection.tokens and n_samples:
        return
    if not 1 <= k <= n_samples:
        raise InputError(
            f"k is {k}, but the pool holds {n_samples:,} samples; choose k from 1 to {n_samples}"
        )


def replay_store(
    path: str | Path, manifest: Path | None = None, listen: Listen = ignore
) -> tuple[list[ReplayedStep], list[str]]:
    """Make the selection of a store again in a copy of it, asking nobody.

    Args:
        path: The store; it stays as it is.
        manifest: A manifest to compare with, if there is one.
        listen: Told what happens to each step.

    Returns:
        What came of each step, and what the manifest says otherwise.

    Raises:
        InputError: The manifest is none.
        MissingResultError: Nothing was selected in the store.
        StoreError: The store cannot be used, or lacks a verdict that the replay asks for.
    """
    with TemporaryDirectory() as folder, open_store(path, read_only=True) as stored:
        differences = check_manifest(stored, manifest) if manifest else []
        place = Path(folder) / "replay.db"
        stored.copy_to(place)
        with open_store(place) as copy:
            lemmatizer = make_lemmatizer(read_options(stored)[0].normalize.language)
            steps = replay(stored, copy, lemmatizer, SentenceEncoder(), listen)
    return steps, differences
