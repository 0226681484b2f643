"""Show whether a judge card finds what a simulated judge was given: bias, ties, length, refusals.

    python -m benchmarks.judge_card [--seeds 40] [--items 200] [--calls 8]

A judge with a known position bias, tie term and liking for length judges clusters of items in a
real tournament, adaptive pairs and 15 % audit included, and refuses some. Printed: by how many
standard errors each figure of the card misses, over seeds. Right intervals give 95 % within 2.
"""

from __future__ import annotations

import argparse

import numpy as np

from tagraph.data import FloatArray, IntArray, Outcome, Verdict
from tagraph.steps.judge_card import JudgeCard, Questions, draw_cards
from tagraph.steps.tournament import AUDIT, TournamentOptions, run_tournament

TRUTH = {"position": 0.6, "tie_term": -0.5, "length_slope": 0.8, "refused": 0.03}
SPREAD, CLUSTER = 1.5, 25
SAID = (Outcome.FIRST, Outcome.SECOND, Outcome.TIE)


class BiasedJudge:
    """Draws verdicts from Davidson's model with position and length; refuses at random."""

    def __init__(self, strength: FloatArray, length: IntArray, seed: int) -> None:
        self.strength, self.length = strength, length
        self.rng = np.random.default_rng(seed)
        self.tie_chances: list[float] = []

    def __call__(self, pairs: list[tuple[int, int]]) -> list[Verdict]:
        """Return one verdict per pair."""
        first, second = np.array(pairs).T
        gap = np.tanh((self.length[first] - self.length[second]) / self.gap_spread)
        logit = self.strength[first] - self.strength[second]
        logit = logit + TRUTH["position"] + TRUTH["length_slope"] * gap
        odds = np.stack([np.exp(logit / 2), np.exp(-logit / 2), np.full(len(pairs), self.nu)])
        chances = odds / odds.sum(axis=0)
        drawn = (self.rng.random(len(pairs)) > np.cumsum(chances, axis=0)[:2]).sum(axis=0)
        refused = self.rng.random(len(pairs)) < TRUTH["refused"]
        self.tie_chances += chances[2].tolist()
        return [
            Verdict(Outcome.REFUSED if lost else SAID[k])
            for k, lost in zip(drawn, refused, strict=True)
        ]

    @property
    def nu(self) -> float:
        """Davidson's tie parameter."""
        return float(np.exp(TRUTH["tie_term"]))

    @property
    def gap_spread(self) -> float:
        """Standard deviation of differences of two lengths."""
        return float(np.sqrt(2) * self.length.std())


def run_once(seed: int, n_items: int, calls: float) -> tuple[JudgeCard, dict[str, float]]:
    """Return the card of one run, and the truth it should find."""
    rng = np.random.default_rng([7, seed])
    strength = rng.normal(0, SPREAD, n_items)
    length = rng.lognormal(6, 0.6, n_items).astype(np.int64)
    groups = np.arange(n_items) // CLUSTER
    judge = BiasedJudge(strength, length, seed)
    options = TournamentOptions(calls_per_item=calls, audit=AUDIT, seed=seed, n_draws=10)
    result = run_tournament(n_items, judge, options, groups=groups)
    outcomes = [verdict.outcome for verdict in result.verdicts]
    questions = Questions.of((result.first, result.second), outcomes, result.round)
    (card,) = draw_cards(questions, ["simulated"], n_items=n_items, lengths=length, groups=groups)
    kept = 1 - TRUTH["refused"]
    return card, TRUTH | {"tie": kept * float(np.mean(judge.tie_chances))}


def miss(card: JudgeCard, name: str, truth: float) -> float:
    """Return by how many standard errors a figure of the card misses the truth."""
    found = card[name]
    return (found.value - truth) / ((found.high - found.low) / (2 * 1.959964))


def main() -> None:
    """Print the misses of every figure over seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--calls", type=float, default=8.0)
    parser.add_argument("--first", type=int, default=0, help="number of the first seed")
    chosen = parser.parse_args()
    misses: dict[str, list[float]] = {}
    for seed in range(chosen.first, chosen.first + chosen.seeds):
        card, truth = run_once(seed, chosen.items, chosen.calls)
        for name, value in truth.items():
            misses.setdefault(name, []).append(miss(card, name, value))
    print("\n".join(card.lines()))
    print(f"\n{'figure':<14}{'mean miss':>10}{'spread':>8}{'within 2 standard errors':>26}")
    for name, values in misses.items():
        inside = np.abs(values) <= 2
        print(f"{name:<14}{np.mean(values):>+10.2f}{np.std(values):>8.2f}{inside.mean():>26.0%}")


if __name__ == "__main__":
    main()
