"""How the marginal posterior's correction changes with what is shared, the strengths following."""

from __future__ import annotations

from functools import cache, partial

import numpy as np

from tagraph.data import FloatArray
from tagraph.stages.bradley_terry.covariance import Covariance
from tagraph.stages.bradley_terry.model import Curvature, Model


class Trace:
    """How minus half the log-determinant of the curvature changes, the strengths following."""

    def __init__(
        self, model: Model, point: FloatArray, covariance: Covariance, observed: Curvature
    ) -> None:
        self._model, self._point = model, point
        self._bent = cache(partial(model.bend, point))
        self._variance = covariance.of_edges()
        self._covariance = covariance
        self._follow = Covariance(observed, covariance.component)

    def along(self, kind: int, column: FloatArray) -> float:
        """Return the change as the logit, tie or a habit (kinds 0 to 3) of some edges moves."""
        push, weight = (bent * column for bent in self._bent(kind))
        return self._change(self._model.edges.spread(push), weight)

    def of_sharpness(self, column: FloatArray) -> float:
        """Return the change of value and curvature with the log-sharpness of a judge."""
        model, edges = self._model, self._model.edges
        odds = model.read(self._point, edges)
        gap = model.scale(edges.differ(self._point)) * column
        pushed = odds.push(edges)
        push = self._bent(0)[0] * gap + model.scale(pushed) * column
        told = model.scale(model.scale(odds.curve(edges)))
        weight = self._bent(0)[1] * gap + 2 * told * column
        return edges.total(pushed, gap) + self._change(edges.spread(push), weight)

    def of_spread(self) -> float:
        """Return the change of value and curvature with the logarithm of the spread."""
        model, n = self._model, self._model.edges.n_items
        strength = self._point[:n]
        pull = model.precision * float(np.square(strength).sum()) - n
        of_prior = model.precision * self._covariance.trace
        followed = self._change(2 * model.precision * strength, np.zeros_like(self._variance))
        return pull + of_prior + followed

    def _change(self, push: FloatArray, weight: FloatArray) -> float:
        """Return the change, given how the strengths are pushed and the weights change."""
        edges = self._model.edges
        moved = edges.differ(self._follow.settle(push, 1e-8))
        changed = weight + self._bent(0)[1] * self._model.scale(moved)
        return -0.5 * edges.total(changed, self._variance)
