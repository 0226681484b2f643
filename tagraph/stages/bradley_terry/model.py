"""The likelihood: Bradley-Terry with Davidson's ties and a term for being shown first.

With d = strength of the first - strength of the second + position and tie = log nu,
P(first) = e^(d/2)/Z, P(second) = e^(-d/2)/Z, P(tie) = nu/Z, where Z is the sum of the three
numerators (Davidson, 1970; Davidson and Beaver, 1977). It is a multinomial logit, so the
log-posterior is concave in strengths, position and tie together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagraph.data import FloatArray
from tagraph.stages.bradley_terry.edges import Edges

_PRIORS = np.array([[0.0, -1.0], [1.0, 1.0]])
"""Means and deviations of (position, tie); a tie term of -1 is 16 % ties between equals."""


@dataclass(frozen=True, eq=False)
class Model:
    """The comparisons with the priors; a point is the strengths followed by position and tie.

    Attributes:
        edges: The comparisons.
        precision: One over the prior variance of a strength, 0 for none.
        position: Whether there is a position term; otherwise it stays 0.
        ties: Whether there is a tie term; otherwise a tie is half a win each.
        held: Keep both terms where they are and move the strengths alone.
    """

    edges: Edges
    precision: float
    position: bool
    ties: bool
    held: bool = False

    @property
    def free(self) -> FloatArray:
        """1 for each free term of (position, tie), 0 for a fixed one."""
        return np.array([self.position, self.ties], dtype=np.float64)

    def start(self) -> FloatArray:
        """Return the point where every strength and term has its prior mean."""
        point = np.zeros(self.edges.n_items + 2)
        point[-2:] = self.free * _PRIORS[0]
        return point

    def evaluate(self, point: FloatArray) -> Evaluation:
        """Return the log-posterior at `point` with its slope and curvature."""
        edges = self.edges
        logit = edges.differ(point)
        if self.position:
            logit += point[-2]
        odds = Odds.of(logit, point[-1] if self.ties else None)
        value = edges.total(edges.wins - 0.5 * edges.n_verdicts, logit)
        value -= edges.total(edges.n_verdicts, odds.log_total)
        if self.ties:
            value += point[-1] * float(edges.n_ties.sum())
        slope, curvature = self._derive(point, odds)
        return Evaluation(value + self._log_prior(point), slope, curvature)

    def _derive(self, point: FloatArray, odds: Odds) -> tuple[FloatArray, Curvature]:
        """Return slope and curvature from the chances of every edge."""
        edges, n_verdicts = self.edges, self.edges.n_verdicts
        weight = n_verdicts * (odds.product + 0.25 * odds.tied * (1 - odds.tied))
        rest = edges.wins - 0.5 * n_verdicts * (1 + odds.lead)
        slope = -self._pull(point)
        slope[:-2] += edges.spread(rest)
        border, corner = np.zeros((edges.n_items, 2)), np.diag(1 / _PRIORS[1] ** 2)
        if self.held:
            slope[-2:] = 0
            return slope, Curvature(edges, weight, self.precision, border, corner)
        if self.position:
            slope[-2] += rest.sum()
            border[:, 0] = edges.spread(weight)
            corner[0, 0] += weight.sum()
        if self.ties:
            expected = n_verdicts * odds.tied
            cross = -0.5 * expected * odds.lead
            slope[-1] += edges.n_ties.sum() - expected.sum()
            border[:, 1] = edges.spread(cross)
            corner[1, 1] += edges.total(expected, 1 - odds.tied)
            corner[0, 1] = corner[1, 0] = cross.sum() if self.position else 0.0
        return slope, Curvature(edges, weight, self.precision, border, corner)

    def bend(self, point: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return how each edge's weight changes with its logit and with the tie term."""
        edges = self.edges
        odds = Odds.of(edges.differ(point) + point[-2], point[-1] if self.ties else None)
        per_logit = -odds.lead * (odds.product + odds.tied * (1 - 2 * odds.tied) / 8)
        per_tie = odds.tied * (0.25 * (1 - 2 * odds.tied) * (1 - odds.tied) - 2 * odds.product)
        return edges.n_verdicts * per_logit, edges.n_verdicts * per_tie

    def _pull(self, point: FloatArray) -> FloatArray:
        """Return how strongly the priors pull each coordinate back."""
        pull = self.precision * point
        pull[-2:] = self.free * (point[-2:] - _PRIORS[0]) / _PRIORS[1] ** 2
        return pull

    def _log_prior(self, point: FloatArray) -> float:
        """Return the log-density of the priors up to a constant."""
        terms = (point[-2:] - _PRIORS[0]) / _PRIORS[1]
        strengths = self.precision * float(np.square(point[:-2]).sum())
        return -0.5 * (strengths + float((self.free * terms * terms).sum()))


@dataclass(frozen=True, eq=False)
class Odds:
    """The chances of every edge's outcomes, exact also where one of them is nearly certain.

    Attributes:
        lead: P(first) - P(second).
        product: P(first) times P(second).
        tied: P(tie), 0 without a tie term.
        log_total: Logarithm of the sum of the three numerators.
    """

    lead: FloatArray
    product: FloatArray
    tied: FloatArray
    log_total: FloatArray

    @classmethod
    def of(cls, logit: FloatArray, tie: float | None) -> Odds:
        """Return the chances where the first leads by `logit`; `tie` None forbids ties."""
        distance = 0.5 * np.abs(logit)
        half = np.exp(-distance)
        small = half * half
        total = 1 + small if tie is None else 1 + small + np.exp(tie) * half
        big = 1 / total
        tied = np.zeros(()) if tie is None else np.exp(tie) * half * big
        lead = np.copysign((1 - small) * big, logit)
        return cls(lead, small * big * big, tied, distance + np.log(total))


@dataclass(frozen=True, eq=False)
class Curvature:
    """The negative second derivatives: a graph Laplacian plus prior, bordered by the terms.

    Attributes:
        edges: The comparisons.
        weight: Weight of each edge, shape (n_edges,).
        precision: Added to every diagonal entry of the items.
        border: Shape (n_items, 2): items by (position, tie); a fixed term has a column of zeros.
        corner: Shape (2, 2).
    """

    edges: Edges
    weight: FloatArray
    precision: float
    border: FloatArray
    corner: FloatArray

    def diagonal(self) -> FloatArray:
        """Return the diagonal over the items, shape (n_items,)."""
        return self.edges.gather(self.weight) + self.precision


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The log-posterior at a point: its value, slope (n_items + 2,) and curvature."""

    value: float
    slope: FloatArray
    curvature: Curvature
