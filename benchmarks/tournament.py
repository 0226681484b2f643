"""What the tournament recovers: a noise-free judge's own round robin, a noisy judge's truth.

    python -m benchmarks.tournament [--seeds 3] [--calls 8] [--goal topk] [--store run.db]

Two tables, three with --store. The first asks a judge without noise but with ties, inside clusters
of 20 to 60, and gives Kendall's tau between the strengths after a few calls per item and those of
the judge's own full round robin. The second asks a judge with noise, ties and a liking for the
first shown, of known strengths, and gives tau to the truth, the share of the reachable quality in
the best tenth, the position term with its standard error, and how many 95 % intervals hold the
truth. The third is a real run: the strengths stored by `tagraph select`, beside the offline judge's
own full round robin inside every stored cluster of 20 to 60 samples.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

from tagraph import open_store
from tagraph.adapters.heuristic_judge import HeuristicJudge
from tagraph.data import FloatArray, IntArray, Samples, Verdict
from tagraph.protocols import Judge
from tagraph.stages.bradley_terry import Scores, fit_bradley_terry
from tagraph.steps.tournament import JudgeFunction, TournamentOptions, run_tournament

Pairs = list[tuple[int, int]]


def judge_by_samples(judge: Judge, samples: Samples) -> JudgeFunction:
    """Return a judge of samples as a function of item pairs, so that both kinds fit here."""
    held = list(samples)

    def answer(pairs: Pairs) -> list[Verdict]:
        return judge.compare([(held[i], held[j]) for i, j in pairs])

    return answer


def fit_round_robin(judge: JudgeFunction, groups: IntArray, seed: int = 0) -> Scores:
    """Ask every pair inside every group once, in random order, and fit the strengths."""
    rng = np.random.default_rng(seed)
    pairs: Pairs = []
    for group in range(int(groups.max(initial=-1)) + 1):
        members = np.flatnonzero(groups == group).tolist()
        everyone = [(i, j) for i in members for j in members if i < j]
        pairs += [(i, j) if rng.random() < 0.5 else (j, i) for i, j in everyone]
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    outcome = score(judge(pairs))
    return fit_bradley_terry(first, second, outcome, n_items=len(groups))


def score(answers: Sequence[Verdict] | Sequence[float] | FloatArray) -> FloatArray:
    """Return answers of a judge as numbers."""
    return np.array([a.outcome.score if isinstance(a, Verdict) else float(a) for a in answers])


def compare_orders(one: FloatArray, other: FloatArray, groups: IntArray) -> FloatArray:
    """Return Kendall's tau-b between two sets of strengths inside each group."""
    inside = [groups == group for group in range(int(groups.max()) + 1)]
    return np.array([kendalltau(one[place], other[place]).statistic for place in inside])


class NoiselessJudge:
    """Says which of two hidden qualities is larger; a small gap is a tie."""

    def __init__(self, quality: FloatArray, gap: float) -> None:
        self.quality = quality
        self.gap = gap

    def __call__(self, pairs: Pairs) -> FloatArray:
        """Return the outcome of each pair."""
        first, second = np.array(pairs, dtype=np.int64).T
        lead = self.quality[first] - self.quality[second]
        return np.where(np.abs(lead) < self.gap, 0.5, (lead > 0).astype(np.float64))


class BiasedJudge:
    """Draws from the model itself: strengths, a liking for the first shown, 16 % ties of equals."""

    def __init__(self, strength: FloatArray, position: float, seed: int) -> None:
        self.strength = strength
        self.position = position
        self.rng = np.random.default_rng(seed)

    def __call__(self, pairs: Pairs) -> FloatArray:
        """Return the outcome of each pair."""
        first, second = np.array(pairs, dtype=np.int64).T
        lead = self.strength[first] - self.strength[second] + self.position
        odds = np.exp(np.stack([-lead / 2, np.full_like(lead, -1.0), lead / 2]))
        below = np.cumsum(odds / odds.sum(axis=0), axis=0)[:2]
        drawn: FloatArray = 0.5 * (self.rng.random(len(pairs)) > below).sum(axis=0)
        return drawn


def draw_groups(n_groups: int, seed: int) -> IntArray:
    """Return the group of each item, groups of 20 to 60."""
    sizes = np.random.default_rng(seed).integers(20, 61, n_groups)
    return np.repeat(np.arange(n_groups), sizes)


