"""The likelihood and its derivatives beside the formulas, written down once more."""

import math
from itertools import product

import numpy as np
import pytest

from tagraph.data import FloatArray, IntArray
from tagraph.stages.bradley_terry import collect_edges, edges, solver
from tagraph.stages.bradley_terry.careless import CarelessOdds
from tagraph.stages.bradley_terry.model import Curvature, Model

N, PRECISION = 5, 1 / 1.5**2
NEVER = -math.inf
Kind = tuple[bool, str, list[list[float]] | None, list[float] | None]
KINDS: list[Kind] = list(
    product(
        [True, False],
        ["davidson", "threshold", ""],
        [None, [[-1.0, -2.0], [-3.0, NEVER]]],
        [None, [1.5, 0.6]],
    )
)


def make_model(
    position: bool,
    ties: str,
    careless: list[list[float]] | None,
    sharpness: list[float] | None,
    *,
    held: bool = False,
) -> Model:
    """Return a model of two judges and two covariates, some comparisons repeated."""
    rng = np.random.default_rng(5)
    first = rng.integers(0, N, 40)
    second = (first + rng.integers(1, N, 40)) % N
    rows = (first, second, rng.choice([0.0, 0.5, 1.0], 40), rng.integers(0, 2, 40))
    covariates = rng.choice([-1.0, 0.5], (40, 2))
    twice = np.append(np.arange(40), np.arange(9))
    left, right, said, judge = (part[twice] for part in rows)
    shown = covariates[twice]
    made = collect_edges(left, right, said, N, ordered=True, judge=judge, covariates=shown)
    return Model(
        made,
        PRECISION,
        position,
        bool(ties),
        ties == "threshold",
        None if sharpness is None else np.array(sharpness),
        None if careless is None else np.array(careless),
        held,
    )


def make_point(model: Model) -> FloatArray:
    """Return strengths and terms, 0 for those that are not fitted."""
    point = np.random.default_rng(6).normal(size=N + 6)
    point[N:] *= model.free
    return point


def read(model: Model, point: FloatArray, shift: FloatArray) -> FloatArray:
    """Return the chances of a judge who reads, shape (2 or 3, n_edges)."""
    told = model.edges
    who = np.zeros(len(told.first), dtype=int) if told.judge is None else told.judge
    sharp = np.ones(2) if model.sharpness is None else model.sharpness
    logit = sharp[who] * (point[told.first] - point[told.second]) + shift[0]
    logit = logit + model.position * point[N + who] + told.covariates @ point[N + 2 : N + 4]
    tie = point[N + 4 + who] + shift[1]
    if model.threshold:
        eta = np.log(1 + 2 * np.exp(tie)) / 2
        first, second = 1 / (1 + np.exp(eta - logit)), 1 / (1 + np.exp(eta + logit))
        return np.array([first, second, 1 - first - second])
    raw = np.exp([logit / 2, -logit / 2, tie][: 2 + model.ties])
    chance: FloatArray = raw / raw.sum(axis=0)
    return chance


def say(model: Model, point: FloatArray, shift: FloatArray) -> FloatArray:
    """Return the logarithms of the chances of first, second and, if fitted, tie, per edge.

    Args:
        model: Whose edges, sharpness and habits.
        point: Strengths, two positions, two slopes, two ties.
        shift: Added to logits, ties, and log-odds of both habits, shape (4, n_edges).
    """
    chance, habits = read(model, point, shift), unread(model, shift)
    chance[:2] += habits
    said: FloatArray = np.log(chance / (1 + habits.sum(axis=0)))
    return said


def unread(model: Model, shift: FloatArray) -> FloatArray:
    """Return the odds of naming the first, and the second, unread, against reading."""
    who = model.edges.judge
    if model.careless is None or who is None:
        return np.zeros((2, 1))
    odds: FloatArray = np.exp(model.careless[who].T + shift[2:])
    return odds


def count(model: Model) -> FloatArray:
    """Return how often first, second and, if fitted, tie were said of each edge."""
    told = model.edges
    ties = told.n_ties * model.ties
    won = told.wins - ties / 2
    return np.array([won, told.n_verdicts - won - ties, ties][: 2 + model.ties])


def log_posterior(model: Model, point: FloatArray) -> float:
    """Return the logarithm of the posterior up to a constant."""
    said, counted = say(model, point, np.zeros((4, 1))), count(model)
    away = (point[N:] - np.repeat([0.0, 0.0, -1.0], 2)) / np.repeat([1.0, 0.5, 1.0], 2)
    prior = PRECISION * (point[:N] ** 2).sum() + (model.free * away**2).sum()
    return float((counted * said).sum() - prior / 2)


def differentiate(model: Model, point: FloatArray) -> FloatArray:
    """Return the second derivatives of the posterior, by differences."""
    steps = 1e-4 * np.eye(len(point))

    def at(*away: FloatArray) -> float:
        return log_posterior(model, point + sum(away))

    table = [[at(i, j) - at(i, -j) - at(-i, j) + at(-i, -j) for j in steps] for i in steps]
    return np.array(table) / 4e-8


