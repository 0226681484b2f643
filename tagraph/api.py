"""The notebook face: the steps with adapters chosen by name, with or without a store."""

from __future__ import annotations

import filecmp
import math
import operator
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, TypeAlias

from tagraph.adapters.claude_adjudicator import ClaudeAdjudicator
from tagraph.adapters.claude_judge import ClaudeJudge, describe_model
from tagraph.adapters.claude_tagger import ClaudeTagger
from tagraph.adapters.field_tagger import FieldTagger
from tagraph.adapters.heuristic_judge import HeuristicJudge
from tagraph.adapters.keyphrase_tagger import KeyphraseTagger
from tagraph.adapters.sample_files import digest_source, locate_source, read_source
from tagraph.adapters.selection_files import write_selection
from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
from tagraph.config import Config
from tagraph.data import Bags, Clustering, Communities, FloatArray, Samples, Selection, TagMap
from tagraph.errors import InputError, OptionsError, PartialResultError
from tagraph.graphs import TagGraph
from tagraph.pipeline import (
    Listen,
    Pipeline,
    ignore,
    needs_strengths,
    run_cluster,
    run_compare,
    run_graph,
    run_ingest,
    run_normalize,
    run_rank,
    run_select,
    run_tag,
)
from tagraph.pipeline.remembered import RememberedEncoder
from tagraph.protocols import Adjudicator, Encoder, Judge, Tagger
from tagraph.steps import cluster as cluster_step
from tagraph.steps import graph as graph_step
from tagraph.steps import normalize as normalize_step
from tagraph.steps import sensitivity as sensitivity_step
from tagraph.steps import tag as tag_step
from tagraph.steps.cluster import ClusterOptions
from tagraph.steps.estimate import Estimate
from tagraph.steps.graph import GraphOptions
from tagraph.steps.ingest import Chosen, Ingest, SourceFile
from tagraph.steps.normalize import NormalizeOptions
from tagraph.steps.overrides import Overrides
from tagraph.steps.sample_vectors import average_tags
from tagraph.steps.sensitivity import Sensitivity
from tagraph.steps.tag import TagOptions
from tagraph.store import MEMORY, CallTables, Store, open_store

TAGGERS: dict[str, Callable[[Config, Store], Tagger]] = {
    "keyphrase": lambda config, store: KeyphraseTagger(config.tag),
    "field": lambda config, store: FieldTagger(config.ingest.tags_field),
    "claude": lambda config, store: ClaudeTagger.connect(config.llm, call_log(store)),
}
JUDGES: dict[str, Callable[[Config, Store], Judge]] = {
    "heuristic": lambda config, store: HeuristicJudge(),
    "claude": lambda config, store: ClaudeJudge.connect(config.llm, call_log(store)),
}


def call_log(store: Store) -> CallTables:
    """Return the log of paid calls; what a run that died left open is closed, charge unknown."""
    store.calls.give_up_open()
    return store.calls


def make_tagger(config: Config, store: Store | None = None) -> Tagger:
    """Return the tagger that the configuration names; a paid one keeps its calls in `store`.

    Raises:
        OptionsError: There is no tagger of that name.
    """
    if config.tagger not in TAGGERS:
        raise OptionsError(f"no tagger '{config.tagger}'; choose one of {', '.join(TAGGERS)}")
    return TAGGERS[config.tagger](config, store or open_store(MEMORY))


def make_judge(config: Config, store: Store | None = None) -> Judge:
    """Return the judge that the configuration names; a paid one keeps its calls in `store`.

    Raises:
        OptionsError: There is no judge of that name.
    """
    if config.judge not in JUDGES:
        raise OptionsError(f"no judge '{config.judge}'; choose one of {', '.join(JUDGES)}")
    return JUDGES[config.judge](config, store or open_store(MEMORY))


def describe_judge(config: Config) -> str:
    """Return one sentence for people: what the judge of a run is, and what it cannot see."""
    if config.judge == "claude":
        return describe_model(config.llm.model)
    return HeuristicJudge().describe()


def make_adjudicator(config: Config, store: Store) -> Adjudicator | None:
    """Return the adjudicator that the configuration names, None if it names none.

    Raises:
        OptionsError: There is no adjudicator of that name.
    """
    if not config.adjudicator:
        return None
    if config.adjudicator != "claude":
        raise OptionsError(f"no adjudicator '{config.adjudicator}'; choose claude, or none")
    return ClaudeAdjudicator.connect(config.llm, call_log(store))


def check_names(config: Config) -> None:
    """Refuse a tagger or judge that is not there, before any work is done.

    Raises:
        OptionsError: There is none of that name.
    """
    make_tagger(config)
    make_judge(config)


