"""What all strengths share, with the strengths integrated out: spread, terms, sharpness, habits.

At the joint maximum with hundreds of strengths known from few comparisons each, what they share
comes out too small (the bias of penalised quasi-likelihood; Breslow and Lin, 1995). So it is found
where the posterior, integrated over all strengths by Laplace's approximation, is highest (empirical
Bayes); the strengths are the maximum given it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tagraph.data import BoolArray, FloatArray, IntArray
from tagraph.stages.bradley_terry.blocks import Block
from tagraph.stages.bradley_terry.careless import CarelessOdds
from tagraph.stages.bradley_terry.covariance import Covariance
from tagraph.stages.bradley_terry.model import Curvature, Model
from tagraph.stages.bradley_terry.options import BradleyTerryOptions
from tagraph.stages.bradley_terry.solver import maximize
from tagraph.stages.bradley_terry.trace import Trace

TYPICAL_SPREAD = 1.5
_SPREAD = (math.log(TYPICAL_SPREAD), 0.5)
LARGEST_SPREAD = 5.0
"""A judge who never contradicts himself would have no bound; beyond this all odds are certain."""
_SHARPNESS = (0.0, 0.5)
CARELESS = (-6.0, 1.0)
"""Mean and deviation of the log-odds of each habit: a judge is believed to read."""
_STRONG = 5.0
"""Logarithm of a Bayes factor that is very strong evidence (Kass and Raftery, 1995)."""
_PATIENCE, _ENOUGH = 100, 1e-4
MANY = 100_000
"""Edges above which what is shared is first sought on about half as many of them: fewer might not
prove what all would."""


@dataclass(frozen=True, eq=False)
class Shared:
    """What the strengths share beside the terms, as the outer search moves it.

    Attributes:
        spread: Logarithm of the prior's standard deviation, shape (1,), or (0,) if it is fixed.
        terms: The free terms.
        sharpness: Logarithm of each judge's sharpness, free up to their mean, or empty.
        careless: Log-odds of the habits there are, judge by judge, or empty.
    """

    spread: FloatArray
    terms: FloatArray
    sharpness: FloatArray
    careless: FloatArray

    def pack(self) -> FloatArray:
        """Return all in one vector."""
        return np.concatenate([self.spread, self.terms, self.sharpness, self.careless])

    def unpack(self, vector: FloatArray) -> Shared:
        """Return the parts of a vector."""
        sizes = [len(part) for part in (self.spread, self.terms, self.sharpness)]
        return Shared(*np.split(vector, np.cumsum(sizes)))

    def log_prior(self) -> tuple[float, FloatArray]:
        """Return the log-density of the priors that the model does not know of, and its slope."""
        kinds = (self.spread, _SPREAD), (self.sharpness, _SHARPNESS), (self.careless, CARELESS)
        of_spread, of_sharpness, of_careless = (
            (values - mean) / deviation for values, (mean, deviation) in kinds
        )
        value = sum(float((away**2).sum()) for away in (of_spread, of_sharpness, of_careless))
        parts = (-of_spread / _SPREAD[1], np.zeros_like(self.terms))
        more = (-of_sharpness / _SHARPNESS[1], -of_careless / CARELESS[1])
        return -0.5 * value, np.concatenate([*parts, *more])


class Marginal:
    """The marginal log-posterior of what is shared, with its slope."""

    def __init__(
        self, model: Model, point: FloatArray, component: IntArray, options: BradleyTerryOptions
    ) -> None:
        """Start from a model whose spread, sharpness and habits are first guesses."""
        self.model, self.point = model, point
        self.options, self._component = options, component
        n = model.edges.n_items
        self.guess = Shared(
            spread=np.full(int(options.prior == "auto"), -0.5 * math.log(model.precision or 1.0)),
            terms=point[n:][model.free > 0],
            sharpness=np.zeros(0) if model.sharpness is None else np.log(model.sharpness),
            careless=self._list_habits(model.careless),
        )
        self._laid: list[Block] | None = None
        self.inverse = np.zeros((0, 0))  # of the curvature, as a search knows it

    def __call__(self, vector: FloatArray) -> tuple[float, FloatArray]:
        """Return the loss, minus the marginal log-posterior, and its slope; moves to `vector`."""
        shared = self.guess.unpack(vector)
        self._move(shared)
        model, n = self.model, self.model.edges.n_items
        here = model.evaluate(self.point)
        curvature = model.curve(self.point, here.curvature)
        covariance = Covariance(curvature, self._component, laid=self._laid)
        self._laid = covariance.blocks
        of_prior, slope = shared.log_prior()
        value = here.value + of_prior - 0.5 * covariance.log_determinant()
        if model.precision:
            value += 0.5 * n * math.log(model.precision)
        trace = Trace(model, self.point, covariance, here.observed)
        slope += self._differentiate(shared, here.slope[n:], trace)
        return -value, -slope

    def _list_habits(self, careless: FloatArray | None) -> FloatArray:
        """Return the log-odds of the habits there are, judge by judge."""
        return np.zeros(0) if careless is None else careless[np.isfinite(careless)]

    def _move(self, shared: Shared) -> None:
        """Go to the strengths that are best given what is shared."""
        model, n = self.model, self.model.edges.n_items
        if len(shared.spread):
            model = replace(model, precision=math.exp(-2 * shared.spread[0]))
        if len(shared.sharpness):
            model = replace(model, sharpness=np.exp(shared.sharpness - shared.sharpness.mean()))
        if model.careless is not None:
            careless = np.full_like(model.careless, -np.inf)
            careless[np.isfinite(model.careless)] = shared.careless
            model = replace(model, careless=careless)
        start = self.point.copy()
        start[n:][model.free > 0] = shared.terms
        limits = self.options.tolerance, self.options.max_iterations
        self.point = maximize(replace(model, held=True), start, *limits)[0]
        self.model = model

    def _differentiate(self, shared: Shared, of_terms: FloatArray, trace: Trace) -> FloatArray:
        """Return the slope of value and curvature along each shared number."""
        model, edges = self.model, self.model.edges
        slopes = [trace.of_spread()] if len(shared.spread) else []
        for kind, terms in enumerate((model.moving(), model.tying())):
            slopes += [of_terms[place] + trace.along(kind, column) for place, column in terms]
        columns = edges.columns()
        found = np.array(slopes)
        if len(shared.sharpness):
            sharp = np.array([trace.of_sharpness(column) for column in columns[: edges.n_judges]])
            found = np.append(found, sharp - sharp.mean())
        if len(shared.careless):
            found = np.append(found, self._differentiate_habits(trace, columns))
        return found

    def _differentiate_habits(self, trace: Trace, columns: list[FloatArray]) -> FloatArray:
        """Return the slope along each habit."""
        model, edges = self.model, self.model.edges
        odds = model.read(self.point, edges)
        if not isinstance(odds, CarelessOdds) or model.careless is None:
            return np.zeros(0)
        pushes = odds.push_habits(edges)
        slopes = []
        for judge, side in np.argwhere(np.isfinite(model.careless)).tolist():
            column = columns[judge]
            own = float((pushes[side] * column).sum())
            slopes.append(own + trace.along(2 + side, column))
        return np.array(slopes)


def integrate(
    model: Model, point: FloatArray, component: IntArray, options: BradleyTerryOptions
) -> tuple[Model, FloatArray]:
    """Return the model and the point whose shared part has the highest marginal posterior.

    Items that were never compared tell nothing about it and are left out. Above `MANY` edges the
    kind of model is found on a part of the components, and the search over all of them begins where
    that one ended.
    """
    n, edges = len(component), model.edges
    met = np.bincount(np.concatenate([edges.first, edges.second]), minlength=n) > 0
    compared = _Items(model, point, component).only(met)
    found = _seek(compared, options)
    whole = point.copy()
    whole[:n][met], whole[n:] = np.split(found.point, [int(met.sum())])
    return replace(found.model, edges=edges), whole


@dataclass(frozen=True, eq=False)
class _Items:
    """A model with the strengths and terms it starts from, and the component of each item."""

    model: Model
    point: FloatArray
    component: IntArray

    def only(self, chosen: BoolArray) -> _Items:
        """Return some items, whole components of them, chosen of shape (n_items,)."""
        n = len(self.component)
        return _Items(
            replace(self.model, edges=self.model.edges.within(chosen)),
            np.append(self.point[:n][chosen], self.point[n:]),
            np.unique(self.component[chosen], return_inverse=True)[1],
        )


def _seek(items: _Items, options: BradleyTerryOptions) -> Marginal:
    """Return the search that ended best, begun on a part of the components if there are many."""
    chosen = _draw_part(items.model, items.component)
    if chosen is None:
        return _choose(items.model, items.point, items.component, options)
    few = items.only(chosen)
    found = _choose(few.model, few.point, few.component, options)
    n, edges = len(items.component), items.model.edges
    start = np.append(items.point[:n], found.point[len(few.component) :])
    whole = Marginal(replace(found.model, edges=edges), start, items.component, found.options)
    whole.inverse = found.inverse * (len(few.model.edges.first) / len(edges.first))
    _search(whole)
    return whole


def _draw_part(model: Model, component: IntArray) -> BoolArray | None:
    """Return the items of some components, evenly drawn, shape (n_items,); None to take all.

    All are taken where they are few, where a part would hold little of one judge, and where one
    component holds most.
    """
    edges = model.edges
    if len(edges.first) <= MANY:
        return None
    every = math.ceil(2 * len(edges.first) / MANY)
    chosen: BoolArray = np.isin(component, np.unique(component[edges.first])[::every])
    kept = chosen[edges.first]
    judges = np.zeros(len(kept), dtype=np.int64) if edges.judge is None else edges.judge
    by_judge = np.bincount(judges[kept], minlength=edges.n_judges)
    return chosen if by_judge.min() >= MANY // 10 and kept.sum() <= MANY else None


def _choose(
    model: Model, point: FloatArray, component: IntArray, options: BradleyTerryOptions
) -> Marginal:
    """Return the search that ended best, over what kinds of judge there may be.

    A careless judge must be proven: the habits stay out unless they make the verdicts far more
    probable. Without that, position, ties and spread of a judge who reads would be paid for them.
    Each judge has one, for the side that it favours: naming either side unread as often as the
    other is noise, which few verdicts cannot tell from strengths that lie close together.

    Ties by a threshold must be proven, too: under either model, strengths of a judge of the other
    kind come out too wide or too narrow. Carelessness is weighed anew under them, since the wrong
    kind of ties hides it.
    """
    reading = Marginal(replace(model, careless=None), point, component, options)
    loss = _search(reading)
    if options.prior == "auto" and reading.model.precision < LARGEST_SPREAD**-2:
        held = replace(reading.model, precision=LARGEST_SPREAD**-2)
        options = replace(options, prior=LARGEST_SPREAD)
        reading = Marginal(held, reading.point, component, options)
        loss = _search(reading)
    found, loss = _doubt(reading, loss, model.careless, component, options)
    if model.ties and model.edges.n_ties.any():
        cut = Marginal(replace(found.model, threshold=True), found.point, component, options)
        loss_cut = _search(cut)
        if cut.model.careless is None:
            cut, loss_cut = _doubt(cut, loss_cut, model.careless, component, options)
        found = cut if loss - loss_cut > _STRONG else found
    return found


def _doubt(
    reading: Marginal,
    loss: float,
    careless: FloatArray | None,
    component: IntArray,
    options: BradleyTerryOptions,
) -> tuple[Marginal, float]:
    """Return the fit with habits if they are proven, else the one without."""
    if careless is None or not reading.model.position:
        return reading, loss
    doubted = replace(reading.model, careless=_favoured(reading, careless))
    found = Marginal(doubted, reading.point, component, options)
    doubted_loss = _search(found)
    return (found, doubted_loss) if loss - doubted_loss > _STRONG else (reading, loss)


def _favoured(reading: Marginal, careless: FloatArray) -> FloatArray:
    """Return the first guess of each judge's habit, on the side that it favours."""
    first = reading.model.split(reading.point)[0] >= 0
    sides = np.stack([first, ~first], axis=1)
    return np.where(sides, careless.max(axis=1, keepdims=True), -np.inf)


