from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from tagraph.data import FloatArray, IntArray
from tagraph.errors import InputError
from tagraph.stages.bradley_terry import BradleyTerryOptions
from tagraph.stages.pairing import ScheduleOptions
from tagraph.steps import proposal
from tagraph.steps.scheduler import PairScheduler

Answer = Callable[[IntArray, IntArray], FloatArray]
Rounds = list[tuple[IntArray, IntArray]]


def by_number(first: IntArray, second: IntArray) -> FloatArray:
    """Answer that the larger number wins."""
    return (first > second).astype(np.float64)


def play(scheduler: PairScheduler, answer: Answer, size: int, n_rounds: int) -> Rounds:
    """Play rounds until none is proposed."""
    rounds = []
    for _ in range(n_rounds):
        first, second = scheduler.propose(size)
        if not len(first):
            break
        rounds.append((first, second))
        scheduler.record(first, second, answer(first, second))
    return rounds


def pairs_of(rounds: Rounds) -> list[tuple[int, int]]:
    return [
        (min(i, j), max(i, j))
        for first, second in rounds
        for i, j in zip(first.tolist(), second.tolist(), strict=True)
    ]


groupings = st.lists(st.integers(-1, 4), min_size=1, max_size=25)


@given(groupings, st.sampled_from(["topk", "ranking"]), st.integers(1, 30), st.integers(0, 99))
def test_pairs_stay_inside_groups_and_never_meet_again(
    labels: list[int], goal: str, size: int, seed: int
) -> None:
    groups = np.array(labels)
    scheduler = PairScheduler(len(labels), ScheduleOptions(goal, seed=seed), groups=groups)
    rounds = play(scheduler, by_number, size, 12)
    for first, second in rounds:
        assert len(first) <= size
        shown = np.concatenate([first, second])
        assert len(set(shown.tolist())) == len(shown)
        assert (groups[first] == groups[second]).all()
        assert (groups[first] >= 0).all()
    met = pairs_of(rounds)
    assert len(set(met)) == len(met)


@pytest.mark.parametrize("goal", ["topk", "ranking"])
def test_small_groups_end_as_full_round_robins(goal: str) -> None:
    groups = np.repeat([0, 1, 2, 3, 4], [1, 2, 3, 7, 12])
    scheduler = PairScheduler(25, ScheduleOptions(goal), groups=groups)
    rounds = play(scheduler, by_number, 25, 200)
    assert len(pairs_of(rounds)) == 0 + 1 + 3 + 21 + 66
    first, second = scheduler.propose(10)
    assert len(first) == len(second) == 0


def test_a_second_meeting_shows_the_other_order() -> None:
    scheduler = PairScheduler(5, ScheduleOptions(max_meetings=2))
    rounds = play(scheduler, by_number, 5, 100)
    shown = [(i, j) for a, b in rounds for i, j in zip(a.tolist(), b.tolist(), strict=True)]
    assert sorted(shown) == [(i, j) for i in range(5) for j in range(5) if i != j]


def test_arrival_order_inside_a_round_does_not_matter() -> None:
    straight, shuffled = (PairScheduler(40, ScheduleOptions(seed=3)) for _ in range(2))
    rng = np.random.default_rng(0)
    for _ in range(15):
        first, second = straight.propose(20)
        again = shuffled.propose(20)
        np.testing.assert_array_equal(np.stack([first, second]), np.stack(again))
        straight.record(first, second, by_number(first, second))
        for i in rng.permutation(len(first)).tolist():
            one, other = first[[i]], second[[i]]
            shuffled.record(one, other, by_number(one, other))


def test_another_seed_pairs_otherwise() -> None:
    rounds = [PairScheduler(40, ScheduleOptions(seed=seed)).propose(20) for seed in (0, 1)]
    assert not np.array_equal(rounds[0], rounds[1])


def test_the_first_round_is_a_full_matching() -> None:
    groups = np.repeat(np.arange(50), 21)
    first, second = PairScheduler(1050, groups=groups).propose(10_000)
    assert len(first) == 50 * 10
    assert len(set(first.tolist()) | set(second.tolist())) == 1000


