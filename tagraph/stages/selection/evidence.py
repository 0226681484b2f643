"""What is known of the pool, and what a policy works on."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tagraph.data import Bags, BoolArray, FloatArray, IntArray
from tagraph.errors import InputError, OptionsError
from tagraph.graphs import TagGraph
from tagraph.stages.selection.information import spread_information
from tagraph.stages.selection.length_control import control_length
from tagraph.stages.selection.options import SelectionOptions
from tagraph.text import digest_each, prefix_length

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_DIGITS = 9  # strengths closer than 1e-9 are equal, so that rounding noise never decides


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of every row of the pool.

    Attributes:
        strength: Shape (n,), rounded to 1e-9; NaN for a row that was never compared.
        cluster: Shape (n,); -1 is the cluster of leftovers.
        standard_error: Of the strengths, shape (n,); NaN where there is none.
        length: Characters of the response, shape (n,); NaN where unknown.
        keys: Distinct names of the rows, which break ties; their positions if None.
        bags: Canonical tags of every row, for `information` and `complexity`.
        graph: Graph over the vocabulary of `bags`, for `information`; without it tags stand alone.
        vectors: Unit rows, shape (n, d), for `distance`.
        shares: Share of each cluster for `target`, shape (n_clusters,).
        linked: Whether strengths of different clusters share one scale.
    """

    strength: FloatArray
    cluster: IntArray
    standard_error: FloatArray
    length: FloatArray
    keys: Sequence[str] | None = None
    bags: Bags | None = None
    graph: TagGraph | None = None
    vectors: FloatArray | None = None
    shares: FloatArray | None = None
    linked: bool = False

    @classmethod
    def of(
        cls,
        strength: FloatArray,
        cluster: IntArray,
        standard_error: FloatArray | None = None,
        length: FloatArray | IntArray | None = None,
        **known: Any,
    ) -> Evidence:
        """Return the arrays as evidence; what is not given is NaN."""
        unknown = np.full(len(strength), np.nan)
        error = unknown if standard_error is None else np.asarray(standard_error, dtype=np.float64)
        size = unknown if length is None else np.asarray(length, dtype=np.float64)
        rounded: FloatArray = np.asarray(strength, dtype=np.float64).round(_DIGITS)
        return cls(rounded, np.asarray(cluster, dtype=np.int64), error, size, **known)

    def __len__(self) -> int:
        return len(self.strength)

    @cached_property
    def turn(self) -> IntArray:
        """Place of every row when its key is sorted, shape (n,)."""
        n, keys = len(self), self.keys
        turn = np.arange(n)
        if keys is not None:
            turn[sorted(range(n), key=keys.__getitem__)] = np.arange(n)
        return turn

    @cached_property
    def _n_keys(self) -> int:
        return len(set(self.keys or ()))

    @cached_property
    def lots(self) -> list[bytes]:
        """What stands for every row when rows are drawn."""
        names = self.keys or [str(row) for row in range(len(self))]
        return [prefix_length(name) for name in names]

    @cached_property
    def information(self) -> csr_array:
        """What each tag receives of what each is given, shape (n_tags, n_tags)."""
        n_tags = 0 if self.bags is None else len(self.bags.vocabulary)
        return spread_information(self.graph, n_tags)

    def check(self, k: int, options: SelectionOptions) -> None:
        """Refuse a k that cannot be met, rows that do not fit together, and what a policy lacks.

        Raises:
            OptionsError: k is below 1 or above the number of rows, or the policy needs more.
            InputError: Arrays of different lengths, repeated keys, or a cluster below -1.
        """
        n = len(self)
        if operator.index(k) < 1:
            raise OptionsError(f"k is {k}; choose at least 1 sample")
        if k > n:
            raise OptionsError(f"k is {k}, but the pool holds {n} samples; choose k up to {n}")
        parts = (self.cluster, self.standard_error, self.length, self.keys, self.bags, self.vectors)
        if any(part is not None and len(part) != n for part in parts):
            raise InputError(f"strength has {n} rows, but another array or the keys have not")
        if self.keys is not None and self._n_keys != n:
            raise InputError("two rows share a key; keys break ties and must be distinct")
        if np.isinf(self.strength).any():
            raise InputError("a strength is infinite; fit with a prior, or pass NaN for unknown")
        if (self.cluster < -1).any():
            raise InputError("a cluster is below -1; clusters count from 0, and -1 means none")
        self._check_needs(options)

    def _check_needs(self, options: SelectionOptions) -> None:
        """Refuse a policy whose evidence is missing."""
        unknown = np.isnan(self.length).any()
        if options.policy == "longest" and unknown:
            raise OptionsError("policy 'longest' needs the length of every response; pass length=")
        if options.length_control and unknown:
            raise OptionsError("length control needs the length of every response; pass length=")
        for part, policies in _NEEDS.items():
            if options.policy in policies and getattr(self, part) is None:
                raise OptionsError(f"policy '{options.policy}' needs {part}; pass {part}=")
        tags = () if self.bags is None else self.bags.vocabulary
        if self.graph is not None and self.bags is not None and self.graph.tags != tags:
            raise InputError("the tag graph and the bags do not have the same vocabulary")
        most = int(self.cluster.max(initial=-1))
        if self.shares is not None and (len(self.shares) <= most or (self.shares < 0).any()):
            raise InputError("shares must be one number from 0 for every cluster")


