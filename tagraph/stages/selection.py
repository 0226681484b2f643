"""Strengths and clusters to k chosen samples with reasons.

Every policy is one total order of the pool, and the selection is its first k rows. So k is always
exact, a larger k extends a smaller one, and a prefix of a selection is a selection by itself.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tagraph.data import FloatArray, IntArray, Selection
from tagraph.errors import InputError, OptionsError
from tagraph.text import digest

QUOTA_POLICIES = ("equal", "proportional")
POLICIES = (*QUOTA_POLICIES, "global", "random", "longest")
_RULES = {"proportional": "quota", "global": "strength", "random": "random", "longest": "length"}
_DIGITS = 9  # strengths closer than 1e-9 are equal, so that rounding noise never decides


@dataclass(frozen=True, slots=True)
class SelectionOptions:
    """How the k rows are chosen.

    Attributes:
        policy: `equal` gives every cluster the same quota, `proportional` a quota by its size;
            `global` takes the strongest rows of the pool. Baselines: `random`, `longest`.
        seed: Of the policy `random`, a whole number from 0; the others do not use it.
    """

    policy: str = "equal"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise OptionsError(f"policy is {self.policy!r}; choose one of {', '.join(POLICIES)}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise OptionsError(f"seed is {self.seed!r}; it must be a whole number from 0")


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of every row of the pool.

    Attributes:
        strength: Shape (n,), rounded to 1e-9; NaN for a row that was never compared.
        cluster: Shape (n,); -1 is the cluster of leftovers.
        standard_error: Of the strengths, shape (n,); NaN where there is none.
        length: Characters of the response, shape (n,).
    """

    strength: FloatArray
    cluster: IntArray
    standard_error: FloatArray
    length: FloatArray

    @classmethod
    def of(
        cls,
        strength: FloatArray,
        cluster: IntArray,
        standard_error: FloatArray | None = None,
        length: FloatArray | IntArray | None = None,
    ) -> Evidence:
        """Return the arrays as evidence; what is not given is NaN."""
        unknown = np.full(len(strength), np.nan)
        error = unknown if standard_error is None else np.asarray(standard_error, dtype=np.float64)
        size = unknown if length is None else np.asarray(length, dtype=np.float64)
        rounded: FloatArray = np.asarray(strength, dtype=np.float64).round(_DIGITS)
        return cls(rounded, np.asarray(cluster, dtype=np.int64), error, size)


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


def select_samples(  # noqa: PLR0913 (public signature: all but three are optional)
    strength: FloatArray,
    cluster: IntArray,
    k: int,
    options: SelectionOptions = SelectionOptions(),
    *,
    standard_error: FloatArray | None = None,
    length: FloatArray | IntArray | None = None,
    keys: Sequence[str] | None = None,
) -> Selection:
    """Choose k rows by the policy, in the order of the policy.

    Quota policies go round the clusters by rank: `equal` takes the best of every cluster, then the
    second of every cluster, larger clusters first inside a round; a used-up cluster leaves its
    turns to the others. `proportional` is Sainte-Lague's method: the row of rank j in a cluster
    of size s stands at (j - 1/2) / s. `global` goes by falling strength over all clusters.
    Equal strengths (to 1e-9) go by key; rows without strength come after all with one.

    Args:
        strength: Shape (n,); NaN where there is none. The baselines do not read it.
        cluster: Shape (n,), from 0; -1 for rows without a cluster, which count as one cluster.
        k: How many rows.
        options: Policy and seed.
        standard_error: Of the strengths, shape (n,), for the reasons.
        length: Of the responses, shape (n,); needed by `longest`.
        keys: Distinct names of the rows, which break ties; their positions if not given.

    Returns:
        The selection; `rank` is by the measure of the policy (strength, length, random draw).

    Raises:
        OptionsError: k is below 1 or above the number of rows; `longest` without `length`.
        InputError: Arrays of different lengths, repeated keys, or a cluster below -1.
    """
    evidence = Evidence.of(strength, cluster, standard_error, length)
    _check(evidence, k, keys)
    if options.policy == "longest" and length is None:
        raise OptionsError("policy 'longest' needs the length of every response; pass length=...")
    selection = _choose(evidence, k, options, keys)
    return replace(selection, reasons=explain_selection(selection, options, evidence))


