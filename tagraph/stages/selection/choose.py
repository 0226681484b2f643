"""Strengths and clusters to k chosen samples with reasons.

Every policy but `sure` is one total order of the pool, and the selection is its first k rows. So k
is always exact, a larger k extends a smaller one, and a prefix of a selection is a selection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tagraph.data import Bags, FloatArray, IntArray, Selection
from tagraph.graphs import TagGraph
from tagraph.stages.selection.constraints import FREE, Constraints, order_within
from tagraph.stages.selection.evidence import Draft, Evidence
from tagraph.stages.selection.membership import chance_of_place
from tagraph.stages.selection.options import SelectionOptions, needs_strengths
from tagraph.stages.selection.orders import Order
from tagraph.stages.selection.reasons import explain_selection

_OVER_ALL = ("global", "best-of-each", "distance")


def select_samples(  # noqa: PLR0913 (public signature: all but three are optional)
    strength: FloatArray,
    cluster: IntArray,
    k: int,
    options: SelectionOptions = SelectionOptions(),
    *,
    standard_error: FloatArray | None = None,
    length: FloatArray | IntArray | None = None,
    keys: Sequence[str] | None = None,
    bags: Bags | None = None,
    graph: TagGraph | None = None,
    vectors: FloatArray | None = None,
    shares: FloatArray | None = None,
    linked: bool = False,
) -> Selection:
    """Choose k rows by the policy, in the order of the policy.

    Quota policies go round the clusters by rank: `equal` takes the best of every cluster, then the
    second of every cluster, larger clusters first inside a round; a used-up cluster leaves its
    turns to the others. The other quotas are Sainte-Lague's method: the row of rank j in a cluster
    of claim c stands at (j - 1/2) / c, the claim being its size, the root of its size or its share.
    `global` goes by falling strength over all clusters. Equal strengths (to 1e-9) go by key; rows
    without strength come after all with one. The other policies: `docs/selection.md`. Limits that
    name samples or texts (include, exclude, minimum, tokens, max_likeness) are for `tagraph.select`
    alone, which knows them.

    Args:
        strength: Shape (n,); NaN where there is none. The baselines do not read it.
        cluster: Shape (n,), from 0; -1 for rows without a cluster, which count as one cluster.
        k: How many rows.
        options: Policy and seed.
        standard_error: Of the strengths, shape (n,), for the reasons and for `sure`.
        length: Of the responses, shape (n,); for `longest` and `length_control`.
        keys: Distinct names of the rows, which break ties; their positions if not given.
        bags: Tags of every row, for `information` and `complexity`.
        graph: Graph over the vocabulary of the bags, for `information`.
        vectors: Unit rows, shape (n, d), for `distance`.
        shares: Share of each cluster, for `target`.
        linked: Whether strengths of different clusters share one scale, as anchors give.

    Returns:
        The selection; `rank` is by the measure of the policy (strength, length, random draw).

    Raises:
        OptionsError: k is below 1 or above the number of rows; the policy lacks what it needs.
        InputError: Arrays of different lengths, repeated keys, or a cluster below -1.
    """
    evidence = Evidence.of(
        strength,
        cluster,
        standard_error,
        length,
        keys=keys,
        bags=bags,
        graph=graph,
        vectors=vectors,
        shares=shares,
        linked=linked,
    )
    selection = choose(evidence, k, options)
    return replace(selection, reasons=explain_selection(selection, options, evidence))


def choose(
    evidence: Evidence, k: int, options: SelectionOptions, constraints: Constraints = FREE
) -> Selection:
    """Return the rows that policy and constraints take, without reasons.

    Raises:
        OptionsError: k cannot be met, or the policy lacks what it needs.
        InputError: The evidence does not fit together.
    """
    order = take(evidence, k, options, constraints)
    return describe(evidence, order, options, constraints)


def take(
    evidence: Evidence, k: int, options: SelectionOptions, constraints: Constraints = FREE
) -> Order:
    """Return the rows that `choose` takes and the rule of each, without all else to say of them.

    Raises:
        OptionsError: k cannot be met, or the policy lacks what it needs.
        InputError: The evidence does not fit together.
    """
    evidence.check(k, options)
    return order_within(Draft.of(evidence, options), k, constraints)


def describe(
    evidence: Evidence, order: Order, options: SelectionOptions, constraints: Constraints = FREE
) -> Selection:
    """Return rows that were taken with their ranks, rivals and chances, without reasons."""
    draft, index = Draft.of(evidence, options), order.rows
    ranked = needs_strengths(options.policy)
    strength = evidence.strength[index] if ranked else np.full(len(index), np.nan)
    return Selection(
        index=index,
        cluster=evidence.cluster[index],
        strength=strength,
        rank=draft.rank[index],
        rival=_find_rivals(draft, index, constraints.exclude),
        rule=tuple(order.rule.tolist()),
        reasons=(),
        policy=options.policy,
        chance=_find_chances(draft, index, constraints) if ranked else None,
        figure=order.figure,
    )


def _find_rivals(draft: Draft, index: IntArray, exclude: IntArray) -> IntArray:
    """Return the best row left out of each chosen row's cluster, -1 if none, shape (k,)."""
    free = draft.free.copy()
    free[index] = False
    free[exclude] = False
    left = draft.best[free[draft.best]]
    clusters, first = np.unique(draft.place[left], return_index=True)
    rival = np.full(len(draft.sizes), -1, dtype=np.int64)
    rival[clusters] = left[first]
    return rival[draft.place[index]]


def _find_chances(draft: Draft, index: IntArray, constraints: Constraints) -> FloatArray:
    """Return the chance of each chosen row to be among the best it competed with, shape (k,).

    It competes inside its cluster for the places that were taken there; under a policy that goes
    by strength over all clusters, in the whole pool.
    """
    measure = draft.measure.copy()
    measure[constraints.exclude] = np.nan
    alone = draft.options.policy in _OVER_ALL
    group = np.zeros_like(draft.place) if alone else draft.place
    places = np.bincount(group[index], minlength=int(group.max()) + 1)
    return chance_of_place(measure, draft.evidence.standard_error, group, places)[index]
