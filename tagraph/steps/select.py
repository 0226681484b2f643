"""Samples, clusters and strengths to a selection with ids and reasons in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tagraph.data import Bags, Clustering, FloatArray, IntArray, Selection
from tagraph.errors import InputError
from tagraph.stages.selection import (
    Evidence,
    Labels,
    SelectionOptions,
    explain_selection,
    select_samples,
)
from tagraph.text import shorten

DEFAULTS = SelectionOptions()
_NAME_WIDTH = 60
_TAG_WIDTH = 30
_TAGS_SHOWN = 4


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
    """

    ids: Sequence[str]
    clustering: Clustering
    strength: FloatArray | None = None
    standard_error: FloatArray | None = None
    length: FloatArray | IntArray | None = None
    wins: IntArray | None = None
    losses: IntArray | None = None
    bags: Bags | None = None


def select_pool(
    pool: Pool,
    k: int,
    options: SelectionOptions = DEFAULTS,
) -> Selection:
    """Choose k samples and say of each why it is in.

    A reason names the cluster, the rank in it, the strength with its standard error, comparisons
    won and lost, the best sample of the cluster that was left out, and up to four tags.

    Args:
        pool: The samples.
        k: How many samples.
        options: Policy and seed.

    Returns:
        The selection with ids, in the order of the policy.

    Raises:
        OptionsError: k is below 1 or above the number of samples; `longest` without lengths.
        InputError: Parts of the pool have different lengths, or two samples share an id.
    """
    _check(pool)
    n = len(pool.ids)
    strength = np.full(n, np.nan) if pool.strength is None else pool.strength
    selection = select_samples(
        strength,
        pool.clustering.membership,
        k,
        options,
        standard_error=pool.standard_error,
        length=pool.length,
        keys=pool.ids,
    )
    evidence = Evidence.of(strength, pool.clustering.membership, pool.standard_error, pool.length)
    reasons = explain_selection(selection, options, evidence, _label(pool))
    told = tuple(
        reason + _tell_tags(pool.bags, row)
        for reason, row in zip(reasons, selection.index.tolist(), strict=True)
    )
    return replace(
        selection, ids=tuple(pool.ids[row] for row in selection.index.tolist()), reasons=told
    )


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
