"""A small store that is ready to be compared, made without any model, and the work that is left."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from tagraph import api
from tagraph.config import Config
from tagraph.data import Bags, Clustering, Communities, Sample, Samples, TagMap, Turn, digest_turns
from tagraph.graphs import TagGraph
from tagraph.pipeline import Pipeline, run_compare, run_rank, run_select
from tagraph.steps.calls import Asked, Ending, Question
from tagraph.steps.records import SourceFile
from tagraph.store import CallTables, Run, Store, open_store

MODEL = "claude-haiku-5-5"
CONCURRENCY = 8


@dataclass(frozen=True)
class Job:
    """What a run is asked to do: the store, the server, and how many rows to select."""

    store: Path
    url: str
    k: int

    @property
    def config(self) -> Config:
        """The options of the work: a quick fit, since nothing here depends on a fine one."""
        options = {
            "judge": "claude",
            "tournament": {"calls_per_item": 4.0},
            "bradley_terry": {"integrate": False, "prior": 3.0, "careless": False},
            "llm": {"model": MODEL, "base_url": self.url, "concurrency": CONCURRENCY},
        }
        return Config().changed(options, "a test")


def make_store(path: Path, n_samples: int, n_clusters: int, asked: str = "question") -> None:
    """Make a store with clusters and no comparison."""
    turns = [
        (Turn("human", f"{asked} {i}"), Turn("assistant", f"word {'x' * (37 * i % 101)} {i}"))
        for i in range(n_samples)
    ]
    samples = Samples.of([Sample(digest_turns(said)[:20], said) for said in turns])
    bags = Bags.of([[f"tag {i % n_clusters}"] for i in range(n_samples)])
    with open_store(path) as store:
        with store.saving(_run("ingest")):
            store.samples.save_sources([SourceFile("a", "/a", "0" * 64, "jsonl", "", b"", 3, "")])
            records = [sample.id.encode() for sample in samples]
            store.samples.save_samples(samples, records, np.zeros(n_samples, dtype=np.int64))
        with store.saving(_run("tag")):
            store.tags.save_raw_bags(bags)
        with store.saving(_run("normalize")):
            store.tags.save_tag_map(TagMap({tag: tag for tag in bags.vocabulary}), bags)
        _save_groups(store, bags, n_clusters)


def _save_groups(store: Store, bags: Bags, n_clusters: int) -> None:
    """Give every sample a cluster, one after the other."""
    none, one = np.zeros(0), np.zeros(len(bags.vocabulary), dtype=np.int64)
    pairs = np.zeros((0, 2), dtype=np.int64)
    graph = TagGraph(bags.vocabulary, pairs, none, none, none, bags.counts, pairs)
    names = tuple(f"cluster {i}" for i in range(n_clusters))
    membership = np.arange(len(bags)) % n_clusters
    with store.saving(_run("graph")):
        store.groups.save_graph(graph)
    with store.saving(_run("cluster")):
        known = Communities.of_one_level(bags.vocabulary, one, ("all",), "none")
        store.groups.save_communities(known)
        clustering = Clustering(membership, pairs, names, np.ones(n_clusters), ())
        store.groups.save_clustering(clustering)


def _run(step: str) -> Run:
    found = {"quality": 0.0, "resolution": 1.0, "backend": "none"}
    return Run(step, step, {}, found, "0", "2026-01-01T00:00:00+00:00", 0.0)


class TellingCalls(CallTables):
    """The log of calls, which tells through a pipe what it has acknowledged, key by key."""

    def __init__(self, store: Store, pipe: int) -> None:
        super().__init__(store._connection, store._hold)
        self._pipe = pipe

    def begin(self, question: Question | Asked, worst: int | None) -> int:
        try:
            number = super().begin(question, worst)
        except BaseException:
            self._tell("refused", question.key)
            raise
        self._tell("began", question.key)
        return number

    def finish(self, number: int, ending: Ending) -> None:
        key, _ = self._begun[number]
        try:
            super().finish(number, ending)
        except BaseException:
            self._tell("refused", key)
            raise
        self._tell("kept", key)

    def _tell(self, what: str, key: str) -> None:
        os.write(self._pipe, f"{what} {key}\n".encode())


def work(job: Job, pipe: int) -> bytes:
    """Compare, rank and select as a real run does; return the bytes of the selection."""
    with open_store(job.store) as store, store.claimed():
        store.calls = TellingCalls(store, pipe)
        pipeline = Pipeline(store, job.config)
        run_compare(pipeline, api.make_judge(job.config, store), job.k)
        run_rank(pipeline)
        run_select(pipeline, job.k)
        target = BytesIO()
        api.write_selected(store, target)
        return target.getvalue()
