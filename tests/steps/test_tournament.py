import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagraph.data import (
    ASSISTANT,
    HUMAN,
    FloatArray,
    IntArray,
    Outcome,
    Sample,
    Samples,
    Turn,
    Verdict,
)
from tagraph.errors import InputError, JudgeError, OptionsError
from tagraph.stages.bradley_terry import BradleyTerryOptions, fit_bradley_terry
from tagraph.steps import membership
from tagraph.steps.membership import estimate_membership
from tagraph.steps.tournament import Tournament, TournamentOptions, run_tournament
from tests.fakes import LongerJudge

Pairs = list[tuple[int, int]]


def by_number(pairs: Pairs) -> list[float]:
    """Answer that the larger number wins."""
    return [float(first > second) for first, second in pairs]


class NoisyJudge:
    """Draws from the model itself: strengths, ties and a liking for the first shown."""

    def __init__(self, strength: FloatArray, position: float, seed: int) -> None:
        self.strength = strength
        self.position = position
        self.rng = np.random.default_rng(seed)

    def __call__(self, pairs: Pairs) -> FloatArray:
        first, second = np.array(pairs).T
        logit = self.strength[first] - self.strength[second] + self.position
        odds = np.exp(np.stack([-logit / 2, np.full_like(logit, -1.0), logit / 2]))
        below = np.cumsum(odds / odds.sum(axis=0), axis=0)[:2]
        drawn: FloatArray = 0.5 * (self.rng.random(len(pairs)) > below).sum(axis=0)
        return drawn


def samples_of(lengths: Sequence[int]) -> Samples:
    turns = [(Turn(HUMAN, "say"), Turn(ASSISTANT, "x" * length)) for length in lengths]
    return Samples.of(Sample(f"{i:04}", turn) for i, turn in enumerate(turns))


def same(one: Tournament, other: Tournament) -> bool:
    return (
        np.array_equal(one.first, other.first)
        and np.array_equal(one.second, other.second)
        and one.scores.strength.tobytes() == other.scores.strength.tobytes()
        and one.in_top_k.tobytes() == other.in_top_k.tobytes()
    )


@settings(max_examples=25)
@given(
    st.lists(st.integers(-1, 3), min_size=1, max_size=20),
    st.floats(0, 6),
    st.sampled_from([None, 1, 3, 50]),
)
def test_the_budget_is_never_exceeded(
    labels: list[int], calls_per_item: float, rounds: int | None
) -> None:
    groups = np.array(labels)
    options = TournamentOptions(calls_per_item=calls_per_item, rounds=rounds, n_draws=5)
    result = run_tournament(len(labels), by_number, options, groups=groups)
    sizes = np.bincount(groups[groups >= 0])
    assert result.n_calls <= math.ceil(calls_per_item * sizes[sizes > 1].sum())
    assert (groups[result.first] == groups[result.second]).all()
    met = {frozenset(pair) for pair in zip(result.first, result.second, strict=True)}
    assert len(met) == result.n_calls
    if rounds is not None:
        assert result.round.max(initial=0) < rounds


def test_the_budget_is_spent_when_there_are_pairs_enough() -> None:
    groups = np.repeat(np.arange(5), 30)
    result = run_tournament(150, by_number, TournamentOptions(calls_per_item=4), groups=groups)
    assert result.n_calls == 600


def test_the_same_arguments_give_the_same_tournament() -> None:
    runs = [run_tournament(40, by_number, TournamentOptions(calls_per_item=3)) for _ in range(2)]
    assert same(*runs)
    other = run_tournament(40, by_number, TournamentOptions(calls_per_item=3, seed=1))
    assert not same(runs[0], other)


def test_stop_and_resume_equal_one_run() -> None:
    class StoppedError(Exception):
        pass

    stored: dict[tuple[int, int], Verdict] = {}
    asked: Pairs = []

    def judge_until(limit: int) -> Tournament:
        noisy = {True: Outcome.FIRST, False: Outcome.SECOND}

        def judge(pairs: Pairs) -> list[Verdict]:
            for pair in pairs:
                if pair not in stored and len(asked) == limit:
                    raise StoppedError
                if pair not in stored:
                    asked.append(pair)
                    stored[pair] = Verdict(noisy[(pair[0] * 7 + pair[1] * 3) % 10 < 5])
            return [stored[pair] for pair in pairs]

        return run_tournament(30, judge, TournamentOptions(calls_per_item=4))

    whole = judge_until(10**9)
    n_asked = len(asked)
    stored.clear()
    asked.clear()
    for limit in (17, 60):
        with pytest.raises(StoppedError):
            judge_until(limit)
    assert same(judge_until(10**9), whole)
    assert len(asked) == n_asked


