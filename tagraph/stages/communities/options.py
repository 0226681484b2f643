"""How communities are found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from tagraph.errors import OptionsError

Objective = Literal["modularity", "cpm"]
Backend = Literal["auto", "leidenalg", "igraph", "graspologic", "networkx"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)
# Edges above which one iteration of a run is enough, and a number roughly reached.
ONCE = 500_000
# Edges that all runs of a consensus together go through by default, and the runs' bounds.
WORK = 50_000_000
FEWEST_RUNS, MOST_RUNS = 5, 50


@dataclass(frozen=True, slots=True)
class CommunityOptions:
    """How communities are found.

    Attributes:
        resolution: Resolution parameter; higher gives more and smaller communities. None lets
            the number of communities decide.
        n_communities: Number of communities wanted, isolated nodes on top. None without a
            resolution takes the square root of the size of the largest connected component, the
            other components on top.
        tolerance: Share by which the number of communities may miss the one wanted; a smaller one
            takes more runs to reach. None is .02, and .1 above `ONCE` edges.
        objective: `modularity` (Reichardt and Bornholdt, 2006) or `cpm` (Traag, Van Dooren and
            Nesterov, 2011), whose resolution is a density of edge weight.
        backend: `leidenalg`, `igraph` and `graspologic` are Leiden, `networkx` is Louvain and
            knows modularity only. `auto` takes leidenalg for a graph of at most `LARGE` edges,
            graspologic above; the partition says which it was.
        runs: Runs with different seeds that the consensus is made of; 1 is a single run. None
            takes `MOST_RUNS`, fewer where they would go through more than `WORK` edges in all,
            but `FEWEST_RUNS`; the partition holds them.
        spread: The runs' resolutions lie evenly, on a log scale, between the resolution divided
            by this and multiplied by it; 1 runs all at one resolution.
        iterations: Iterations of each Leiden run; negative runs until nothing improves. None is 2,
            and 1 above `ONCE` edges, where the second doubles the time for a ten-thousandth of
            modularity.
        seed: Seed of all runs.
    """

    resolution: float | None = None
    n_communities: int | None = None
    tolerance: float | None = None
    objective: Objective = "modularity"
    backend: Backend = "auto"
    runs: int | None = None
    spread: float = 2.0
    iterations: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.resolution is not None and not 0 < self.resolution < math.inf:
            raise OptionsError(f"resolution must be above 0, got {self.resolution}")
        if self.n_communities is not None and self.n_communities < 1:
            raise OptionsError(f"n_communities must be at least 1, got {self.n_communities}")
        if self.resolution is not None and self.n_communities is not None:
            raise OptionsError("give resolution or n_communities, not both")
        self._check_method()
        if (self.runs is not None and self.runs < 1) or self.iterations == 0:
            raise OptionsError("runs must be at least 1 and iterations must not be 0")
        if not 1 <= self.spread < math.inf:
            raise OptionsError(f"spread must be at least 1, got {self.spread}")
        if self.tolerance is not None and not 0 <= self.tolerance < math.inf:
            raise OptionsError(f"tolerance must not be negative, got {self.tolerance}")
        if self.seed < 0:
            raise OptionsError(f"seed must not be negative, got {self.seed}")

    def count_runs(self, n_edges: int) -> int:
        """Return how many runs a graph of `n_edges` gets."""
        if self.runs is not None:
            return self.runs
        return min(MOST_RUNS, max(FEWEST_RUNS, WORK // max(1, n_edges)))

    def count_iterations(self, n_edges: int) -> int:
        """Return how many iterations a run on `n_edges` makes; negative: until nothing improves."""
        if self.iterations is not None:
            return self.iterations
        return 1 if n_edges > ONCE else 2

    def find_tolerance(self, n_edges: int) -> float:
        """Return the share by which the number of communities of `n_edges` may miss its mark."""
        if self.tolerance is not None:
            return self.tolerance
        return 0.1 if n_edges > ONCE else 0.02

    def _check_method(self) -> None:
        if self.objective not in get_args(Objective):
            raise OptionsError(f"objective must be modularity or cpm, got {self.objective!r}")
        if self.backend not in BACKENDS:
            raise OptionsError(f"backend must be one of {', '.join(BACKENDS)}: {self.backend!r}")
        if self.backend == "networkx" and self.objective == "cpm":
            raise OptionsError("networkx knows no cpm; choose another backend or modularity")