def test_unanswered_and_unreadable_pairs_are_not_asked_again() -> None:
    scheduler = PairScheduler(8, ScheduleOptions("ranking"))
    rounds = [scheduler.propose(4), scheduler.propose(4)]
    assert len(set(pairs_of(rounds))) == len(pairs_of(rounds)) >= 6
    first, second = rounds[0]
    scheduler.record(first, second, np.full(len(first), np.nan))
    assert scheduler.scores.n_comparisons.sum() == 0
    rounds += play(scheduler, by_number, 4, 100)
    assert sorted(pairs_of(rounds)) == [(i, j) for i in range(8) for j in range(i + 1, 8)]


def test_verdicts_of_pairs_never_proposed_are_learned_too() -> None:
    scheduler = PairScheduler(3)
    scheduler.record([0, 0, 1], [1, 2, 2], [1, 1, 1])
    assert np.argsort(-scheduler.scores.strength).tolist() == [0, 1, 2]
    assert len(scheduler.propose(3)[0]) == 0


def test_calls_go_where_the_cut_is_open() -> None:
    scheduler = PairScheduler(60, ScheduleOptions(control=0.0), cut=6)
    rounds = play(scheduler, by_number, 30, 60)
    counts = np.bincount(np.array(pairs_of(rounds)[:240]).ravel(), minlength=60)
    assert counts[48:].mean() > 2 * counts[:30].mean()
    assert set(np.argsort(-scheduler.scores.strength)[:6].tolist()) == set(range(54, 60))


def test_groups_whose_cut_takes_all_or_nothing_are_asked_last() -> None:
    groups = np.repeat([0, 1, 2], 20)
    scheduler = PairScheduler(60, ScheduleOptions(control=0.0), groups=groups, cut=[0, 5, 20])
    for _ in range(6):
        first, second = scheduler.propose(6)
        scheduler.record(first, second, by_number(first, second))
    first, _ = scheduler.propose(2)
    assert (groups[first] == 1).all()


@pytest.mark.parametrize("goal", ["topk", "ranking"])
def test_large_groups_are_paired_in_windows(goal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposal, "_WINDOW", 16)
    groups = np.repeat([0, 1], [100, 12])
    scheduler = PairScheduler(112, ScheduleOptions(goal, control=0.0), groups=groups)
    rounds = play(scheduler, by_number, 112, 12)
    met = pairs_of(rounds)
    assert len(set(met)) == len(met)
    last = np.concatenate([np.stack(pairs) for pairs in rounds[-4:]], axis=1)
    gaps = np.abs(last[0] - last[1])[groups[last[0]] == 0]
    assert np.median(gaps) < 20


def test_control_rounds_pair_at_random() -> None:
    scheduler = PairScheduler(40, ScheduleOptions(control=1.0), cut=4)
    rounds = play(scheduler, by_number, 20, 12)
    counts = np.bincount(np.array(pairs_of(rounds)).ravel(), minlength=40)
    assert counts[:20].sum() > 0.35 * counts.sum()


def test_a_fixed_prior_is_used_as_given() -> None:
    fixed = PairScheduler(6, bradley_terry=BradleyTerryOptions(prior=0.7))
    play(fixed, by_number, 3, 3)
    assert fixed.scores.prior == pytest.approx(0.7)
    estimated = PairScheduler(12)
    play(estimated, by_number, 6, 4)
    assert estimated.scores.prior == 1.5
    play(estimated, by_number, 6, 40)
    assert estimated.scores.prior > 1.5


def test_nobody_to_pair_means_no_pairs() -> None:
    for n_items, groups in ((0, None), (1, None), (3, [0, 1, 2]), (3, [-1, -1, -1])):
        first, second = PairScheduler(n_items, groups=groups).propose(5)
        assert first.tolist() == second.tolist() == []
    assert len(PairScheduler(4).propose(0)[0]) == 0


