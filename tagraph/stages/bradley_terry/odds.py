"""The chances of every edge's outcomes for a judge who reads, by either model of ties."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np

from tagraph.data import FloatArray
from tagraph.stages.bradley_terry.edges import Edges

Triple: TypeAlias = tuple[FloatArray, FloatArray, FloatArray]
"""One array each for first, second and tie."""


class Odds(Protocol):
    """The chances of each edge's outcomes, and how their logarithms change."""

    @property
    def logarithms(self) -> Triple:
        """Logarithms of P(first), P(second), P(tie)."""

    @property
    def slopes(self) -> Triple:
        """How the logarithms change with the logit."""

    @property
    def tie_slopes(self) -> Triple:
        """How the logarithms change with the tie term."""

    @property
    def bends(self) -> tuple[Triple, Triple, Triple]:
        """Second derivatives of each logarithm: by logit, by logit and tie term, by tie term."""


@dataclass(frozen=True, eq=False)
class DavidsonOdds:
    """Ties by Davidson's model, exact also where one of the chances is nearly certain.

    With d the logit: P(first) = e^(d/2)/Z, P(second) = e^(-d/2)/Z, P(tie) = nu/Z.

    Attributes:
        logit: By how much the first leads.
        tie: Logarithm of Davidson's nu; None forbids ties.
        lead: P(first) - P(second).
        product: P(first) times P(second).
        tied: P(tie), 0 without a tie term.
        log_total: Logarithm of the sum of the three numerators.
    """

    logit: FloatArray
    tie: FloatArray | None
    lead: FloatArray
    product: FloatArray
    tied: FloatArray
    log_total: FloatArray

    @classmethod
    def of(cls, logit: FloatArray, tie: FloatArray | None) -> DavidsonOdds:
        """Return the chances where the first leads by `logit`."""
        distance = 0.5 * np.abs(logit)
        half = np.exp(-distance)
        small = half * half
        total = 1 + small if tie is None else 1 + small + np.exp(tie) * half
        big = 1 / total
        tied = np.zeros(()) if tie is None else np.exp(tie) * half * big
        lead = np.copysign((1 - small) * big, logit)
        return cls(logit, tie, lead, small * big * big, tied, distance + np.log(total))

    @property
    def information(self) -> FloatArray:
        """What one verdict tells about the logit."""
        bits: FloatArray = self.product + 0.25 * self.tied * (1 - self.tied)
        return bits

    def value(self, edges: Edges) -> float:
        """Return the logarithm of the chance of all verdicts."""
        value = edges.total(edges.wins - 0.5 * edges.n_verdicts, self.logit)
        value -= edges.total(edges.n_verdicts, self.log_total)
        if self.tie is None:
            return value
        return value + float((edges.n_ties * self.tie).sum())

    def push(self, edges: Edges) -> FloatArray:
        """Return how the value changes with each edge's logit."""
        pushed: FloatArray = edges.wins - 0.5 * edges.n_verdicts * (1 + self.lead)
        return pushed

    def weight(self, edges: Edges) -> FloatArray:
        """Return what each edge's verdicts are expected to tell about its logit (Fisher)."""
        weight: FloatArray = edges.n_verdicts * self.information
        return weight

    def curve(self, edges: Edges) -> FloatArray:
        """Return what each edge's verdicts, as they are, tell about its logit: the expected."""
        return self.weight(edges)

    def push_tie(self, edges: Edges) -> FloatArray:
        """Return how the value changes with each edge's tie term."""
        pushed: FloatArray = edges.n_ties - edges.n_verdicts * self.tied
        return pushed

    def weigh_tie(self, edges: Edges) -> tuple[FloatArray, FloatArray]:
        """Return the information on logit and tie together, and on the tie term alone."""
        expected = edges.n_verdicts * self.tied
        return -0.5 * expected * self.lead, expected * (1 - self.tied)

    @property
    def logarithms(self) -> Triple:
        """Logarithms of P(first), P(second), P(tie)."""
        half = 0.5 * self.logit
        tie = np.full((), -np.inf) if self.tie is None else self.tie
        return half - self.log_total, -half - self.log_total, tie - self.log_total

    @property
    def slopes(self) -> Triple:
        """How the logarithms change with the logit."""
        return 0.5 * (1 - self.lead), -0.5 * (1 + self.lead), -0.5 * self.lead

    @property
    def tie_slopes(self) -> Triple:
        """How the logarithms change with the tie term."""
        return -self.tied, -self.tied, 1 - self.tied

    @property
    def bends(self) -> tuple[Triple, Triple, Triple]:
        """Second derivatives of each logarithm: the same for all three."""
        twice, both, tie = -self.information, 0.5 * self.tied * self.lead, self.tied * self.tied
        tie = tie - self.tied
        return (twice, twice, twice), (both, both, both), (tie, tie, tie)


