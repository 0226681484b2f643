"""New samples judged against anchors and rivals alone, beside a tournament of the whole pool.

    python -m benchmarks.selection.newcomers [--seeds 5] [--share 0.1]

A made-up pool of 6 clusters of 50, true strengths with a spread of 1.5 logits, the noisy judge of
`benchmarks.tournament`. A share of the samples is new. Printed for each seed: comparisons asked for
the old pool, for the newcomers, and by a tournament of all; how the newcomers' strengths correlate
with the truth both ways; how far the old strengths moved, in their standard errors (median, 90th
percentile, most); and the share of the truly best fifth of each cluster that both ways find.
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.tournament import BiasedJudge
from tagraph.data import FloatArray, IntArray
from tagraph.stages.selection import select_samples
from tagraph.steps.newcomers import hold_level, judge_newcomers
from tagraph.steps.tournament import TournamentOptions, run_tournament

N, CLUSTERS, SPREAD, POSITION, SHARE = 300, 6, 1.5, 0.405, 0.2


def run(seed: int, share: float) -> list[float]:
    """Return what the docstring lists."""
    rng = np.random.default_rng(seed)
    groups = np.arange(N) % CLUSTERS
    truth, is_new = rng.normal(0, SPREAD, N), rng.random(N) < share
    cut = np.full(CLUSTERS, round(SHARE * N / CLUSTERS))
    judge, options = BiasedJudge(truth, POSITION, seed), TournamentOptions(seed=seed)
    old = run_tournament(N, judge, options, groups=np.where(is_new, -1, groups), cut=cut)
    outcome = np.array([verdict.outcome.score for verdict in old.verdicts])
    known = (old.first, old.second, outcome)
    new = judge_newcomers(known, is_new, judge, options, groups=groups, cut=cut)
    whole = run_tournament(N, judge, options, groups=groups, cut=cut)
    grown = hold_level(new.scores.strength, new.scores.component, is_new)
    moved = np.abs(grown - old.scores.strength) / old.scores.standard_error()
    k = int(cut.sum())
    return [
        old.n_calls,
        new.n_calls,
        whole.n_calls,
        float(np.corrcoef(grown[is_new], truth[is_new])[0, 1]),
        float(np.corrcoef(whole.scores.strength[is_new], truth[is_new])[0, 1]),
        *np.quantile(moved[~is_new], [0.5, 0.9, 1]).tolist(),
        find_best(grown, truth, groups, k),
        find_best(whole.scores.strength, truth, groups, k),
    ]


def find_best(strength: FloatArray, truth: FloatArray, groups: IntArray, k: int) -> float:
    """Return the share of the rows chosen by strength that the truth would choose."""
    chosen, best = (select_samples(values, groups, k).index for values in (strength, truth))
    return float(np.isin(chosen, best).mean())


def main() -> None:
    """Print one line for each seed, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.1)
    asked = parser.parse_args()
    names = [
        "old",
        "new",
        "whole",
        "r_new",
        "r_whole",
        "median",
        "90%",
        "most",
        "found",
        "found_whole",
    ]
    print("".join(f"{name:>12}" for name in names))
    found = []
    for seed in range(asked.seeds):
        found.append(run(seed, asked.share))
        print("".join(f"{value:12.3f}" for value in found[-1]), flush=True)
    print("".join(f"{value:12.3f}" for value in np.mean(found, axis=0)))


if __name__ == "__main__":
    main()