def cluster_quotas(sizes: IntArray | Sequence[int], k: int, policy: str = "equal") -> IntArray:
    """Divide k over clusters of these sizes; what a small one cannot use goes to the others.

    Sums to min(k, total size), no quota is above its cluster's size, and no quota falls when k
    grows. Of equal claims the larger cluster goes first, then the earlier one. Policies without
    quotas (global, random, longest) get the proportional ones, their expected share.

    Raises:
        OptionsError: Unknown policy, or k below 0.
        InputError: A size below 0.
    """
    SelectionOptions(policy)
    held = np.asarray(sizes, dtype=np.int64)
    if operator.index(k) < 0:
        raise OptionsError(f"k is {k}; it must be at least 0")
    if (held < 0).any():
        raise InputError("a cluster has a size below 0; sizes are counts")
    place = np.repeat(np.arange(len(held)), held)
    rank = np.arange(len(place)) - np.repeat(np.cumsum(held) - held, held) + 1
    order = _take_turns(place, rank, held, policy)
    return np.bincount(place[order[:k]], minlength=len(held)).astype(np.int64)


def _check(evidence: Evidence, k: int, keys: Sequence[str] | None) -> None:
    """Refuse a k that cannot be met and rows that do not fit together."""
    n = len(evidence.strength)
    if operator.index(k) < 1:
        raise OptionsError(f"k is {k}; choose at least 1 sample")
    if k > n:
        raise OptionsError(f"k is {k}, but the pool holds {n} samples; choose k up to {n}")
    named = n if keys is None else len(keys)
    arrays = (evidence.cluster, evidence.standard_error, evidence.length)
    if named != n or any(len(array) != n for array in arrays):
        raise InputError(f"strength has {n} rows, but another array or the keys have not")
    if keys is not None and len(set(keys)) != n:
        raise InputError("two rows share a key; keys break ties and must be distinct")
    if np.isinf(evidence.strength).any():
        raise InputError("a strength is infinite; fit with a prior, or pass NaN for unknown")
    if (evidence.cluster < -1).any():
        raise InputError("a cluster is below -1; clusters count from 0, and -1 means none")


