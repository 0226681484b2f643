"""Samples, clusters and strengths to a selection with ids and reasons in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tagraph.data import (
    Bags,
    Clustering,
    FloatArray,
    IntArray,
    Sample,
    Samples,
    Selection,
    Withheld,
)
from tagraph.errors import InputError, OptionsError
from tagraph.graphs import TagGraph
from tagraph.stages.near_duplicates import find_near_duplicates
from tagraph.stages.selection import (
    Constraints,
    Evidence,
    Labels,
    Order,
    SelectionOptions,
    describe,
    explain_selection,
    take,
)
from tagraph.steps.estimate import guess_tokens
from tagraph.text import shorten

DEFAULTS = SelectionOptions()
_NAME_WIDTH = 60
_TAG_WIDTH = 30
_TAGS_SHOWN = 4
_LEAST_WORDS = 8  # shorter responses are alike by nature: yes, no, a name, a number


@dataclass(frozen=True, eq=False)
class Pool:
    """What is known of the samples to choose from; only ids and clusters must be given.

    Attributes:
        ids: Distinct sample ids, shape (n,); they break ties.
        clustering: Primary cluster of every sample, with the names of the clusters.
        strength: Shape (n,); NaN for a sample that was never compared.
        standard_error: Of the strengths, shape (n,).
        length: Characters of each response, shape (n,); needed by the policy `longest`.
        wins: Comparisons won, shape (n,).
        losses: Comparisons lost, shape (n,).
        bags: Canonical tags of every sample.
        samples: Their texts, for near-duplicates and token limits; without them neither is seen.
        graph: The tag graph, for the policy `information`.
        vectors: Unit rows, for the policy `distance`.
        values: Value of every sample that `minimum` counts.
        linked: Whether strengths of different clusters share one scale.
    """

    ids: Sequence[str]
    clustering: Clustering
    strength: FloatArray | None = None
    standard_error: FloatArray | None = None
    length: FloatArray | IntArray | None = None
    wins: IntArray | None = None
    losses: IntArray | None = None
    bags: Bags | None = None
    samples: Samples | None = None
    graph: TagGraph | None = None
    vectors: FloatArray | None = None
    values: Sequence[str] = ()
    linked: bool = False


def select_pool(
    pool: Pool,
    k: int,
    options: SelectionOptions = DEFAULTS,
    *,
    rounds: int | None = None,
) -> Selection:
    """Choose k samples and say of each why it is in.

    A reason names the cluster, the rank in it, the strength with its standard error, comparisons
    won and lost, the best sample of the cluster that was left out, and up to four tags. Of two
    chosen samples that nearly repeat each other, the later one is withheld and the policy asked
    again, until no two do.

    Args:
        pool: The samples.
        k: How many samples.
        options: Policy, seed and constraints.
        rounds: How often the policy is asked at most, the last time with near-duplicates left in
            if there still are any; None asks until there are none.

    Returns:
        The selection with ids, in the order of the policy; fewer than k rows only where a token
        limit ends it.

    Raises:
        OptionsError: k is below 1 or above the number of samples; the policy lacks what it needs;
            a constraint cannot be met.
        InputError: Parts of the pool have different lengths, or two samples share an id.
    """
    _check(pool)
    evidence = _gather(pool, options)
    constraints = _constrain(pool, options)
    selection = _choose_apart(pool, evidence, k, options, constraints, rounds)
    reasons = explain_selection(selection, options, evidence, _label(pool))
    told = tuple(
        reason + _tell_tags(pool.bags, row)
        for reason, row in zip(reasons, selection.index.tolist(), strict=True)
    )
    return replace(
        selection, ids=tuple(pool.ids[row] for row in selection.index.tolist()), reasons=told
    )


def _gather(pool: Pool, options: SelectionOptions) -> Evidence:
    """Return what the policy may look at."""
    unknown = np.full(len(pool.ids), np.nan)
    return Evidence.of(
        unknown if pool.strength is None else pool.strength,
        pool.clustering.membership,
        pool.standard_error,
        pool.length,
        keys=pool.ids,
        bags=pool.bags,
        graph=pool.graph,
        vectors=pool.vectors,
        shares=share_clusters(pool.clustering, options) if options.target else None,
        linked=pool.linked,
    )


def share_clusters(clustering: Clustering, options: SelectionOptions) -> FloatArray:
    """Return the share of each cluster under a target mix, shape (n_clusters,).

    The clusters whose name holds the words of an entry divide its share by their sizes; a cluster
    counts for the first entry that it fits. What is left of 1 goes to the others by size.

    Raises:
        OptionsError: No cluster fits an entry.
    """
    shares, free = np.zeros(len(clustering)), np.ones(len(clustering), dtype=bool)
    sizes, wanted = clustering.sizes.astype(np.float64), options.shares()
    for words, share in wanted.items():
        fits = np.array([words.lower() in name.lower() for name in clustering.names], dtype=bool)
        fits &= free
        if not sizes[fits].sum():
            raise OptionsError(f"no other cluster has {words!r} in its name; see v_clusters")
        shares[fits] = share * sizes[fits] / sizes[fits].sum()
        free &= ~fits
    left = max(0.0, 1.0 - sum(wanted.values()))
    if left and sizes[free].sum():
        shares[free] = left * sizes[free] / sizes[free].sum()
    return shares


def _constrain(pool: Pool, options: SelectionOptions) -> Constraints:
    """Return the constraints in terms of rows.

    Raises:
        InputError: A list names an id that the pool does not hold, or a token limit has no texts.
    """
    row_of = {key: row for row, key in enumerate(pool.ids)}
    lists: dict[str, IntArray] = {}
    for name in ("include", "exclude"):
        ids = getattr(options, name)
        unknown = [key for key in ids if key not in row_of]
        if unknown:
            raise InputError(f"{name} names {unknown[0]!r}, which is no sample of the pool")
        lists[name] = np.array(sorted({row_of[key] for key in ids}), dtype=np.int64)
    counts = _count_tokens(pool.samples) if options.tokens else np.empty(0, dtype=np.int64)
    return Constraints(
        lists["include"],
        lists["exclude"],
        options.minima(),
        pool.values,
        options.tokens,
        counts,
    )


def _count_tokens(samples: Samples | None) -> IntArray:
    if samples is None:
        raise InputError("a token limit needs the texts of the samples")
    return np.array([count_tokens(sample) for sample in samples], dtype=np.int64)


def count_tokens(sample: Sample) -> int:
    """Return a guess at the tokens of a sample, from the length and script of its turns."""
    return sum(guess_tokens(turn.content)[1] for turn in sample.turns)


def _choose_apart(
    pool: Pool,
    evidence: Evidence,
    k: int,
    options: SelectionOptions,
    constraints: Constraints,
    rounds: int | None,
) -> Selection:
    """Choose again without the later of two near-duplicates until there are none."""
    excluded = constraints.exclude
    withheld = [Withheld(row, "excluded") for row in excluded.tolist()]
    asked = 0
    while True:
        order, asked = take(evidence, k, options, constraints), asked + 1
        twins = [] if asked == rounds else _find_twins(pool.samples, order, options.max_likeness)
        if not twins:
            found = describe(evidence, order, options, constraints)
            return replace(found, withheld=tuple(withheld))
        withheld += twins
        excluded = np.append(excluded, [twin.sample for twin in twins]).astype(np.int64)
        left = len(pool.ids) - len(excluded)
        if left < k and not options.tokens:
            raise OptionsError(
                f"k is {k}, but only {left} samples are left that do not nearly repeat another"
                " one; choose a smaller k or a higher max_likeness"
            )
        k = min(k, left)
        constraints = replace(constraints, exclude=excluded)


def _find_twins(samples: Samples | None, order: Order, likeness: float) -> list[Withheld]:
    """Return the chosen rows that nearly repeat one chosen before them; those asked for stay."""
    if samples is None or likeness >= 1:
        return []
    rows = order.rows.tolist()
    found: dict[int, Withheld] = {}
    for i, j, alike, part in find_repeats(samples.take(rows), likeness):
        kept = i if rows[i] not in found else -1
        if kept >= 0 and rows[j] not in found and order.rule[j] != "included":
            found[rows[j]] = Withheld(rows[j], part, rows[kept], alike)
    return list(found.values())


def find_repeats(samples: Sequence[Sample], likeness: float) -> list[tuple[int, int, float, str]]:
    """Return pairs that nearly repeat each other, earlier ones first: both places, likeness, part.

    The part is `query` or `response`; responses of fewer than eight words do not count.
    """
    parts: Iterable[tuple[str, list[str], int]] = (
        ("query", [sample.query for sample in samples], 1),
        ("response", [sample.response for sample in samples], _LEAST_WORDS),
    )
    pairs = []
    for part, texts, least in parts:
        left, right, alike = find_near_duplicates(texts, likeness, least_words=least)
        columns = (left.tolist(), right.tolist(), alike.tolist())
        pairs += [(i, j, value, part) for i, j, value in zip(*columns, strict=True)]
    return sorted(pairs)


def _check(pool: Pool) -> None:
    """Refuse a pool whose parts do not fit together."""
    n = len(pool.ids)
    for name, part in (("wins", pool.wins), ("losses", pool.losses), ("tags", pool.bags)):
        if part is not None and len(part) != n:
            raise InputError(f"the pool holds {n} samples, but {name} of {len(part)}")
    if pool.clustering.membership.max(initial=-1) >= len(pool.clustering):
        raise InputError("a sample is in a cluster that has no name")


def _label(pool: Pool) -> Labels:
    """Return how reasons name the clusters and rows of this pool."""
    names = pool.clustering.names

    def name_cluster(cluster: int) -> str:
        if cluster < 0:
            return "the samples without a cluster"
        return f"'{shorten(names[cluster], _NAME_WIDTH)}'"

    def count_outcomes(row: int) -> str:
        if pool.wins is None or pool.losses is None:
            return ""
        return f"{pool.wins[row]:,.0f} won, {pool.losses[row]:,.0f} lost"

    return Labels(name_cluster, lambda row: pool.ids[row], count_outcomes)


def _tell_tags(bags: Bags | None, row: int) -> str:
    """Return the first tags of a sample as the end of a sentence."""
    tags = [] if bags is None else bags[row][:_TAGS_SHOWN]
    return "; tags: " + ", ".join(shorten(tag, _TAG_WIDTH) for tag in tags) if tags else ""
