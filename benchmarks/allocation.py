"""What one budget over many clusters saves against the same calls per item in each.

    python -m benchmarks.allocation [--clusters 200] [--seeds 1] [--calls 8]

Clusters of unequal size (12 to 120, log-uniform) and spread of true strengths (0.5 to 3 logits), a
judge with noise, ties and a small liking for the first shown; wanted is the best tenth of each.
Printed is the recall of the union of the wanted sets after the same number of calls: "equal" gives
every cluster the same calls per item, "global" is the default schedule, where calls flow to the
clusters whose cut is least decided. "needs" is what global needs for the recall of equal.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from benchmarks.tournament import BiasedJudge
from tagraph.data import FloatArray, IntArray
from tagraph.stages.bradley_terry import BradleyTerryOptions, fit_bradley_terry
from tagraph.stages.pairing import ScheduleOptions
from tagraph.steps.scheduler import PairScheduler, count_wanted

FIXED = BradleyTerryOptions(prior=1.5)
GRID = np.arange(0.5, 16.01, 0.5)


@dataclass(frozen=True)
class Pool:
    """Clusters of items with known strengths."""

    groups: IntArray
    truth: FloatArray
    seed: int

    def measure(self, log: IntArray, outcome: FloatArray) -> float:
        """Return the recall of the union of the best tenths after these comparisons."""
        n_items = len(self.groups)
        found = fit_bradley_terry(log[0], log[1], outcome, n_items=n_items, options=FIXED).strength
        both = self.best(found) & self.best(self.truth)
        return float(both.sum() / self.best(self.truth).sum())

    def best(self, strength: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which items are in the best tenth of their cluster."""
        wanted = count_wanted(0.1, self.groups)
        order = np.lexsort((-strength, self.groups))
        start = np.searchsorted(self.groups[order], self.groups[order])
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order)) - start
        chosen: np.ndarray[tuple[int], np.dtype[np.bool_]] = place < wanted[self.groups]
        return chosen


def draw_pool(n_clusters: int, seed: int) -> Pool:
    """Return clusters of unequal size and spread."""
    rng = np.random.default_rng(seed)
    sizes = np.exp(rng.uniform(np.log(12), np.log(121), n_clusters)).astype(np.int64)
    spread = np.exp(rng.uniform(np.log(0.5), np.log(3.0), n_clusters))
    groups = np.repeat(np.arange(n_clusters), sizes)
    return Pool(groups, rng.normal(0, spread[groups]), seed)


def play_global(pool: Pool, calls: float, options: ScheduleOptions) -> list[tuple[float, float]]:
    """Return calls per item and recall of the default schedule over all clusters."""
    judge, n_items = BiasedJudge(pool.truth, 0.3, pool.seed), len(pool.groups)
    scheduler = PairScheduler(n_items, options, groups=pool.groups, cut=0.1, bradley_terry=FIXED)
    log, outcome, curve = np.zeros((2, 0), dtype=np.int64), np.zeros(0), []
    for goal in GRID[calls >= GRID]:
        while len(outcome) < goal * n_items:
            shown = np.stack(scheduler.propose(int(goal * n_items) + 1 - len(outcome)))
            said = judge(list(zip(*shown.tolist(), strict=True)))
            scheduler.record(shown[0], shown[1], said)
            log, outcome = np.concatenate([log, shown], axis=1), np.append(outcome, said)
        curve.append((len(outcome) / n_items, pool.measure(log, outcome)))
    return curve


def play_equal(pool: Pool, calls: float, options: ScheduleOptions) -> list[tuple[float, float]]:
    """Return the same where every cluster gets the same calls per item."""
    judge, groups = BiasedJudge(pool.truth, 0.3, pool.seed), pool.groups
    sizes = np.bincount(groups)
    log, outcome, curve, turn = np.zeros((2, 0), dtype=np.int64), np.zeros(0), [], 0
    for goal in GRID[calls >= GRID]:
        while True:
            asked = np.bincount(groups[log[0]], minlength=len(sizes))
            behind = asked < np.minimum(np.round(goal * sizes), sizes * (sizes - 1) // 2)
            if not behind.any():
                break
            turn += 1
            seed = ScheduleOptions(worth=options.worth, flow=0.0, seed=turn)
            playing = np.where(behind[groups], groups, -1)
            cut = count_wanted(0.1, groups)[: playing.max() + 1]
            scheduler = PairScheduler(
                len(groups), seed, groups=playing, cut=cut, bradley_terry=FIXED
            )
            scheduler.record(log[0], log[1], outcome)
            shown = np.stack(scheduler.propose(len(groups)))
            said = judge(list(zip(*shown.tolist(), strict=True)))
            log, outcome = np.concatenate([log, shown], axis=1), np.append(outcome, said)
        curve.append((len(outcome) / len(groups), pool.measure(log, outcome)))
    return curve


def main() -> None:
    """Print the recall of both, and what the default needs for the recall of equal calls."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clusters", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--calls", type=float, default=8.0)
    parser.add_argument("--flow", type=float, default=ScheduleOptions().flow)
    given = parser.parse_args()
    options = ScheduleOptions(flow=given.flow)
    pools = [draw_pool(given.clusters, seed) for seed in range(given.seeds)]
    flowing = np.mean([play_global(pool, given.calls, options) for pool in pools], axis=0)
    equal = np.mean([play_equal(pool, given.calls, options) for pool in pools], axis=0)
    print(f"{given.clusters} clusters, {len(pools[0].groups)} items, flow {given.flow}")
    print(f"{'calls/item':>10} {'equal':>7} {'global':>7} {'needs':>6} {'saved':>6}")
    for cost, recall in equal:
        there = float(np.interp(cost, flowing[:, 0], flowing[:, 1]))
        needs = float(np.interp(recall, np.maximum.accumulate(flowing[:, 1]), flowing[:, 0]))
        print(f"{cost:10.2f} {recall:7.3f} {there:7.3f} {needs:6.2f} {1 - needs / cost:6.0%}")


if __name__ == "__main__":
    main()
