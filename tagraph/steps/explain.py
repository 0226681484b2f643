"""One sample and what was known of it to why it was selected, or why it was not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from tagraph.data import FloatArray, IntArray, Selection
from tagraph.errors import InputError
from tagraph.stages.selection import chance_of_place, needs_strengths
from tagraph.steps.select import Pool

_Z = 1.96
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one sample is in a selection or is not.

    Attributes:
        sample_id: Its id.
        is_selected: Whether it is in.
        position: Place in the selection, from 1; 0 if it is not in.
        policy: Policy of the selection.
        rule: Rule that took it; for one left out `outranked`, `not drawn`, `excluded`,
            or near-duplicate `query` or `response`.
        reason: One sentence.
        cluster: Name of its cluster, empty for none.
        cluster_size: Samples of the cluster.
        quota: Selected samples of the cluster.
        rank: Place in the cluster by strength, from 1; 0 without strengths.
        tags: Its canonical tags.
        strength: None if it was never compared.
        low: Lower end of the 95 % interval of the strength.
        high: Upper end.
        chance: Chance to belong among the best of its cluster, as many as were selected.
        won: Ids of the samples it beat, strongest first.
        lost: Ids of the samples it lost to, weakest first.
        tied: Ids of the samples it tied with.
        rival: For a selected sample the best of its cluster left out; for another the last of its
            cluster that was taken, or the selected twin.
    """

    sample_id: str
    is_selected: bool
    position: int
    policy: str
    rule: str
    reason: str
    cluster: str
    cluster_size: int
    quota: int
    rank: int
    tags: tuple[str, ...]
    strength: float | None
    low: float | None
    high: float | None
    chance: float | None
    won: tuple[str, ...]
    lost: tuple[str, ...]
    tied: tuple[str, ...]
    rival: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)

    def tell(self) -> Iterator[str]:
        """Yield the explanation as lines."""
        where = f"selected, number {self.position:,}" if self.is_selected else "not selected"
        yield f"{self.sample_id}: {where} by policy '{self.policy}' ({self.rule})"
        yield f"  {self.reason}"
        rank = f", {self.rank:,} of them by strength" if self.rank else ""
        place = self.cluster or "the samples without a cluster"
        yield f"  cluster   {place}: {self.cluster_size:,} samples, {self.quota:,} selected{rank}"
        yield f"  tags      {', '.join(self.tags) or 'none'}"
        if self.strength is None:
            yield "  strength  never compared"
        else:
            chance = "" if self.chance is None else f"; belongs in with chance {self.chance:.2f}"
            interval = (
                "" if self.low is None else f", 95 % from {self.low:+.2f} to {self.high:+.2f}"
            )
            yield f"  strength  {self.strength:+.2f}{interval}{chance}"
        for name, ids in (("won", self.won), ("lost", self.lost), ("tied", self.tied)):
            if ids:
                more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
                yield f"  {name:<9} {len(ids)}: {', '.join(ids[:_SHOWN])}{more}"
        if self.rival:
            yield f"  rival     {self.rival}"


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Every comparison behind the strengths: items shown first and second, and outcomes."""

    first: IntArray
    second: IntArray
    outcome: FloatArray


def explain_sample(
    pool: Pool, selection: Selection, sample_id: str, comparisons: Comparisons | None = None
) -> Explanation:
    """Say why a sample is in a selection, or why it is not.

    Args:
        pool: What the selection was made from.
        selection: The selection.
        sample_id: Id of a sample of the pool.
        comparisons: The verdicts behind the strengths, if there are any.

    Raises:
        InputError: The pool holds no such sample.
    """
    if sample_id not in pool.ids:
        raise InputError(f"the pool holds no sample {sample_id!r}; ids are in v_samples")
    row = list(pool.ids).index(sample_id)
    facts = _describe(pool, selection, row)
    if comparisons is not None:
        won, lost, tied = _list_opponents(pool, comparisons, row)
        facts = replace(facts, won=won, lost=lost, tied=tied)
    places = np.flatnonzero(selection.index == row)
    if len(places):
        return _explain_chosen(pool, selection, int(places[0]), facts)
    return _explain_rejected(pool, selection, row, facts)


def _describe(pool: Pool, selection: Selection, row: int) -> Explanation:
    """Return what is known of a row, whether it is in or not."""
    membership = pool.clustering.membership
    cluster = int(membership[row])
    inside = np.flatnonzero(membership == cluster)
    strength, error = _known(pool.strength, row), _known(pool.standard_error, row)
    quota = int((selection.cluster == cluster).sum())
    half = None if strength is None or error is None else _Z * error
    return Explanation(
        sample_id=pool.ids[row],
        is_selected=False,
        position=0,
        policy=selection.policy,
        rule="",
        reason="",
        cluster=pool.clustering.names[cluster] if cluster >= 0 else "",
        cluster_size=len(inside),
        quota=quota,
        rank=_rank(pool, inside, row),
        tags=tuple([] if pool.bags is None else pool.bags[row]),
        strength=strength,
        low=None if strength is None or half is None else strength - half,
        high=None if strength is None or half is None else strength + half,
        chance=_chance(pool, inside, row, quota),
        won=(),
        lost=(),
        tied=(),
        rival="",
    )


def _known(values: FloatArray | None, row: int) -> float | None:
    if values is None or np.isnan(values[row]):
        return None
    return float(values[row])


def _rank(pool: Pool, inside: IntArray, row: int) -> int:
    """Return the place of a row among others by strength, equals by key, from 1; 0 if unknown."""
    if _known(pool.strength, row) is None or pool.strength is None:
        return 0
    mine = round(float(pool.strength[row]), 9), pool.ids[row]
    others = ((round(float(pool.strength[i]), 9), pool.ids[i]) for i in inside.tolist())
    return 1 + sum(int(s > mine[0] or (s == mine[0] and key < mine[1])) for s, key in others)


def _chance(pool: Pool, inside: IntArray, row: int, quota: int) -> float | None:
    """Return the chance of a row to belong among the `quota` best of its cluster."""
    if pool.strength is None or pool.standard_error is None or _known(pool.strength, row) is None:
        return None
    group = np.zeros(len(inside), dtype=np.int64)
    places = np.array([quota], dtype=np.int64)
    error = pool.standard_error[inside]
    chance = chance_of_place(pool.strength[inside], error, group, places)
    return float(chance[np.flatnonzero(inside == row)[0]])


def _list_opponents(
    pool: Pool, known: Comparisons, row: int
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the ids that a row beat, lost to and tied with."""
    as_first, as_second = known.first == row, known.second == row
    other = np.where(as_first, known.second, known.first)
    score = np.where(as_first, known.outcome, 1 - known.outcome)
    mine = as_first | as_second
    strength = np.zeros(len(pool.ids)) if pool.strength is None else np.nan_to_num(pool.strength)

    def name(wanted: float, sign: int) -> tuple[str, ...]:
        rows = other[mine & (score == wanted)].tolist()
        ordered = sorted(rows, key=lambda i: (sign * float(strength[i]), pool.ids[i]))
        return tuple(dict.fromkeys(pool.ids[i] for i in ordered))

    return name(1, -1), name(0, 1), name(0.5, -1)


