"""The chances of every edge's outcomes, and what the verdicts say against them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagraph.data import FloatArray
from tagraph.stages.bradley_terry.edges import Edges


@dataclass(frozen=True, eq=False)
class Odds:
    """A judge who reads: Davidson's chances, exact also where one of them is nearly certain.

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
    def of(cls, logit: FloatArray, tie: FloatArray | None) -> Odds:
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

    def push_tie(self, edges: Edges) -> FloatArray:
        """Return how the value changes with each edge's tie term."""
        pushed: FloatArray = edges.n_ties - edges.n_verdicts * self.tied
        return pushed

    def weigh_tie(self, edges: Edges) -> tuple[FloatArray, FloatArray]:
        """Return the information on logit and tie together, and on the tie term alone."""
        expected = edges.n_verdicts * self.tied
        return -0.5 * expected * self.lead, expected * (1 - self.tied)


@dataclass(frozen=True, eq=False)
class CarelessOdds:
    """A judge who sometimes names the first or the second shown without reading.

    Attributes:
        read: The chances of a judge who reads.
        habits: Chances to name the first, and the second, unread.
    """

    read: Odds
    habits: tuple[FloatArray, FloatArray]

    @property
    def reads(self) -> FloatArray:
        """The chance that the judge reads."""
        chance: FloatArray = 1 - self.habits[0] - self.habits[1]
        return chance

    def chances(self) -> tuple[FloatArray, FloatArray]:
        """Return P(first) and P(second) of a judge who reads."""
        half, total = 0.5 * self.read.logit, self.read.log_total
        return np.exp(half - total), np.exp(-half - total)

    def belief(self) -> tuple[FloatArray, FloatArray]:
        """Return how likely the pair was read, given that the first, or the second, was named."""
        first, second = (self.reads * chance for chance in self.chances())
        return first / (first + self.habits[0]), second / (second + self.habits[1])

    def slopes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return how the logarithms of P(first), P(second), P(tie) change with the logit."""
        lead = self.read.lead
        return 0.5 * (1 - lead), -0.5 * (1 + lead), -0.5 * lead

    def counts(self, edges: Edges) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return wins of the first, wins of the second, and ties of each edge."""
        ties = np.zeros(()) if self.read.tie is None else edges.n_ties
        return edges.wins - 0.5 * ties, edges.n_verdicts - edges.wins - 0.5 * ties, ties

    def value(self, edges: Edges) -> float:
        """Return the logarithm of the chance of all verdicts."""
        first, second = (self.reads * chance for chance in self.chances())
        won, lost, ties = self.counts(edges)
        value = edges.total(won, np.log(first + self.habits[0]))
        value += edges.total(lost, np.log(second + self.habits[1]))
        if self.read.tie is None:
            return value
        tied = np.log(self.reads) + self.read.tie - self.read.log_total
        return value + edges.total(ties, tied)

    def push(self, edges: Edges) -> FloatArray:
        """Return how the value changes with each edge's logit."""
        (one, two), (up, down, tied) = self.belief(), self.slopes()
        won, lost, ties = self.counts(edges)
        pushed: FloatArray = won * one * up + lost * two * down + ties * tied
        return pushed

    def weight(self, edges: Edges) -> FloatArray:
        """Return what each edge's verdicts are expected to tell about its logit (Fisher)."""
        (one, two), (up, down, tied) = self.belief(), self.slopes()
        first, second = self.chances()
        told = first * one * up**2 + second * two * down**2 + self.read.tied * tied**2
        weight: FloatArray = edges.n_verdicts * self.reads * told
        return weight

    def observe(self, edges: Edges) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the negative second derivatives of the value by logit, by both, and by tie."""
        (one, two), (up, down, _) = self.belief(), self.slopes()
        won, lost, ties = self.counts(edges)
        read, tied, told = won * one + lost * two + ties, self.read.tied, self.read.information
        first, second = won * one * (1 - one), lost * two * (1 - two)
        weight = read * told - first * up**2 - second * down**2
        cross = tied * (first * up + second * down - 0.5 * read * self.read.lead)
        return weight, cross, read * tied * (1 - tied) - (first + second) * tied**2

    def push_tie(self, edges: Edges) -> FloatArray:
        """Return how the value changes with each edge's tie term."""
        (one, two), (won, lost, ties) = self.belief(), self.counts(edges)
        tied = self.read.tied
        pushed: FloatArray = ties * (1 - tied) - tied * (won * one + lost * two)
        return pushed

    def weigh_tie(self, edges: Edges) -> tuple[FloatArray, FloatArray]:
        """Return the information on logit and tie together, and on the tie term alone."""
        (one, two), (up, down, even) = self.belief(), self.slopes()
        first, second = self.chances()
        tied, seen = self.read.tied, edges.n_verdicts * self.reads
        cross = tied * (1 - tied) * even - tied * (first * one * up + second * two * down)
        alone = tied * (1 - tied) ** 2 + tied**2 * (first * one + second * two)
        return seen * cross, seen * alone

    def push_habits(self, edges: Edges) -> tuple[FloatArray, FloatArray]:
        """Return how the value changes with the log-odds of both habits, against reading."""
        (one, two), (won, lost, _) = self.belief(), self.counts(edges)
        first, second = self.habits
        seen = edges.n_verdicts
        return won * (1 - one) - first * seen, lost * (1 - two) - second * seen
