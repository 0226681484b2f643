"""The inverse of the curvature: exact, block by block, with the border of shared terms.

The shared terms couple all blocks: with B the items' part, C the border and D the corner, the
items' covariance is B^-1 + V S^-1 V' where V = B^-1 C and S = D - C'V (block inversion).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tagraph.cores import spread
from tagraph.data import BoolArray, FloatArray, IntArray
from tagraph.errors import ConvergenceError
from tagraph.stages.bradley_terry.blocks import (
    CELLS,
    Block,
    find_places,
    lay_block,
    lay_blocks,
    pad_blocks,
)
from tagraph.stages.bradley_terry.model import Curvature
from tagraph.stages.bradley_terry.solver import solve

_WIDE = 1e-8
"""Stands in for a missing prior: keeps a block invertible, vanishes from every difference."""
LARGEST = 3000
"""Items of the largest component that is inverted; the variances of a larger one are estimated."""
_PROBES = 64


@dataclass(frozen=True, eq=False)
class _Sight:
    """What is known of a block: variances of its items (padded) and edges, its log-determinant."""

    of_items: FloatArray
    of_edges: FloatArray
    log_determinant: float


@dataclass(frozen=True, eq=False)
class Covariance:
    """Posterior covariance by Laplace's approximation, computed when asked for.

    Attributes:
        curvature: Curvature at the maximum.
        component: Connected component of each item, shape (n_items,).
        meat: Square of what each unordered pair's verdicts push together, on the first of its
            edges, shape (n_edges,); it turns the covariance into the sandwich B^-1 M B^-1.
        laid: The blocks of an earlier covariance of the same edges, to save laying them out.
    """

    curvature: Curvature
    component: IntArray
    meat: FloatArray | None = None
    laid: list[Block] | None = None

    @property
    def precision(self) -> float:
        """Prior precision, or a very small number where there is no prior."""
        return max(self.curvature.precision, _WIDE)

    @cached_property
    def coupling(self) -> tuple[FloatArray, FloatArray]:
        """V, shape (n_items, n_terms), and the covariance of the terms, (n_terms, n_terms)."""
        border, corner = self.curvature.border, self.curvature.corner
        answers = np.stack([self.settle(column) for column in border.T], axis=1)
        terms = np.linalg.inv(corner - border.T @ answers)
        return answers, np.asarray(terms, dtype=np.float64)

    def settle(self, right: FloatArray, accuracy: float = 1e-12) -> FloatArray:
        """Return B^-1 times a vector, shape (n_items,)."""
        bare = self._without_terms()
        found = solve(bare, np.append(right, np.zeros(bare.edges.n_terms)), accuracy)
        if found is None:
            raise ConvergenceError("the strengths are not at a maximum; raise max_iterations")
        return found[: len(right)]

    @property
    def trace(self) -> float:
        """Trace of B^-1: the items' variances with the terms held."""
        return float(self._alone.sum())

    @cached_property
    def diagonal(self) -> FloatArray:
        """Variance of each item about the mean of its component, shape (n_items,)."""
        sizes = np.bincount(self.component)
        shared, terms = self.coupling
        variance = self._alone + np.einsum("ij,jk,ik->i", shared, terms, shared)
        if self.meat is not None:
            return np.asarray(variance, dtype=np.float64)
        of_mean = np.where(sizes > 1, 1 / sizes, 0.0) / self.precision
        return np.asarray(variance - of_mean[self.component], dtype=np.float64)

    @cached_property
    def _is_large(self) -> BoolArray:
        """Which items stand in components too large to be inverted, shape (n_items,)."""
        large: BoolArray = np.bincount(self.component)[self.component] > LARGEST
        return large

    @cached_property
    def blocks(self) -> list[Block]:
        """The items of all other components, in padded blocks."""
        if self.laid is not None:
            return self.laid
        return lay_blocks(self.curvature.edges, np.where(self._is_large, -1, self.component))

    @cached_property
    def _alone(self) -> FloatArray:
        """Variance of each item with the terms held, shape (n_items,)."""
        large, variance = self._is_large, np.empty(len(self.component))
        for block, sight in zip(self.blocks, self._sights, strict=True):
            inside = block.items >= 0
            variance[block.items[inside]] = sight.of_items[inside]
        if large.any():
            variance[large] = self._estimate()[large]
        return variance

    @cached_property
    def _sights(self) -> list[_Sight]:
        """What is wanted of the inverse of each block; those are too large to be kept.

        Blocks beyond the usual size are inverted one at a time.
        """
        cells = max((block.items.size * block.items.shape[1] for block in self.blocks), default=0)
        see_each = spread if cells <= CELLS else map
        return list(see_each(self._see, self.blocks))

    def _see(self, block: Block) -> _Sight:
        matrix = self._assemble(block)
        known, row, i, j = self._invert(block, matrix), block.row, block.first, block.second
        return _Sight(
            np.diagonal(known, axis1=1, axis2=2).copy(),
            known[row, i, i] + known[row, j, j] - 2 * known[row, i, j],
            float(np.linalg.slogdet(matrix)[1].sum()),
        )

    def _estimate(self) -> FloatArray:
        """Return variances by random probes (Bekas and others, 2007), good to about 1 %.

        The first two terms of the Neumann series are known exactly, so only the rest is probed.
        """
        bare = self._without_terms()
        matrix, scale = bare.edges.matrix(bare.weight), 1 / bare.diagonal()
        sizes = np.bincount(self.component)
        rng = np.random.default_rng(0)
        total = np.zeros_like(scale)
        for _ in range(_PROBES):
            probe = rng.choice([-1.0, 1.0], len(scale))
            probe -= (np.bincount(self.component, probe) / sizes)[self.component]
            answer = self.settle(probe, 1e-6)
            near = scale * probe
            total += probe * (answer - near - scale * (matrix @ near + matrix.T @ near))
        return scale + total / _PROBES + (1 / sizes / self.precision)[self.component]

    def _without_terms(self) -> Curvature:
        """Return the items' part of the curvature."""
        return Curvature.bare(self.curvature.edges, self.curvature.weight, self.precision)

    def of_edges(self) -> FloatArray:
        """Return the variance of each edge's difference with position and tie held, (n_edges,).

        In a component of more than 3,000 items the first terms of the Neumann series.
        """
        edges, scale = self.curvature.edges, 1 / self.curvature.diagonal()
        first, second = edges.first, edges.second
        shared = 2 * self.curvature.weight * scale[first] * scale[second]
        variance: FloatArray = scale[first] + scale[second] - shared
        for block, sight in zip(self.blocks, self._sights, strict=True):
            variance[block.edge] = sight.of_edges
        return variance

    def log_determinant(self) -> float:
        """Return the logarithm of the determinant of the items' part of the curvature.

        Exact for components of up to 3,000 items; of a larger one the logarithm of the diagonal and
        the first term of its series.
        """
        large = self._is_large
        total = sum(sight.log_determinant for sight in self._sights)
        if large.any():
            edges, diagonal = self.curvature.edges, self.curvature.diagonal()
            share = self.curvature.weight**2 / (diagonal[edges.first] * diagonal[edges.second])
            total += float(np.log(diagonal[large]).sum() - share[large[edges.first]].sum())
        return total

    def of_differences(self, left: IntArray, right: IntArray) -> FloatArray:
        """Return the variance of strength[left] - strength[right], shape (m,)."""
        asked = np.unique(self.component[np.concatenate([left, right])])
        labels = np.where(np.isin(self.component, asked), self.component, -1)
        shared, terms = self.coupling
        gap = shared[left] - shared[right]
        variance = np.asarray(np.einsum("ij,jk,ik->i", gap, terms, gap), dtype=np.float64)
        for items in pad_blocks(labels):
            inverse = self.within(items)
            (k, i), (other, j) = (find_places(items, side) for side in (left, right))
            for row, column in ((k, i), (other, j)):
                here = column >= 0
                variance[here] += inverse[row[here], column[here], column[here]]
            both = (i >= 0) & (j >= 0) & (k == other)
            variance[both] -= 2 * inverse[k[both], i[both], j[both]]
        return variance

    def within(self, items: IntArray) -> FloatArray:
        """Return B^-1 over blocks of items, shape (n_blocks, size, size), padding apart.

        Args:
            items: Shape (n_blocks, size), padded with -1; a block holds whole components.
        """
        pieces = self._divide(items)
        if pieces is None:
            return self._within(lay_block(self.curvature.edges, items))
        covariance = np.zeros((*items.shape, items.shape[1]))
        step = np.arange(items.shape[1])
        covariance[:, step, step] = 1.0
        for piece in pieces:
            inside = piece.items >= 0
            k, i, j = np.nonzero(inside[:, :, None] & inside[:, None, :])
            row, column = find_places(items, piece.items)
            found = self._within(piece)
            covariance[row[k, i], column[k, i], column[k, j]] = found[k, i, j]
        return covariance

    def _within(self, block: Block) -> FloatArray:
        return self._invert(block, self._assemble(block))

    def _invert(self, block: Block, matrix: FloatArray) -> FloatArray:
        inverse = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
        if self.meat is None:
            return inverse
        between = block.join(self.meat)
        step = np.arange(block.items.shape[1])
        between[:, step, step] = -between.sum(axis=2)
        return np.asarray(inverse @ between @ inverse, dtype=np.float64)

    def _divide(self, items: IntArray) -> list[Block] | None:
        """Return the components in rows of items as blocks; None where one fills half a row."""
        flat = items.ravel()
        number = np.unique(self.component[flat], return_inverse=True)[1]
        labels: IntArray = np.where(flat >= 0, number, -1)
        sizes = np.bincount(labels[labels >= 0])
        if 2 * sizes.max(initial=0) > items.shape[1]:
            return None
        pieces = (np.where(at >= 0, flat[at], -1) for at in pad_blocks(labels))
        return [lay_block(self.curvature.edges, piece) for piece in pieces]

    def draw(self, items: IntArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
        """Return draws about zero from the joint distribution, shape (n_blocks, n_draws, size)."""
        noise = rng.standard_normal((*items.shape, n_draws))
        drawn = np.asarray(self._colour(items, noise), dtype=np.float64)
        shared, terms = self.coupling
        loose = rng.standard_normal((n_draws, len(terms))) @ np.linalg.cholesky(terms).T
        drawn += shared[items] @ loose.T
        return np.swapaxes(drawn, 1, 2)

    def _colour(self, items: IntArray, noise: FloatArray) -> FloatArray:
        """Give noise of unit variance the covariance within blocks of items."""
        if self.meat is not None:
            value, vector = np.linalg.eigh(self.within(items))
            root = np.sqrt(np.maximum(value, 0.0))
            return np.asarray(vector @ (root[:, :, None] * noise))
        pieces = self._divide(items)
        if pieces is None:
            return self._colour_block(lay_block(self.curvature.edges, items), noise)
        coloured = noise.copy()
        for piece in pieces:
            row, column = find_places(items, piece.items)
            inside = piece.items >= 0
            found = self._colour_block(piece, noise[row, column])
            coloured[row[inside], column[inside]] = found[inside]
        return coloured

    def _colour_block(self, block: Block, noise: FloatArray) -> FloatArray:
        factor = np.linalg.cholesky(self._assemble(block))
        return np.asarray(np.linalg.solve(np.swapaxes(factor, 1, 2), noise))

    def _assemble(self, block: Block) -> FloatArray:
        """Return the curvature over a block, the identity where there is padding."""
        matrix = block.join(self.curvature.weight)
        step = np.arange(block.items.shape[1])
        own = self.precision - matrix.sum(axis=2)
        matrix[:, step, step] = np.where(block.items >= 0, own, 1.0)
        return matrix
