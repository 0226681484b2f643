"""What a tournament finds of the true best, beside single scores and the TACOS pass.

    python -m benchmarks.selection.simulated STORE [-k 500] [--seeds 20] [--log trials.jsonl]
    python -m benchmarks.selection.simulated STORE --seeds 10 --first-seed 10 --log others.jsonl
    python -m benchmarks.selection.simulated STORE -k 20 --clusters 4 --up-to 70 --biased

Clusters are those of a store that `tagraph select` made; true strengths are drawn with a spread of
1.5 logits inside every cluster. The pairwise judge draws from the model: noise, ties, and a liking
for the first shown that makes equals 60 to 40. A single score is an integer from 1 to 5, cut from
the strength plus N(0, s) that sticks to the sample plus N(0, s) of the call. The TACOS pass gives
both of two neighbours in the list a whole number from 0 to 100 (ten points a logit) with the same
two errors and an offset N(0, s) common to both; `tacos` is one pass, `tacos x` repeats it with new
neighbours until the same calls are spent. `tournament` has no error that sticks; `biased`, played
with `--biased`, is the tournament with the very same N(0, s) sticking in its judge as in the scores
of that trial: the first assumes that comparing frees a judge of its errors, the second that it does
not at all.
Printed is the precision of the k chosen, the share that is truly best, for quotas per cluster
(`equal`) and over all clusters (`global`); pairs are scheduled for the quotas in both cases.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

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


POLICIES = ("equal", "global")
Key: TypeAlias = tuple[str, str, float, int]  # method, policy, s, calls per sample


@dataclass(frozen=True)
class Trial:
    """A pool with known strengths, and what is wanted of it."""

    groups: IntArray
    truth: FloatArray
    k: int
    seed: int

    def measure(self, strength: FloatArray) -> dict[str, float]:
        """Return by policy the share of the k rows chosen by these strengths that is best."""
        return {
            policy: float(np.isin(self.choose(strength, policy), self._best[policy]).mean())
            for policy in POLICIES
        }

    def choose(self, strength: FloatArray, policy: str) -> IntArray:
        """Return the rows that the policy takes."""
        return select_samples(strength, self.groups, self.k, SelectionOptions(policy)).index

    def feel(self, noise: float) -> FloatArray:
        """Return the strengths with the error that sticks to every sample."""
        drawn = np.random.default_rng([self.seed, 3]).normal(0, 1, len(self.truth))
        return self.truth + noise * drawn

    @cached_property
    def _best(self) -> dict[str, IntArray]:
        return {policy: self.choose(self.truth, policy) for policy in POLICIES}


def play(
    trial: Trial, strength: FloatArray, budgets: Sequence[int]
) -> Iterator[tuple[int, dict[str, float]]]:
    """Run one tournament; yield its precision after each number of calls per sample."""
    n = len(trial.groups)
    judge = BiasedJudge(strength, POSITION, trial.seed)
    scheduler = PairScheduler(
        n,
        TournamentOptions(seed=trial.seed),
        groups=trial.groups,
        cut=cluster_quotas(np.bincount(trial.groups), trial.k),
        bradley_terry=FIT,
    )
    log, outcome = np.zeros((2, 0), dtype=np.int64), np.zeros(0)
    for budget in budgets:
        while len(outcome) < budget * n:
            shown = np.stack(scheduler.propose(budget * n - len(outcome)))
            if not shown.size:
                break
            said = judge(list(zip(*shown.tolist(), strict=True)))
            scheduler.record(shown[0], shown[1], said)
            log, outcome = np.concatenate([log, shown], axis=1), np.append(outcome, said)
        fitted = fit_bradley_terry(log[0], log[1], outcome, n_items=n, options=FIT)
        yield budget, trial.measure(fitted.strength)


def score_singly(trial: Trial, calls: int, noise: float) -> dict[str, float]:
    """Return the precision of the mean of integer scores from 1 to 5."""
    rng = np.random.default_rng([trial.seed, calls, 1])
    felt = trial.feel(noise)
    given = np.digitize(felt[:, None] + rng.normal(0, noise, (len(felt), calls)), CUTS) + 1
    return trial.measure(break_ties(given.mean(axis=1), rng))


def score_pairs(trial: Trial, passes: int, noise: float) -> dict[str, float]:
    """Return the precision of the mean of scores from 0 to 100, both of a pair in one call."""
    rng = np.random.default_rng([trial.seed, passes, 2])
    felt = trial.feel(noise)
    n, total = len(felt), np.zeros(len(felt))
    for _ in range(passes):
        order = np.lexsort((rng.random(n), trial.groups))
        offset = np.repeat(rng.normal(0, noise, (n + 1) // 2), 2)[:n]
        score = 50 + 10 * (felt[order] + rng.normal(0, noise, n) + offset)
        total[order] += np.clip(np.round(score), 0, 100)
    return trial.measure(break_ties(total / passes, rng))


def read_log(path: Path | None) -> list[dict[Key, float]]:
    """Return the trials of earlier calls, in the order of their seeds."""
    if path is None or not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [{(name, policy, s, n): value for name, policy, s, n, value in row} for row in rows]


def write_log(path: Path | None, trial: dict[Key, float]) -> None:
    """Add a finished trial to the log."""
    if path is not None:
        with path.open("a") as file:
            file.write(json.dumps([[*key, value] for key, value in trial.items()]) + "\n")


def take_clusters(groups: IntArray, wanted: int | None, largest: int) -> IntArray:
    """Return the groups of the samples of some clusters, numbered anew; all unless told."""
    fits = np.flatnonzero(np.bincount(groups) <= largest)
    spread = np.linspace(0, len(fits) - 1, wanted or len(fits)).round().astype(np.int64)
    kept = fits[np.unique(spread)]
    return np.searchsorted(kept, groups[np.isin(groups, kept)]).astype(np.int64)


def break_ties(score: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the scores with a random order among equals."""
    return score + 1e-6 * rng.random(len(score))


