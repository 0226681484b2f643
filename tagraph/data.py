"""The frozen types that steps and stages hand to each other; arrays inside, names at the rim."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from tagraph.errors import InputError
from tagraph.tables import frame, html_table
from tagraph.text import digest, shorten

if TYPE_CHECKING:
    import pandas as pd

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]

HUMAN, ASSISTANT, SYSTEM = "human", "assistant", "system"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation; `role` is human, assistant, system, or what the data says."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One instruction-response conversation.

    Attributes:
        id: Digest of the cleaned turns, 20 hex digits; a repeat of the same text ends in -2, -3.
        turns: Cleaned messages in order.
        tags: Tags the data already had, as written, order kept.
        row: Position in the source, from 0.
        source: Name of the file or stream the sample came from.
    """

    id: str
    turns: tuple[Turn, ...]
    tags: tuple[str, ...] = ()
    row: int = 0
    source: str = ""

    @property
    def query(self) -> str:
        """What the human says, all human turns joined by a blank line."""
        return "\n\n".join(turn.content for turn in self.turns if turn.role == HUMAN)

    @property
    def response(self) -> str:
        """What the assistant answers, all assistant turns joined by a blank line."""
        return "\n\n".join(turn.content for turn in self.turns if turn.role == ASSISTANT)

    @property
    def digest(self) -> str:
        """SHA-256 of the turns: equal for equal conversations, whatever their id."""
        return digest_turns(self.turns)


def digest_turns(turns: Sequence[Turn]) -> str:
    """Return the SHA-256 of the turns as 64 hex digits."""
    return digest(*(part for turn in turns for part in (turn.role, turn.content)))


