"""Tag graph to a table of what each resolution would give, so that one can be chosen by eye."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.errors import OptionsError
from tagraph.stages.agreement import measure_agreement
from tagraph.stages.communities import CommunityOptions, WeightedGraph, choose_backend
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

    from tagraph.graphs import TagGraph

LEIDEN = CommunityOptions(runs=5)
RESOLUTIONS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class ResolutionRow(NamedTuple):
    """What one resolution gives.

    Attributes:
        resolution: Resolution parameter.
        communities: Communities of two tags or more, median over the runs.
        largest: Share of the joined tags in the largest community.
        median: Median size of the communities of two tags or more.
        alone: Share of the joined tags that are communities of their own.
        coverage: Share of the edges' weight that stays inside communities.
        stability: Mean adjusted Rand index between single runs with different seeds.
        by_chance: The same on a graph with the same degrees whose edges were drawn at random;
            where `stability` is hardly above it, small groups agree because they are small.
    """

    resolution: float
    communities: int
    largest: float
    median: float
    alone: float
    coverage: float
    stability: float
    by_chance: float


@dataclass(frozen=True, repr=False)
class ResolutionProfile:
    """One row for each resolution, in the order given."""

    rows: tuple[ResolutionRow, ...]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per resolution."""
        return frame(list(self.rows), list(ResolutionRow._fields))

    def __str__(self) -> str:
        width = max(map(len, ResolutionRow._fields))
        lines = ["  ".join(name.rjust(width) for name in ResolutionRow._fields)]
        lines += ["  ".join(f"{value:{width}g}" for value in row) for row in self.rows]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<profile of {len(self.rows)} resolutions>"

    def _repr_html_(self) -> str:
        return html_table(repr(self)[1:-1], list(ResolutionRow._fields), list(self.rows))


def profile_resolutions(
    graph: TagGraph,
    resolutions: Sequence[float] = RESOLUTIONS,
    options: CommunityOptions = LEIDEN,
) -> ResolutionProfile:
    """Run Leiden at each resolution and say how many communities of what size come out.

    Isolated tags are left out of every figure.

    Args:
        graph: Tag graph.
        resolutions: Above 0, tried in this order.
        options: Objective, backend, runs for each resolution, iterations and seed.

    Raises:
        OptionsError: A resolution is not above 0, or fewer than two runs.
    """
    if options.count_runs(len(graph.edges)) < 2:
        raise OptionsError("a profile compares runs with each other; runs must be at least 2")
    for resolution in resolutions:
        replace(options, resolution=resolution, n_communities=None)
    joined = np.unique(graph.edges)
    if not len(joined):
        return ResolutionProfile(())
    named = replace(options, backend=choose_backend(options, len(graph.edges)))
    edges = np.searchsorted(joined, graph.edges)
    real = WeightedGraph(len(joined), edges, graph.weights, named)
    drawn = WeightedGraph(len(joined), *_rewire(edges, graph.weights, options.seed), named)
    return ResolutionProfile(tuple(_describe(real, drawn, each) for each in resolutions))


def _describe(real: WeightedGraph, drawn: WeightedGraph, resolution: float) -> ResolutionRow:
    runs = _run_all(real, resolution)
    sizes = [np.bincount(run) for run in runs]
    several = [size[size > 1] for size in sizes]
    left, right = runs[:, real.edges[:, 0]], runs[:, real.edges[:, 1]]
    inside = ((left == right) @ real.weights) / real.weights.sum()
    return ResolutionRow(
        resolution,
        int(np.median([len(size) for size in several])),
        round(float(np.mean([size.max() for size in sizes])) / real.n, 3),
        float(np.median(np.concatenate(several))) if any(map(len, several)) else 1.0,
        round(float(np.mean([(size == 1).sum() for size in sizes])) / real.n, 3),
        round(float(inside.mean()), 3),
        _mean_agreement(runs),
        _mean_agreement(_run_all(drawn, resolution)),
    )


def _run_all(graph: WeightedGraph, resolution: float) -> IntArray:
    n_runs = graph.options.count_runs(len(graph.edges))
    seeds = np.random.SeedSequence(graph.options.seed).generate_state(n_runs)
    return np.stack([graph.run(resolution, int(word) >> 1) for word in seeds])


def _mean_agreement(runs: IntArray) -> float:
    pairs = [measure_agreement(one, two).adjusted_rand for one, two in combinations(runs, 2)]
    return round(float(np.mean(pairs)), 3)


def _rewire(edges: IntArray, weights: FloatArray, seed: int) -> tuple[IntArray, FloatArray]:
    """Return a graph of the same degrees, but for loops and repeats, joined at random."""
    ends = np.random.default_rng(seed).permutation(edges.ravel()).reshape(-1, 2)
    apart = ends[:, 0] != ends[:, 1]
    if not apart.any():
        return edges, weights
    pairs, kept = np.unique(np.sort(ends[apart], axis=1), axis=0, return_index=True)
    return pairs, weights[apart][kept]
