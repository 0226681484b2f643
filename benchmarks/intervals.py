"""Do 95 % intervals hold the truth 95 times in 100, over all items and over the selected?

    python -m benchmarks.intervals [--seeds 1] [--calls 4 8 16]

40 clusters of 50 items fitted in one call with the defaults: true spread .8, 1.5 and 2.5 logits; a
judge drawn from the model (A), and one with 10 % ties by a threshold, 10 % of calls for the first
shown whatever the contents, and its noise drawn once per pair (S); pairs by random matchings and by
the default schedule. "selected" are the five of each cluster with the highest strength.
"""

from __future__ import annotations

import argparse

import numpy as np

from tagraph.data import BoolArray, FloatArray, IntArray
from tagraph.stages.bradley_terry import Scores, fit_bradley_terry
from tagraph.stages.pairing import ScheduleOptions
from tagraph.steps.scheduler import PairScheduler

N_CLUSTERS, SIZE, WANTED = 40, 50, 5


class ThresholdJudge:
    """Says which is stronger after logistic noise; no pair is asked twice, so noise is a pair's."""

    def __init__(self, truth: FloatArray, gap: float, careless: float, seed: int) -> None:
        self.truth = truth
        self.gap = gap
        self.careless = careless
        self.rng = np.random.default_rng(seed)

    def __call__(self, first: IntArray, second: IntArray) -> FloatArray:
        """Return the outcome of each pair."""
        lead = self.truth[first] - self.truth[second] + self.rng.logistic(size=len(first))
        said = np.where(np.abs(lead) < self.gap, 0.5, (lead > 0).astype(np.float64))
        answer: FloatArray = np.where(self.rng.random(len(first)) < self.careless, 1.0, said)
        return answer


def play(judge: ThresholdJudge, options: ScheduleOptions, calls: list[float]) -> list[Scores]:
    """Return the fit after each number of calls per item."""
    groups = np.repeat(np.arange(N_CLUSTERS), SIZE)
    scheduler = PairScheduler(len(groups), options, groups=groups, cut=WANTED)
    log, outcome, fits = np.zeros((2, 0), dtype=np.int64), np.zeros(0), []
    for goal in calls:
        while len(outcome) < goal * len(groups):
            shown = np.stack(scheduler.propose(int(goal * len(groups)) - len(outcome)))
            said = judge(shown[0], shown[1])
            scheduler.record(shown[0], shown[1], said)
            log, outcome = np.concatenate([log, shown], axis=1), np.append(outcome, said)
        fits.append(fit_bradley_terry(log[0], log[1], outcome, n_items=len(groups), groups=groups))
    return fits


def cover(scores: Scores, truth: FloatArray) -> tuple[float, float]:
    """Return the share of intervals that hold the truth: of all items, and of the selected."""
    strength = scores.strength.reshape(N_CLUSTERS, SIZE)
    centred = truth.reshape(N_CLUSTERS, SIZE)
    centred = centred - centred.mean(axis=1, keepdims=True)
    width = 1.959964 * scores.standard_error().reshape(N_CLUSTERS, SIZE)
    held: BoolArray = np.abs(strength - centred) < width
    chosen = np.argsort(-strength, axis=1)[:, :WANTED]
    return float(held.mean()), float(np.take_along_axis(held, chosen, axis=1).mean())


def main() -> None:
    """Print one row per setting."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--calls", type=float, nargs="+", default=[4.0, 8.0, 16.0])
    given = parser.parse_args()
    designs = {"random": ScheduleOptions(control=1.0, worth=0.0), "adaptive": ScheduleOptions()}
    print("coverage of all items / of the selected; bar .92 to .97 / .88 at 4, .90 at 8 and 16")
    for name, options in designs.items():
        for kind, (gap, careless) in {"A": (0.0, 0.0), "S": (0.36, 0.1)}.items():
            for spread in (0.8, 1.5, 2.5):
                found = []
                for seed in range(given.seeds):
                    rng = np.random.default_rng(seed + 100)
                    truth = rng.normal(0, spread, N_CLUSTERS * SIZE)
                    judge = ThresholdJudge(truth, gap, careless, seed)
                    found.append([cover(fit, truth) for fit in play(judge, options, given.calls)])
                cells = "   ".join(f"{a:.3f}/{top:.3f}" for a, top in np.mean(found, axis=0))
                print(f"{name:>8} {kind} sd {spread}   {cells}", flush=True)


if __name__ == "__main__":
    main()
