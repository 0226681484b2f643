"""A pool that grows on stores: what is asked, what stands, what is refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from tagraph.adapters.field_tagger import FieldTagger
from tagraph.config import Config
from tagraph.data import ASSISTANT, HUMAN, Sample, Samples, Turn, Verdict
from tagraph.errors import InputError, MissingResultError, StoreError
from tagraph.pipeline import (
    Event,
    Growth,
    Pipeline,
    check_base,
    grow_cluster,
    grow_compare,
    grow_graph,
    grow_ingest,
    grow_normalize,
    grow_tag,
    run_rank,
    run_select,
)
from tagraph.pipeline.replay import replay
from tagraph.steps.records import Ingest
from tagraph.store import Store, open_store
from tests.fakes import DictLemmatizer, LetterEncoder, LongerJudge
from tests.pipeline.test_judging import ShorterJudge
from tests.pipeline.test_runs import STEPS, Job, make_ingest

CONFIG = Config().changed({"bradley_terry": {"careless": False, "integrate": False}}, "the test")


@dataclass(frozen=True)
class Remembering(LongerJudge):
    """Keeps the ids it was shown."""

    shown: list[tuple[str, str]] = field(default_factory=list)

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        self.shown.extend((a.id, b.id) for a, b in pairs)
        return super().compare(pairs)


def make_new(topic: str = "chess", letter: str = "y") -> Ingest:
    """Two old samples, and four new ones: three of a known topic, one with an unseen tag."""
    old = make_ingest()
    tags = [(topic, "board"), (topic,), ("board",), ("quilt",)]
    fresh = [
        Sample(
            f"{letter}{number}",
            (Turn(HUMAN, f"{topic} {letter} {number}"), Turn(ASSISTANT, "x" * (9 * number + 5))),
            given,
            row=number,
            source="b.jsonl",
        )
        for number, given in enumerate(tags)
    ]
    samples = Samples.of([*old.samples.take([0, 5]), *fresh])
    source = replace(old.sources[0], name="b.jsonl", path="/b.jsonl")
    originals = tuple(sample.id.encode() for sample in samples)
    nothing = np.zeros(len(samples), np.int64)
    return Ingest(samples, originals, nothing, (source,), (), "alpaca", "made up")


def grow_all(store: Store, base: Store, judge: LongerJudge, new: Ingest, k: int = 9) -> list[str]:
    """Run every step of a growth; return the keys of those that ran."""
    ran: list[str] = []

    def listen(event: Event) -> None:
        if event.state == "finished":
            ran.append(event.step)

    check_base(base)
    growth = Growth(Pipeline(store, CONFIG, listen), base)
    grow_ingest(growth, new.samples.ids[-1], lambda: new)
    grow_tag(growth, FieldTagger())
    grow_normalize(growth, DictLemmatizer())
    grow_graph(growth)
    grow_cluster(growth, LetterEncoder())
    grow_compare(growth, judge, k)
    run_rank(growth.pipeline)
    run_select(growth.pipeline, k)
    return ran


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(tmp_path_factory.mktemp("base") / "old.db") as store:
        assert Job(store, CONFIG).run() == STEPS
        yield store


@pytest.fixture
def store(base: Store, tmp_path: Path) -> Iterator[Store]:
    base.copy_to(tmp_path / "grown.db")
    with open_store(tmp_path / "grown.db") as opened:
        yield opened


def test_only_new_samples_are_asked_about_and_everything_old_stands(
    base: Store, store: Store
) -> None:
    before = {step: base.digest(step) for step in STEPS}
    judge = Remembering()

    assert grow_all(store, base, judge, make_new()) == STEPS

    old, new = set(base.samples.load_samples().ids), {"y0", "y1", "y2", "y3"}
    assert judge.shown
    assert all(len({*pair} & new) == 1 and len({*pair} & old) == 1 for pair in judge.shown)
    assert set(store.samples.load_samples().ids) == old | new
    assert {step: base.digest(step) for step in STEPS} == before
    clusters = "SELECT id, cluster FROM v_samples WHERE id NOT LIKE 'y%' ORDER BY id"
    assert store.query(clusters) == base.query(clusters)
    sql = "SELECT first_id, second_id, outcome, judge FROM v_comparisons ORDER BY position"
    assert store.query(sql)[: len(base.query(sql))] == base.query(sql)


def test_new_samples_come_to_the_clusters_of_their_like(base: Store, store: Store) -> None:
    grow_all(store, base, LongerJudge(), make_new())

    found = {row["id"]: row for row in store.query("SELECT * FROM v_samples")}
    chess = {row["cluster"] for key, row in found.items() if key.endswith("chess")}
    assert {found[key]["cluster"] for key in ("y0", "y1", "y2")} == chess
    assert found["y3"]["tags"] is None  # quilt has no place on the map, and is told of
    run = store.run("normalize")
    assert run is not None
    assert "1 have no place on the map: quilt (1)" in run.summary["growth"][0]
    assert [row["n_samples"] for row in store.query("SELECT * FROM v_growth")] == [36, 4]


def test_the_best_of_the_new_is_selected_and_old_strengths_hardly_move(
    base: Store, store: Store
) -> None:
    new = make_new()
    longest = replace(
        new.samples[-2], turns=(Turn(HUMAN, "chess and more"), Turn(ASSISTANT, "x" * 99))
    )
    held = Samples.of([*new.samples.take(range(len(new.samples) - 2)), longest, new.samples[-1]])

    grow_all(store, base, LongerJudge(), replace(new, samples=held))

    assert longest.id in store.results.load_selection().ids
    strengths = "SELECT sample_id AS id, strength, standard_error FROM v_ranking"
    before, after = ({row["id"]: row for row in part.query(strengths)} for part in (base, store))
    moved = [
        abs(after[key]["strength"] - row["strength"]) / row["standard_error"]
        for key, row in before.items()
    ]
    assert max(moved) < 1
    assert np.median(moved) < 0.2


def test_again_does_nothing_and_a_grown_pool_grows_on(
    base: Store, store: Store, tmp_path: Path
) -> None:
    judge = Remembering()
    grow_all(store, base, judge, make_new())
    asked = len(judge.shown)

    assert grow_all(store, base, judge, make_new()) == []
    assert len(judge.shown) == asked
    assert grow_all(store, base, judge, make_new(), k=10)[0] == "compare"

    store.copy_to(tmp_path / "more.db")
    again = Remembering()
    with open_store(tmp_path / "more.db") as more:
        grow_all(more, store, again, make_new("stars", "z"))
        growth = more.query("SELECT generation, n_samples, n_comparisons FROM v_growth")
    assert [row["n_samples"] for row in growth] == [36, 4, 4]
    assert all(row["n_comparisons"] for row in growth)
    assert again.shown
    assert all(any(key.startswith("z") for key in pair) for pair in again.shown)


def test_a_grown_pool_says_that_it_cannot_be_replayed_alone(base: Store, store: Store) -> None:
    grow_all(store, base, LongerJudge(), make_new())

    with Store() as copy, pytest.raises(StoreError, match="grew from"):
        replay(store, copy, DictLemmatizer(), LetterEncoder())


def test_another_judge_and_another_tagger_are_refused(base: Store, store: Store) -> None:
    with pytest.raises(InputError, match="judge longer, not shorter"):
        grow_all(store, base, ShorterJudge(), make_new())
    growth = Growth(Pipeline(store, CONFIG), base)
    with pytest.raises(InputError, match="tagger"):
        grow_tag(growth, FieldTagger("labels"))


def test_a_store_without_clusters_cannot_grow() -> None:
    with Store() as empty, pytest.raises(MissingResultError):
        check_base(empty)