def test_finished_rounds_are_handed_over_before_a_judge_fails() -> None:
    kept: list[tuple[int, list[int], list[int], list[Verdict]]] = []
    calls = 0

    def judge(pairs: Pairs) -> list[float]:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise ConnectionError("gone")
        return by_number(pairs)

    def keep(round_: int, first: IntArray, second: IntArray, verdicts: list[Verdict]) -> None:
        kept.append((round_, first.tolist(), second.tolist(), verdicts))

    with pytest.raises(ConnectionError, match="gone"):
        run_tournament(20, judge, on_round=keep)
    assert [round_ for round_, *_ in kept] == [0, 1]
    assert all(len(first) == len(verdicts) for _, first, _, verdicts in kept)
    assert calls == 3


def test_a_judge_is_shown_the_samples_in_the_order_proposed() -> None:
    lengths = [5, 1, 9, 3, 7, 7]
    result = run_tournament(6, LongerJudge(), samples=samples_of(lengths), cut=1)
    for first, second, verdict in zip(result.first, result.second, result.verdicts, strict=True):
        gap = lengths[first] - lengths[second]
        expected = Outcome.TIE if gap == 0 else Outcome.FIRST if gap > 0 else Outcome.SECOND
        assert verdict.outcome is expected
    assert result.scores.strength.argmax() == 2
    assert result.n_calls == 15


def test_a_judge_without_its_samples_is_refused() -> None:
    with pytest.raises(InputError, match="none were given"):
        run_tournament(6, LongerJudge())
    with pytest.raises(InputError, match="there are 5"):
        run_tournament(6, LongerJudge(), samples=samples_of(range(5)))


@pytest.mark.parametrize(
    ("answers", "message"),
    [([1.0], "1 answers to"), ([0.7] * 5, "0.7"), (["first"] * 5, "'first'"), ([None] * 5, "None")],
)
def test_what_is_no_answer_is_refused(answers: list[float], message: str) -> None:
    with pytest.raises(JudgeError, match=message):
        run_tournament(10, lambda pairs: answers)


def test_pairs_without_a_verdict_are_counted_and_not_fitted() -> None:
    def judge(pairs: Pairs) -> list[Verdict]:
        refused, tie, first = (
            Verdict(outcome) for outcome in (Outcome.REFUSED, Outcome.TIE, Outcome.FIRST)
        )
        return [refused if i == 0 or j == 0 else tie if i == 1 else first for i, j in pairs]

    result = run_tournament(5, judge)
    assert result.n_no_verdict == {Outcome.REFUSED: 3}  # then 0 is set aside
    assert result.scores.n_comparisons[0] == 0
    assert result.scores.strength[0] == 0
    assert 0 < result.tie_rate < 1
    assert sum(result.outcomes.values()) == result.n_calls == 9
    nothing = run_tournament(5, lambda pairs: [math.nan] * len(pairs))
    assert nothing.n_no_verdict == {Outcome.CANNOT_JUDGE: 10}
    assert math.isnan(nothing.tie_rate)
    assert (nothing.scores.strength == 0).all()


@pytest.mark.parametrize("n_items", [0, 1])
def test_nobody_to_meet_means_no_calls(n_items: int) -> None:
    result = run_tournament(n_items, by_number)
    assert result.n_calls == 0
    assert result.scores.strength.shape == result.in_top_k.shape == (n_items,)
    assert "0 verdicts" in result._repr_html_()


