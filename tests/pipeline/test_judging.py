"""Compare and rank with one judge and with two, and what the store keeps of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tagraph.adapters.field_tagger import FieldTagger
from tagraph.config import Config
from tagraph.data import Outcome, Sample, Verdict
from tagraph.pipeline import Pipeline, run_cluster, run_compare, run_graph, run_ingest, run_rank
from tagraph.pipeline.judging import fit_strengths
from tagraph.pipeline.replay import replay
from tagraph.pipeline.runs import run_normalize, run_tag
from tagraph.pipeline.selecting import run_select
from tagraph.steps.judge_card import JudgeCard
from tagraph.store import Store
from tests.fakes import DictLemmatizer, LetterEncoder, LongerJudge
from tests.pipeline.test_runs import make_ingest


@dataclass(frozen=True)
class ShorterJudge(LongerJudge):
    """Prefers the shorter response, and refuses one sample."""

    key: str = "shorter/1(a-model,0123456789abcdef)"
    refused: str = ""
    minds_order: bool = True

    def compare(self, pairs: list[tuple[Sample, Sample]]) -> list[Verdict]:  # type: ignore[override]
        told = super().compare([(second, first) for first, second in pairs])
        return [
            Verdict(Outcome.REFUSED) if self.refused in (a.id, b.id) else verdict
            for (a, b), verdict in zip(pairs, told, strict=True)
        ]


CONFIG = Config().changed(
    {"bradley_terry": {"careless": False}, "second_judge": "shorter"}, "the test"
)
K = 9


@pytest.fixture(scope="module")
def mapped() -> Store:
    store = Store()
    pipeline = Pipeline(store, CONFIG)
    run_ingest(pipeline, "c", make_ingest)
    run_tag(pipeline, FieldTagger())
    run_normalize(pipeline, DictLemmatizer(), LetterEncoder())
    run_graph(pipeline, LetterEncoder())
    run_cluster(pipeline, LetterEncoder())
    return store


def rank(store: Store, second: LongerJudge | None = None) -> Pipeline:
    pipeline = Pipeline(store, CONFIG)
    run_compare(pipeline, LongerJudge(), K, second)
    run_rank(pipeline)
    return pipeline


def test_the_card_of_the_judge_is_in_the_store_and_in_the_summary(mapped: Store) -> None:
    rank(mapped)
    (card,) = mapped.results.load_judge_cards()
    run = mapped.run("rank")
    assert run is not None
    assert [JudgeCard.of(told).as_dict() for told in run.summary["judges"]] == [card.as_dict()]
    assert card.judge == "longer"
    assert card["asked"].value == run.summary["comparisons"]
    assert card["length_slope"].low > 0
    assert card["swap_consistency"].n == 0
    rows = mapped.query("SELECT * FROM v_judges WHERE measure = 'asked'")
    assert [row["value"] for row in rows] == [card["asked"].value]


def test_a_second_judge_is_asked_and_told_of(mapped: Store) -> None:
    rank(mapped, ShorterJudge())
    compared = mapped.run("compare")
    assert compared is not None
    told = compared.summary["cascade"]
    first, second = mapped.results.load_judge_cards()
    assert (first.judge, second.judge) == ("longer", ShorterJudge().key)
    assert 0 < told["calls"] == second["asked"].value <= 36
    assert told["slope"] < 0
    assert second["swap_consistency"].value == 1.0
    assert second["agreement"].value == first["agreement"].value


def test_strengths_rest_on_the_second_judge(mapped: Store) -> None:
    pipeline = rank(mapped, ShorterJudge())
    run_select(pipeline, K)
    questions, judges = mapped.results.load_questions()
    assert len(judges) == 2
    membership = mapped.groups.load_clustering().membership
    fitted = fit_strengths(questions, membership, CONFIG.bradley_terry)
    stored, _, count = mapped.results.load_scores()
    assert np.array_equal(np.round(fitted.strength, 9), stored)
    lengths = mapped.samples.load_lengths()
    inside = membership == 0
    assert np.corrcoef(stored[inside], lengths[inside])[0, 1] < 0
    assert count.sum() == 2 * np.isfinite(questions.score).sum()


def test_a_change_of_the_second_judge_compares_again(mapped: Store) -> None:
    rank(mapped, ShorterJudge())
    pipeline = Pipeline(mapped, CONFIG)
    assert not run_compare(pipeline, LongerJudge(), K, ShorterJudge())
    assert run_compare(pipeline, LongerJudge(), K, ShorterJudge(key="another"))
    assert run_compare(pipeline, LongerJudge(), K)


def test_a_sample_that_is_always_refused_is_named(mapped: Store) -> None:
    culprit = mapped.samples.load_samples().ids[5]
    pipeline = Pipeline(mapped, CONFIG)
    run_compare(pipeline, ShorterJudge(refused=culprit), K)
    run_rank(pipeline)
    run = mapped.run("compare")
    assert run is not None
    assert run.summary["set_aside_samples"] == culprit
    assert run.summary["outcomes"]["refused"] <= 4
    (card,) = mapped.results.load_judge_cards()
    assert card["refused"].value > 0


def test_lengths_of_responses_are_those_of_the_samples(mapped: Store) -> None:
    expected = [len(sample.response) for sample in mapped.samples.load_samples()]
    assert mapped.samples.load_lengths().tolist() == expected


def test_a_cascade_with_an_audit_is_replayed_from_its_store(mapped: Store, tmp_path: Path) -> None:
    run_select(rank(mapped, ShorterJudge()), K)
    mapped.copy_to(tmp_path / "copy.db")
    with Store(tmp_path / "copy.db") as copy:
        steps = replay(mapped, copy, DictLemmatizer(), LetterEncoder())
    assert [step.step for step in steps if step.same_result and step.same_input][-3:] == [
        "compare",
        "rank",
        "select",
    ]