def _choose(
    evidence: Evidence, k: int, options: SelectionOptions, keys: Sequence[str] | None
) -> Selection:
    """Return the first k rows of the policy's order, without reasons."""
    turn = _order_keys(keys, len(evidence.strength))
    measure = _measure(evidence, options, keys)
    place, sizes = _number_clusters(evidence.cluster)
    within = np.lexsort((turn, -measure, place))
    rank = np.empty(len(place), dtype=np.int64)
    rank[within] = np.arange(len(place)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    if options.policy in QUOTA_POLICIES:
        order = _take_turns(place, rank, sizes, options.policy)
    else:
        order = np.lexsort((turn, -measure))
    index = order[:k].astype(np.int64)
    ranked = options.policy in (*QUOTA_POLICIES, "global")
    strength = evidence.strength[index] if ranked else np.full(k, np.nan)
    rival = _find_rivals(within, place, index)
    rule = _name_rules(rank[index], place[index], sizes, options.policy)
    chosen = (evidence.cluster[index], strength, rank[index], rival, rule)
    return Selection(index, *chosen, reasons=(), policy=options.policy)


def _order_keys(keys: Sequence[str] | None, n: int) -> IntArray:
    """Return the place of every row when its key is sorted, shape (n,)."""
    if keys is None:
        return np.arange(n)
    turn = np.empty(n, dtype=np.int64)
    turn[sorted(range(n), key=keys.__getitem__)] = np.arange(n)
    return turn


def _measure(
    evidence: Evidence, options: SelectionOptions, keys: Sequence[str] | None
) -> FloatArray:
    """Return what the policy ranks by, higher first, shape (n,)."""
    if options.policy == "longest":
        return evidence.length
    if options.policy == "random":
        names = keys or [str(row) for row in range(len(evidence.strength))]
        # A hash of the key draws the same rows in any row order, and keeps the draw when rows join.
        draws = [int(digest(str(options.seed), name)[:13], 16) for name in names]
        return np.array(draws, dtype=np.float64)
    return evidence.strength


def _number_clusters(cluster: IntArray) -> tuple[IntArray, IntArray]:
    """Return each row's cluster as a number from 0, leftovers last, and the clusters' sizes."""
    last = np.iinfo(np.int64).max
    _, place, sizes = np.unique(
        np.where(cluster < 0, last, cluster), return_inverse=True, return_counts=True
    )
    return place.astype(np.int64), sizes.astype(np.int64)


def _precedence(sizes: IntArray) -> IntArray:
    """Return the turn of each cluster inside a round: larger first, then as numbered."""
    return np.argsort(np.argsort(-sizes, kind="stable"), kind="stable")


def _take_turns(place: IntArray, rank: IntArray, sizes: IntArray, policy: str) -> IntArray:
    """Return all rows in the order in which a quota policy takes them, shape (n,)."""
    precedence = _precedence(sizes)[place]
    if policy == "equal":
        return np.lexsort((precedence, rank))
    # Webster's or Sainte-Lague's divisors, because largest remainders may shrink when k grows.
    return np.lexsort((precedence, (2 * rank - 1) / (2 * sizes[place])))


def _find_rivals(within: IntArray, place: IntArray, index: IntArray) -> IntArray:
    """Return the best row left out of each chosen row's cluster, -1 if none, shape (k,)."""
    free = np.ones(len(place), dtype=bool)
    free[index] = False
    left = within[free[within]]
    clusters, first = np.unique(place[left], return_index=True)
    rival = np.full(int(place.max()) + 1, -1, dtype=np.int64)
    rival[clusters] = left[first]
    return rival[place[index]]


def _name_rules(rank: IntArray, place: IntArray, sizes: IntArray, policy: str) -> tuple[str, ...]:
    """Return `refill` for rows beyond the even share of the clusters, else the policy's rule."""
    if policy != "equal":
        return (_RULES[policy],) * len(rank)
    share, more = divmod(len(rank), len(sizes))
    even = share + (_precedence(sizes) < more)
    return tuple(np.where(rank <= even[place], "quota", "refill").tolist())


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
    if options.policy == "random":
        drawn = f"drawn at random from {n:,} samples (seed {options.seed}); strengths not used"
        return (drawn,) * len(selection)
    if options.policy == "longest":
        lengths = evidence.length[selection.index].tolist()
        return tuple(
            f"{_best(place, n, 'longest')} responses ({length:,.0f} characters); strengths not used"
            for place, length in enumerate(lengths, start=1)
        )
    sizes, quotas = _count(evidence.cluster), _count(selection.cluster)
    return tuple(
        _explain_row(selection, place, evidence, labels, (sizes[cluster], quotas[cluster]))
        for place, cluster in enumerate(selection.cluster.tolist())
    )


def _count(cluster: IntArray) -> dict[int, int]:
    """Return how often each number stands in the array."""
    return dict(zip(*(part.tolist() for part in np.unique_counts(cluster)), strict=True))


def _explain_row(
    selection: Selection, place: int, evidence: Evidence, labels: Labels, counts: tuple[int, int]
) -> str:
    """Return why one row is in: its rank, its strength, and the row it kept out."""
    row, (size, quota) = int(selection.index[place]), counts
    word = "" if np.isnan(evidence.strength[row]) else "best"
    name = labels.cluster(int(selection.cluster[place]))
    rank = "the only sample" if size == 1 else _best(int(selection.rank[place]), size, word)
    where = f"{rank} in {name}"
    if selection.rule[place] == "strength":
        total = len(evidence.strength)
        where = f"{where}, number {place + 1:,} of {total:,} by strength within its cluster"
    else:
        where = f"{where}, quota {quota:,}"
    if selection.rule[place] == "refill":
        where = f"{where} with places that smaller clusters could not use"
    facts = ", ".join(filter(None, (_tell_strength(row, evidence), labels.note(row))))
    return f"{where} ({facts}); {_tell_rival(row, int(selection.rival[place]), evidence, labels)}"


def _tell_strength(row: int, evidence: Evidence) -> str:
    """Return the strength of a row with its standard error, as far as known."""
    strength, error = float(evidence.strength[row]), float(evidence.standard_error[row])
    if np.isnan(strength):
        return "never compared"
    return f"strength {strength:+.2f}" + ("" if np.isnan(error) else f" ± {error:.2f}")


def _tell_rival(row: int, rival: int, evidence: Evidence, labels: Labels) -> str:
    """Return how far a row stands above the best one left out of its cluster."""
    if rival < 0:
        return "nothing of this cluster is left out"
    gap, name = float(evidence.strength[row] - evidence.strength[rival]), labels.row(rival)
    if np.isnan(evidence.strength[row]):
        return f"kept before {name} by order of key alone"
    if np.isnan(gap):
        return f"ahead of rejected {name}, which was never compared"
    if gap == 0:
        return f"level with rejected {name}, kept by order of key alone"
    close = ", less than its standard error" if gap < evidence.standard_error[row] else ""
    amount = f"{gap:.2f}" if gap >= 0.01 else "less than 0.01"
    return f"ahead of rejected {name} by {amount}{close}"


def _best(rank: int, size: int, word: str) -> str:
    """Return `best of 5` or `2nd best of 5`; without a word to rank by, `2nd of 5`."""
    if rank == 1 and word:
        return f"{word} of {size:,}"
    teen = rank % 100 in (11, 12, 13)
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending} {word} of {size:,}".replace("  ", " ")
