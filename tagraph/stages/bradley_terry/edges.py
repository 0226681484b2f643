"""Comparisons to weighted edges: checked, put in canonical order, repeats counted."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tagraph.data import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_RUN = 1 << 15


@dataclass(frozen=True, eq=False)
class Edges:
    """Every ordered pair that was compared, once per judge, sorted: equal rows, equal bytes.

    Attributes:
        n_items: Number of items.
        n_judges: Number of judges.
        indptr: Shape (n_items + 1,); edges `indptr[i]:indptr[i + 1]` show item i first.
        first: Shape (n_edges,); the item shown first (the smaller one if the order is ignored).
        second: Shape (n_edges,); the other item.
        n_verdicts: How often the edge was judged, shape (n_edges,).
        wins: Wins of `first` plus half its ties, shape (n_edges,).
        n_ties: Ties, shape (n_edges,).
        judge: Who judged, shape (n_edges,); None where there is one judge.
        covariates: What else tells the first from the second, shape (n_edges, n_covariates).
    """

    n_items: int
    n_judges: int
    indptr: IntArray
    first: IntArray
    second: IntArray
    n_verdicts: FloatArray
    wins: FloatArray
    n_ties: FloatArray
    judge: IntArray | None
    covariates: FloatArray

    def within(self, inside: BoolArray) -> Edges:
        """Return the edges between some items, shape (n_items,), which are numbered anew."""
        kept = inside[self.first] & inside[self.second]
        place = np.cumsum(inside) - 1
        first, second = place[self.first[kept]], place[self.second[kept]]
        n_items = int(inside.sum())
        indptr = np.append(0, np.cumsum(np.bincount(first, minlength=n_items)))
        judge = None if self.judge is None else self.judge[kept]
        verdicts = (self.n_verdicts[kept], self.wins[kept], self.n_ties[kept])
        columns = (first, second, *verdicts, judge, self.covariates[kept])
        return Edges(n_items, self.n_judges, indptr, *columns)

    def starting(self, items: IntArray) -> IntArray:
        """Return the edges that show some items first, for ascending items in ascending order."""
        counts = self.indptr[items + 1] - self.indptr[items]
        ends = np.cumsum(counts)
        started: IntArray = np.repeat(self.indptr[items] - ends + counts, counts)
        return started + np.arange(len(started))

    @property
    def n_terms(self) -> int:
        """Shared terms: a position and a tie per judge, a slope per covariate."""
        return 2 * self.n_judges + int(self.covariates.shape[1])

    def parts(self) -> Iterator[Edges]:
        """Yield the edges in runs whose arrays stay in the processor's cache."""
        for begin in range(0, max(len(self.first), 1), _RUN):
            run = slice(begin, begin + _RUN)
            judge = None if self.judge is None else self.judge[run]
            columns = (self.first[run], self.second[run], self.n_verdicts[run], self.wins[run])
            rest = (self.n_ties[run], judge, self.covariates[run])
            yield Edges(self.n_items, self.n_judges, self.indptr, *columns, *rest)

    def total(self, values: FloatArray, per: FloatArray) -> float:
        """Sum a product over the edges, in the same order for any number of threads."""
        return float(np.einsum("i,i->", values, per))

    def differ(self, values: FloatArray) -> FloatArray:
        """Return each edge's value of the first item minus that of the second."""
        difference: FloatArray = values[self.first] - values[self.second]
        return difference

    def spread(self, values: FloatArray) -> FloatArray:
        """Add each edge's value to its first item and take it from its second."""
        return self.gather(values, -1.0)

    def gather(self, values: FloatArray, sign: float = 1.0) -> FloatArray:
        """Sum the edges' values over their items, those of the second times `sign`."""
        first = np.bincount(self.first, values, self.n_items)
        second = np.bincount(self.second, values, self.n_items)
        gathered: FloatArray = first + sign * second
        return gathered

    def of_judge(self, values: FloatArray) -> FloatArray:
        """Return each edge's value of its judge; of a single judge the value alone."""
        chosen: FloatArray = values[0] if self.judge is None else values[self.judge]
        return chosen

    def columns(self) -> list[FloatArray]:
        """Return what moves each edge's logit: its judge's position, then each covariate."""
        judges = np.arange(self.n_judges)
        shown = [np.ones(()) if self.judge is None else 1.0 * (self.judge == k) for k in judges]
        return [*shown, *self.covariates.T]

    def matrix(self, values: FloatArray) -> csr_array:
        """Return the edges as a sparse matrix, first items in rows."""
        from scipy.sparse import csr_array

        shape = (self.n_items, self.n_items)
        return csr_array((values, self.second, self.indptr), shape=shape)

    def both_ways(self, values: FloatArray) -> csr_array:
        """Return the matrix above its transpose, shape (2 n_items, n_items), from a kept pattern.

        One product with it costs half of two with `matrix`, and adds up in the same order.
        """
        pattern, edge = self._pattern
        matrix = copy(pattern)
        matrix.data = values[edge]
        return matrix

    @cached_property
    def _pattern(self) -> tuple[csr_array, IntArray]:
        """Where `both_ways` has numbers, and the edge of each."""
        from scipy.sparse import csr_array

        here, back = np.arange(len(self.second)), np.argsort(self.second, kind="stable")
        ends = len(here) + np.cumsum(np.bincount(self.second, minlength=self.n_items))
        pointers = np.concatenate([self.indptr, ends])
        columns = np.concatenate([self.second, self.first[back]])
        shape = (2 * self.n_items, self.n_items)
        pattern = csr_array((np.zeros(len(columns)), columns, pointers), shape=shape)
        return pattern, np.concatenate([here, back])
