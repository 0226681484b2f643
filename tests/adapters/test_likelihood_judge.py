from collections.abc import Sequence
from pathlib import Path

import pytest

from tagraph.adapters.causal_model import CausalModel
from tagraph.adapters.heuristic_judge import HeuristicJudge
from tagraph.adapters.likelihood_judge import MIXED, LikelihoodJudge
from tagraph.data import ASSISTANT, HUMAN, Outcome, Sample, Turn
from tagraph.stages.likelihood import Likelihood, LikelihoodOptions
from tagraph.store import MEMORY, Store, open_store
from tests.adapters.tiny_model import make_tiny_model


class CountingModel(CausalModel):
    """The real model; counts what it measures."""

    n_measured = 0

    def measure(self, samples: Sequence[Sample]) -> list[Likelihood]:
        self.n_measured += len(samples)
        return super().measure(samples)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("model") / "chat", chat=True)


def sample(number: int, response: str | None = None) -> Sample:
    said = f"answer {number} " * (number + 1) if response is None else response
    return Sample(f"{number}", (Turn(HUMAN, f"question {number}"), Turn(ASSISTANT, said)))


SAMPLES = [sample(i) for i in range(6)]
PAIRS = [(one, other) for one in SAMPLES for other in SAMPLES]


def judge_of(folder: Path, store: Store, options: LikelihoodOptions) -> LikelihoodJudge:
    return LikelihoodJudge(CountingModel(str(folder)), store.evidence, options)


def test_a_sample_is_measured_once_per_model_and_store(folder: Path, tmp_path: Path) -> None:
    model = CountingModel(str(folder))
    with open_store(tmp_path / "a.db") as store:
        said = LikelihoodJudge(model, store.evidence).compare(PAIRS)
        assert model.n_measured == len(SAMPLES)
    with open_store(tmp_path / "a.db") as store:
        other = LikelihoodOptions(ending=0.3)
        assert LikelihoodJudge(model, store.evidence).compare(PAIRS) == said
        LikelihoodJudge(model, store.evidence, other).compare(PAIRS)
        assert model.n_measured == len(SAMPLES)


def test_swapping_a_pair_mirrors_the_verdict_and_a_sample_ties_with_itself(folder: Path) -> None:
    mirror = {Outcome.FIRST: Outcome.SECOND, Outcome.SECOND: Outcome.FIRST}
    judge = judge_of(folder, open_store(MEMORY), LikelihoodOptions())
    there, back = judge.compare(PAIRS), judge.compare([pair[::-1] for pair in PAIRS])
    for one, other, (first, second) in zip(there, back, PAIRS, strict=True):
        assert mirror.get(one.outcome, Outcome.TIE) is other.outcome
        assert one.grade == other.grade
        assert first is not second or one.outcome is Outcome.TIE
    assert {verdict.outcome for verdict in there} == {*mirror, Outcome.TIE}


def test_verdicts_follow_the_scores(folder: Path) -> None:
    judge = judge_of(folder, open_store(MEMORY), LikelihoodOptions(margin=0.0, clear=0.0))
    scores = judge.score(SAMPLES)
    for (first, second), verdict in zip(PAIRS, judge.compare(PAIRS), strict=True):
        gap = scores[first.digest] - scores[second.digest]
        assert verdict.outcome.score == (0.5 if gap == 0 else float(gap > 0))


def test_a_sample_without_a_response_cannot_be_judged(folder: Path) -> None:
    judge = judge_of(folder, open_store(MEMORY), LikelihoodOptions())
    bare = Sample("bare", (Turn(HUMAN, "question"),))
    (verdict,) = judge.compare([(bare, SAMPLES[0])])
    assert verdict.outcome is Outcome.CANNOT_JUDGE


def test_mixed_adds_the_heuristic(folder: Path) -> None:
    store = open_store(MEMORY)
    alone = judge_of(folder, store, LikelihoodOptions()).score(SAMPLES)
    both = judge_of(folder, store, MIXED).score(SAMPLES)
    heuristic = HeuristicJudge()
    for one in SAMPLES:
        added = both[one.digest] - alone[one.digest]
        assert added == pytest.approx(MIXED.heuristic * heuristic.score(one))


def test_every_weight_the_model_and_the_heuristic_are_part_of_the_key(
    folder: Path, tmp_path: Path
) -> None:
    store, plain = open_store(MEMORY), LikelihoodOptions()
    other = make_tiny_model(tmp_path / "other", chat=True, seed=1)
    keys = {
        judge_of(folder, store, plain).key,
        judge_of(folder, store, LikelihoodOptions(ending=0.3)).key,
        judge_of(other, store, plain).key,
        judge_of(folder, store, MIXED).key,
    }
    assert len(keys) == 4
    assert HeuristicJudge().key in judge_of(folder, store, MIXED).key
    assert "true" in judge_of(folder, store, plain).describe()


def test_more_samples_than_a_chunk_are_saved_in_chunks(folder: Path) -> None:
    many = [sample(i, f"answer {i}") for i in range(70)]
    judge = judge_of(folder, open_store(MEMORY), LikelihoodOptions())
    assert len(judge.score(many)) == 70