@pytest.mark.parametrize(
    ("groups", "cut", "message"),
    [
        ([0, 0], None, "shape"),
        ([0, 0, -2], None, "from 0, or -1"),
        ([0.0, 0.0, 1.0], None, "integers"),
        ([0, 0, 1], [1], "one per group"),
        ([0, 0, 1], -1, "numbers from 0"),
        ([0, 0, 1], float("nan"), "numbers from 0"),
    ],
)
def test_wrong_groups_and_cuts_are_refused(
    groups: ArrayLike, cut: ArrayLike | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        PairScheduler(3, groups=groups, cut=cut)


def test_a_negative_number_of_items_is_refused() -> None:
    with pytest.raises(InputError, match="n_items"):
        PairScheduler(-1)


def test_verdicts_across_groups_are_refused() -> None:
    scheduler = PairScheduler(4, groups=[0, 0, 1, 1])
    with pytest.raises(InputError, match="two groups"):
        scheduler.record([0], [2], [1])
    with pytest.raises(InputError, match="with itself"):
        scheduler.record([0], [0], [1])


@pytest.mark.parametrize(
    ("cut", "counts"),
    [(0.1, [2, 1, 1]), (0.5, [10, 2, 1]), (3, [3, 3, 1]), ([0, 0.5, 9], [0, 2, 1])],
)
def test_cuts_may_be_counts_or_shares(cut: ArrayLike, counts: list[int]) -> None:
    groups = np.repeat([0, 1, 2], [20, 4, 1])
    assert PairScheduler(25, groups=groups, cut=cut).cut.tolist() == counts


def test_calls_flow_to_the_group_whose_cut_is_open() -> None:
    groups = np.repeat([0, 1], 40)
    truth = np.concatenate([np.linspace(-30, 30, 40), np.linspace(-1.5, 1.5, 40)])
    rng = np.random.default_rng(0)

    def answer(first: IntArray, second: IntArray) -> FloatArray:
        lead: FloatArray = truth[first] - truth[second] + rng.logistic(size=len(first))
        return (lead > 0).astype(np.float64)

    options = ScheduleOptions(control=0.0, flow=0.6)
    scheduler = PairScheduler(80, options, groups=groups, cut=4)
    rounds = play(scheduler, answer, 80, 40)
    counts = np.bincount(groups[np.concatenate([first for first, _ in rounds])])
    assert counts[1] > 1.3 * counts[0]


def test_a_verdict_between_items_of_no_group_is_learned() -> None:
    scheduler = PairScheduler(4, groups=[-1, -1, 0, 0])
    scheduler.record([0], [1], [1])
    assert scheduler.scores.strength[0] > 0
    assert [side.tolist() for side in map(np.sort, scheduler.propose(4))] in (
        [[2], [3]],
        [[3], [2]],
    )


def test_near_duplicates_are_never_paired() -> None:
    apart = [(0, 1), (3, 2)]
    scheduler = PairScheduler(4, ScheduleOptions(max_meetings=2), apart=apart)
    met = set(pairs_of(play(scheduler, by_number, 4, 50)))
    assert met == {(0, 2), (0, 3), (1, 2), (1, 3)}
    assert len(pairs_of(play(PairScheduler(4, apart=[]), by_number, 4, 50))) == 6


@pytest.mark.parametrize(
    ("apart", "message"),
    [([(0, 4)], "outside 0 to 3"), ([0, 1, 2], "shape"), ([(0.5, 1.0)], "integers")],
)
def test_wrong_pairs_apart_are_refused(apart: ArrayLike, message: str) -> None:
    with pytest.raises(InputError, match=message):
        PairScheduler(4, apart=apart)


def test_pairs_that_follow_the_verdicts_make_no_reader_careless() -> None:
    rng = np.random.default_rng(0)
    truth, groups = rng.normal(0, 1.5, 1000), np.repeat(np.arange(20), 50)
    scheduler = PairScheduler(1000, groups=groups, cut=5)
    asked = 0
    while asked < 4000:
        first, second = scheduler.propose(4000 - asked)
        lead = truth[first] - truth[second] + rng.logistic(size=len(first))
        scheduler.record(first, second, (lead > 0).astype(np.float64))
        asked += len(first)
    scores = scheduler.conclude()
    mean = np.bincount(groups, truth) / 50
    held = np.abs(scores.strength - truth + mean[groups]) < 1.96 * scores.standard_error()
    best = np.argsort(-scores.strength.reshape(20, 50), axis=1)[:, :5]
    assert not scores.judges.careless.any()
    assert held.mean() > 0.92
    assert np.take_along_axis(held.reshape(20, 50), best, axis=1).mean() > 0.88
