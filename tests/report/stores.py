"""Whole stores made by the real steps with small adapters, quick enough for every test."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tagraph.adapters.field_tagger import FieldTagger
from tagraph.config import Config
from tagraph.data import ASSISTANT, HUMAN, Sample, Samples, Turn
from tagraph.pipeline import (
    Pipeline,
    run_cluster,
    run_compare,
    run_graph,
    run_ingest,
    run_normalize,
    run_rank,
    run_select,
    run_tag,
)
from tagraph.steps.records import Ingest, SetAside, SourceFile
from tagraph.store import MEMORY, Store
from tests.fakes import DictLemmatizer, LetterEncoder, LongerJudge

TOPICS = {
    "bread": ["bread", "oven", "flour"],
    "stars": ["stars", "sky", "telescope"],
    "chess": ["chess", "board", "opening"],
    "tides": ["tides", "moon", "harbour"],
}
JUDGE = LongerJudge("longer/1(" + ",".join(f"weight{i}=1.0" for i in range(20)) + ")")
STEPS = ("ingest", "tag", "normalize", "graph", "cluster", "compare", "rank", "select")


def plain_samples(per_topic: int = 12) -> list[Sample]:
    return [
        Sample(
            f"{number:02d}{topic}",
            (Turn(HUMAN, f"{topic} {number}?"), Turn(ASSISTANT, "x" * (7 * number % 31))),
            (*tags[: 2 + number % 2], f"{topic}s", f"{topic} {number % 3}"),
            row=number,
        )
        for number in range(per_topic)
        for topic, tags in TOPICS.items()
    ]


def make_store(
    samples: Sequence[Sample],
    path: Path | str = MEMORY,
    *,
    until: str = "select",
    k: int = 9,
    set_aside: Sequence[SetAside] = (),
    source: str = "a.jsonl",
) -> Store:
    """Return a store in which every step up to `until` was run."""
    store = Store(path)
    for step in run_steps(store, samples, k, set_aside, source):
        if step == until:
            break
    return store


def run_steps(
    store: Store,
    samples: Sequence[Sample],
    k: int = 9,
    set_aside: Sequence[SetAside] = (),
    source: str = "a.jsonl",
) -> Iterator[str]:
    """Run the steps one by one, and yield the key of each when it is done."""
    yield from run_pipeline(Pipeline(store, Config()), make_ingest(samples, set_aside, source), k)


def run_pipeline(pipeline: Pipeline, ingest: Ingest, k: int) -> Iterator[str]:
    """Run the steps on what was read, and yield the key of each when it is done."""
    encoder = LetterEncoder()
    work: tuple[Callable[[], object], ...] = (
        lambda: run_ingest(pipeline, "c", lambda: ingest),
        lambda: run_tag(pipeline, FieldTagger()),
        lambda: run_normalize(pipeline, DictLemmatizer(), encoder),
        lambda: run_graph(pipeline, encoder),
        lambda: run_cluster(pipeline, encoder),
        lambda: run_compare(pipeline, JUDGE, k),
        lambda: run_rank(pipeline),
        lambda: run_select(pipeline, k),
    )
    for step, run in zip(STEPS, work, strict=True):
        run()
        yield step


def make_ingest(samples: Sequence[Sample], set_aside: Sequence[SetAside], source: str) -> Ingest:
    pool = Samples.of(samples)
    n = len(pool)
    file = SourceFile(source, f"/{source}", "0" * 64, "jsonl", n_records=n)
    return Ingest(
        pool,
        tuple(sample.id.encode() for sample in pool),
        np.zeros(n, np.int64),
        (file,),
        tuple(set_aside),
        "alpaca",
        "made up",
        notices=tuple(set_aside[:1]),
    )