def tag_samples(
    samples: Samples, tagger: str | Tagger = "keyphrase", options: TagOptions = TagOptions()
) -> Bags:
    """Give every sample a few open tags.

    Args:
        samples: The samples.
        tagger: `keyphrase` (offline), `field` (tags the data has), or a Tagger of your own.
        options: Options of `keyphrase`.

    Returns:
        One bag of raw tags per sample, the most telling tag first.

    Raises:
        OptionsError: There is no tagger of that name.
        InputError: `field` was asked for, and no sample has a tag.
    """
    if isinstance(tagger, str):
        tagger = make_tagger(Config(tagger=tagger, tag=options))
    return tag_step.tag_samples(samples, tagger)


def normalize_tags(
    bags: Bags | Iterable[Iterable[str]],
    options: NormalizeOptions = NormalizeOptions(),
    *,
    overrides: Overrides | None = None,
    adjudicator: Adjudicator | None = None,
    previous: TagMap | None = None,
) -> TagMap:
    """Merge spellings, inflections and synonyms of one tag into one canonical tag.

    Args:
        bags: Raw tags of every sample.
        options: Thresholds and switches.
        overrides: What to merge always, never, or under another name.
        adjudicator: Asked about the pairs that are worth it, within `options.budget`.
        previous: The map of an earlier run, whose canonical names are kept.

    Returns:
        The canonical tag of every raw tag, and the reason of every merge.

    Raises:
        OptionsError: Overrides that contradict each other.
    """
    return normalize_step.normalize_tags(
        bags,
        options,
        lemmatizer=SpacyLemmatizer(),
        encoder=_encoder() if options.embedding else None,
        overrides=overrides,
        adjudicator=adjudicator,
        previous=previous,
    )


def measure_sensitivity(
    bags: Bags | Iterable[Iterable[str]],
    option: str = "embedding_threshold",
    grid: Sequence[float] = (0.75, 0.8, 0.85, 0.9, 0.95),
    options: NormalizeOptions = NormalizeOptions(),
) -> Sensitivity:
    """Normalize once for each value of a threshold: tag counts, merges, stability.

    Args:
        bags: Raw tags of every sample.
        option: Name of a threshold of `NormalizeOptions`.
        grid: Its values.
        options: Everything else, and the run that the others are compared with.

    Returns:
        A table with a plot.

    Raises:
        OptionsError: There is no such threshold, or a value is out of range.
    """
    encoder = _encoder() if options.embedding else None
    return sensitivity_step.measure_sensitivity(
        bags, option, grid, options, lemmatizer=SpacyLemmatizer(), encoder=encoder
    )


def build_tag_graph(
    bags: Bags | Iterable[Iterable[str]],
    options: GraphOptions = GraphOptions(),
    *,
    vectors: FloatArray | None = None,
    narrower: Sequence[tuple[str, str]] | None = None,
) -> TagGraph:
    """Join canonical tags by co-occurrence and similarity.

    Args:
        bags: Canonical tags of every sample.
        options: Weights, thresholds, and the mix of the two layers.
        vectors: Unit rows, one per tag of the sorted vocabulary; MiniLM's unless given. With
            `mix=0` none are needed and none are made.
        narrower: Pairs of a narrower and a broader tag.

    Returns:
        The graph over the sorted vocabulary.

    Raises:
        InputError: The vectors do not fit the vocabulary or are not finite.
    """
    held = Bags.of(bags)
    if vectors is None and options.mix > 0:
        vectors = _encoder().encode(held.vocabulary)
    return graph_step.build_tag_graph(held, options, vectors=vectors, narrower=narrower)


def cluster_samples(
    bags: Bags | Iterable[Iterable[str]],
    graph: TagGraph,
    communities: Communities,
    options: ClusterOptions = ClusterOptions(),
    *,
    vectors: FloatArray | None = None,
) -> Clustering:
    """Give every sample one primary cluster.

    Args:
        bags: Canonical tags of every sample.
        graph: The tag graph.
        communities: Communities of its tags.
        options: Sizes, number of clusters, and how they are drawn.
        vectors: One unit row per sample, shape (n_samples, n_dimensions); the mean MiniLM vector
            of the sample's tags unless given. With `mix=0` none are needed and none are made.

    Returns:
        Clusters by falling size.

    Raises:
        InputError: The parts do not fit together.
    """
    held = Bags.of(bags)
    if vectors is None and options.mix > 0:
        vectors = average_tags(held, _encoder().encode(held.vocabulary))
    return cluster_step.cluster_samples(held, graph, communities, options, vectors=vectors)


@cache
def _encoder() -> Encoder:
    """Return an encoder that remembers its vectors as long as the process lives."""
    return RememberedEncoder(SentenceEncoder(), Store(MEMORY))


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
        k: How many samples.
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
        ingest_source(pipeline, str(source), check=lambda n, _: check_budget(n, k))
        select_in_store(pipeline, k)
        return opened.results.load_selection()