def run_trial(trial: Trial, budgets: Sequence[int], biased: bool) -> dict[Key, float]:
    """Return the precision of every method."""
    found: dict[Key, float] = {}

    def keep(method: str, noise: float, calls: int, values: dict[str, float]) -> None:
        found.update({(method, policy, noise, calls): v for policy, v in values.items()})

    for calls, values in play(trial, trial.truth, budgets):
        for noise in NOISES:
            keep("tournament", noise, calls, values)
    for noise in NOISES:
        for calls, values in play(trial, trial.feel(noise), budgets if biased else ()):
            keep("biased", noise, calls, values)
        for calls in budgets:
            keep("singly", noise, calls, score_singly(trial, calls, noise))
            keep("tacos", noise, calls, score_pairs(trial, 1, noise))
            keep("tacos x", noise, calls, score_pairs(trial, 2 * calls, noise))
    return found


def show(trials: Sequence[dict[Key, float]]) -> None:
    """Print the precision of every method, and how far it is behind either tournament."""
    played = [best for best in ("tournament", "biased") if any(key[0] == best for key in trials[0])]
    head = f"{'s':>5} {'calls':>5}  {'policy':<7}{'method':<11}{'precision':>15}"
    print(head + "".join(f"{'behind ' + best:>22}" for best in played))
    for name, policy, noise, calls in sorted(trials[0], key=_order):
        values = np.array([trial[name, policy, noise, calls] for trial in trials])
        line = f"{noise:5.2f} {calls:5}  {policy:<7}{name:<11}{tell(values):>15}"
        for best in played:
            gap = np.array([trial[best, policy, noise, calls] for trial in trials]) - values
            line += f"{'' if name in ('tournament', best) else tell(gap, '+'):>22}"
        print(line, flush=True)


def _order(key: Key) -> tuple[object, ...]:
    name, policy, noise, calls = key
    return policy, noise, calls, ("tournament", "biased", "singly", "tacos", "tacos x").index(name)


def tell(values: FloatArray, sign: str = "") -> str:
    """Return mean and standard error."""
    error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{values.mean():{sign}.3f} ± {error:.3f}"


def main() -> None:
    """Run the trials and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("-k", type=int, default=500)
    parser.add_argument("--calls", type=int, nargs="+", default=list(BUDGETS))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--clusters", type=int, help="so many of the clusters, evenly by size")
    parser.add_argument("--biased", action="store_true", help="play the biased tournaments too")
    parser.add_argument("--up-to", type=int, default=10**9, help="leave out larger clusters")
    parser.add_argument("--log", type=Path, help="file of finished seeds, which are not run again")
    parser.add_argument("--at-most", type=int, default=1000, help="so many seeds in this call")
    asked = parser.parse_args()
    with open_store(asked.store, read_only=True) as store:
        membership = store.groups.load_clustering().membership
    groups = take_clusters(membership[membership >= 0], asked.clusters, asked.up_to)
    print(f"{len(groups)} samples, {groups.max() + 1} clusters, k {asked.k}")
    trials = read_log(asked.log)[: asked.seeds]
    seeds = range(asked.first_seed + len(trials), asked.first_seed + asked.seeds)
    for seed in seeds[: asked.at_most]:
        truth = np.random.default_rng([seed, 0]).normal(0, SPREAD, len(groups))
        trials.append(run_trial(Trial(groups, truth, asked.k, seed), asked.calls, asked.biased))
        write_log(asked.log, trials[-1])
        print(f"seed {seed} done", flush=True)
    if len(trials) == asked.seeds:
        show(trials)


if __name__ == "__main__":
    main()
