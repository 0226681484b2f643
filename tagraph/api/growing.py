"""A pool that grows: the samples of a source join those of a store, which stays as it is."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from tagraph.adapters.sample_files import digest_source, locate_source, read_source
from tagraph.api.registry import (
    check_names,
    make_encoder,
    make_judge,
    make_lemmatizer,
    make_tagger,
)
from tagraph.api.running import Check, check_budget
from tagraph.api.servers import settle_server
from tagraph.config import Config
from tagraph.data import Samples, Selection
from tagraph.errors import InputError, TagraphError
from tagraph.pipeline import (
    Growth,
    Listen,
    Pipeline,
    check_base,
    count_affordable,
    grow_cluster,
    grow_compare,
    grow_graph,
    grow_ingest,
    grow_normalize,
    grow_tag,
    ignore,
    list_sources,
    needs_strengths,
    run_rank,
    run_select,
)
from tagraph.steps.records import Ingest
from tagraph.steps.selection_diff import SelectionDiff, diff_selections
from tagraph.store import MEMORY, Store, open_store, warn


def grow(  # noqa: PLR0913 - the public face: every argument but four is optional
    source: str | Path,
    k: int,
    *,
    base: str | Path,
    store: str | Path,
    tagger: str | None = None,
    judge: str | None = None,
    policy: str | None = None,
    config: Config | None = None,
    listen: Listen = ignore,
) -> Selection:
    """Let the samples of a source join the pool of a store, and select k of all.

    New samples are tagged, brought to the tags of the stored map, put into the stored clusters and
    compared with anchors and rivals there alone; no old verdict is asked for again, and what was
    never asked of the old samples is not asked now. `diff_selections` shows what changed.

    Args:
        source: File, folder or glob; what the pool holds already is not added again.
        k: How many samples of the grown pool; 0 leaves it to the token limit.
        base: Store that the pool grows from; it stays as it is.
        store: SQLite file of the grown pool: a new one, or that of the same run before.
        tagger: Name of the tagger, which must be that of the base.
        judge: Name of the judge, which must be that of the base.
        policy: Name of the policy.
        config: Options of all steps; the arguments above take precedence.
        listen: Told what happens to each step.

    Raises:
        InputError: The source or a store cannot be used, or tagger or judge is another one.
        OptionsError: An option is unknown or out of range.
    """
    given: dict[str, object] = {
        name: value for name, value in (("tagger", tagger), ("judge", judge)) if value is not None
    }
    if policy is not None:
        given["selection"] = {"policy": policy}
    chosen = (config or Config()).changed(given, "grow()")
    k = operator.index(k)
    check_names(chosen)
    with growing_store(store, base) as (opened, origin):
        pipeline = Pipeline(opened, chosen, listen)
        grow_in_store(
            pipeline, origin, str(source), k, check=lambda n, _: check_budget(n, k, chosen)
        )
        return opened.results.load_selection()


@contextmanager
def growing_store(
    path: str | Path, base_path: str | Path, tell: Callable[[str], object] = warn
) -> Iterator[tuple[Store, Store]]:
    """Open the store of a grown pool and, read only, the one that it grows from.

    A new store begins as a copy: verdicts, answers, vectors and what they cost are carried along.
    It is removed again if the run fails before a sample has joined.

    Raises:
        InputError: There is no such store to grow from, it is the target, or the target is there
            and grew from another one.
        StoreError: One of the two cannot be used.
    """
    target, origin = Path(path), Path(base_path)
    if not origin.is_file():
        raise InputError(f"{origin}: no such store to grow from")
    if str(path) == MEMORY:
        raise InputError("a grown pool needs a store of its own: name it with --store, or use -o")
    if target.resolve() == origin.resolve():
        raise InputError(f"{origin} stays as it is: name another --store for the grown pool")
    is_new = not target.exists()
    with open_store(origin, read_only=True) as base:
        check_base(base)
        if is_new:
            _copy(base, target)
        with open_store(target, tell=tell) as store:
            _check_origin(store, base)
            try:
                with store.claimed():
                    yield store, base
            except TagraphError:
                if is_new and _stands_as_copied(store, base):
                    store.close()
                    for ending in ("", "-wal", "-shm"):
                        Path(str(target) + ending).unlink(missing_ok=True)
                raise


def _copy(base: Store, target: Path) -> None:
    """Copy a store under another name first, so that the target is whole or absent."""
    partial = target.with_name(target.name + ".copying")
    partial.unlink(missing_ok=True)
    base.copy_to(partial)
    partial.rename(target)


def _stands_as_copied(store: Store, base: Store) -> bool:
    """Return whether no sample has joined yet."""
    runs = store.run("ingest"), base.run("ingest")
    return all(runs) and len({run.fingerprint for run in runs if run}) == 1


def _check_origin(store: Store, base: Store) -> None:
    """Refuse a store that holds something else than what grew from the base.

    Raises:
        InputError: It grew from another store, or the base has changed since.
    """
    ingest = store.run("ingest")
    known = {} if ingest is None else ingest.options
    origin = base.run("ingest")
    grew = origin is not None and known.get("grown_from") == origin.fingerprint
    if not grew and not _stands_as_copied(store, base):
        raise InputError(
            f"{store.path} is there already and did not grow from {base.path}; name another --store"
        )


def grow_in_store(
    pipeline: Pipeline,
    base: Store,
    source: str,
    k: int,
    *,
    stdin: BinaryIO | None = None,
    check: Check | None = None,
) -> None:
    """Let the samples of a source join, and select k of all.

    Args:
        pipeline: The grown store.
        base: The store that it grows from.
        source: File, folder, glob, or "-" for standard input.
        k: How many samples; 0 leaves it to the token limit.
        stdin: Stream to read for "-"; standard input if none is given.
        check: Called with the number of samples and the files before anything is saved.

    Raises:
        InputError: The source cannot be used, or tagger, judge or encoder is not that of the base.
        MissingResultError: The policy goes by strength, and the base holds none.
    """
    pipeline = settle_server(pipeline)
    growth, config = Growth(pipeline, base), pipeline.config
    if config.preset or config.second_judge:
        raise InputError("--grow takes no --preset and no --second-judge")
    judged = needs_strengths(config.selection.policy)
    judge = make_judge(config, pipeline.store, pipeline.listen)
    tagger = make_tagger(config, pipeline.store, pipeline.listen)
    growth.refuse_other("tag", "tagger", tagger.key)
    if judged:
        growth.refuse_other("compare", "judge", judge.key)
    _ingest(growth, source, stdin, check)
    grow_tag(growth, tagger)
    grow_normalize(growth, make_lemmatizer(growth.read("normalize", "normalize")["language"]))
    grow_graph(growth)
    grow_cluster(growth, make_encoder(config))
    if judged:
        grow_compare(growth, judge, k or count_affordable(pipeline)[0])
        run_rank(pipeline)
    run_select(pipeline, k, make_encoder(config))


def _ingest(growth: Growth, source: str, stdin: BinaryIO | None, check: Check | None) -> None:
    options, samples = growth.pipeline.config.ingest, growth.store.samples
    held = BytesIO((stdin or sys.stdin.buffer).read()) if source == "-" else None
    content = digest_source(source, options, stdin=held)

    def read() -> Ingest:
        if held is not None:
            held.seek(0)
        return read_source(source, options, stdin=held)

    ran = grow_ingest(growth, content, read, check)
    if not ran:
        samples.move_sources(list_sources(growth, locate_source(source, options)))
        if check is not None:
            check(len(samples.load_samples()), samples.load_sources())


def plan_growth(base_path: str | Path, new: Ingest) -> tuple[int, Samples]:
    """Return how many samples the grown pool would hold, and those that would join.

    Raises:
        InputError: There is no such store to grow from, or none can grow from it.
    """
    if not Path(base_path).is_file():
        raise InputError(f"{base_path}: no such store to grow from")
    with open_store(base_path, read_only=True) as base:
        check_base(base)
        old = set(base.samples.load_digests())
        fresh = [sample for sample in new.samples if sample.digest not in old]
        return len(base.samples.load_samples()) + len(fresh), Samples.of(fresh)


def diff_growth(base: Store, store: Store) -> SelectionDiff | None:
    """Return what became of the selection of the base; None if it held none."""
    if base.run("select") is None:
        return None
    audits = base.results.load_audit(), store.results.load_audit()
    before, after = base.results.load_selection(), store.results.load_selection()
    return diff_selections(before, after, audits)
