"""Comparisons to strengths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import FloatArray, IntArray
from tagraph.errors import ConvergenceError, InputError
from tagraph.stages.bradley_terry.covariance import Covariance
from tagraph.stages.bradley_terry.edges import Edges, collect_edges
from tagraph.stages.bradley_terry.model import Model
from tagraph.stages.bradley_terry.options import BradleyTerryOptions
from tagraph.stages.bradley_terry.scores import Scores
from tagraph.stages.bradley_terry.solver import maximize
from tagraph.stages.bradley_terry.spread import estimate_spread
from tagraph.stages.bradley_terry.terms import integrate_terms

_FAR = 12.0
"""A difference in logits beyond which an estimate without prior is suspected not to exist."""


def fit_bradley_terry(  # noqa: PLR0913  (three columns and four settings)
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    *,
    n_items: int,
    options: BradleyTerryOptions = BradleyTerryOptions(),
    groups: ArrayLike | None = None,
    start: Scores | None = None,
) -> Scores:
    """Estimate strengths from pairwise comparisons (Bradley and Terry, 1952; Davidson, 1970).

    All clusters are fitted in one call: components do not touch each other, and share only the
    position and tie terms and, where it is estimated, the spread of the prior. So with `ties` and
    `position` off and a fixed prior, another cluster changes nothing in the strengths of the
    others.

    No comparisons at all give zeros with the prior's standard deviation as error (1.5 if it is to
    be estimated); an item never compared keeps strength 0 and is marked by `n_comparisons` 0; an
    unbeaten or winless item stays finite by the prior. The order of rows does not matter, to the
    last bit.

    Args:
        first: Item shown first, shape (m,).
        second: Item shown second, shape (m,).
        outcome: 1 first wins, 0 second wins, 0.5 tie, shape (m,); NaN means no verdict and is not
            counted.
        n_items: Number of items.
        options: Prior, terms and limits.
        groups: Cluster of each item, shape (n_items,), -1 for none; a comparison across two
            clusters is refused.
        start: An earlier fit of the same items, to save steps; it moves the answer by less than
            the tolerance.

    Raises:
        InputError: Shapes differ, an index is out of range, an item meets itself, a comparison
            crosses two groups, or an outcome is none of the four.
        ConvergenceError: There is no prior and the estimate does not exist, or the fit did not
            settle within `options.max_iterations`.
    """
    if n_items < 0:
        raise InputError(f"n_items must not be negative, it is {n_items}")
    edges = collect_edges(first, second, outcome, n_items, ordered=options.position)
    if groups is not None:
        _check_groups(edges, np.asarray(groups))
    model = Model(edges, options.precision, options.position, options.ties)
    point = model.start() if start is None else _point_of(start, model)
    return _fit(model, point, options)


def _fit(model: Model, point: FloatArray, options: BradleyTerryOptions) -> Scores:
    """Return the scores at the maximum of a model."""
    edges = model.edges
    component = _components(edges)
    if options.prior == "auto":
        spread = estimate_spread(model, component, options)
        model = replace(model, precision=spread**-2)

    def check(point: FloatArray) -> None:
        if not model.precision and np.ptp(point[:-2]) > _FAR:
            _refuse_unbounded(edges, component)

    top, curvature = maximize(model, point, options.tolerance, options.max_iterations, check)
    if options.integrate and model.free.any() and len(edges.first):
        top = integrate_terms(model, top, component, options)
        curvature = model.evaluate(top).curvature
    n_comparisons = edges.gather(edges.n_verdicts).astype(np.int64)
    return Scores(
        strength=_centre(top[:-2], component),
        component=component,
        n_comparisons=n_comparisons,
        position=float(top[-2]),
        tie=float(top[-1]) if model.ties else float("nan"),
        prior=model.precision**-0.5 if model.precision else float("inf"),
        options=options,
        covariance=Covariance(curvature, component),
    )


def _check_groups(edges: Edges, groups: IntArray) -> None:
    """Refuse comparisons across groups."""
    if groups.shape != (edges.n_items,):
        raise InputError(f"groups must have shape ({edges.n_items},), not {groups.shape}")
    crossing = np.flatnonzero(groups[edges.first] != groups[edges.second])
    if len(crossing):
        i, j = edges.first[crossing[0]], edges.second[crossing[0]]
        raise InputError(f"items {i} and {j} were compared but stand in different groups")


def _point_of(start: Scores, model: Model) -> FloatArray:
    """Return an earlier fit as a point of `model`."""
    if len(start) != model.edges.n_items:
        raise InputError(f"start has {len(start)} items, not {model.edges.n_items}")
    tie = start.tie if model.ties and np.isfinite(start.tie) else model.start()[-1]
    position = start.position if model.position else 0.0
    return np.concatenate([start.strength, [position, tie]])


def _components(edges: Edges) -> IntArray:
    """Return the connected component of each item, numbered by their smallest item."""
    from scipy.sparse.csgraph import connected_components

    labels = connected_components(edges.matrix(edges.n_verdicts), connection="weak")[1]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbered: IntArray = rank[inverse]
    return numbered


def _centre(strength: FloatArray, component: IntArray) -> FloatArray:
    """Subtract the mean of each component; with a prior this only removes rounding."""
    mean = np.bincount(component, strength) / np.maximum(np.bincount(component), 1)
    centred: FloatArray = strength - mean[component]
    return centred


def _refuse_unbounded(edges: Edges, component: IntArray) -> None:
    """Raise if some split of a component has wins one way only (Ford, 1957)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    won, lost = edges.wins > 0, edges.n_verdicts > edges.wins
    winner = np.concatenate([edges.first[won], edges.second[lost]])
    loser = np.concatenate([edges.second[won], edges.first[lost]])
    shape = (edges.n_items, edges.n_items)
    beaten = csr_array((np.ones(len(winner)), (winner, loser)), shape=shape)
    n_strong = connected_components(beaten, connection="strong")[0]
    if n_strong > component.max() + 1:
        raise ConvergenceError(
            "without a prior the estimate does not exist: some items never lost to, or never won "
            "against, the rest of their component; keep the prior or compare more pairs"
        )