_NEEDS = {
    "bags": ("information", "covering", "complexity"),
    "vectors": ("distance",),
    "shares": ("target",),
}


@dataclass(frozen=True, eq=False)
class Draft:
    """A pool in front of a policy: what it ranks by, what is free, and what is in already.

    Attributes:
        evidence: What is known.
        options: What was asked.
        measure: What the policy ranks by, higher first, shape (n,); NaN comes last.
        turn: Place of every row when its key is sorted, shape (n,).
        free: Rows that may be taken, shape (n,).
        taken: Rows that are in already, in their order.
    """

    evidence: Evidence
    options: SelectionOptions
    measure: FloatArray
    turn: IntArray
    free: BoolArray
    taken: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @classmethod
    def of(cls, evidence: Evidence, options: SelectionOptions) -> Draft:
        """Return a draft in which every row is free."""
        is_free = np.ones(len(evidence), dtype=bool)
        return cls(evidence, options, _measure(evidence, options), evidence.turn, is_free)

    def __len__(self) -> int:
        return len(self.turn)

    @cached_property
    def open(self) -> BoolArray:
        """Rows that a policy may still take, shape (n,)."""
        rows = self.free.copy()
        rows[self.taken] = False
        return rows

    @property
    def bags(self) -> Bags:
        """Tags of every row; none if they are not known."""
        return self.evidence.bags or Bags.of([[] for _ in range(len(self))])

    @property
    def vectors(self) -> FloatArray:
        """Unit rows; none if they are not known."""
        known = self.evidence.vectors
        return np.zeros((len(self), 0)) if known is None else known

    @cached_property
    def place(self) -> IntArray:
        """Cluster of every row as a number from 0, leftovers last, shape (n,)."""
        return self._numbered[0]

    @cached_property
    def sizes(self) -> IntArray:
        """Rows per cluster in the order of `place`."""
        return self._numbered[1]

    @cached_property
    def rank(self) -> IntArray:
        """Place of every row inside its cluster by the measure, from 1, shape (n,)."""
        return rank_within(self.place, self.best)

    @cached_property
    def best(self) -> IntArray:
        """All rows by falling measure, ties by key, shape (n,)."""
        return np.lexsort((self.turn, -self.measure))

    @cached_property
    def _numbered(self) -> tuple[IntArray, IntArray]:
        last = np.iinfo(np.int64).max
        cluster = self.evidence.cluster
        _, place, sizes = np.unique(
            np.where(cluster < 0, last, cluster), return_inverse=True, return_counts=True
        )
        return place.astype(np.int64), sizes.astype(np.int64)


def rank_within(place: IntArray, order: IntArray) -> IntArray:
    """Return the place of every row inside its group, from 1, in the given order of all rows."""
    within = order[np.argsort(place[order], kind="stable")]
    sizes = np.bincount(place)
    rank = np.empty(len(place), dtype=np.int64)
    rank[within] = np.arange(len(place)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    return rank


def _measure(evidence: Evidence, options: SelectionOptions) -> FloatArray:
    """Return what the policy ranks by, higher first, shape (n,)."""
    if options.policy == "longest":
        return evidence.length
    if options.policy == "complexity" and evidence.bags is not None:
        return np.diff(evidence.bags.indptr).astype(np.float64)
    if options.policy in ("random", "stratified-random"):
        # A hash of the key draws the same rows in any row order, and keeps the draw when rows join.
        digests = digest_each(str(options.seed), evidence.lots)
        draws = [int.from_bytes(drawn[:7], "big") >> 4 for drawn in digests]
        return np.array(draws, dtype=np.float64)
    if options.length_control:
        return control_length(
            evidence.strength, evidence.cluster, evidence.length, evidence.standard_error
        ).strength.round(_DIGITS)
    return evidence.strength
