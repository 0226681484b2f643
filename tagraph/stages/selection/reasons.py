"""Why a row is in: one sentence of what was known of the pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tagraph.data import IntArray, Selection
from tagraph.stages.selection.evidence import Evidence
from tagraph.stages.selection.options import BASELINES, SelectionOptions


@dataclass(frozen=True, slots=True)
class Labels:
    """How reasons name a cluster and a row, and what else they say of a row (may be empty)."""

    cluster: Callable[[int], str]
    row: Callable[[int], str]
    note: Callable[[int], str]


PLAIN_LABELS = Labels(
    cluster=lambda cluster: f"cluster {cluster}" if cluster >= 0 else "the rows without a cluster",
    row=lambda row: f"row {row}",
    note=lambda row: "",
)


def explain_selection(
    selection: Selection,
    options: SelectionOptions,
    evidence: Evidence,
    labels: Labels = PLAIN_LABELS,
) -> tuple[str, ...]:
    """Return one sentence per chosen row that says why it is in, from what was known of the pool.

    `options` and `evidence` are those the selection was made with.
    """
    n = len(evidence.strength)
    sizes, quotas = _count(evidence.cluster), _count(selection.cluster)
    told = []
    for place, cluster in enumerate(selection.cluster.tolist()):
        rule = selection.rule[place]
        if options.policy in BASELINES and rule not in ("included", "minimum"):
            told.append(_explain_baseline(selection, place, options, evidence))
        else:
            facts = _Row(selection, place, evidence, labels, (sizes[cluster], quotas[cluster], n))
            told.append(facts.tell())
    return tuple(told)


def _count(cluster: IntArray) -> dict[int, int]:
    """Return how often each number stands in the array."""
    return dict(zip(*(part.tolist() for part in np.unique_counts(cluster)), strict=True))


def _explain_baseline(
    selection: Selection, place: int, options: SelectionOptions, evidence: Evidence
) -> str:
    """Return why a baseline took a row."""
    n, row = len(evidence.strength), int(selection.index[place])
    if options.policy == "longest":
        length = evidence.length[row]
        return f"{ordinal(place + 1, n, 'longest')} responses ({length:,.0f} characters); {_UNUSED}"
    how = " inside its cluster" if options.policy == "stratified-random" else ""
    return f"drawn at random{how} from {n:,} samples (seed {options.seed}); {_UNUSED}"


_UNUSED = "strengths not used"


@dataclass(frozen=True)
class _Row:
    """One chosen row, and what its reason is made of; `counts` are cluster, quota and pool."""

    selection: Selection
    place: int
    evidence: Evidence
    labels: Labels
    counts: tuple[int, int, int]

    @property
    def row(self) -> int:
        return int(self.selection.index[self.place])

    def tell(self) -> str:
        """Return why the row is in: its rank, the rule, its strength, the row it kept out."""
        name = self.labels.cluster(int(self.selection.cluster[self.place]))
        if self.selection.policy == "complexity":
            return f"{self._tell_rule()}, in {name}; {_UNUSED}"
        word = "" if np.isnan(self.evidence.strength[self.row]) else "best"
        size = self.counts[0]
        rank = int(self.selection.rank[self.place])
        ranked = "the only sample" if size == 1 else ordinal(rank, size, word)
        facts = (self._tell_strength(), self._tell_chance(), self.labels.note(self.row))
        told = ", ".join(filter(None, facts))
        return f"{ranked} in {name}, {self._tell_rule()} ({told}); {self._tell_rival()}"

    def _tell_rule(self) -> str:
        """Return what the rule that took the row went by."""
        figure = self.selection.figure
        number = float("nan") if figure is None else float(figure[self.place])
        quota, total, scale = self.counts[1], self.counts[2], self.evidence.linked
        inside = "" if scale else " within its cluster"
        rule = self.selection.rule[self.place]
        if rule == "refill" and self.selection.policy == "distance":
            return f"taken to fill up, although its cosine to a row taken before is {number:.2f}"
        near = "the first" if np.isnan(number) else f"cosine {number:.2f} to the nearest before it"
        return {
            "quota": f"quota {quota:,}",
            "refill": f"quota {quota:,} with places that smaller clusters could not use",
            "strength": f"number {self.place + 1:,} of {total:,} by strength{inside}",
            "best": "taken as the best of its cluster",
            "sure": f"its place is sure, chance {number:.2f}",
            "boundary": f"on the boundary, chance {number:.2f} of a place",
            "coverage": f"adds {number:,.0f} tags that its round had not covered",
            "information": f"number {self.place + 1:,} by information gain ({number:.3f})",
            "covering": f"quota {quota:,}, taken by information gain ({number:.3f})",
            "distance": f"number {self.place + 1:,} by strength apart from the others ({near})",
            "included": "asked for by name",
            "minimum": f"needed for a minimum, quota {quota:,}",
        }[rule]

    def _tell_strength(self) -> str:
        """Return the strength with its standard error, as far as known."""
        strength = float(self.evidence.strength[self.row])
        error = float(self.evidence.standard_error[self.row])
        if np.isnan(strength):
            return "never compared"
        return f"strength {strength:+.2f}" + ("" if np.isnan(error) else f" ± {error:.2f}")

    def _tell_chance(self) -> str:
        """Return the chance of membership, where there are errors to tell it from."""
        chance = self.selection.chance
        is_known = not np.isnan(self.evidence.standard_error[self.row])
        if chance is None or not is_known or np.isnan(chance[self.place]):
            return ""
        return f"belongs in with chance {chance[self.place]:.2f}"

    def _tell_rival(self) -> str:
        """Return how far the row stands above the best one left out of its cluster."""
        rival, strength = int(self.selection.rival[self.place]), self.evidence.strength
        if rival < 0:
            return "nothing of this cluster is left out"
        gap, name = float(strength[self.row] - strength[rival]), self.labels.row(rival)
        if np.isnan(strength[self.row]):
            return f"kept before {name} by order of key alone"
        if np.isnan(gap):
            return f"ahead of rejected {name}, which was never compared"
        if gap == 0:
            return f"level with rejected {name}, kept by order of key alone"
        close = ", less than its standard error"
        close = close if abs(gap) < self.evidence.standard_error[self.row] else ""
        amount = f"{abs(gap):.2f}" if abs(gap) >= 0.01 else "less than 0.01"
        return f"{'ahead of' if gap > 0 else 'behind'} rejected {name} by {amount}{close}"


def ordinal(rank: int, size: int, word: str) -> str:
    """Return `best of 5` or `2nd best of 5`; without a word to rank by, `2nd of 5`."""
    if rank == 1 and word:
        return f"{word} of {size:,}"
    teen = rank % 100 in (11, 12, 13)
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending} {word} of {size:,}".replace("  ", " ")
