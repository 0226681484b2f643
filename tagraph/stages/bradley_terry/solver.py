"""Newton's method with conjugate gradients inside: no matrix is ever factored."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from tagraph.data import FloatArray
from tagraph.errors import ConvergenceError
from tagraph.stages.bradley_terry.model import Curvature, Evaluation, Model

Product: TypeAlias = Callable[[FloatArray], FloatArray]
_LONGEST_STEP = 4.0
_INNER_LIMIT = 5000
_DIGITS = 1e-4


def maximize(
    model: Model,
    start: FloatArray,
    tolerance: float,
    max_iterations: int,
    check: Callable[[FloatArray], None] | None = None,
) -> tuple[FloatArray, Curvature]:
    """Return the point of highest posterior and the curvature there.

    `check` is called with every new point and may raise if no maximum can exist.

    Raises:
        ConvergenceError: Still moving after `max_iterations` Newton steps.
    """
    point, here = start, model.evaluate(start)
    for _ in range(max_iterations):
        step = _newton_step(here)
        longest = float(np.abs(step).max(initial=0.0))
        if longest > _LONGEST_STEP:
            step *= _LONGEST_STEP / longest
        point, here = _climb(model, point, here, step)
        if longest <= tolerance:
            return point, here.curvature
        if check is not None:
            check(point)
    raise ConvergenceError(
        f"strengths still move by {longest:.2g} after {max_iterations} Newton steps; "
        "keep the prior or raise max_iterations"
    )


def _newton_step(here: Evaluation) -> FloatArray:
    """Solve curvature times step = slope, the more exactly the nearer the top.

    Never to more than four digits, which the next step improves upon: near the top a residual of
    fewer is below rounding, and conjugate gradients would go on for ever. Where the verdicts
    curve the other way, as they may far from the top, the expected curvature leads there.
    """
    steepest = float(np.abs(here.slope).max(initial=0.0))
    accuracy = min(0.1, max(steepest, _DIGITS))
    step = solve(here.observed, here.slope, accuracy)
    if step is None:
        step = solve(here.curvature, here.slope, accuracy)
    return here.slope if step is None else step


def _climb(
    model: Model, point: FloatArray, here: Evaluation, step: FloatArray
) -> tuple[FloatArray, Evaluation]:
    """Go along `step`, halved until the posterior does not fall beyond rounding."""
    floor = here.value - 1e-12 * abs(here.value)
    there = model.evaluate(point + step)
    while there.value < floor:
        step = 0.5 * step
        there = model.evaluate(point + step)
    return point + step, there


def solve(curvature: Curvature, right: FloatArray, accuracy: float) -> FloatArray | None:
    """Solve the bordered system by conjugate gradients with a diagonal preconditioner.

    Args:
        curvature: The matrix; without a prior it is singular along each component's mean, which
            does no harm as long as `right` sums to zero over each component.
        right: Shape (n_items + n_terms,).
        accuracy: Relative size of the residual at which to stop.

    Returns:
        Shape (n_items + n_terms,); None if the matrix is met that curves the other way.
    """
    diagonal = np.concatenate([curvature.diagonal(), np.diag(curvature.corner)])
    scale = np.where(diagonal == 0, 1.0, np.abs(diagonal))
    product = _product_of(curvature, diagonal[: curvature.edges.n_items])
    solution, rest = np.zeros_like(right), right.copy()
    scaled = rest / scale
    direction, norm = scaled.copy(), _dot(rest, scaled)
    goal = accuracy**2 * norm
    for _ in range(_INNER_LIMIT):
        if norm <= goal:
            break
        image = product(direction)
        bend = _dot(direction, image)
        if bend <= 0:
            return None
        pace = norm / bend
        solution += pace * direction
        rest -= pace * image
        scaled = rest / scale
        norm, before = _dot(rest, scaled), norm
        direction = scaled + (norm / before) * direction
    return solution


def _dot(one: FloatArray, other: FloatArray) -> float:
    """Return the inner product, summed in the same order for any number of threads."""
    return float(np.einsum("i,i->", one, other))


def _product_of(curvature: Curvature, diagonal: FloatArray) -> Product:
    """Return the function that multiplies the bordered matrix with a vector."""
    meetings = curvature.edges.both_ways(curvature.weight)
    border, corner = curvature.border, curvature.corner
    bordered, n = bool(border.any()), len(border)

    def product(vector: FloatArray) -> FloatArray:
        items, terms = vector[:n], vector[n:]
        met = meetings @ items
        image = np.empty_like(vector)
        image[:n] = diagonal * items - met[:n] - met[n:]
        image[n:] = corner @ terms
        if bordered:
            image[:n] += np.einsum("ij,j->i", border, terms)
            image[n:] += np.einsum("i,ij->j", items, border)
        return image

    return product
