"""Show what a cascade saves: a free judge first, a good one only where the cut is open.

    python -m benchmarks.cascade [--seeds 20] [--items 120] [--doubt 0.05]

Clusters of 40 items, spread 2 logits, the best tenth wanted. The good judge answers by the model
(83 % right on a random pair). The free one has strengths of its own that correlate with the truth
as said, and answers by them without noise, as a heuristic does: asked more often it does not get
better. Printed is the share of the truly best that is found (recall), by calls of the good judge
per item: alone, in a cascade, and with all verdicts of both in one fit (`pooled`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.stages.bradley_terry import BradleyTerryOptions, fit_bradley_terry
from tagraph.steps.cascade import Cascade, CascadeOptions, run_cascade
from tagraph.steps.tournament import TournamentOptions, run_tournament

CLUSTER, SPREAD, SHARE = 40, 2.0, 0.1
CALLS = (0.5, 1.0, 2.0, 4.0, 6.0)
WORTH = (0.0, 0.5, 0.8, 0.95)
FIT = BradleyTerryOptions(careless=False)  # these judges always read
Ask = Callable[[list[tuple[int, int]]], FloatArray]


def noisy(strength: FloatArray, rng: np.random.Generator) -> Ask:
    """Return a judge that answers by Bradley and Terry's model, with a liking for the first."""

    def judge(pairs: list[tuple[int, int]]) -> FloatArray:
        first, second = np.array(pairs).T
        chance = 1 / (1 + np.exp(strength[second] - strength[first] - 0.3))
        drawn: FloatArray = (rng.random(len(pairs)) < chance).astype(np.float64)
        return drawn

    return judge


def exact(strength: FloatArray) -> Ask:
    """Return a judge that always names the stronger."""

    def judge(pairs: list[tuple[int, int]]) -> FloatArray:
        first, second = np.array(pairs).T
        said: FloatArray = (strength[first] > strength[second]).astype(np.float64)
        return said

    return judge


def recall(found: FloatArray, truth: FloatArray, groups: IntArray) -> float:
    """Return the share of the truly best tenth of each cluster that is found."""
    hits = wanted = 0
    for group in range(int(groups.max()) + 1):
        items = np.flatnonzero(groups == group)
        k = max(1, round(SHARE * len(items)))
        best, chosen = (set(items[np.argsort(-s[items])[:k]].tolist()) for s in (truth, found))
        hits, wanted = hits + len(best & chosen), wanted + k
    return hits / wanted


def pooled(result: Cascade, n_items: int) -> FloatArray:
    """Return strengths of one fit to the verdicts of both judges, each with terms of its own."""
    parts = (result.first, result.second)
    shown = [
        np.concatenate([getattr(part, name) for part in parts]) for name in ("first", "second")
    ]
    verdicts = [verdict for part in parts for verdict in part.verdicts]
    outcome = [verdict.outcome.score for verdict in verdicts]
    judge = np.repeat([0, 1], [part.n_calls for part in parts])
    return fit_bradley_terry(*shown, outcome, n_items=n_items, judge=judge, options=FIT).strength


def run_seed(seed: int, chosen: argparse.Namespace) -> dict[str, FloatArray]:
    """Return the recall of each way at each number of calls, and the calls that were used."""
    rng, n_items = np.random.default_rng([3, seed]), chosen.items
    groups = np.arange(n_items) // CLUSTER
    truth = rng.normal(0, 1, n_items)
    stray = rng.normal(0, 1, n_items)
    rows: dict[str, list[float]] = {}
    for calls in CALLS:
        options = TournamentOptions(calls_per_item=calls, cut=SHARE, seed=seed, n_draws=10)
        ask = noisy(SPREAD * truth, np.random.default_rng([4, seed]))
        alone = run_tournament(n_items, ask, options, groups=groups, bradley_terry=FIT)
        rows.setdefault("alone", []).append(recall(alone.scores.strength, truth, groups))
    for worth in chosen.worth:
        cheap = worth * truth + np.sqrt(1 - worth**2) * stray
        for calls in CALLS[:-1]:
            ask = noisy(SPREAD * truth, np.random.default_rng([4, seed]))
            result = run_cascade(
                n_items,
                exact(cheap),
                ask,
                TournamentOptions(calls_per_item=8.0, cut=SHARE, seed=seed, n_draws=200),
                CascadeOptions(calls_per_item=calls, doubt=chosen.doubt),
                groups=groups,
                bradley_terry=FIT,
            )
            name = f"{worth:.2f}"
            used = result.second.n_calls / n_items
            for key, value in (
                (f"cascade {name}", recall(result.scores.strength, truth, groups)),
                (f"  pooled {name}", recall(pooled(result, n_items), truth, groups)),
                (f"  used {name}", used),
            ):
                rows.setdefault(key, []).append(value)
    return {key: np.array(values) for key, values in rows.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--items", type=int, default=120)
    parser.add_argument("--doubt", type=float, default=0.05)
    parser.add_argument("--first", type=int, default=0, help="number of the first seed")
    parser.add_argument("--worth", type=float, nargs="*", default=WORTH)
    chosen = parser.parse_args()
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    runs = [run_seed(seed, chosen) for seed in seeds]
    print(f"{'calls per item':<16}" + "".join(f"{calls:>7.2f}" for calls in CALLS))
    for key in runs[0]:
        mean = np.mean([run[key] for run in runs], axis=0)
        print(f"{key:<16}" + "".join(f"{value:>7.2f}" for value in mean))


if __name__ == "__main__":
    main()
