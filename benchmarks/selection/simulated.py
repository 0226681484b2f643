"""What a tournament finds of the true best, beside single scores and the TACOS pass.

    python -m benchmarks.selection.simulated STORE [-k 500] [--policy equal] [--seeds 20]

Clusters are those of a store that `tagraph select` made; true strengths are drawn with a spread of
1.5 logits inside every cluster. The pairwise judge draws from the model: noise, ties, and a liking
for the first shown that makes equals 60 to 40. A single score is an integer from 1 to 5, cut from
the strength plus N(0, s) that sticks to the sample plus N(0, s) of the call. The TACOS pass gives
both of two neighbours in the list a whole number from 0 to 100 (ten points a logit) with the same
two errors and an offset N(0, s) common to both; `tacos` is one pass, `tacos x` repeats it with new
neighbours until the same calls are spent. `same bias` is the tournament with the sticking error
N(0, s) in its judge too. Printed is the precision of the k chosen: the share that is truly best.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.tournament import BiasedJudge
from tagraph import open_store
from tagraph.data import FloatArray, IntArray
from tagraph.stages.bradley_terry import BradleyTerryOptions, fit_bradley_terry
from tagraph.stages.selection import SelectionOptions, cluster_quotas, select_samples
from tagraph.steps.scheduler import PairScheduler
from tagraph.steps.tournament import TournamentOptions

SPREAD, POSITION, CUTS = 1.5, 0.405, (-2.25, -0.75, 0.75, 2.25)
BUDGETS = (4, 8, 16)
NOISES = (0.35, 0.7, 1.4)
FIT = BradleyTerryOptions(prior=SPREAD)


@dataclass(frozen=True)
class Trial:
    """A pool with known strengths, and what is wanted of it."""

    groups: IntArray
    truth: FloatArray
    k: int
    policy: str
    seed: int

    def measure(self, strength: FloatArray) -> float:
        """Return the share of the k rows chosen by these strengths that is truly best."""
        return float(np.isin(self.choose(strength), self.choose(self.truth)).mean())

    def choose(self, strength: FloatArray) -> IntArray:
        """Return the rows that the policy takes."""
        return select_samples(strength, self.groups, self.k, SelectionOptions(self.policy)).index


def play(trial: Trial, strength: FloatArray, budgets: Sequence[int]) -> dict[int, float]:
    """Run one tournament; return its precision after each number of calls per sample."""
    n = len(trial.groups)
    judge = BiasedJudge(strength, POSITION, trial.seed)
    sizes = np.bincount(trial.groups)
    scheduler = PairScheduler(
        n,
        TournamentOptions(seed=trial.seed),
        groups=trial.groups,
        cut=cluster_quotas(sizes, trial.k, trial.policy),
        bradley_terry=FIT,
    )
    log, outcome, found = np.zeros((2, 0), dtype=np.int64), np.zeros(0), {}
    for budget in budgets:
        while len(outcome) < budget * n:
            shown = np.stack(scheduler.propose(budget * n - len(outcome)))
            if not shown.size:
                break
            said = judge(list(zip(*shown.tolist(), strict=True)))
            scheduler.record(shown[0], shown[1], said)
            log, outcome = np.concatenate([log, shown], axis=1), np.append(outcome, said)
        fitted = fit_bradley_terry(log[0], log[1], outcome, n_items=n, options=FIT)
        found[budget] = trial.measure(fitted.strength)
    return found


def score_singly(trial: Trial, calls: int, noise: float) -> float:
    """Return the precision of the mean of integer scores from 1 to 5."""
    rng = np.random.default_rng([trial.seed, calls, 1])
    n = len(trial.truth)
    felt = trial.truth + rng.normal(0, noise, n)
    given = np.digitize(felt[:, None] + rng.normal(0, noise, (n, calls)), CUTS) + 1
    return trial.measure(break_ties(given.mean(axis=1), rng))


def score_pairs(trial: Trial, passes: int, noise: float) -> float:
    """Return the precision of the mean of scores from 0 to 100, both of a pair in one call."""
    rng = np.random.default_rng([trial.seed, passes, 2])
    n = len(trial.truth)
    felt = trial.truth + rng.normal(0, noise, n)
    total = np.zeros(n)
    for _ in range(passes):
        order = np.lexsort((rng.random(n), trial.groups))
        offset = np.repeat(rng.normal(0, noise, (n + 1) // 2), 2)[:n]
        score = 50 + 10 * (felt[order] + rng.normal(0, noise, n) + offset)
        total[order] += np.clip(np.round(score), 0, 100)
    return trial.measure(break_ties(total / passes, rng))


def read_log(path: Path | None) -> list[dict[tuple[str, float, int], float]]:
    """Return the trials of earlier calls, in the order of their seeds."""
    if path is None or not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [{(name, s, calls): value for name, s, calls, value in row} for row in rows]


def write_log(path: Path | None, trial: dict[tuple[str, float, int], float]) -> None:
    """Add a finished trial to the log."""
    if path is not None:
        with path.open("a") as file:
            file.write(json.dumps([[*key, value] for key, value in trial.items()]) + "\n")


def take_clusters(groups: IntArray, wanted: int | None) -> IntArray:
    """Return the groups of the samples of some clusters, numbered anew; all unless told."""
    n_clusters = int(groups.max()) + 1
    if wanted is None:
        return groups
    kept = np.unique(np.linspace(0, n_clusters - 1, wanted).round().astype(np.int64))
    return np.searchsorted(kept, groups[np.isin(groups, kept)]).astype(np.int64)


def break_ties(score: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the scores with a random order among equals."""
    return score + 1e-6 * rng.random(len(score))


