"""What one budget over many clusters saves against the same calls per item in each.

    python -m benchmarks.allocation [--clusters 200] [--seeds 1] [--calls 8] [--oracle]

Clusters of unequal size (12 to 120, log-uniform) and spread of true strengths (0.5 to 3 logits), a
judge with noise, ties and a small liking for the first shown; wanted is the best tenth of each.
Printed is the recall of the union of the wanted sets after the same number of calls: "equal" gives
every cluster the same calls per item, "global" is the default schedule, where calls flow to the
clusters whose cut is least decided. "needs" is what global needs for the recall of equal.

--oracle prints instead what an allocator saves that knows the size and the true spread of every
cluster, and how recall rises with calls in clusters of such size and spread, learned from another
draw: what there is to gain between clusters without looking at verdicts.
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

FIXED = BradleyTerryOptions(prior=1.5, careless=False, integrate=False)
GRID = np.arange(0.5, 16.01, 0.5)


@dataclass(frozen=True)
class Pool:
    """Clusters of items with known strengths."""

    groups: IntArray
    truth: FloatArray
    seed: int

    @property
    def sizes(self) -> FloatArray:
        """Items in each cluster, shape (n_clusters,)."""
        return np.asarray(np.bincount(self.groups), dtype=np.float64)

    @property
    def wanted(self) -> FloatArray:
        """Items wanted from each cluster, shape (n_clusters,)."""
        counts = np.bincount(self.groups, self.best(self.truth))
        return np.asarray(counts, dtype=np.float64)

    def measure(self, log: IntArray, outcome: FloatArray) -> FloatArray:
        """Return calls and wanted items found after these comparisons, shape (2, n_clusters)."""
        n_items, n_clusters = len(self.groups), len(self.sizes)
        found = fit_bradley_terry(log[0], log[1], outcome, n_items=n_items, options=FIXED).strength
        both = self.best(found) & self.best(self.truth)
        asked = np.bincount(self.groups[log[0]], minlength=n_clusters)
        return np.stack([asked, np.bincount(self.groups, both)])

    def sum_up(self, curve: FloatArray) -> FloatArray:
        """Return calls per item and recall of the union, shape (n_points, 2)."""
        whole = np.array([self.sizes.sum(), self.wanted.sum()])
        summed: FloatArray = curve.sum(axis=2) / whole
        return summed

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


def play_global(pool: Pool, calls: float, options: ScheduleOptions) -> FloatArray:
    """Return what the default schedule asks and finds, shape (n_points, 2, n_clusters)."""
    judge, n_items = BiasedJudge(pool.truth, 0.3, pool.seed), len(pool.groups)
    scheduler = PairScheduler(n_items, options, groups=pool.groups, cut=0.1, bradley_terry=FIXED)
    log, outcome, curve = np.zeros((2, 0), dtype=np.int64), np.zeros(0), []
    for goal in GRID[calls >= GRID]:
        while len(outcome) < goal * n_items:
            shown = np.stack(scheduler.propose(int(goal * n_items) + 1 - len(outcome)))
            said = judge(list(zip(*shown.tolist(), strict=True)))
            scheduler.record(shown[0], shown[1], said)
            log, outcome = np.concatenate([log, shown], axis=1), np.append(outcome, said)
        curve.append(pool.measure(log, outcome))
    return np.stack(curve)


def play_equal(pool: Pool, calls: float, options: ScheduleOptions) -> FloatArray:
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
        curve.append(pool.measure(log, outcome))
    return np.stack(curve)


@dataclass(frozen=True)
class Class:
    """Clusters of like size and spread: calls per item and recall, point by point."""

    calls: FloatArray
    recall: FloatArray
    n_items: float
    n_wanted: float


def sort_into_classes(pool: Pool, curve: FloatArray) -> list[Class]:
    """Return the clusters by three sizes and three true spreads, with their curves from 0 calls."""
    mean = np.bincount(pool.groups, pool.truth) / pool.sizes
    spread = np.sqrt(np.bincount(pool.groups, (pool.truth - mean[pool.groups]) ** 2) / pool.sizes)
    kind = 3 * np.digitize(pool.sizes, [26, 56]) + np.digitize(spread, [0.9, 1.65])
    classes = []
    for number in range(9):
        inside = kind == number
        n_items = max(1.0, float(pool.sizes[inside].sum()))
        n_wanted = max(1.0, float(pool.wanted[inside].sum()))
        calls, recall = curve[:, :, inside].sum(axis=2).T / np.array([[n_items], [n_wanted]])
        rising = np.maximum.accumulate(np.append(n_wanted / n_items, recall))
        classes.append(Class(np.append(0.0, calls), rising, n_items, n_wanted))
    return classes


def plan_by_class(known: list[Class]) -> list[tuple[int, float]]:
    """Return class and calls per item of each step, the steps that find most per call first."""
    steps = []
    for number, one in enumerate(known):
        at = 0
        while at < len(one.calls) - 1:
            gained, spent = (
                one.recall[at + 1 :] - one.recall[at],
                one.calls[at + 1 :] - one.calls[at],
            )
            slope = gained / np.maximum(spent, 1e-9)
            at += 1 + int(slope.argmax())
            rate = float(slope.max()) * one.n_wanted / one.n_items
            steps.append((rate, number, float(one.calls[at])))
    return [(number, calls) for _, number, calls in sorted(steps, key=lambda step: -step[0])]


def follow_plan(plan: list[tuple[int, float]], classes: list[Class]) -> FloatArray:
    """Return calls per item and recall of the union after each step, shape (n_steps, 2)."""
    at, rows = np.zeros(len(classes)), []
    n_items, n_wanted = np.array([(one.n_items, one.n_wanted) for one in classes]).T
    for number, calls in plan:
        at[number] = max(at[number], calls)
        found = [np.interp(x, one.calls, one.recall) for x, one in zip(at, classes, strict=True)]
        rows.append((at @ n_items / n_items.sum(), found @ n_wanted / n_wanted.sum()))
    return np.array(rows)


def main() -> None:
    """Print the recall of both, and what the default needs for the recall of equal calls."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clusters", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--calls", type=float, default=8.0)
    parser.add_argument("--flow", type=float, default=ScheduleOptions().flow)
    parser.add_argument("--oracle", action="store_true")
    given = parser.parse_args()
    options = ScheduleOptions(flow=given.flow)
    pools = [draw_pool(given.clusters, seed) for seed in range(given.seeds + given.oracle)]
    played = [play_equal(pool, given.calls, options) for pool in pools]
    if given.oracle:
        sorted_ = [
            sort_into_classes(pool, curve) for pool, curve in zip(pools, played, strict=True)
        ]
        plans = [plan_by_class(classes) for classes in sorted_]
        turns = zip([*plans[1:], plans[0]], sorted_, strict=True)
        other = [follow_plan(plan, classes) for plan, classes in turns]
    else:
        other = [pool.sum_up(play_global(pool, given.calls, options)) for pool in pools]
    equal = np.mean([p.sum_up(curve) for p, curve in zip(pools, played, strict=True)], axis=0)
    name = "oracle" if given.oracle else "global"
    print(f"{given.clusters} clusters, {len(pools)} draws, flow {given.flow}")
    print(f"{'calls/item':>10} {'equal':>7} {name:>7} {'needs':>6} {'saved':>6}")
    for cost, recall in equal:
        there = np.mean([np.interp(cost, *curve.T) for curve in other])
        needs = np.mean([needed_for(recall, curve) for curve in other])
        print(f"{cost:10.2f} {recall:7.3f} {there:7.3f} {needs:6.2f} {1 - needs / cost:6.0%}")


def needed_for(recall: float, curve: FloatArray) -> float:
    """Return the calls per item at which a curve reaches a recall."""
    return float(np.interp(recall, np.maximum.accumulate(curve[:, 1]), curve[:, 0]))


if __name__ == "__main__":
    main()