def inform(model: Model, point: FloatArray, shift: FloatArray) -> FloatArray:
    """Return what the verdicts are expected to tell, with what the priors do: Fisher."""
    steps = 1e-5 * np.eye(len(point))
    none = np.zeros((4, len(model.edges.first)))
    none[0] = shift
    gaps = [say(model, point + h, none) - say(model, point - h, none) for h in steps]
    slopes = np.array(gaps) / 2e-5
    weight = np.exp(say(model, point, none)) * model.edges.n_verdicts
    prior = np.append(np.full(N, PRECISION), np.repeat([1.0, 4.0, 1.0], 2))
    told: FloatArray = np.einsum("ike,jke,ke->ij", slopes, slopes, weight) + np.diag(prior)
    return told


def lay_out(curvature: Curvature) -> FloatArray:
    """Return a curvature as one matrix."""
    between = curvature.edges.matrix(curvature.weight).toarray()
    items = np.diag(curvature.diagonal()) - between - between.T
    border = curvature.border
    return np.block([[items, border], [border.T, curvature.corner]])


def free(model: Model) -> tuple[IntArray, IntArray]:
    """Return where strengths and fitted terms meet."""
    places = np.flatnonzero(np.append(np.ones(N), model.free))
    return places[:, None], places


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_value_slope_and_curvature_are_those_of_the_formula(kind: Kind) -> None:
    model = make_model(*kind)
    point = make_point(model)

    there = model.evaluate(point)

    steps = 1e-5 * np.append(np.ones(N), model.free)[:, None] * np.eye(N + 6)
    slope = [log_posterior(model, point + h) - log_posterior(model, point - h) for h in steps]
    where = free(model)
    assert there.value == pytest.approx(log_posterior(model, point))
    np.testing.assert_allclose(there.slope, np.array(slope) / 2e-5, atol=1e-6)
    observed = lay_out(there.observed)
    np.testing.assert_allclose(observed[where], -differentiate(model, point)[where], atol=1e-5)
    expected = inform(model, point, np.zeros(1))
    np.testing.assert_allclose(lay_out(there.curvature)[where], expected[where], atol=1e-6)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_expected_curvature_is_a_mean_over_what_the_logits_may_be(kind: Kind) -> None:
    model = make_model(*kind)
    point = make_point(model)
    moved, spread = np.random.default_rng(7).normal(size=(2, len(model.edges.first)))

    found = lay_out(model.average(point, moved, spread))

    places, shares = np.polynomial.hermite_e.hermegauss(3)
    shares = shares / shares.sum()
    parts = [inform(model, point, moved + place * spread) for place in places]
    expected = np.einsum("n,nij->ij", shares, parts)
    where = free(model)
    np.testing.assert_allclose(found[where], expected[where], atol=1e-6)


STEP = 1e-3


def move(*kinds: float) -> FloatArray:
    """Return small shifts of every edge's logit, tie and log-odds of both habits."""
    return STEP * np.array([kinds]).T


def tell(model: Model, point: FloatArray, shift: FloatArray) -> FloatArray:
    """Return the value of each edge's verdicts."""
    told: FloatArray = (count(model) * say(model, point, shift)).sum(axis=0)
    return told


def push(model: Model, point: FloatArray, shift: FloatArray) -> FloatArray:
    """Return how each edge's value changes with its logit."""
    lead = move(1, 0, 0, 0)
    gap = tell(model, point, shift + lead) - tell(model, point, shift - lead)
    return gap / (2 * STEP)


def weigh(model: Model, point: FloatArray, shift: FloatArray) -> FloatArray:
    """Return what each edge's verdicts are expected to tell about its logit."""
    lead = move(1, 0, 0, 0)
    gap = say(model, point, shift + lead) - say(model, point, shift - lead)
    slopes = gap / (2 * STEP)
    told: FloatArray = (np.exp(say(model, point, shift)) * slopes**2).sum(axis=0)
    return model.edges.n_verdicts * told * (unlike(model, point, shift) if model.threshold else 1)