def _explain_chosen(
    pool: Pool, selection: Selection, place: int, facts: Explanation
) -> Explanation:
    rival = int(selection.rival[place])
    return replace(
        facts,
        is_selected=True,
        position=place + 1,
        rule=selection.rule[place],
        reason=selection.reasons[place],
        rival="" if rival < 0 else pool.ids[rival],
    )


def _explain_rejected(
    pool: Pool, selection: Selection, row: int, facts: Explanation
) -> Explanation:
    """Return why a row is not in: withheld, not drawn, or outranked in its cluster."""
    for held in selection.withheld:
        if held.sample == row and held.twin < 0:
            return replace(facts, rule=held.rule, reason="a list asked for it to be left out")
        if held.sample == row:
            twin = pool.ids[held.twin]
            told = f"its {held.rule} nearly repeats that of {twin} (likeness {held.likeness:.2f})"
            return replace(facts, rule=f"near-duplicate {held.rule}", reason=told, rival=twin)
    if not needs_strengths(selection.policy):
        told = f"policy '{selection.policy}' did not take it; strengths not used"
        return replace(facts, rule="not drawn", reason=told)
    same = np.flatnonzero(selection.cluster == pool.clustering.membership[row])
    if not len(same):
        return replace(facts, rule="outranked", reason="nothing of its cluster was taken")
    last = same[np.argmax(selection.rank[same])]
    taken = int(selection.index[last])
    return replace(
        facts, rule="outranked", reason=_tell_gap(pool, facts, taken), rival=pool.ids[taken]
    )


def _tell_gap(pool: Pool, facts: Explanation, taken: int) -> str:
    """Return how far a row stands behind the last one taken of its cluster."""
    name, best = pool.ids[taken], _known(pool.strength, taken)
    head = f"{facts.quota:,} of its cluster were taken; the lowest ranked of them is {name}"
    if facts.strength is None or best is None:
        return head + ("; this one was never compared" if facts.strength is None else "")
    gap = best - facts.strength
    side = "ahead" if gap >= 0 else "behind"
    return f"{head}, {side} by {abs(gap):.2f}"
