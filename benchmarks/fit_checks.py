"""What the fit promises beside speed: position, an unread judge, errors of a large component.

    python -m benchmarks.fit_checks [--seeds 20] [--items 5000]

Position: a liking for the first of 1 logit, 10 clusters of 50, 8 verdicts an item; recovered, and
in how many seeds within two standard errors; Kendall's tau to the truth with and without the bias.
The judge ties as the model has it (Davidson), never, or where the noisy lead is small (threshold).
Errors: standard errors by probes against the exact inverse of one component.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import kendalltau

from tagraph.data import FloatArray, IntArray
from tagraph.stages.bradley_terry import (
    BradleyTerryOptions,
    Scores,
    covariance,
    fit_bradley_terry,
)

N_CLUSTERS, SIZE = 10, 50


def draw_pairs(n_items: int, size: int, calls: int, rng: np.random.Generator) -> IntArray:
    """Return random pairs inside clusters of `size`, shape (2, calls * n_items)."""
    first = rng.integers(0, n_items, calls * n_items)
    second = first // size * size + (first % size + rng.integers(1, size, len(first))) % size
    return np.stack([first, second])


def judge(
    truth: FloatArray, pairs: IntArray, bias: float, rng: np.random.Generator, ties: str
) -> FloatArray:
    """Return who won, or a tie."""
    lead = truth[pairs[0]] - truth[pairs[1]] + bias
    if ties == "davidson":
        odds = np.exp(np.stack([-lead / 2, np.full_like(lead, -1.0), lead / 2]))
        below = np.cumsum(odds / odds.sum(axis=0), axis=0)[:2]
        drawn: FloatArray = 0.5 * (rng.random(len(lead)) > below).sum(axis=0)
        return drawn
    noisy = lead + rng.logistic(size=len(lead))
    gap = 0.36 if ties == "threshold" else 0.0
    return np.where(np.abs(noisy) < gap, 0.5, (noisy > 0).astype(np.float64))


def fit_biased(seed: int, bias: float, ties: str) -> tuple[Scores, float]:
    """Return the fit of verdicts with a bias, and tau of its strengths to the truth."""
    rng = np.random.default_rng(seed)
    n_items = N_CLUSTERS * SIZE
    truth = rng.normal(0, 1.5, n_items)
    pairs = draw_pairs(n_items, SIZE, 8, rng)
    outcome = judge(truth, pairs, bias, rng, ties)
    scores = fit_bradley_terry(pairs[0], pairs[1], outcome, n_items=n_items)
    rows = zip(truth.reshape(-1, SIZE), scores.strength.reshape(-1, SIZE), strict=True)
    return scores, float(np.mean([kendalltau(one, other).statistic for one, other in rows]))


def show_position(n_seeds: int, ties: str) -> None:
    """Print how an injected bias comes back."""
    found = [
        (fit_biased(seed, 1.0, ties), fit_biased(seed, 0.0, ties)[1]) for seed in range(n_seeds)
    ]
    position = np.array([biased.position for (biased, _), _ in found])
    error = np.array([biased.term_errors()[0] for (biased, _), _ in found])
    inside = int((np.abs(position - 1.0) < 2 * error).sum())
    print(
        f"ties {ties}: position of 1 logit {position.mean():.3f}, error {error.mean():.3f}",
        end="; ",
    )
    print(f"within two errors in {inside} of {n_seeds} seeds", end="; ")
    with_bias, without = (np.mean([taus[k] for taus in _taus(found)]) for k in (0, 1))
    print(f"tau {with_bias:.3f} with bias, {without:.3f} without", flush=True)


def show_unread() -> None:
    """Print how flat the ranking of a judge is who always names the first."""
    i, j = np.triu_indices(20, 1)
    pairs = np.stack([np.concatenate([i, j]), np.concatenate([j, i])])
    flat = fit_bradley_terry(pairs[0], pairs[1], np.ones(pairs.shape[1]), n_items=20)
    print(f"always the first: strengths within {np.abs(flat.strength).max():.1e}")


def _taus(found: list[tuple[tuple[Scores, float], float]]) -> list[tuple[float, float]]:
    """Return tau with and without the bias, seed by seed."""
    return [(tau, without) for (_, tau), without in found]


def show_errors(n_items: int) -> None:
    """Print how far estimated standard errors lie from exact ones."""
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1.5, n_items)
    pairs = draw_pairs(n_items, n_items, 8, rng)
    outcome = judge(truth, pairs, 0.3, rng, "threshold")
    options = BradleyTerryOptions(prior=1.5, integrate=False)
    probed = fit_bradley_terry(
        pairs[0], pairs[1], outcome, n_items=n_items, options=options
    ).standard_error()
    covariance.LARGEST = n_items
    exact = fit_bradley_terry(
        pairs[0], pairs[1], outcome, n_items=n_items, options=options
    ).standard_error()
    away = np.abs(probed / exact - 1)
    print(f"errors of {n_items} items: mean {away.mean():.2%} off, worst {away.max():.2%}")


def main() -> None:
    """Print all checks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--items", type=int, default=5000)
    given = parser.parse_args()
    for ties in ("davidson", "never", "threshold"):
        show_position(given.seeds, ties)
    show_unread()
    show_errors(given.items)


if __name__ == "__main__":
    main()
