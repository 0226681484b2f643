"""New samples against old ones: who is asked about, and what that does to strengths."""

import numpy as np
import pytest

from tagraph.data import BoolArray, FloatArray, IntArray
from tagraph.stages.bradley_terry import BradleyTerryOptions, fit_bradley_terry
from tagraph.steps.newcomers import Known, hold_level, judge_newcomers
from tagraph.steps.tournament import TournamentOptions, run_tournament

FIT = BradleyTerryOptions(prior=1.5, integrate=False, careless=False)
N, GROUPS = 96, 3


class Noisy:
    """Draws verdicts from true strengths and keeps every question."""

    def __init__(self, truth: FloatArray, seed: int) -> None:
        self.truth, self.rng = truth, np.random.default_rng(seed)
        self.asked: list[tuple[int, int]] = []

    def __call__(self, pairs: list[tuple[int, int]]) -> list[float]:
        self.asked += pairs
        odds = [1 / (1 + np.exp(self.truth[j] - self.truth[i])) for i, j in pairs]
        return [float(self.rng.random() < chance) for chance in odds]


def make_pool(seed: int) -> tuple[FloatArray, IntArray, BoolArray, IntArray]:
    rng = np.random.default_rng(seed)
    groups = np.arange(N) % GROUPS
    return rng.normal(0, 1.5, N), groups, rng.random(N) < 0.15, np.full(GROUPS, 5)


def judge_old(judge: Noisy, groups: IntArray, is_new: BoolArray, cut: IntArray) -> Known:
    old = np.where(is_new, -1, groups)
    found = run_tournament(
        N, judge, TournamentOptions(calls_per_item=6), groups=old, cut=cut, bradley_terry=FIT
    )
    outcome = np.array([verdict.outcome.score for verdict in found.verdicts])
    return found.first, found.second, outcome


@pytest.mark.parametrize("seed", [0, 1])
def test_newcomers_meet_old_samples_alone_and_old_strengths_hardly_move(seed: int) -> None:
    truth, groups, is_new, cut = make_pool(seed)
    judge = Noisy(truth, seed)
    known = judge_old(judge, groups, is_new, cut)
    before = fit_bradley_terry(*known, n_items=N, options=FIT)
    judge.asked.clear()

    found = judge_newcomers(
        known, is_new, judge, groups=groups, cut=cut, bradley_terry=FIT, first_round=7
    )

    assert found.n_calls == len(judge.asked) == 8 * is_new.sum()
    assert (is_new[found.first] ^ is_new[found.second]).all()
    assert (groups[found.first] == groups[found.second]).all()
    assert len({frozenset(pair) for pair in judge.asked}) == len(judge.asked)
    assert found.round.min() == 7
    assert found.scores.n_comparisons[is_new].min() >= 2
    after = hold_level(found.scores.strength, found.scores.component, is_new)
    moved = np.abs(after - before.strength)[~is_new] / before.standard_error()[~is_new]
    assert np.quantile(moved, 0.9) < 0.5
    assert np.corrcoef(after[is_new], truth[is_new])[0, 1] > 0.75


def test_a_verdict_decides_whom_a_newcomer_meets_next() -> None:
    truth, groups, is_new, cut = make_pool(2)
    known = judge_old(Noisy(truth, 2), groups, is_new, cut)
    strength = fit_bradley_terry(*known, n_items=N, options=FIT).strength
    star = int(np.flatnonzero(is_new)[0])
    met = {}
    for name, sign in (("wins", 1.0), ("loses", -1.0)):
        found = judge_newcomers(
            known,
            is_new,
            Noisy(np.where(np.arange(N) == star, sign * 20, truth), 2),
            groups=groups,
            cut=cut,
            bradley_terry=FIT,
        )
        pairs = np.stack([found.first, found.second])
        mine = pairs[:, (pairs == star).any(axis=0)]
        met[name] = strength[mine[mine != star]].mean()

    assert met["wins"] > met["loses"] + 0.5


def test_newcomers_to_a_cluster_that_nobody_judged_meet_nobody() -> None:
    nothing = np.zeros(0, dtype=np.int64)

    found = judge_newcomers(
        (nothing, nothing, np.zeros(0)),
        np.array([True, False, False]),
        Noisy(np.zeros(3), 0),
        groups=np.zeros(3, dtype=np.int64),
        cut=np.ones(1, dtype=np.int64),
    )

    assert found.n_calls == 0


def test_the_level_is_that_of_the_old_samples() -> None:
    strength = np.array([3.0, -1.0, -2.0, 0.0, 5.0])
    component, is_new = np.array([0, 0, 0, 1, 1]), np.array([True, False, False, True, True])

    held = hold_level(strength, component, is_new)

    assert held.tolist() == [4.5, 0.5, -0.5, 0.0, 5.0]
    assert hold_level(strength, component, np.zeros(5, bool)) is strength