def show_noiseless(options: TournamentOptions, seeds: int, n_groups: int) -> None:
    """Print tau to the judge's own round robin for several shares of ties."""
    print("judge without noise, clusters of 20 to 60: tau to its own full round robin")
    print(
        f"{'gap':>5} {'ties':>6} {'calls/item':>10} {'rounds':>6} {'tau':>6} {'worst':>6} {'s':>5}"
    )
    for gap in (0.0, 0.1, 0.3, 0.6):
        taus, ties, rounds, calls, start = [], [], [], [], time.process_time()
        for seed in range(seeds):
            groups = draw_groups(n_groups, seed)
            quality = np.random.default_rng(seed + 100).normal(size=len(groups))
            judge = NoiselessJudge(quality, gap)
            result = run_tournament(len(groups), judge, options, groups=groups)
            full = fit_round_robin(judge, groups).strength
            taus += compare_orders(full, result.scores.strength, groups).tolist()
            ties.append(result.tie_rate)
            rounds.append(int(result.round.max()) + 1)
            calls.append(result.n_calls / len(groups))
        spent = (time.process_time() - start) / seeds
        numbers = f"{np.mean(calls):10.2f} {np.mean(rounds):6.0f} {np.mean(taus):6.3f}"
        print(f"{gap:5.1f} {np.mean(ties):6.2f} {numbers} {np.min(taus):6.3f} {spent:5.1f}")


def show_biased(options: TournamentOptions, seeds: int, n_groups: int) -> None:
    """Print what is recovered from a noisy judge that favours the first shown."""
    print("\njudge with noise, ties and a position bias of 1 logit: tau to the truth")
    print(f"{'sd':>4} {'tau':>6} {'value':>6} {'position':>14} {'spread':>7} {'covered':>8}")
    for spread in (0.8, 1.5, 2.5):
        for seed in range(seeds):
            groups = draw_groups(n_groups, seed)
            truth = np.random.default_rng(seed + 100).normal(0, spread, len(groups))
            judge = BiasedJudge(truth, 1.0, seed)
            scores = run_tournament(len(groups), judge, options, groups=groups).scores
            tau = compare_orders(scores.strength, truth, groups).mean()
            value = reach_quality(scores.strength, truth, groups)
            position = f"{scores.position:.3f} ± {scores.term_errors()[0]:.3f}"
            held = cover_truth(scores, truth, groups)
            row = f"{tau:6.3f} {value:6.3f} {position:>14} {scores.prior:7.2f} {held:8.3f}"
            print(f"{spread:4.1f} {row}")


def show_stored(path: Path) -> None:
    """Print tau of the stored strengths to the offline judge's own round robin."""
    with open_store(path) as store:
        samples = store.samples.load_samples()
        clustering = store.groups.load_clustering()
        strength = store.results.load_scores()[0]
        calls = len(store.results.load_pairings()[0])
        fitting = np.flatnonzero((clustering.sizes >= 20) & (clustering.sizes <= 60))
        rows = np.flatnonzero(np.isin(clustering.membership, fitting))
        groups = np.searchsorted(fitting, clustering.membership[rows])
        held = Samples.of(samples.take(rows))
    full = fit_round_robin(judge_by_samples(HeuristicJudge(), held), groups)
    taus = compare_orders(full.strength, strength[rows], groups)
    print(f"\n{path.name}: {len(fitting)} clusters of 20 to 60, {len(rows)} samples")
    print(f"calls per sample in the whole run {calls / len(samples):.2f}")
    print(f"tau to the judge's own round robin {taus.mean():.3f}, worst cluster {taus.min():.3f}")


def reach_quality(found: FloatArray, truth: FloatArray, groups: IntArray) -> float:
    """Return the mean gain of the best tenth over the mean, as a share of what can be had."""
    shares = []
    for group in range(int(groups.max()) + 1):
        true, guess = truth[groups == group], found[groups == group]
        k = max(1, round(0.1 * len(true)))
        best = np.sort(true)[-k:].mean() - true.mean()
        shares.append((true[np.argsort(-guess)[:k]].mean() - true.mean()) / best)
    return float(np.mean(shares))


def cover_truth(scores: Scores, truth: FloatArray, groups: IntArray) -> float:
    """Return the share of 95 % intervals about the group's mean that hold the truth."""
    mean = np.bincount(groups, truth) / np.bincount(groups)
    miss = np.abs(scores.strength - truth + mean[groups])
    return float((miss < 1.96 * scores.standard_error()).mean())


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--clusters", type=int, default=20)
    parser.add_argument("--calls", type=float, default=TournamentOptions().calls_per_item)
    parser.add_argument("--goal", default=TournamentOptions().goal)
    parser.add_argument("--store", type=Path, help="a store that `tagraph select` made")
    given = parser.parse_args()
    options = TournamentOptions(goal=given.goal, calls_per_item=given.calls)
    show_noiseless(options, given.seeds, given.clusters)
    show_biased(options, given.seeds, given.clusters)
    if given.store:
        show_stored(given.store)


if __name__ == "__main__":
    main()