@pytest.mark.no_cover
def test_a_noise_free_judge_with_ties_is_recovered_in_the_whole_order() -> None:
    from scipy.stats import kendalltau

    rng = np.random.default_rng(2)
    sizes = rng.integers(20, 61, 12)
    groups = np.repeat(np.arange(12), sizes)
    quality = np.round(rng.normal(size=len(groups)), 1)

    def judge(pairs: Pairs) -> FloatArray:
        first, second = np.array(pairs).T
        gap = quality[first] - quality[second]
        return np.where(np.abs(gap) < 0.15, 0.5, (gap > 0).astype(np.float64))

    result = run_tournament(len(groups), judge, groups=groups)
    for group in range(12):
        members = np.flatnonzero(groups == group)
        everyone = [(i, j) for i in members.tolist() for j in members.tolist() if i < j]
        first, second = np.array(everyone).T - members[0]
        robin = fit_bradley_terry(first, second, judge(everyone), n_items=len(members))
        tau = kendalltau(robin.strength, result.scores.strength[members]).statistic
        assert tau >= 0.8


def test_a_noisy_judge_of_one_logit_bias_is_seen_through() -> None:
    from scipy.stats import kendalltau

    strength = np.random.default_rng(0).normal(0, 1.5, (10, 40))
    groups = np.repeat(np.arange(10), 40)
    result = run_tournament(400, NoisyJudge(strength.ravel(), 1.0, seed=1), groups=groups)
    error = result.scores.term_errors()[0]
    assert abs(result.scores.position - 1.0) < 2 * error
    found = result.scores.strength.reshape(10, 40)
    best = np.argsort(-found, axis=1)[:, :4]
    gained = np.take_along_axis(strength, best, axis=1).mean()
    assert gained > 0.9 * np.sort(strength, axis=1)[:, -4:].mean()
    taus = [kendalltau(one, two).statistic for one, two in zip(found, strength, strict=True)]
    assert np.mean(taus) > 0.6


@pytest.mark.parametrize("goal", ["topk", "ranking"])
def test_a_judge_that_always_says_first_gives_a_flat_ranking(goal: str) -> None:
    result = run_tournament(30, lambda pairs: [1.0] * len(pairs), TournamentOptions(goal))
    assert np.abs(result.scores.strength).max() < 0.5
    assert result.scores.position > 2


def test_chances_of_a_place_add_up_to_the_places() -> None:
    groups = np.repeat([0, 1, 2, -1], [20, 7, 1, 2])
    result = run_tournament(30, by_number, groups=groups, cut=[5, 0, 1])
    assert np.isnan(result.in_top_k[groups < 0]).all()
    assert result.in_top_k[groups == 0].sum() == pytest.approx(5)
    assert result.in_top_k[groups == 1].tolist() == [0] * 7
    assert result.in_top_k[groups == 2].tolist() == [1]
    assert result.in_top_k[19] > 0.9
    assert result.in_top_k[0] < 0.1


def test_chances_of_a_large_group_are_drawn_item_by_item(monkeypatch: pytest.MonkeyPatch) -> None:
    strength = np.random.default_rng(3).normal(0, 1.5, 30)
    scores = run_tournament(30, NoisyJudge(strength, 0.0, seed=1)).scores
    groups, cut = np.zeros(30, dtype=np.int64), np.array([6])
    jointly = estimate_membership(scores, groups, cut, n_draws=4000, seed=0)
    monkeypatch.setattr(membership, "LARGEST", 10)
    monkeypatch.setattr(membership, "_CELLS", 3000)
    apart = estimate_membership(scores, groups, cut, n_draws=4000, seed=0)
    np.testing.assert_allclose(apart, jointly, atol=0.05)


def test_fewer_rounds_ask_more_at_once() -> None:
    few = run_tournament(40, by_number, TournamentOptions(rounds=4))
    assert few.round.max() == 3
    assert few.n_calls == 320
    assert len({frozenset(p) for p in zip(few.first, few.second, strict=True)}) == 320


def test_the_options_of_the_fit_are_used() -> None:
    plain = BradleyTerryOptions(prior=1.0, ties=False, position=False)
    result = run_tournament(10, by_number, bradley_terry=plain)
    assert result.scores.options == plain
    assert result.scores.position == 0


def test_tables_have_one_row_per_call() -> None:
    result = run_tournament(4, by_number)
    table = result.to_pandas()
    assert list(table.columns) == ["round", "first", "second", "outcome", "grade"]
    assert len(table) == result.n_calls == 6
    assert "6 verdicts on 4 items" in result._repr_html_()


