"""Every step on a store, with real small adapters: what runs again, and what comes out."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from tagraph.adapters.field_tagger import FieldTagger
from tagraph.config import Config
from tagraph.data import ASSISTANT, HUMAN, Clustering, Sample, Samples, TagMap, Turn
from tagraph.pipeline import (
    Event,
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
from tagraph.pipeline.runs import cut_clusters
from tagraph.stages.selection import SelectionOptions
from tagraph.steps.overrides import Overrides
from tagraph.steps.records import Ingest, SourceFile
from tagraph.store import Store
from tests.fakes import DictLemmatizer, LetterEncoder, LongerJudge

TOPICS = {"bread": ["bread", "oven"], "stars": ["stars", "sky"], "chess": ["chess", "board"]}


def make_ingest() -> Ingest:
    made = [
        Sample(
            f"{number:02d}{topic}",
            (Turn(HUMAN, f"{topic} {number}"), Turn(ASSISTANT, "x" * (7 * number % 31))),
            (*tags, f"{topic}s"),
            row=number,
        )
        for number in range(12)
        for topic, tags in TOPICS.items()
    ]
    samples = Samples.of(made)
    n = len(samples)
    source = SourceFile("a.jsonl", "/a.jsonl", "", "jsonl", n_records=n)
    originals = tuple(sample.id.encode() for sample in samples)
    return Ingest(samples, originals, np.zeros(n, np.int64), (source,), (), "alpaca", "made up")


@dataclass
class Job:
    """All steps on one store, with everything that may be changed between two runs."""

    store: Store
    config: Config = field(default_factory=Config)
    lemmatizer: DictLemmatizer = field(default_factory=DictLemmatizer)
    encoder: LetterEncoder = field(default_factory=LetterEncoder)
    judge: LongerJudge = field(default_factory=LongerJudge)
    content: str = "c"
    k: int = 9
    overrides: Overrides | None = None
    previous: TagMap | None = None

    def run(self, **changes: Any) -> list[str]:
        """Run every step with some things changed; return the keys of those that ran."""
        job = replace(self, **changes)
        ran: list[str] = []

        def listen(event: Event) -> None:
            if event.state == "finished":
                ran.append(event.step)

        pipeline = Pipeline(job.store, job.config, listen)
        run_ingest(pipeline, job.content, make_ingest)
        run_tag(pipeline, FieldTagger())
        told = {"overrides": job.overrides, "previous": job.previous}
        run_normalize(pipeline, job.lemmatizer, job.encoder, **told)  # type: ignore[arg-type]
        run_graph(pipeline, job.encoder)
        run_cluster(pipeline, job.encoder)
        run_compare(pipeline, job.judge, job.k)
        run_rank(pipeline)
        run_select(pipeline, job.k)
        return ran


STEPS = ["ingest", "tag", "normalize", "graph", "cluster", "compare", "rank", "select"]


@pytest.fixture
def job() -> Iterator[Job]:
    with Store() as store:
        made = Job(store)
        assert made.run() == STEPS
        yield made


def changed(**sections: dict[str, Any]) -> Config:
    return Config().changed(sections, "test")


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({}, None),
        ({"content": "d"}, "ingest"),
        ({"config": changed(ingest={"limit": 99})}, "ingest"),
        ({"lemmatizer": DictLemmatizer(key="other")}, "normalize"),
        ({"encoder": LetterEncoder(key="other")}, "normalize"),
        ({"config": changed(normalize={"fuzzy": False})}, "normalize"),
        ({"config": changed(normalize={"language": "none"})}, "normalize"),
        ({"overrides": Overrides(never=(("bread", "breads"),))}, "normalize"),
        ({"previous": TagMap({"breads": "breads"})}, "normalize"),
        ({"config": changed(graph={"mix": 0.25})}, "graph"),
        ({"config": changed(communities={"runs": 2})}, "cluster"),
        ({"config": changed(clusters={"min_size": 4})}, "cluster"),
        ({"judge": LongerJudge(key="other")}, "compare"),
        ({"k": 8}, "compare"),
        ({"config": changed(tournament={"calls_per_item": 2.0})}, "compare"),
        ({"config": changed(bradley_terry={"ties": False})}, "compare"),
    ],
)
def test_a_change_runs_again_what_depends_on_it_and_nothing_else(
    job: Job, changes: dict[str, Any], first: str | None
) -> None:
    expected = [] if first is None else STEPS[STEPS.index(first) :]

    assert job.run(**changes) == expected
    assert job.run(**changes) == []


def test_a_baseline_reads_no_strengths(job: Job) -> None:
    config = changed(selection={"policy": "longest"})

    assert run_select(Pipeline(job.store, config), 9)
    selection = job.store.results.load_selection()
    samples = job.store.samples.load_samples()
    lengths = [len(sample.response) for sample in samples]
    chosen = [lengths[i] for i in selection.index]
    assert chosen == sorted(lengths, reverse=True)[:9]


def test_the_longest_of_each_cluster_are_found_by_a_judge_who_likes_length(job: Job) -> None:
    selection = job.store.results.load_selection()
    clustering = job.store.groups.load_clustering()
    samples = job.store.samples.load_samples()
    lengths = np.array([len(sample.response) for sample in samples])

    for cluster in range(len(clustering)):
        members = np.flatnonzero(clustering.membership == cluster)
        chosen = selection.index[selection.cluster == cluster]
        assert sorted(lengths[chosen]) == sorted(lengths[members])[-len(chosen) :]


def test_ranks_of_the_selection_are_those_of_the_view(job: Job) -> None:
    view = {row["sample_id"]: row["rank"] for row in job.store.query("SELECT * FROM v_ranking")}
    selection = job.store.results.load_selection()

    assert [view[key] for key in selection.ids] == selection.rank.tolist()


def test_reasons_count_what_the_store_counts(job: Job) -> None:
    won = (
        "SELECT count(*) n FROM v_comparisons WHERE (first_id = :id AND outcome = 'first')"
        " OR (second_id = :id AND outcome = 'second')"
    )
    selection = job.store.results.load_selection()

    for key, reason in zip(selection.ids, selection.reasons, strict=True):
        count = job.store.query(won.replace(":id", "?1"), [key])[0]["n"]
        assert f"{count} won" in reason


def test_samples_without_a_cluster_have_their_share_of_the_cut() -> None:
    membership = np.repeat([0, 1, -1], 10)
    clustering = Clustering(membership, np.zeros((0, 2), np.int64), ("a", "b"), np.ones(2))

    assert cut_clusters(clustering, 15, SelectionOptions()).tolist() == [5, 5]
