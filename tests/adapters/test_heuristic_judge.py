from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tagraph.adapters.heuristic_judge as module
from tagraph.adapters.heuristic_judge import HeuristicJudge, load_word_ranks
from tagraph.data import ASSISTANT, HUMAN, Outcome, Sample, Turn
from tagraph.protocols import Judge
from tagraph.stages.quality import QualityOptions

QUERY = "Why do bees keep their hive warm in winter?"
ANSWER = (
    "Bees keep their hive warm because their brood and their queen would die of cold. They crowd "
    "together around the queen and shiver with their flight muscles, which makes heat."
)


def sample(response: str, query: str = QUERY) -> Sample:
    return Sample("x", (Turn(HUMAN, query), Turn(ASSISTANT, response)))


def judge_pair(first: str, second: str, query: str = QUERY) -> Outcome:
    judge: Judge = HeuristicJudge()
    return judge.compare([(sample(first, query), sample(second, query))])[0].outcome


@pytest.mark.parametrize(
    "worse",
    [
        "",
        ANSWER[:100],
        ANSWER[: ANSWER.index(".") + 1],
        f"{ANSWER} {ANSWER}",
        "The offside rule in football says where a player may stand when the ball is played to "
        "him by one of his team. It was written in the nineteenth century, and it is much debated.",
        "I'm sorry, but I can't help you with that question about bees in winter.",
        QUERY,
        "Пчёлы собираются вместе вокруг матки и согревают улей зимой, дрожа мышцами.",
        ANSWER.replace("They crowd", "[insert text] They crowd"),
    ],
)
def test_a_whole_answer_beats_a_damaged_one(worse: str) -> None:
    assert judge_pair(ANSWER, worse) is Outcome.FIRST
    assert judge_pair(worse, ANSWER) is Outcome.SECOND


def test_equal_responses_tie() -> None:
    assert judge_pair(ANSWER, ANSWER) is Outcome.TIE


@given(st.text(max_size=100), st.text(max_size=100), st.text(max_size=40))
def test_swapping_a_pair_mirrors_the_verdict_of_any_texts(
    first: str, second: str, query: str
) -> None:
    mirror = {Outcome.FIRST: Outcome.SECOND, Outcome.SECOND: Outcome.FIRST}
    there, back = judge_pair(first, second, query), judge_pair(second, first, query)
    assert mirror.get(there, Outcome.TIE) is back


def test_verdicts_do_not_depend_on_what_was_judged_before() -> None:
    pairs = [(sample(ANSWER[:i]), sample(ANSWER[:j])) for i in (9, 80, 160) for j in (30, 99)]
    judge = HeuristicJudge()
    there = judge.compare(pairs)
    assert HeuristicJudge().compare(pairs[::-1])[::-1] == there == judge.compare(pairs)


def test_forgotten_scores_are_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HELD", 1)
    judge = HeuristicJudge()
    before = [judge.score(sample(ANSWER[:n])) for n in (50, 100)]
    assert [judge.score(sample(ANSWER[:n])) for n in (50, 100)] == before


def test_key_tells_every_option_apart() -> None:
    keys = {HeuristicJudge(QualityOptions(margin=margin)).key for margin in (0.005, 0.0050001)}
    assert len(keys) == 2
    assert HeuristicJudge().key == HeuristicJudge().key
    assert HeuristicJudge().key.startswith("heuristic/1(")


def test_description_says_heuristic_and_what_it_cannot_see() -> None:
    told = HeuristicJudge().describe()
    assert "heuristic" in told
    assert "does not know whether an answer is true" in told


def test_explain_holds_every_feature_by_name() -> None:
    features = HeuristicJudge().explain(sample(ANSWER))
    assert features["relevance"] > 0.5
    assert {"finished", "repetition", "refusal", "copied", "new_characters"} <= features.keys()


def test_a_sample_without_response_or_query_has_a_score() -> None:
    judge = HeuristicJudge()
    assert judge.score(Sample("x", ())) < judge.score(sample("Yes."))


def test_word_ranks_fall_with_use() -> None:
    ranks = load_word_ranks()
    assert ranks["the"] == 1 < ranks["house"] < ranks["algorithm"]
    assert "##ing" not in ranks


@pytest.mark.shared
@pytest.mark.parametrize("name", ["dolly_3k_dev.jsonl.gz", "alpaca_subset_dev.jsonl.gz"])
def test_intact_rows_beat_planted_damage(
    shared: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    from benchmarks.planted_damage import count_wins, mean, plant, read_rows

    rows = read_rows(shared / "instructions" / name, 200)[:200]
    pairs = plant(rows, seed=5)
    bars = {"cut": 0.9, "repeated": 0.9, "refused": 0.9, "swapped": 0.8}
    for kind, bar in bars.items():
        some = [pair for pair in pairs if pair.kind.startswith(kind)]
        assert mean(count_wins(HeuristicJudge(), some)) >= bar, kind