def select_in_store(pipeline: Pipeline, k: int) -> None:
    """Run every step that is missing in the store, from the samples to the selection."""
    judge = make_judge(pipeline.config, pipeline.store)
    tag_stored(pipeline)
    map_samples(pipeline)
    if needs_strengths(pipeline.config.selection.policy):
        run_compare(pipeline, judge, k)
        run_rank(pipeline)
    run_select(pipeline, k)


Check: TypeAlias = Callable[[int, Sequence[SourceFile]], None]


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
    content = digest_source(source, stdin=held)

    def read() -> Ingest:
        if held is not None:
            held.seek(0)
        ingest = read_source(source, options, stdin=held)
        if check is not None:
            check(len(ingest.samples), ingest.sources)
        return ingest

    if not run_ingest(pipeline, content, read):
        store.move_sources(locate_source(source))
        if check is not None:
            check(len(store.load_samples()), store.load_sources())


def tag_stored(pipeline: Pipeline) -> None:
    """Tag the samples of the store; `field` means the field they were read with."""
    config, read = pipeline.config, pipeline.store.run("ingest")
    if read is not None:
        field = {"tags_field": read.options["ingest"]["tags_field"]}
        config = config.changed({"ingest": field}, "the store")
    run_tag(pipeline, make_tagger(config, pipeline.store))


def map_samples(pipeline: Pipeline) -> None:
    """Normalize the tags, build their graph, and cut it into communities and clusters."""
    encoder = SentenceEncoder()
    adjudicator = make_adjudicator(pipeline.config, pipeline.store)
    run_normalize(pipeline, SpacyLemmatizer(), encoder, adjudicator=adjudicator)
    run_graph(pipeline, encoder)
    run_cluster(pipeline, encoder)


def estimate_costs(
    config: Config, samples: Samples, store: Store | None = None, *, judged: bool = True
) -> dict[str, Any]:
    """Return what the paid steps would take; `cost_usd` is 0 if none is, None without a price.

    Answers that `store` holds already are counted, and not estimated again.

    Raises:
        OptionsError: There is no such tagger or judge, or it lacks an option.
    """
    found: dict[str, Estimate] = {}
    told: dict[str, Any] = {}
    evidence = (store or open_store(MEMORY)).evidence
    tagger = make_tagger(config, store)
    if isinstance(tagger, ClaudeTagger):
        owned = told["tag_owned"] = evidence.count_tag_answers(tagger.key)
        found["tag"] = tagger.estimate(samples, max(0, len(samples) - owned))
    judge = make_judge(config, store) if judged else None
    if isinstance(judge, ClaudeJudge):
        owned = told["compare_owned"] = evidence.count_verdicts(judge.key)
        calls = math.ceil(config.tournament.calls_per_item * len(samples))
        found["compare"] = judge.estimate(samples, max(0, calls - owned))
    for step, estimate in found.items():
        told |= {f"{step}_{name}": value for name, value in estimate.as_dict().items()}
    dollars = [None if e.live_usd is None else e.live_usd[1] for e in found.values()]
    total = None if None in dollars else math.fsum(d for d in dollars if d is not None)
    return {"cost_usd": total, **told}


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
        raise PartialResultError(
            f"{told} got no answer and count for nothing ({store.calls.last_error()});"
            " run the same command again to ask them again"
        )


def check_budget(n_samples: int, k: int) -> None:
    """Refuse a k that the pool cannot meet, before any work is done.

    Raises:
        InputError: k is below 1 or above the number of samples.
    """
    if not 1 <= k <= n_samples:
        raise InputError(
            f"k is {k}, but the pool holds {n_samples:,} samples; choose k from 1 to {n_samples}"
        )


def write_selected(store: Store, target: Path | BinaryIO, *, overwrite: bool = False) -> str:
    """Write the stored selection as its records came, in the order chosen; return a note.

    A file that holds these very bytes already is left alone.

    Raises:
        InputError: The target is there with other bytes, or cannot be written.
    """
    selection = store.results.load_selection()
    chosen = store.samples.load_records(selection.index.tolist())
    sources = store.samples.load_sources()
    if isinstance(target, Path) and target.is_file() and not overwrite:
        return _keep_same(target, chosen, sources)
    return write_selection(target, chosen, sources, overwrite=overwrite)


def _keep_same(target: Path, chosen: Sequence[Chosen], sources: Sequence[SourceFile]) -> str:
    """Return a note if `target` holds the selection already.

    Raises:
        InputError: It holds something else.
    """
    with TemporaryDirectory() as folder:
        fresh = Path(folder) / target.name
        note = write_selection(fresh, chosen, sources)
        if not filecmp.cmp(fresh, target, shallow=False):
            raise InputError(f"{target} is there already; add --overwrite to replace it")
    return f"{note}; unchanged"
