"""The likelihood: Bradley-Terry with ties and what the judges add of their own.

With d = sharpness of the judge x (strength of the first - strength of the second) + position of
the judge + slopes . covariates and tie = log nu of the judge, a judge who reads answers with
P(first) = e^(d/2)/Z, P(second) = e^(-d/2)/Z, P(tie) = nu/Z, where Z is the sum of the three
numerators (Davidson, 1970; Davidson and Beaver, 1977). With sharpness held this is a multinomial
logit, so the log-posterior is concave in strengths, positions, slopes and ties together. Or ties
come from a threshold (Rao and Kupper, 1967). A judge may also be careless: name the first, or the
second, whatever they are. In both cases the curvature is the expected one (Fisher scoring), which
is never negative.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np

from tagraph.cores import spread
from tagraph.data import FloatArray
from tagraph.stages.bradley_terry.careless import CarelessOdds
from tagraph.stages.bradley_terry.edges import Edges
from tagraph.stages.bradley_terry.odds import DavidsonOdds, read_odds

_POSITION, _SLOPE, _TIE = (0.0, 1.0), (0.0, 0.5), (-1.0, 1.0)
"""Mean and deviation of each kind of term; a tie term of -1 is 16 % ties between equals."""
_STEP = 1e-4
_NODES = (-(3**0.5), 1 / 6), (0.0, 2 / 3), (3**0.5, 1 / 6)
"""Places and shares of the quadrature of a Gaussian, exact up to the fifth power."""


@dataclass(frozen=True, eq=False)
class Model:
    """The comparisons with the priors.

    A point is the strengths followed by the terms: the position of each judge, the slope of each
    covariate, the tie of each judge.

    Attributes:
        edges: The comparisons.
        precision: One over the prior variance of a strength, 0 for none.
        position: Whether there are position terms; otherwise they stay 0.
        ties: Whether there are tie terms; otherwise a tie is half a win each.
        threshold: Whether ties come from a threshold (Rao and Kupper); otherwise by Davidson.
        sharpness: By what each judge multiplies differences of strength, shape (n_judges,); None
            for 1.
        careless: Log-odds of naming the first, and the second, unread, against reading, shape
            (n_judges, 2), minus infinity for a habit that is not there; None for never.
        held: Keep all terms where they are and move the strengths alone.
    """

    edges: Edges
    precision: float
    position: bool
    ties: bool
    threshold: bool = False
    sharpness: FloatArray | None = None
    careless: FloatArray | None = None
    held: bool = False

    @property
    def plain(self) -> bool:
        """Whether this is a multinomial logit, whose curvature is the expected one everywhere."""
        return self.careless is None and not (self.ties and self.threshold)

    @cached_property
    def free(self) -> FloatArray:
        """1 for each free term, 0 for a fixed one."""
        return self._per_term(float(self.position), 1.0, float(self.ties))

    @cached_property
    def _means(self) -> FloatArray:
        """The prior mean of each term."""
        return self._per_term(_POSITION[0], _SLOPE[0], _TIE[0])

    @cached_property
    def _deviations(self) -> FloatArray:
        """The prior deviation of each term."""
        return self._per_term(_POSITION[1], _SLOPE[1], _TIE[1])

    def start(self) -> FloatArray:
        """Return the point where every strength and term has its prior mean."""
        return np.append(np.zeros(self.edges.n_items), self.free * self._means)

    def evaluate(self, point: FloatArray) -> Evaluation:
        """Return the log-posterior at `point` with its slope and curvature."""
        tell = spread(lambda part: self._tell(self.read(point, part), part), self.edges.parts())
        runs = list(tell)
        value = sum(told[0] for told in runs) + self._log_prior(point)
        push, weight, *rest = (
            np.concatenate(parts) for parts in zip(*(t[1] for t in runs), strict=True)
        )
        pushed, cross, alone = rest[:3] if self.ties and not self.held else (push, weight, weight)
        curvature = self._bound(weight, cross, alone)
        observed = curvature if self.plain else self._bound(*rest[-3:])
        return Evaluation(value, self._rise(point, push, pushed), curvature, observed)

    def _tell(
        self, odds: DavidsonOdds | CarelessOdds, edges: Edges
    ) -> tuple[float, list[FloatArray]]:
        """Return what the verdicts of some edges say: their value, and its derivatives."""
        told = [odds.push(edges), odds.weight(edges)]
        if self.ties and not self.held:
            told += [odds.push_tie(edges), *odds.weigh_tie(edges)]
        if isinstance(odds, CarelessOdds):
            told += odds.observe(edges)
        return odds.value(edges), told

    def read(
        self, point: FloatArray, edges: Edges, shift: tuple[float | FloatArray, ...] = (0, 0, 0, 0)
    ) -> DavidsonOdds | CarelessOdds:
        """Return the chances of every edge at `point`, some moved off it.

        Args:
            point: Strengths and terms.
            edges: Those of the model, or some of them.
            shift: Added to every logit, tie term, and log-odds of naming first and second unread.
        """
        positions, slopes, ties = self.split(point)
        logit = self.scale(edges.differ(point), edges)
        if self.position:
            logit += edges.of_judge(positions)
        if len(slopes):
            logit += np.einsum("ij,j->i", edges.covariates, slopes)
        if np.any(shift[0]):
            logit += shift[0]
        tie = np.asarray(edges.of_judge(ties) + shift[1]) if self.ties else None
        read = read_odds(logit, tie, threshold=self.threshold)
        if isinstance(read, DavidsonOdds) and self.careless is None:
            return read
        return CarelessOdds(read, self._habits(edges, shift[2:]), self.ties)

    def _habits(
        self, edges: Edges, shift: tuple[float | FloatArray, ...]
    ) -> tuple[FloatArray, FloatArray]:
        """Return each edge's chances that its judge names the first, and the second, unread."""
        if self.careless is None:
            return np.zeros(()), np.zeros(())
        raw = np.exp(self.careless + np.array(shift))
        habits = raw / (1 + raw.sum(axis=1, keepdims=True))
        return edges.of_judge(habits[:, 0]), edges.of_judge(habits[:, 1])

    def split(self, point: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return positions, slopes and ties of a point."""
        edges = self.edges
        terms, n_judges = point[edges.n_items :], edges.n_judges
        return terms[:n_judges], terms[n_judges:-n_judges], terms[-n_judges:]

    def scale(self, values: FloatArray, edges: Edges | None = None) -> FloatArray:
        """Multiply each edge's value by its judge's sharpness."""
        if self.sharpness is None:
            return values
        return values * (edges or self.edges).of_judge(self.sharpness)

    def bend(self, point: FloatArray, kind: int) -> tuple[FloatArray, FloatArray]:
        """Return how each edge's push and weight change with its logit, tie or a habit (0 to 3).

        By central differences, good to eight digits.
        """
        edges, step = self.edges, _STEP * np.eye(4)[kind]
        up, down = (self.read(point, edges, tuple(to)) for to in (step, -step))
        push = self.scale(up.push(edges) - down.push(edges)) / (2 * _STEP)
        weight = self.scale(self.scale(up.curve(edges) - down.curve(edges))) / (2 * _STEP)
        return push, weight

    def average(self, point: FloatArray, moved: FloatArray, spread: FloatArray) -> Curvature:
        """Return the curvature expected over the posterior.

        Args:
            point: Where the shared terms are.
            moved: How far the mean of each edge's logit lies from the logit at `point`.
            spread: Standard deviation of each edge's logit.
        """
        edges, told = self.edges, np.zeros((3, len(moved)))
        for node, share in _NODES:
            odds = self.read(point, edges, (moved + node * spread, 0, 0, 0))
            told[0] += share * odds.weight(edges)
            if self.ties:
                told[1:] += share * np.stack(odds.weigh_tie(edges))
        return self._bound(*told)

    def curve(self, point: FloatArray, curvature: Curvature) -> Curvature:
        """Return a curvature with what the verdicts, as they are, tell about the strengths."""
        odds = self.read(point, self.edges)
        return replace(curvature, weight=self.scale(self.scale(odds.curve(self.edges))))

    def _rise(self, point: FloatArray, push: FloatArray, pushed: FloatArray) -> FloatArray:
        """Return the slope from how the value changes with every edge's logit and tie term."""
        edges, n = self.edges, self.edges.n_items
        slope = -self._pull(point)
        slope[:n] += edges.spread(self.scale(push))
        if self.held:
            slope[n:] = 0
            return slope
        for place, column in self.moving():
            slope[n + place] += (push * column).sum()
        for place, column in self.tying():
            slope[n + place] += (pushed * column).sum()
        return slope

    def _bound(self, weight: FloatArray, cross: FloatArray, alone: FloatArray) -> Curvature:
        """Return the curvature from that of each edge by logit, by logit and tie, and by tie."""
        edges = self.edges
        bare = Curvature.bare(edges, self.scale(self.scale(weight)), self.precision)
        if self.held:
            return bare
        moving, tying, border = self.moving(), self.tying(), bare.border
        corner = np.diag(1 / self._deviations**2)
        for terms, told in ((moving, weight), (tying, cross)):
            for i, column in terms:
                border[:, i] = edges.spread(self.scale(told * column))
        for terms, others, told in (
            (moving, moving, weight),
            (moving, tying, cross),
            (tying, moving, cross),
            (tying, tying, alone),
        ):
            for (i, column), (j, other) in product(terms, others):
                corner[i, j] += (told * column * other).sum()
        return replace(bare, corner=corner)

    def moving(self) -> list[tuple[int, FloatArray]]:
        """Return the free terms that move logits, with what they move."""
        columns = enumerate(self.edges.columns())
        return [(k, c) for k, c in columns if self.position or k >= self.edges.n_judges]

    def tying(self) -> list[tuple[int, FloatArray]]:
        """Return the free tie terms, with the edges of their judge."""
        edges = self.edges
        columns = edges.columns()[: edges.n_judges] if self.ties else []
        return list(enumerate(columns, edges.n_terms - edges.n_judges))

    def _pull(self, point: FloatArray) -> FloatArray:
        """Return how strongly the priors pull each coordinate back."""
        pull = self.precision * point
        n = self.edges.n_items
        pull[n:] = self.free * (point[n:] - self._means) / self._deviations**2
        return pull

    def _log_prior(self, point: FloatArray) -> float:
        """Return the log-density of the priors up to a constant."""
        n = self.edges.n_items
        away = self._pull(point)
        of_terms = float((away[n:] * (point[n:] - self._means)).sum())
        return -0.5 * (self.precision * float(np.square(point[:n]).sum()) + of_terms)

    def _per_term(self, position: float, slope: float, tie: float) -> FloatArray:
        """Return one value per term."""
        n_judges, n_slopes = self.edges.n_judges, self.edges.covariates.shape[1]
        return np.repeat([position, slope, tie], [n_judges, n_slopes, n_judges])


@dataclass(frozen=True, eq=False)
class Curvature:
    """The negative second derivatives: a graph Laplacian plus prior, bordered by the terms.

    Attributes:
        edges: The comparisons.
        weight: Weight of each edge, shape (n_edges,).
        precision: Added to every diagonal entry of the items.
        border: Shape (n_items, n_terms); a fixed term has a column of zeros.
        corner: Shape (n_terms, n_terms).
    """

    edges: Edges
    weight: FloatArray
    precision: float
    border: FloatArray
    corner: FloatArray

    @classmethod
    def bare(cls, edges: Edges, weight: FloatArray, precision: float) -> Curvature:
        """Return the curvature of the strengths alone."""
        border = np.zeros((edges.n_items, edges.n_terms))
        return cls(edges, weight, precision, border, np.eye(edges.n_terms))

    def diagonal(self) -> FloatArray:
        """Return the diagonal over the items, shape (n_items,)."""
        return self.edges.gather(self.weight) + self.precision


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The log-posterior at a point.

    Attributes:
        value: Up to a constant.
        slope: Shape (n_items + n_terms,).
        curvature: The expected one, which is never negative.
        observed: The same, between the strengths as the verdicts have it; it differs where a
            judge may be careless, and may be negative away from the top.
    """

    value: float
    slope: FloatArray
    curvature: Curvature
    observed: Curvature
