"""The prior's spread from the data: the value under which the comparisons are most probable."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tagraph.data import FloatArray, IntArray
from tagraph.stages.bradley_terry.covariance import Covariance
from tagraph.stages.bradley_terry.model import Model
from tagraph.stages.bradley_terry.options import BradleyTerryOptions
from tagraph.stages.bradley_terry.solver import maximize

TYPICAL_SPREAD = 1.5
_BOUNDS = (0.2, 6.0)
_DOUBT = 0.5
"""Standard deviation of the logarithm of the spread before any data."""


def estimate_spread(model: Model, component: IntArray, options: BradleyTerryOptions) -> float:
    """Return the prior standard deviation of highest marginal likelihood, pooled over components.

    The likelihood is integrated over all strengths by Laplace's approximation (empirical Bayes). A
    weak log-normal belief around 1.5 logits decides where the comparisons say little, as with one
    small cluster, and 1.5 is the answer without any. Found to about 2 %, between 0.2 and 6.
    """
    from scipy.optimize import minimize_scalar

    if not len(model.edges.first):
        return TYPICAL_SPREAD
    last = [model.start()]

    def loss(log_spread: float) -> float:
        trial = replace(model, precision=math.exp(-2 * log_spread))
        point, value = _integrate(trial, last[0], component, options)
        last[0] = point
        doubt = (log_spread - math.log(TYPICAL_SPREAD)) / _DOUBT
        return 0.5 * doubt * doubt - value

    low, high = (math.log(bound) for bound in _BOUNDS)
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 0.02})
    return math.exp(found.x)


def _integrate(
    model: Model, start: FloatArray, component: IntArray, options: BradleyTerryOptions
) -> tuple[FloatArray, float]:
    """Return the maximum and the logarithm of the marginal likelihood up to a constant."""
    coarse = max(options.tolerance, 1e-4)
    point, curvature = maximize(model, start, coarse, options.max_iterations)
    covariance = Covariance(curvature, component)
    played = np.count_nonzero(curvature.edges.gather(curvature.weight))
    value = model.evaluate(point).value + 0.5 * played * math.log(model.precision)
    idle = (len(component) - played) * math.log(model.precision)
    of_terms = -float(np.linalg.slogdet(covariance.coupling[1])[1])
    return point, value - 0.5 * (covariance.log_determinant() + of_terms - idle)
