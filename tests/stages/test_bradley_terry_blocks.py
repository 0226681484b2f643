"""What is worked out by parts, beside the same by one dense array."""

import numpy as np
import pytest

from tagraph.data import FloatArray, IntArray
from tagraph.stages.bradley_terry import BradleyTerryOptions, fit_bradley_terry, marginal
from tagraph.stages.bradley_terry.blocks import lay_block
from tagraph.stages.bradley_terry.comparisons import collect_edges
from tagraph.stages.bradley_terry.marginal import _choose, _draw_part, integrate
from tagraph.stages.bradley_terry.model import Model

Rows = tuple[IntArray, IntArray, FloatArray]


def play(n_groups: int, size: int, n_rows: int, seed: int = 0) -> Rows:
    """Return comparisons inside groups by a judge who favours the first by .4 and ties at times."""
    rng = np.random.default_rng(seed)
    group, gap = rng.integers(n_groups, size=n_rows), rng.integers(1, size, n_rows)
    place = rng.integers(size, size=n_rows)
    first, second = group * size + place, group * size + (place + gap) % size
    strength = rng.normal(0, 1.2, n_groups * size)
    logit = strength[first] - strength[second] + 0.4
    won = (rng.random(n_rows) < 1 / (1 + np.exp(-logit))).astype(np.float64)
    won[rng.random(n_rows) < 0.1] = 0.5
    return first, second, won


def test_what_is_shared_by_many_is_found_on_a_part_and_then_on_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(marginal, "MANY", 30_000)
    n, rows = 9_000, play(1_500, 6, 55_000)
    edges, component = collect_edges(*rows, n, ordered=True), np.repeat(np.arange(1_500), 6)
    model = Model(edges, 1.5**-2, position=True, ties=True)
    options, start = BradleyTerryOptions(), np.zeros(n + edges.n_terms)
    chosen = _draw_part(model, component)

    found, point = integrate(model, start, component, options)
    whole = _choose(model, start, component, options)

    assert len(edges.first) > marginal.MANY
    assert chosen is not None
    assert 0 < chosen.sum() < n / 2
    assert set(component[chosen]).isdisjoint(component[~chosen])
    assert abs(found.precision / whole.model.precision - 1) < 1e-4
    np.testing.assert_allclose(point, whole.point, atol=1e-4)


def test_all_is_taken_where_one_component_holds_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marginal, "MANY", 30_000)
    n, rows = 1_000, play(1, 1_000, 60_000)
    edges = collect_edges(*rows, n, ordered=True)
    model = Model(edges, 1.5**-2, position=True, ties=True)

    assert len(edges.first) > marginal.MANY
    assert _draw_part(model, np.zeros(n, dtype=np.int64)) is None


def test_a_group_of_small_components_has_the_covariance_of_one_dense_block() -> None:
    scores = fit_bradley_terry(*play(20, 3, 60), n_items=65)
    items = np.append(np.arange(65), [-1, -1]).reshape(1, -1)
    noise = np.random.default_rng(0).standard_normal((1, 67, 8))
    held = scores.covariance
    dense = lay_block(held.curvature.edges, items)

    assert held._divide(items) is not None
    np.testing.assert_allclose(held.within(items), held._within(dense), atol=1e-12)
    np.testing.assert_allclose(
        held._colour(items, noise), held._colour_block(dense, noise), atol=1e-12
    )


def test_a_group_that_one_component_fills_is_one_block() -> None:
    scores = fit_bradley_terry(*play(1, 12, 80), n_items=12)

    assert scores.covariance._divide(np.arange(12).reshape(1, -1)) is None