def unlike(model: Model, point: FloatArray, shift: FloatArray) -> FloatArray:
    """Return what the verdicts that were read tell of a logit, against what is expected of them."""
    lead, chance = move(1, 0, 0, 0), read(model, point, shift)
    up, here, down = (np.log(read(model, point, shift + k * lead)) for k in (1, 0, -1))
    total, twice, slopes = np.exp(say(model, point, shift)), up + down - 2 * here, up - down
    seen = count(model) * chance / (1 + unread(model, shift).sum(axis=0)) / total
    told: FloatArray = -(seen * twice).sum(axis=0) / STEP**2
    known: FloatArray = (chance * (slopes / (2 * STEP)) ** 2).sum(axis=0)
    told /= seen.sum(axis=0) * known
    return told


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_pushes_and_weights_bend_as_the_formula_says(kind: Kind) -> None:
    model = make_model(*kind)
    point, who = make_point(model), model.edges.judge
    assert who is not None
    sharp = np.ones(len(who)) if model.sharpness is None else model.sharpness[who]

    for kind_of_move, of in enumerate(np.eye(4)):
        found, to = model.bend(point, kind_of_move), move(*of)
        for told, ask, power in zip(found, (push, weigh), (1, 2), strict=True):
            change = (ask(model, point, to) - ask(model, point, -to)) / (2 * STEP)
            off = 3e-4 if model.threshold else 1e-4  # of differences inside differences
            np.testing.assert_allclose(told, sharp**power * change, atol=off)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_values_change_with_logit_tie_and_habits_as_they_say(kind: Kind) -> None:
    model = make_model(*kind)
    point, told = make_point(model), model.edges

    odds = model.read(point, told)

    shifts = [move(*of) for of in np.eye(4)]
    slopes = [(tell(model, point, to) - tell(model, point, -to)) / (2 * STEP) for to in shifts]
    np.testing.assert_allclose(odds.push(told), slopes[0], atol=1e-4)
    if model.ties:
        np.testing.assert_allclose(odds.push_tie(told), slopes[1], atol=1e-4)
    if isinstance(odds, CarelessOdds):
        np.testing.assert_allclose(odds.push_habits(told), slopes[2:], atol=1e-4)


def test_with_the_terms_held_only_strengths_move() -> None:
    kind: Kind = (True, "davidson", KINDS[2][2], [1.5, 0.6])
    loose, held = make_model(*kind), make_model(*kind, held=True)
    point = make_point(loose)
    whole, part = loose.evaluate(point), held.evaluate(point)

    assert part.value == whole.value
    assert not part.slope[N:].any()
    np.testing.assert_array_equal(part.slope[:N], whole.slope[:N])
    for one, other in ((part.curvature, whole.curvature), (part.observed, whole.observed)):
        assert not one.border.any()
        np.testing.assert_array_equal(one.corner, np.eye(6))
        np.testing.assert_array_equal(one.weight, other.weight)


@pytest.mark.parametrize("run", [7, 20, 1000])
def test_edges_in_many_runs_say_what_they_say_in_one(
    run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(True, "davidson", KINDS[2][2], [1.5, 0.6])
    point = make_point(model)
    whole = model.evaluate(point)
    monkeypatch.setattr(edges, "_RUN", run)
    n_edges = len(model.edges.first)

    runs = model.evaluate(point)

    assert len(list(model.edges.parts())) == math.ceil(n_edges / run)
    assert runs.value == pytest.approx(whole.value, rel=1e-12)
    np.testing.assert_allclose(runs.slope, whole.slope, atol=1e-12)
    np.testing.assert_allclose(lay_out(runs.observed), lay_out(whole.observed), atol=1e-12)


def test_a_start_is_where_nothing_was_said() -> None:
    full = make_model(True, "davidson", None, None)
    bare = make_model(False, "", None, None)

    assert full.start().tolist() == [0.0] * N + [0.0] * 4 + [-1.0] * 2
    assert bare.start().tolist() == [0.0] * (N + 6)
    assert full.free.tolist() == [1.0] * 6
    assert bare.free.tolist() == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]


def test_chances_stay_exact_where_one_is_nearly_certain() -> None:
    made = collect_edges([0, 0], [1, 1], [1, 0.5], 2, ordered=True)
    model = Model(made, 1.0, True, True)
    point = np.array([800.0, 0.0, 0.0, -1.0])

    there = model.evaluate(point)

    # The win costs nothing, the tie half the lead and its own term.
    prior = -0.5 * 800.0**2
    assert there.value - prior == pytest.approx(-400 - 1, abs=1e-6)
    assert there.slope[2] == pytest.approx(-0.5)
    assert there.curvature.weight.tolist() == [pytest.approx(0.0, abs=1e-100)]


@pytest.mark.parametrize("longest", [4.0, 1e6])
def test_newton_climbs_in_steps_of_bounded_length(
    longest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solver, "_LONGEST_STEP", longest)
    model = make_model(True, "davidson", None, [1.5, 0.6])
    seen = [20 * make_point(model)]

    top, _ = solver.maximize(model, seen[0], 1e-7, 100, seen.append)

    lengths = np.abs(np.diff(seen, axis=0)).max(axis=1)
    values = [model.evaluate(point).value for point in seen]
    assert 1 < lengths.max() <= longest + 1e-12
    assert (np.diff(values) >= -1e-9).all()
    assert np.abs(model.evaluate(top).slope).max() < 1e-5


def test_both_ways_is_the_matrix_above_its_transpose_to_the_last_bit() -> None:
    edges = make_model(True, "davidson", None, None).edges
    rng = np.random.default_rng(8)
    values, vector = rng.normal(size=len(edges.first)), rng.normal(size=N)
    matrix, found = edges.matrix(values), edges.both_ways(values) @ vector

    assert np.array_equal(found, np.concatenate([matrix @ vector, matrix.T @ vector]))
    assert np.array_equal(edges.both_ways(-values) @ vector, -found)