class Samples(Sequence[Sample]):
    """A lazy sequence of samples in the order of their ids; texts are loaded when asked for."""

    BATCH = 1000

    def __init__(
        self, ids: Sequence[str], load: Callable[[Sequence[int]], Sequence[Sample]]
    ) -> None:
        """Keep `ids`, sorted and distinct, and the function that loads samples by position."""
        self.ids = tuple(ids)
        self._load = load

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> Samples:
        """Return samples held in memory, put in the order of their ids.

        Raises:
            InputError: Two samples share an id.
        """
        held = sorted(samples, key=lambda sample: sample.id)
        for left, right in pairwise(held):
            if left.id == right.id:
                raise InputError(f"two samples have the id {left.id!r}; ids must be distinct")
        return cls([sample.id for sample in held], lambda index: [held[i] for i in index])

    def take(self, index: Iterable[int]) -> list[Sample]:
        """Return the samples at the given positions, in that order, in one load."""
        return list(self._load([int(i) for i in index]))

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Samples: ...
    def __getitem__(self, index: int | slice) -> Sample | Samples:
        if isinstance(index, slice):
            rows = range(*index.indices(len(self)))
            return Samples(self.ids[index], lambda chosen: self._load([rows[i] for i in chosen]))
        return self.take([range(len(self))[index]])[0]

    def __iter__(self) -> Iterator[Sample]:
        for start in range(0, len(self), self.BATCH):
            yield from self.take(range(start, min(len(self), start + self.BATCH)))

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per sample: id, query, response, tags, source, row."""
        rows = [(s.id, s.query, s.response, list(s.tags), s.source, s.row) for s in self]
        return frame(rows, ["id", "query", "response", "tags", "source", "row"])

    def _repr_html_(self) -> str:
        rows = [(s.id, s.query, s.response) for s in self[:5]]
        return html_table(self._title(), ["id", "query", "response"], rows)

    def _title(self) -> str:
        return f"{len(self):,} samples"

    def __repr__(self) -> str:
        return f"<{self._title()}>"


@dataclass(frozen=True, eq=False, repr=False)
class Bags(Sequence[list[str]]):
    """Tag bags as rows of a compressed sparse matrix over a vocabulary.

    Attributes:
        indptr: Shape (n_bags + 1,); bag i holds `indices[indptr[i]:indptr[i + 1]]`.
        indices: Positions in `vocabulary`, in the order the tags were given, no repeats in a bag.
        vocabulary: Distinct tags, sorted by code point.
    """

    indptr: IntArray
    indices: IntArray
    vocabulary: tuple[str, ...]

    @classmethod
    def of(cls, bags: Bags | Iterable[Iterable[str]]) -> Bags:
        """Return `bags` as `Bags`; a tag repeated inside one bag counts once.

        Raises:
            InputError: A bag is not a list of texts.
        """
        if isinstance(bags, Bags):
            return bags
        lists = [_distinct(bag) for bag in bags]
        vocabulary = tuple(sorted({tag for bag in lists for tag in bag}))
        position = {tag: i for i, tag in enumerate(vocabulary)}
        indptr = np.zeros(len(lists) + 1, dtype=np.int64)
        indptr[1:] = np.cumsum([len(bag) for bag in lists])
        indices = np.array([position[tag] for bag in lists for tag in bag], dtype=np.int64)
        return cls(indptr, indices, vocabulary)

    @cached_property
    def counts(self) -> IntArray:
        """In how many bags each tag stands, shape (n_vocabulary,)."""
        return np.bincount(self.indices, minlength=len(self.vocabulary)).astype(np.int64)

    @property
    def bag_of(self) -> IntArray:
        """The bag each entry of `indices` belongs to, same shape."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.indptr))

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @overload
    def __getitem__(self, index: int) -> list[str]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[str]]: ...
    def __getitem__(self, index: int | slice) -> list[str] | list[list[str]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = range(len(self))[index]
        found = self.indices[self.indptr[i] : self.indptr[i + 1]]
        return [self.vocabulary[j] for j in found.tolist()]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per tag of the vocabulary: tag, count; most used first."""
        rows = sorted(zip(self.vocabulary, self.counts.tolist(), strict=True), key=_by_count)
        return frame(rows, ["tag", "count"])

    def _title(self) -> str:
        return f"{len(self):,} bags over {len(self.vocabulary):,} tags"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        return html_table(
            self._title(), ["bag", "tags"], [(i, ", ".join(b)) for i, b in enumerate(self[:5])]
        )


def _distinct(bag: Iterable[str]) -> list[str]:
    tags = list(dict.fromkeys(bag))
    if isinstance(bag, str) or not all(isinstance(tag, str) for tag in tags):
        raise InputError(f"a bag is a list of tags, each a text; got {shorten(repr(bag), 60)}")
    return tags


def _by_count(row: tuple[str, int]) -> tuple[int, str]:
    return -row[1], row[0]


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """Two tags that may be one; `source` names what proposed them (spelling, fuzzy, embedding)."""

    left: str
    right: str
    similarity: float
    source: str


class Link(NamedTuple):
    """Evidence that two entries of a vocabulary are one tag; what `Merge` is told from.

    Attributes:
        left: Position in the vocabulary.
        right: Position in the vocabulary.
        reason: What joined them, in the words of `Merge.reason`.
        similarity: 1 for a pure rule.
    """

    left: int
    right: int
    reason: str
    similarity: float = 1.0


@dataclass(frozen=True, slots=True)
class Merge:
    """One raw tag that became another: why, and how alike the two are (1 for a pure rule)."""

    raw: str
    canonical: str
    reason: str
    similarity: float


@dataclass(frozen=True, eq=False, repr=False)
class TagMap:
    """Which canonical tag every raw tag became, and why.

    Attributes:
        canonical_of: Total over the raw vocabulary; the canonical of a canonical tag is itself.
        merges: One row per raw tag that moved, ordered by raw tag.
        counts: In how many bags each canonical tag stands.
        rare: Canonical tags below the asked frequency; `apply` leaves them out.
        narrower: Directed edges (narrower tag, broader tag).
        borderline: Candidate pairs worth a judge, the most valuable first.
    """

    canonical_of: Mapping[str, str]
    merges: tuple[Merge, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    rare: frozenset[str] = frozenset()
    narrower: tuple[tuple[str, str], ...] = ()
    borderline: tuple[CandidatePair, ...] = ()

    def apply(self, bags: Bags | Iterable[Iterable[str]]) -> Bags:
        """Return the bags in canonical tags; an unknown raw tag stays as it is, rare tags go."""
        raw = Bags.of(bags)
        canonical = [self.canonical_of.get(tag, tag) for tag in raw.vocabulary]
        vocabulary = tuple(sorted(set(canonical) - self.rare))
        position = {tag: i for i, tag in enumerate(vocabulary)}
        moved = np.array([position.get(tag, -1) for tag in canonical], dtype=np.int64)
        return _rebuild(raw, moved, vocabulary)

    def to_pandas(self) -> pd.DataFrame:
        """Return the merges, those with the most used canonical tag first."""
        rows = sorted(
            ((m.raw, m.canonical, m.reason, m.similarity) for m in self.merges),
            key=lambda row: (-self.counts.get(row[1], 0), row[1], row[0]),
        )
        return frame(rows, ["raw", "canonical", "reason", "similarity"])

    def _title(self) -> str:
        return f"{len(self.canonical_of):,} raw tags, {len(self.merges):,} merged away"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        rows = [(m.raw, m.canonical, m.reason, round(m.similarity, 3)) for m in self.merges[:10]]
        return html_table(self._title(), ["raw", "canonical", "reason", "similarity"], rows)


def _rebuild(raw: Bags, moved: IntArray, vocabulary: tuple[str, ...]) -> Bags:
    """Return `raw` with each tag replaced by `moved` (-1 drops it), first of equal tags kept."""
    bag, tag = raw.bag_of, moved[raw.indices]
    keep = tag >= 0
    bag, tag = bag[keep], tag[keep]
    _, first = np.unique(bag * max(1, len(vocabulary)) + tag, return_index=True)
    first.sort()
    bag, tag = bag[first], tag[first]
    indptr = np.zeros(len(raw) + 1, dtype=np.int64)
    indptr[1:] = np.cumsum(np.bincount(bag, minlength=len(raw)))
    return Bags(indptr, tag, vocabulary)


@dataclass(frozen=True, eq=False, repr=False)
class Communities:
    """Communities of tags, numbered by falling size.

    Attributes:
        tags: The tags of the graph, shape (n_tags,).
        membership: Community of each tag, shape (n_tags,).
        names: One readable name per community.
        stability: Per community, 0 to 1: how surely its tags stay together over other seeds.
        quality: Value of the objective that was optimised.
        resolution: Resolution parameter that was used.
        upper: The upper community that each community belongs to, shape (n_communities,).
        upper_names: One readable name per upper community.
        backend: What found them.
    """

    tags: tuple[str, ...]
    membership: IntArray
    names: tuple[str, ...]
    stability: FloatArray
    quality: float
    resolution: float
    upper: IntArray
    upper_names: tuple[str, ...]
    backend: str

    @classmethod
    def of_one_level(
        cls, tags: tuple[str, ...], membership: IntArray, names: Sequence[str], backend: str
    ) -> Self:
        """Return communities each of which is its own upper one; nothing is known of how sure."""
        known = np.ones(len(names)), math.nan, math.nan
        own = np.arange(len(names), dtype=np.int64)
        return cls(tags, membership, tuple(names), *known, own, tuple(names), backend)

    def __len__(self) -> int:
        return len(self.names)

    def members(self, community: int) -> list[str]:
        """Return the tags of one community in the order of `tags`."""
        return [self.tags[i] for i in np.flatnonzero(self.membership == community)]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per community: community, name, size, stability, upper."""
        return frame(self._rows(), ["community", "name", "size", "stability", "upper"])

    def _rows(self) -> list[tuple[int, str, int, float, str]]:
        sizes = np.bincount(self.membership, minlength=len(self)).tolist()
        upper = [self.upper_names[u] for u in self.upper.tolist()]
        columns = zip(self.names, sizes, self.stability.tolist(), upper, strict=True)
        return [(c, *row) for c, row in enumerate(columns)]

    def _title(self) -> str:
        return (
            f"{len(self):,} communities of {len(self.tags):,} tags in "
            f"{len(self.upper_names):,} upper ones"
        )

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        columns = ["community", "name", "size", "stability", "upper"]
        return html_table(self._title(), columns, self._rows()[:20])


@dataclass(frozen=True, slots=True)
class Move:
    """A sample that was moved between clusters after the first assignment, and why."""

    sample: int
    before: int
    after: int
    reason: str


@dataclass(frozen=True, eq=False, repr=False)
class Clustering:
    """One primary cluster per sample, numbered by falling size.

    Attributes:
        membership: Cluster of each sample, shape (n_samples,); -1 means none.
        links: Shape (m, 2): sample and another cluster its tags point to, sorted.
        names: One readable name per cluster.
        stability: Per cluster, 0 to 1: how surely its samples stay together over other seeds.
        moves: Samples moved after the first assignment, each with its reason.
    """

    membership: IntArray
    links: IntArray
    names: tuple[str, ...]
    stability: FloatArray
    moves: tuple[Move, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def sizes(self) -> IntArray:
        """Samples per cluster, shape (n_clusters,)."""
        placed = self.membership[self.membership >= 0]
        return np.bincount(placed, minlength=len(self)).astype(np.int64)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per cluster: cluster, name, size, stability."""
        return frame(self._rows(), ["cluster", "name", "size", "stability"])

    def _rows(self) -> list[tuple[int, str, int, float]]:
        sizes, stability = self.sizes.tolist(), self.stability.tolist()
        return [(c, name, sizes[c], stability[c]) for c, name in enumerate(self.names)]

    def _title(self) -> str:
        return f"{len(self):,} clusters of {len(self.membership):,} samples"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        columns = ["cluster", "name", "size", "stability"]
        return html_table(self._title(), columns, self._rows()[:20])


class Outcome(StrEnum):
    """What a judge said of a pair; only the first three are evidence and enter the fit."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"
    CANNOT_JUDGE = "cannot_judge"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    UNPARSED = "unparsed"
    FAILED = "failed"

    @property
    def score(self) -> float:
        """1 first wins, 0 second wins, 0.5 tie, NaN for everything that is no verdict."""
        return _SCORES.get(self, float("nan"))


_SCORES = {Outcome.FIRST: 1.0, Outcome.SECOND: 0.0, Outcome.TIE: 0.5}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer of a judge to one pair in one order.

    Attributes:
        outcome: What was said, in the order shown.
        grade: 0 tie or no verdict, 1 better, 2 much better; stored, weighs nothing by default.
        reply_digest: SHA-256 of the raw reply, empty for a judge that has none.
        usage: What the answer cost, such as input_tokens and output_tokens.
    """

    outcome: Outcome
    grade: int = 0
    reply_digest: str = ""
    usage: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Withheld:
    """A row that was kept from the policy.

    Attributes:
        sample: Position in the pool.
        rule: `excluded` by a list, or near-duplicate `query` or `response`.
        twin: Position of the selected row that it nearly repeats; -1 if excluded.
        likeness: Share of the words the two have in common; NaN if excluded.
    """

    sample: int
    rule: str
    twin: int = -1
    likeness: float = float("nan")


@dataclass(frozen=True, eq=False, repr=False)
class Selection:
    """The samples that were chosen, in the order chosen.

    Attributes:
        index: Positions of the chosen samples in the pool, shape (k,).
        cluster: Their primary cluster, shape (k,); -1 means none.
        strength: Their strength, shape (k,); NaN where the policy has none.
        rank: Place inside the cluster by strength, from 1, shape (k,).
        rival: Position of the best sample of the same cluster left out, -1 if none, shape (k,).
        rule: Which rule of the policy took the row, one word, shape (k,).
        reasons: One sentence per row.
        ids: Sample ids of the rows; empty when the pool was given as bare arrays.
        policy: Name of the policy.
        chance: Chance of each row to belong among the best it competed with, shape (k,); None where
            the policy does not go by strength.
        figure: What the rule went by where that is more than strength (gain, cosine, tags added),
            shape (k,), else NaN.
        withheld: Rows that were kept from the policy, by position.
    """

    index: IntArray
    cluster: IntArray
    strength: FloatArray
    rank: IntArray
    rival: IntArray
    rule: tuple[str, ...]
    reasons: tuple[str, ...]
    ids: tuple[str, ...] = ()
    policy: str = ""
    chance: FloatArray | None = None
    figure: FloatArray | None = None
    withheld: tuple[Withheld, ...] = ()

    def __len__(self) -> int:
        return len(self.index)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per chosen sample: index, id, cluster, strength, rank, rule, reason."""
        return frame(self._rows(), ["index", "id", "cluster", "strength", "rank", "rule", "reason"])

    def _rows(self) -> list[tuple[Any, ...]]:
        ids = self.ids or ("",) * len(self)
        arrays = (self.cluster.tolist(), self.strength.tolist(), self.rank.tolist())
        columns = (self.index.tolist(), ids, *arrays, self.rule, self.reasons)
        return list(zip(*columns, strict=True))

    def _title(self) -> str:
        return f"{len(self):,} samples by '{self.policy}'"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        columns = ["index", "id", "cluster", "strength", "rank", "rule", "reason"]
        return html_table(self._title(), columns, self._rows()[:20])