@dataclass(frozen=True, eq=False)
class ThresholdOdds:
    """Ties by a threshold: what leads by less than eta, after logistic noise, is a tie.

    P(first) = 1/(1 + e^(eta - d)), P(second) = 1/(1 + e^(eta + d)) with d the logit, the rest is a
    tie (Rao and Kupper, 1967). A judge of this kind decides more sharply than the logit says: only
    where the noise went one way.

    Attributes:
        logit: By how much the first leads.
        tie: Logarithm of (e^(2 eta) - 1) / 2, which for rare ties is Davidson's log nu.
    """

    logit: FloatArray
    tie: FloatArray

    @cached_property
    def _lacks(self) -> tuple[FloatArray, FloatArray]:
        """1 - P(first) and 1 - P(second)."""
        eta = 0.5 * np.log1p(2 * np.exp(self.tie))
        one, two = eta - self.logit, eta + self.logit
        return 0.5 + 0.5 * np.tanh(0.5 * one), 0.5 + 0.5 * np.tanh(0.5 * two)

    @property
    def _pace(self) -> FloatArray:
        """How eta changes with the tie term."""
        odds = np.exp(self.tie)
        pace: FloatArray = odds / (1 + 2 * odds)
        return pace

    @property
    def logarithms(self) -> Triple:
        """Logarithms of P(first), P(second), P(tie)."""
        eta = 0.5 * np.log1p(2 * np.exp(self.tie))
        first, second = -np.logaddexp(0, eta - self.logit), -np.logaddexp(0, eta + self.logit)
        return first, second, np.log(2) + self.tie + first + second

    @property
    def slopes(self) -> Triple:
        """How the logarithms change with the logit."""
        one, two = self._lacks
        return one, -two, one - two

    @property
    def tie_slopes(self) -> Triple:
        """How the logarithms change with the tie term."""
        (one, two), pace = self._lacks, self._pace
        return -pace * one, -pace * two, 1 - pace * (one + two)

    @property
    def bends(self) -> tuple[Triple, Triple, Triple]:
        """Second derivatives of each logarithm: by logit, by logit and tie term, by tie term."""
        (one, two), pace = self._lacks, self._pace
        of_one, of_two = one * (1 - one), two * (1 - two)
        tie_one = -pace * ((1 - 2 * pace) * one + pace * of_one)
        tie_two = -pace * ((1 - 2 * pace) * two + pace * of_two)
        return (
            (-of_one, -of_two, -of_one - of_two),
            (pace * of_one, -pace * of_two, pace * (of_one - of_two)),
            (tie_one, tie_two, tie_one + tie_two),
        )


def read_odds(logit: FloatArray, tie: FloatArray | None, *, threshold: bool) -> Odds:
    """Return the chances of a judge who reads, by the model of ties that is fitted.

    Args:
        logit: By how much the first leads.
        tie: Tie term; None forbids ties.
        threshold: Whether ties come from a threshold.
    """
    if threshold and tie is not None:
        return ThresholdOdds(logit, tie)
    return DavidsonOdds.of(logit, tie)
