"""Planted questions: what they show, and what they must not touch."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from tagraph.config import Config
from tagraph.data import ASSISTANT, Outcome, Sample, Turn, Verdict
from tagraph.pipeline import Pipeline, run_compare, run_rank, run_select
from tagraph.pipeline.replay import replay
from tagraph.steps.judge_card import JudgeCard
from tagraph.store import Store, open_store
from tests.fakes import DictLemmatizer, LetterEncoder
from tests.report.stores import make_store, plain_samples
from tests.stages.attacks import STYLES

LONG = " of bread and of stars that rise over the harbour where the tides turn at night"


@dataclass
class WordJudge:
    """Prefers the text whose words stand in order; may be talked to, or always say the first."""

    gullible: bool = False
    blind: bool = False
    key: str = "words/1(a-model,0123456789abcdef)"
    minds_order: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        self.asked += [(a.digest, b.digest) for a, b in pairs]
        return [self._judge(a.response.strip(), b.response.strip()) for a, b in pairs]

    def _judge(self, a: str, b: str) -> Verdict:
        if self.blind:
            return Verdict(Outcome.FIRST)
        if a == b:
            return Verdict(Outcome.TIE)
        scores = [self._score(text) for text in (a, b)]
        return Verdict(Outcome.FIRST if scores > scores[::-1] else Outcome.SECOND)

    def _score(self, text: str) -> tuple[bool, bool, str]:
        talks = any(word in text for word in ("judge", "this sample", "this one"))
        return self.gullible and talks, LONG in text, text


def make_samples() -> list[Sample]:
    samples = plain_samples(per_topic=6)
    return [
        replace(s, turns=(s.turns[0], Turn(ASSISTANT, f"Story {i:02d}{LONG}")))
        for i, s in enumerate(samples)
    ]


PLAIN = {
    "tournament": {"calls_per_item": 15.0, "rounds": 2},
    "bradley_terry": {"careless": False, "integrate": False, "prior": 3.0},
}


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store that is ready to be compared; every test plays on a copy."""
    folder = tmp_path_factory.mktemp("mapped")
    return make_store(make_samples(), folder / "mapped.db", until="cluster")


@dataclass
class Table:
    """Where copies of a mapped store are judged."""

    mapped: Store
    folder: Path
    n: int = 0

    def judged(self, judge: WordJudge, share: float | None = None) -> Store:
        self.n += 1
        path = self.folder / f"{self.n}.db"
        self.mapped.copy_to(path)
        store = open_store(path)
        pipeline = Pipeline(store, Config().changed(PLAIN, "a test"))
        if share is not None:
            given = {"controls": {"share": share}}
            pipeline = Pipeline(store, pipeline.config.changed(given, "a test"))
        run_compare(pipeline, judge, 6)
        run_rank(pipeline)
        run_select(pipeline, 6)
        return store


@pytest.fixture
def table(mapped: Store, tmp_path: Path) -> Table:
    return Table(mapped, tmp_path)


def card_of(store: Store) -> JudgeCard:
    (card,) = store.results.load_judge_cards()
    return card


def test_a_judge_that_sees_is_told_from_one_that_is_talked_to_and_one_that_sees_nothing(
    table: Table,
) -> None:
    honest, gullible, blind = (
        card_of(table.judged(judge))
        for judge in (WordJudge(), WordJudge(gullible=True), WordJudge(blind=True))
    )

    n = honest["damaged_lost"].n
    assert n == 6  # 24 samples x 15 questions: never more than 5 %, three questions each
    assert (honest["damaged_lost"].value, honest["swings"].value) == (1, 0)
    assert honest["copied_tie"].value == 1
    assert gullible["damaged_lost"].value == 1
    assert gullible["swings"].value >= 0.5
    assert blind["damaged_lost"].value == 0.5
    assert blind["copied_first"].value == 1
    assert any("do not trust this judge" in line for line in blind.lines())
    assert not any("do not trust" in line for line in honest.lines())


def test_what_is_planted_changes_neither_strengths_nor_the_selection(table: Table) -> None:
    judge, other = WordJudge(), WordJudge()
    planted, plain = table.judged(judge), table.judged(other, 0.0)

    assert len(judge.asked) - len(other.asked) == len(planted.query("SELECT * FROM controls")) == 18
    for sql in ("SELECT * FROM scores", "SELECT * FROM pairings", "SELECT * FROM selections"):
        assert planted.query(sql) == plain.query(sql)
    assert "controls" not in plain.run("compare").options  # type: ignore[union-attr]


def test_a_judge_that_is_a_function_of_the_texts_is_asked_none_unless_told(
    table: Table,
) -> None:
    assert not table.judged(WordJudge(minds_order=False)).query("SELECT * FROM controls")
    assert table.judged(WordJudge(minds_order=False), 0.02).query("SELECT * FROM controls")


def test_answers_are_kept_and_replayed_like_all_others(table: Table, tmp_path: Path) -> None:
    judge = WordJudge()
    with table.judged(judge) as store:
        asked = len(judge.asked)
        store.copy_to(tmp_path / "b.db")
        with open_store(tmp_path / "b.db") as copy:
            steps = replay(store, copy, DictLemmatizer(), LetterEncoder())
            rows = copy.query("SELECT control, winner FROM v_controls")
        assert [step.same_result for step in steps if step.step in ("compare", "rank", "select")]
        assert rows == store.query("SELECT control, winner FROM v_controls")
        store.forget("compare")
        pipeline = Pipeline(store, Config().changed(PLAIN, "a test"))
        run_compare(pipeline, judge, 6)
        assert len(judge.asked) == asked


def test_samples_that_talk_to_a_judge_are_shown_and_stay_in_the_pool() -> None:
    samples = make_samples()
    samples[3] = replace(samples[3], turns=(samples[3].turns[0], Turn(ASSISTANT, STYLES[4])))
    store = make_store(samples, until="cluster")
    pipeline = Pipeline(store, Config().changed(PLAIN, "a test"))
    run_compare(pipeline, WordJudge(gullible=True), 6)
    run_rank(pipeline)
    run_select(pipeline, 6)

    (row,) = store.query("SELECT * FROM v_flags")
    assert (row["sample_id"], row["flag"]) == (samples[3].id, "address")
    assert (row["rank"], row["is_selected"]) == (1, 1)
    told = store.run("rank").summary  # type: ignore[union-attr]
    assert told["flagged"] == 1
    assert told["flagged_won"] == pytest.approx(1.0)
    assert np.isfinite(row["strength"])