@pytest.mark.parametrize(
    "wrong",
    [
        {"calls_per_item": -1.0},
        {"calls_per_item": math.inf},
        {"calls_per_item": math.nan},
        {"rounds": 0},
        {"n_draws": 0},
        {"goal": "fun"},
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionsError):
        TournamentOptions(**wrong)  # type: ignore[arg-type]


def test_a_run_stops_once_few_wanted_items_are_expected_to_be_wrong() -> None:
    truth = np.linspace(-80, 80, 40)
    options = [TournamentOptions(max_wrong=share, n_draws=50) for share in (0.0, 0.2)]
    full, early = (
        run_tournament(40, NoisyJudge(truth, 0.0, 0), option, cut=4) for option in options
    )
    assert (full.n_calls, full.n_saved) == (320, 0)
    assert early.n_calls < 250
    assert early.n_saved == 320 - early.n_calls
    assert set(np.argsort(-early.scores.strength)[:4].tolist()) == {36, 37, 38, 39}


def test_a_tournament_diagnoses_itself() -> None:
    found = run_tournament(12, by_number, TournamentOptions(n_draws=5)).diagnose()
    assert (found.n_components, found.n_unseen, found.tie_rate) == (1, 0, 0.0)
    assert (found.n_triads, found.cycle_share) == (220, 0.0)


def test_a_share_of_wrong_members_lies_between_nothing_and_all() -> None:
    with pytest.raises(OptionsError, match="max_wrong"):
        TournamentOptions(max_wrong=1.5)


def refusing(culprit: int) -> Callable[[Pairs], list[Verdict]]:
    """Return a judge that refuses every pair with one sample in it."""

    def judge(pairs: Pairs) -> list[Verdict]:
        said = [
            Outcome.REFUSED if culprit in pair else Outcome.FIRST if pair[0] > pair[1] else "second"
            for pair in pairs
        ]
        return [Verdict(Outcome(outcome)) for outcome in said]

    return judge


@pytest.mark.parametrize("audit", [0.0, 0.15, 1.0])
def test_a_sample_that_is_always_refused_is_set_aside_after_four_refusals(audit: float) -> None:
    options = TournamentOptions(audit=audit, n_draws=5)
    result = run_tournament(40, refusing(7), options)
    assert result.set_aside.tolist() == [7]
    assert result.outcomes[Outcome.REFUSED] <= 4
    assert math.isnan(result.in_top_k[7])


def test_refusals_change_nothing_in_the_scores_of_others() -> None:
    result = run_tournament(40, refusing(7), TournamentOptions(n_draws=5))
    outcome = np.array([verdict.outcome.score for verdict in result.verdicts])
    judged = ~np.isnan(outcome)
    alone = fit_bradley_terry(
        result.first[judged], result.second[judged], outcome[judged], n_items=40
    )
    assert np.array_equal(result.scores.strength, alone.strength)


def test_audited_pairs_are_asked_in_both_orders_within_a_round() -> None:
    result = run_tournament(30, by_number, TournamentOptions(audit=0.3, n_draws=5))
    shown = list(
        zip(result.round.tolist(), result.first.tolist(), result.second.tolist(), strict=True)
    )
    twice = sum((number, j, i) in set(shown) for number, i, j in shown) / 2
    assert result.n_calls == result.budget
    assert twice / (len(shown) - twice) == pytest.approx(0.3, abs=0.12)


def test_both_orders_of_every_pair_are_asked_on_demand() -> None:
    result = run_tournament(30, by_number, TournamentOptions(audit=1, n_draws=5))
    shown = set(zip(result.first.tolist(), result.second.tolist(), strict=True))
    alone = [pair for pair in shown if pair[::-1] not in shown]
    assert len(alone) <= 1  # where the budget ends inside a pair


def test_only_a_judge_that_minds_the_order_is_audited_unasked() -> None:
    samples = samples_of(range(1, 31))
    for minds_order in (False, True):
        judge = OrderlyJudge("longer", minds_order)
        result = run_tournament(30, judge, TournamentOptions(n_draws=5), samples=samples)
        shown = set(zip(result.first.tolist(), result.second.tolist(), strict=True))
        twice = any(pair[::-1] in shown for pair in shown)
        assert twice is minds_order


@dataclass(frozen=True)
class OrderlyJudge(LongerJudge):
    """A judge that says whether the order shown may matter to it."""

    minds_order: bool = False


def test_an_audit_beyond_every_pair_is_refused() -> None:
    with pytest.raises(OptionsError, match="audit"):
        TournamentOptions(audit=1.5)