def run_trial(
    trial: Trial, budgets: Sequence[int], *, biased: bool
) -> dict[tuple[str, float, int], float]:
    """Return the precision of every method: name, noise, calls per sample."""
    found: dict[tuple[str, float, int], float] = {}
    for budget, value in play(trial, trial.truth, budgets).items():
        found |= {("tournament", noise, budget): value for noise in NOISES}
    for noise in NOISES:
        for budget in budgets:
            found["singly", noise, budget] = score_singly(trial, budget, noise)
            found["tacos", noise, budget] = score_pairs(trial, 1, noise)
            found["tacos x", noise, budget] = score_pairs(trial, 2 * budget, noise)
    if biased:
        rng = np.random.default_rng([trial.seed, 3])
        felt = trial.truth + rng.normal(0, 0.7, len(trial.truth))
        for budget, value in play(trial, felt, budgets[:2]).items():
            found["same bias", 0.7, budget] = value
    return found


def show(trials: Sequence[dict[tuple[str, float, int], float]]) -> None:
    """Print mean and standard error of every method, and its distance from the tournament."""
    print(f"{'s':>5} {'calls':>5}  {'method':<11} {'precision':>16} {'behind tournament':>22}")
    keys = sorted(trials[0], key=lambda key: (key[1], key[2], key[0] != "tournament", key[0]))
    for name, noise, budget in keys:
        values = np.array([trial[name, noise, budget] for trial in trials])
        best = np.array([trial["tournament", noise, budget] for trial in trials])
        gap = best - values
        told = f"{values.mean():.3f} ± {error_of(values):.3f}"
        behind = "" if name == "tournament" else f"{gap.mean():+.3f} ± {error_of(gap):.3f}"
        print(f"{noise:5.2f} {budget:5}  {name:<11} {told:>16} {behind:>22}", flush=True)


def error_of(values: FloatArray) -> float:
    """Return the standard error of the mean."""
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else float("nan")


def main() -> None:
    """Run the trials and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("-k", type=int, default=500)
    parser.add_argument("--calls", type=int, nargs="+", default=list(BUDGETS))
    parser.add_argument("--policy", default="equal")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--clusters", type=int, help="so many of the clusters, evenly by size")
    parser.add_argument("--biased", type=int, default=0, help="seeds that also play `same bias`")
    parser.add_argument("--log", type=Path, help="file of finished seeds, which are not run again")
    parser.add_argument("--at-most", type=int, default=1000, help="so many seeds in this call")
    asked = parser.parse_args()
    with open_store(asked.store) as store:
        membership = store.groups.load_clustering().membership
    groups = take_clusters(membership[membership >= 0], asked.clusters)
    print(f"{len(groups)} samples, {groups.max() + 1} clusters, k {asked.k}, '{asked.policy}'")
    trials = run_trials(groups, asked)
    if len(trials) < asked.seeds:
        return
    shared = set.intersection(*(set(trial) for trial in trials))
    show([{key: trial[key] for key in shared} for trial in trials])
    extra = [trial for trial in trials if set(trial) > shared]
    if extra:
        print(f"the first {len(extra)} seeds alone")
        show(extra)


def run_trials(
    groups: IntArray, asked: argparse.Namespace
) -> list[dict[tuple[str, float, int], float]]:
    """Return the trials of the log, and as many more as this call may run."""
    trials = read_log(asked.log)[: asked.seeds]
    for seed in range(len(trials), min(asked.seeds, len(trials) + asked.at_most)):
        truth = np.random.default_rng([seed, 0]).normal(0, SPREAD, len(groups))
        trial = Trial(groups, truth, asked.k, asked.policy, seed)
        trials.append(run_trial(trial, asked.calls, biased=seed < asked.biased))
        write_log(asked.log, trials[-1])
        told = {budget: round(trials[-1]["tournament", 0.7, budget], 3) for budget in asked.calls}
        print(f"seed {seed}: tournament {told}", flush=True)
    return trials


if __name__ == "__main__":
    main()
