"""The policies: each one puts the rows that may be taken in an order, and says by which rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tagraph.data import FloatArray, IntArray
from tagraph.stages.selection.complexity import order_by_complexity
from tagraph.stages.selection.distance import order_by_distance
from tagraph.stages.selection.evidence import Draft, rank_within
from tagraph.stages.selection.information import order_by_information, order_in_turns, rate_quality
from tagraph.stages.selection.membership import chance_of_place
from tagraph.stages.selection.quotas import cluster_quotas, precedence, take_turns, weigh_clusters

_SURE = 0.9
_WORD = "<U12"  # room for every rule


@dataclass(frozen=True, eq=False)
class Order:
    """Rows in the order in which a policy takes them.

    Attributes:
        rows: Shape (m,).
        rule: Which rule takes each, one word, shape (m,).
        figure: What the rule went by, if that is more than the measure, shape (m,); else NaN.
    """

    rows: IntArray
    rule: NDArray[np.str_]
    figure: FloatArray

    @classmethod
    def of(cls, rows: IntArray, rule: str, figure: FloatArray | None = None) -> Order:
        """Return an order of one rule."""
        told = np.full(len(rows), np.nan) if figure is None else figure
        return cls(rows.astype(np.int64), np.full(len(rows), rule, dtype=_WORD), told)

    def first(self, limit: int) -> Order:
        """Return the first rows."""
        stop = max(0, limit)
        return Order(self.rows[:stop], self.rule[:stop], self.figure[:stop])

    def then(self, other: Order) -> Order:
        """Return this order, followed by the other."""
        mine, theirs = (self.rows, self.rule, self.figure), (other.rows, other.rule, other.figure)
        rows, rule, figure = (np.concatenate(both) for both in zip(mine, theirs, strict=True))
        return Order(rows, rule, figure)


Policy: TypeAlias = Callable[[Draft, int], Order]


def order_rows(draft: Draft, limit: int) -> Order:
    """Return the first `limit` rows that the policy takes of those that are open."""
    if limit <= 0:
        return Order.of(np.empty(0, dtype=np.int64), "")
    return _POLICIES[draft.options.policy](draft, limit).first(limit)


def _by_measure(rule: str) -> Policy:
    """Return the policy that goes by falling measure over the whole pool."""

    def order(draft: Draft, limit: int) -> Order:
        return Order.of(draft.best[draft.open[draft.best]], rule)

    return order


def _by_quota(draft: Draft, limit: int) -> Order:
    """Go round the clusters; rows that are in already have had their turn."""
    held, rank = _ranks_in_play(draft)
    place = draft.place[held]
    sizes = np.bincount(place, minlength=len(draft.sizes))
    policy, shares = draft.options.policy, _shares(draft)
    turns = take_turns(place, rank, sizes, weigh_clusters(sizes, policy, shares))
    rows = held[turns]
    rows = rows[draft.open[rows]]
    found = Order.of(rows, "random" if policy == "stratified-random" else "quota")
    if policy == "equal":
        share, more = divmod(limit + len(draft.taken), max(1, int((sizes > 0).sum())))
        even = share + (precedence(sizes) < more)
        within = np.empty(len(draft), dtype=np.int64)
        within[held] = rank
        found.rule[within[rows] > even[draft.place[rows]]] = "refill"
    return found


def _ranks_in_play(draft: Draft) -> tuple[IntArray, IntArray]:
    """Return the rows that are open or in already, and their rank in their cluster, those first."""
    played = draft.open.copy()
    played[draft.taken] = True
    is_open = draft.open[draft.best]
    best = draft.best[np.argsort(is_open, kind="stable")]
    best = best[played[best]]
    _, place = np.unique(draft.place[best], return_inverse=True)
    return best, rank_within(place, np.arange(len(best)))


def _shares(draft: Draft) -> FloatArray | None:
    """Return the share of each cluster as numbered in the draft; leftovers have none."""
    if draft.evidence.shares is None:
        return None
    return np.append(draft.evidence.shares, 0.0)[_labels(draft)]


def _labels(draft: Draft) -> IntArray:
    """Return the cluster that each number of `place` stands for, -1 for the leftovers."""
    labels = np.empty(len(draft.sizes), dtype=np.int64)
    labels[draft.place] = draft.evidence.cluster
    return labels


def _best_of_each(draft: Draft, limit: int) -> Order:
    """Take the best of every cluster, then the strongest of the rest (CaR's idea)."""
    held, rank = _ranks_in_play(draft)
    first = np.zeros(len(draft), dtype=bool)
    first[held[rank == 1]] = True
    rows = draft.best[draft.open[draft.best]]
    return Order.of(rows[first[rows]], "best").then(Order.of(rows[~first[rows]], "strength"))


def _complexity(draft: Draft, limit: int) -> Order:
    rows = draft.best[draft.open[draft.best]]
    return Order.of(*_named("coverage", order_by_complexity(draft.bags, rows, limit)))


def _information(draft: Draft, limit: int) -> Order:
    quality, spread = _rate(draft), draft.evidence.information
    rows = (np.flatnonzero(draft.open), draft.taken, draft.turn)
    found = order_by_information(draft.bags, spread, quality, rows, limit)
    return Order.of(*_named("information", found))


def _rate(draft: Draft) -> FloatArray:
    """Return what each row gives to its tags: how good it is among those on its scale."""
    group = np.zeros_like(draft.place) if draft.evidence.linked else draft.place
    return rate_quality(draft.measure, group)


def _covering(draft: Draft, limit: int) -> Order:
    """Go round the clusters as `equal` does; inside a cluster go by information gain."""
    held, rank = _ranks_in_play(draft)
    place = draft.place[held]
    turns = held[take_turns(place, rank, np.bincount(place, minlength=len(draft.sizes)), None)]
    turns = draft.place[turns[draft.open[turns]]][:limit]
    quality, rows = _rate(draft), (np.flatnonzero(draft.open), draft.taken, draft.turn)
    groups = (draft.place, turns)
    found = order_in_turns(draft.bags, draft.evidence.information, quality, rows, groups)
    return Order.of(*_named("covering", found))


def _named(rule: str, found: tuple[IntArray, FloatArray]) -> tuple[IntArray, str, FloatArray]:
    return found[0], rule, found[1]


def _distance(draft: Draft, limit: int) -> Order:
    rows = draft.best[draft.open[draft.best]]
    found, cosine, passed = order_by_distance(
        draft.vectors, rows, draft.place, draft.taken, limit, draft.options.max_cosine
    )
    order = Order.of(found, "distance", cosine)
    order.rule[passed] = "refill"
    return order


def _sure(draft: Draft, limit: int) -> Order:
    """Take those whose place in an equal quota is surest: most members expected among the k."""
    played = draft.open.copy()
    played[draft.taken] = True
    sizes = np.bincount(draft.place[played], minlength=len(draft.sizes))
    quota = cluster_quotas(sizes, limit + len(draft.taken))
    strength = np.where(played, draft.measure, np.nan)
    chance = chance_of_place(strength, draft.evidence.standard_error, draft.place, quota)
    order = np.lexsort((draft.turn, -np.nan_to_num(chance, nan=-1.0)))
    rows = order[draft.open[order]]
    found = Order.of(rows, "boundary", chance[rows])
    found.rule[chance[rows] >= _SURE] = "sure"
    return found


_POLICIES: Mapping[str, Policy] = {
    "equal": _by_quota,
    "proportional": _by_quota,
    "square-root": _by_quota,
    "target": _by_quota,
    "stratified-random": _by_quota,
    "global": _by_measure("strength"),
    "random": _by_measure("random"),
    "longest": _by_measure("length"),
    "best-of-each": _best_of_each,
    "complexity": _complexity,
    "information": _information,
    "covering": _covering,
    "distance": _distance,
    "sure": _sure,
}