def _search(marginal: Marginal) -> float:
    """Move to the lowest loss and return it: BFGS in steps of at most one deviation or so.

    Longer steps would try spreads and habits at which the strengths are hard to find.
    """
    place = marginal.guess.pack()
    loss, slope = marginal(place)
    inverse = marginal.inverse
    if not inverse.size:
        inverse = np.eye(len(place)) / max(1.0, float(np.abs(slope).max(initial=0.0)))
    for _ in range(_PATIENCE):
        step = -inverse @ slope
        step /= max(1.0, float(np.abs(step).max(initial=0.0)))
        if not slope @ step < -_ENOUGH * _ENOUGH:
            break
        there, turned = marginal(place + step)
        while there > loss + 1e-4 * float(slope @ step) and np.abs(step).max() > _ENOUGH:
            step = 0.3 * step
            there, turned = marginal(place + step)
        if there > loss:
            break
        inverse = _update(inverse, step, turned - slope)
        place, loss, slope = place + step, there, turned
    marginal.inverse = inverse
    return marginal(place)[0]


def _update(inverse: FloatArray, step: FloatArray, change: FloatArray) -> FloatArray:
    """Return the inverse curvature that explains the change of the slope (BFGS)."""
    along = float(step @ change)
    if along <= 1e-12:
        return inverse
    turn = np.eye(len(step)) - np.outer(step, change) / along
    updated: FloatArray = turn @ inverse @ turn.T + np.outer(step, step) / along
    return updated


def find_moments(
    model: Model, point: FloatArray, component: IntArray
) -> tuple[FloatArray, Curvature]:
    """Return the strengths' posterior means and curvature, from their joint maximum `point`.

    One-sided verdicts have a skew likelihood, whose maximum lies nearer to 0 than its mean: an item
    that won every time may be very strong. To second order the mean lies half the curvature's
    change, times the variance, further (Tierney and Kadane, 1986). The curvature is the one
    expected over the posterior, not that at its top, where verdicts tell more than they do beside
    it (as in the Gaussian variational approximation; Opper and Archambeau, 2009).
    """
    edges, here = model.edges, model.evaluate(point)
    per_logit = model.bend(point, 0)[1]
    variance = Covariance(here.curvature, component).of_edges()
    push = edges.spread(model.scale(-0.5 * per_logit * variance))
    further = Covariance(here.observed, component).settle(push)
    spread = np.sqrt(np.maximum(variance, 0.0))
    curvature = model.average(
        point, model.scale(edges.differ(further)), np.abs(model.scale(spread))
    )
    return point[: edges.n_items] + further, curvature
