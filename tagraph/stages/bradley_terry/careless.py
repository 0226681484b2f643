"""A judge of either kind of ties who may name a side without reading."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tagraph.data import FloatArray
from tagraph.stages.bradley_terry.edges import Edges
from tagraph.stages.bradley_terry.odds import Odds, Triple

_LEAST = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class CarelessOdds:
    """A judge who sometimes names the first or the second shown without reading.

    Attributes:
        read: The chances of a judge who reads.
        habits: Chances to name the first, and the second, unread; zeros for a judge who reads.
        ties: Whether ties are outcomes of their own; otherwise they are half a win each.
    """

    read: Odds
    habits: tuple[FloatArray, FloatArray]
    ties: bool

    @property
    def reads(self) -> FloatArray:
        """The chance that the judge reads."""
        chance: FloatArray = 1 - self.habits[0] - self.habits[1]
        return chance

    @cached_property
    def _joint(self) -> Triple:
        """The chances that the judge reads and then says first, second or tie."""
        reads = self.reads
        first, second, tie = (reads * np.exp(value) for value in self.read.logarithms)
        return np.maximum(first, _LEAST), np.maximum(second, _LEAST), tie

    @cached_property
    def belief(self) -> Triple:
        """How likely the pair was read, given that the first, or the second, was named, or none."""
        first, second, tie = self._joint
        one, two = first / (first + self.habits[0]), second / (second + self.habits[1])
        return one, two, np.ones_like(tie)

    def counts(self, edges: Edges) -> Triple:
        """Return wins of the first, wins of the second, and ties of each edge."""
        ties = edges.n_ties if self.ties else np.zeros_like(edges.n_ties)
        return edges.wins - 0.5 * ties, edges.n_verdicts - edges.wins - 0.5 * ties, ties

    def chances(self) -> Triple:
        """Return P(first), P(second) and P(tie) with the habits in them."""
        first, second, tie = self._joint
        return first + self.habits[0], second + self.habits[1], tie

    def value(self, edges: Edges) -> float:
        """Return the logarithm of the chance of all verdicts."""
        won, lost, ties = self.counts(edges)
        first, second, _ = self.chances()
        value = edges.total(won, np.log(first)) + edges.total(lost, np.log(second))
        if not self.ties:
            return value
        return value + edges.total(ties, np.log(self.reads) + self.read.logarithms[2])

    def push(self, edges: Edges) -> FloatArray:
        """Return how the value changes with each edge's logit."""
        return self._sum(self.counts(edges), self.belief, self.read.slopes)

    def push_tie(self, edges: Edges) -> FloatArray:
        """Return how the value changes with each edge's tie term."""
        return self._sum(self.counts(edges), self.belief, self.read.tie_slopes)

    def weight(self, edges: Edges) -> FloatArray:
        """Return what each edge's verdicts are expected to tell about its logit (Fisher)."""
        slopes = self.read.slopes
        return edges.n_verdicts * self._sum(self._joint, self.belief, slopes, slopes)

    def curve(self, edges: Edges) -> FloatArray:
        """Return what each edge's verdicts, as they are, tell about its logit; never negative.

        By Davidson every verdict tells the same, the expected; by a threshold a tie tells more
        than a win, and with the expectation for all of them ties would come out too rare.
        """
        read, slopes = (self.belief, self.counts(edges)), self.read.slopes
        first, second, tie = self.read.logarithms
        told = -self._sum(*read, self.read.bends[0])
        expected = self._sum((np.exp(first), np.exp(second), np.exp(tie)), slopes, slopes)
        share: FloatArray = told / np.maximum(self._sum(*read) * expected, _LEAST)
        return self.weight(edges) * share

    def weigh_tie(self, edges: Edges) -> tuple[FloatArray, FloatArray]:
        """Return the information on logit and tie together, and on the tie term alone."""
        by_tie, seen = self.read.tie_slopes, edges.n_verdicts
        cross = self._sum(self._joint, self.belief, self.read.slopes, by_tie)
        return seen * cross, seen * self._sum(self._joint, self.belief, by_tie, by_tie)

    def observe(self, edges: Edges) -> Triple:
        """Return the negative second derivatives of the value by logit, by both, and by tie."""
        counts, (one, two, sure) = self.counts(edges), self.belief
        doubt = one * (1 - one), two * (1 - two), 0 * sure
        by_logit, by_tie = self.read.slopes, self.read.tie_slopes
        pairs = (by_logit, by_logit), (by_logit, by_tie), (by_tie, by_tie)
        twice, both, tie = (
            -self._sum(counts, self.belief, bend) - self._sum(counts, doubt, *pair)
            for bend, pair in zip(self.read.bends, pairs, strict=True)
        )
        return twice, both, tie

    def push_habits(self, edges: Edges) -> tuple[FloatArray, FloatArray]:
        """Return how the value changes with the log-odds of both habits, against reading."""
        (one, two, _), (won, lost, _) = self.belief, self.counts(edges)
        first, second = self.habits
        seen = edges.n_verdicts
        return won * (1 - one) - first * seen, lost * (1 - two) - second * seen

    def _sum(self, *factors: Triple) -> FloatArray:
        """Return the sum over the outcomes of a product; without ties over the two sides."""
        one, two, three = (_product(parts) for parts in zip(*factors, strict=True))
        total: FloatArray = one + two + three if self.ties else one + two
        return total


def _product(parts: tuple[FloatArray, ...]) -> FloatArray:
    """Return the product of some arrays."""
    product = parts[0]
    for part in parts[1:]:
        product = product * part
    return product
