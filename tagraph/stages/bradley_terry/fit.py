"""Comparisons to strengths."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import FloatArray, IntArray
from tagraph.errors import ConvergenceError, InputError
from tagraph.stages.bradley_terry.comparisons import collect_edges
from tagraph.stages.bradley_terry.covariance import LARGEST, Covariance
from tagraph.stages.bradley_terry.edges import Edges
from tagraph.stages.bradley_terry.marginal import CARELESS, TYPICAL_SPREAD, find_moments, integrate
from tagraph.stages.bradley_terry.model import Model
from tagraph.stages.bradley_terry.options import BradleyTerryOptions
from tagraph.stages.bradley_terry.scores import Judges, Scores
from tagraph.stages.bradley_terry.solver import maximize

_FAR = 12.0
"""A difference in logits beyond which an estimate without prior is suspected not to exist."""


def fit_bradley_terry(  # noqa: PLR0913  (three columns, two more on request, four settings)
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    *,
    n_items: int,
    options: BradleyTerryOptions = BradleyTerryOptions(),
    groups: ArrayLike | None = None,
    judge: ArrayLike | None = None,
    covariates: ArrayLike | None = None,
    start: Scores | None = None,
) -> Scores:
    """Estimate strengths from pairwise comparisons (Bradley and Terry, 1952; Davidson, 1970).

    All clusters are fitted in one call: components do not touch each other, and share only what the
    judges add and, where it is estimated, the spread of the prior. So with a fixed prior and with
    `ties`, `position` and `careless` off, another cluster changes nothing in the others.

    Every judge has its own position, tie, carelessness and, where there are several, sharpness.

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
        judge: Who judged, shape (m,), numbered from 0. Without it all verdicts are one judge's.
        covariates: What may move a verdict beside the strengths (length), as the value of the first
            minus that of the second, of a scale near 1, shape (m,) or (m, n_covariates).
        start: An earlier fit of the same items, to save steps; it moves the answer by less than
            the tolerance.

    Raises:
        InputError: Shapes differ, an index is out of range, an item meets itself, a comparison
            crosses two groups, an outcome is none of the four, a judge is below 0, or a covariate
            is not finite.
        ConvergenceError: There is no prior and the estimate does not exist, or the fit did not
            settle within `options.max_iterations`.
    """
    if n_items < 0:
        raise InputError(f"n_items must not be negative, it is {n_items}")
    edges = collect_edges(
        first,
        second,
        outcome,
        n_items,
        ordered=options.position,
        judge=judge,
        covariates=covariates,
    )
    if groups is not None:
        _check_groups(edges, np.asarray(groups))
    model = _build(edges, options, start)
    point = model.start() if start is None else _point_of(start, model)
    return _fit(model, point, options)


def _build(edges: Edges, options: BradleyTerryOptions, start: Scores | None) -> Model:
    """Return the model with what it starts from: of the earlier fit, or typical."""
    auto, n_judges = options.prior == "auto", edges.n_judges
    precision = TYPICAL_SPREAD**-2 if auto else options.precision
    sharpness = np.ones(n_judges) if options.sharpness and n_judges > 1 else None
    careless = np.full((n_judges, 2), CARELESS[0]) if options.careless and precision else None
    if start is not None and len(start.judges.sharpness) == n_judges:
        precision = start.prior**-2 if auto and np.isfinite(start.prior) else precision
        sharpness = None if sharpness is None else start.judges.sharpness
        if careless is not None and start.judges.careless.any(axis=1).all():
            habits = start.judges.careless
            with np.errstate(divide="ignore"):
                careless = np.log(habits / (1 - habits.sum(axis=1, keepdims=True)))
        elif start.options.integrate and careless is not None and not options.integrate:
            careless = None
    threshold = start is not None and start.ties_by_threshold and not options.integrate
    return Model(
        edges,
        precision,
        position=options.position,
        ties=options.ties,
        threshold=threshold,
        sharpness=sharpness,
        careless=careless,
    )


def _fit(model: Model, point: FloatArray, options: BradleyTerryOptions) -> Scores:
    """Return the scores at the maximum of a model."""
    edges, n = model.edges, model.edges.n_items
    component = _components(edges)

    def check(point: FloatArray) -> None:
        if not model.precision and np.ptp(point[:n]) > _FAR:
            _refuse_unbounded(edges, component)

    top, curvature = maximize(model, point, options.tolerance, options.max_iterations, check)
    strength = top[:n]
    if options.integrate and model.precision and len(edges.first):
        model, top = integrate(model, top, component, options)
        strength, curvature = find_moments(model, top, component)
    return Scores(
        strength=_centre(strength, component),
        component=component,
        n_comparisons=edges.gather(edges.n_verdicts).astype(np.int64),
        judges=_describe(model, top),
        slopes=model.split(top)[1],
        prior=model.precision**-0.5 if model.precision else float("inf"),
        ties_by_threshold=model.threshold,
        options=options,
        covariance=Covariance(curvature, component, _fill(model, top, component, options)),
    )


def _fill(
    model: Model, top: FloatArray, component: IntArray, options: BradleyTerryOptions
) -> FloatArray | None:
    """Return the filling of the sandwich: each unordered pair's push, squared, on one edge."""
    if options.errors != "sandwich":
        return None
    if np.bincount(component).max(initial=0) > LARGEST:
        raise InputError(
            f"sandwich errors need components of up to {LARGEST:,} items; use errors='laplace'"
        )
    edges = model.edges
    push = model.scale(model.read(top, edges).push(edges))
    turned = np.where(edges.first < edges.second, push, -push)
    low, high = np.minimum(edges.first, edges.second), np.maximum(edges.first, edges.second)
    _, place, pair = np.unique(low * edges.n_items + high, return_index=True, return_inverse=True)
    filling = np.zeros(len(push))
    filling[place] = np.bincount(pair, turned) ** 2
    return filling


def _describe(model: Model, top: FloatArray) -> Judges:
    """Return what was found about the judges."""
    position, _, tie = model.split(top)
    n_judges = len(position)
    habits = np.zeros((n_judges, 2))
    if model.careless is not None:
        raw = np.exp(model.careless)
        habits = raw / (1 + raw.sum(axis=1, keepdims=True))
    sharpness = np.ones(n_judges) if model.sharpness is None else model.sharpness
    return Judges(position, tie if model.ties else np.full(n_judges, np.nan), sharpness, habits)


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
    judges, point = start.judges, model.start()
    point[: len(start)] = start.strength
    same = len(judges.position) == model.edges.n_judges
    if same and len(start.slopes) == model.edges.covariates.shape[1]:
        tie = np.where(np.isfinite(judges.tie), judges.tie, point[-len(judges.tie) :])
        terms = np.concatenate([judges.position, start.slopes, tie])
        point[len(start) :] = np.where(model.free > 0, terms, 0.0)
    return point


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
    mean = np.bincount(component, strength) / np.bincount(component)
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
