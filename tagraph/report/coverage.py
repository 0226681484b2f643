"""How much of the pool's tags a selection holds, beside random selections of the same size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tagraph.data import Bags, Communities, FloatArray, IntArray
from tagraph.report.findings import Findings
from tagraph.report.options import ReportOptions
from tagraph.report.rows import number
from tagraph.steps.audit import HIGH, LOW, SELECTION, Audit

_POINTS = 80


@dataclass(frozen=True, eq=False)
class Coverage:
    """Share of groups with a chosen sample, after each sample.

    Attributes:
        chosen: Of the selection in its order, shape (k,).
        random: Of each random selection, shape (n_draws, k).
    """

    chosen: FloatArray
    random: FloatArray


def measure_coverage(bags: Bags, chosen: IntArray, n_draws: int, seed: int) -> Coverage:
    """Hold the tags that a selection covers against random selections of the same size.

    Only tags that stand on two samples or more count: a tag of a single sample tells of that
    sample alone, and any selection covers as many of these as it has such samples.

    Args:
        bags: Tags of every sample of the pool.
        chosen: Positions of the selected samples in their order, shape (k,).
        n_draws: How many random selections.
        seed: Of their draw.
    """
    generator = np.random.default_rng(seed)
    draws = [
        generator.permutation(len(bags))[: len(chosen)].astype(np.int64) for _ in range(n_draws)
    ]
    counted = bags.counts >= 2
    return Coverage(
        _cumulate(bags, chosen, counted), np.stack([_cumulate(bags, d, counted) for d in draws])
    )


def _cumulate(bags: Bags, order: IntArray, counted: np.typing.NDArray[np.bool_]) -> FloatArray:
    """Return the share of counted tags seen after each sample of `order`."""
    sizes = np.diff(bags.indptr)[order]
    starts = np.repeat(bags.indptr[:-1][order] - np.cumsum(sizes) + sizes, sizes)
    tags = bags.indices[starts + np.arange(sizes.sum())]
    place = np.repeat(np.arange(len(order)), sizes)
    keep = counted[tags]
    first = np.unique(tags[keep], return_index=True)[1]
    news = np.bincount(place[keep][first], minlength=len(order))
    share: FloatArray = np.cumsum(news) / max(1, int(counted.sum()))
    return share


def describe_coverage(found: Findings, options: ReportOptions) -> dict[str, Any] | None:
    """Return curves and a table at the size of the selection; None before anything was selected."""
    if found.selection is None or found.tags is None or found.communities is None:
        return None
    chosen = found.selection.index
    covered = measure_coverage(found.tags, chosen, options.draws, options.seed)
    steps = np.unique(np.linspace(0, len(chosen) - 1, min(_POINTS, len(chosen))).astype(np.int64))
    low, high = np.quantile(covered.random[:, steps], [0.05, 0.95], axis=0)
    layers = {
        "canonical tags on two samples or more": found.tags,
        "communities of tags": _community_bags(found.tags, found.communities),
        "clusters of samples": _cluster_bags(found.cluster),
    }
    return {
        "k": (steps + 1).tolist(),
        "chosen": np.round(covered.chosen[steps], 4).tolist(),
        "mean": np.round(covered.random[:, steps].mean(axis=0), 4).tolist(),
        "low": np.round(low, 4).tolist(),
        "high": np.round(high, 4).tolist(),
        "draws": options.draws,
        "rows": [_row(name, bags, chosen, options) for name, bags in layers.items()],
    }


def describe_audit(found: Findings) -> dict[str, Any] | None:
    """Return the table of the audit, what it advises and its gist; None where there is none."""
    if found.audit is None:
        return None
    head, *rows = found.audit.cells()
    return {
        "head": head,
        "rows": rows,
        "advice": found.audit.advise(),
        "gist": list(_sum_up(found.audit)),
    }


def _sum_up(audit: Audit) -> Iterator[str]:
    """Yield what a reader asks first: how good the rows are said to be, and how long they are."""
    mine, low, high = (audit.coverage.get(name) for name in (SELECTION, LOW, HIGH))
    if mine is None or low is None or high is None:
        return
    if not np.isnan(mine.standing):
        yield (
            "By the verdicts of the judge, a selected sample stands above"
            f" {100 * mine.standing:.0f} % of its cluster"
            f" (drawn at random: {100 * low.standing:.0f} to {100 * high.standing:.0f} %)."
        )
    yield (
        f"Its responses have {mine.mean_length:,.0f} characters in the mean"
        f" (drawn at random: {low.mean_length:,.0f} to {high.mean_length:,.0f})."
    )


def _community_bags(tags: Bags, communities: Communities) -> Bags:
    """Return the communities of the tags of each sample."""
    keys = tags.bag_of * len(communities) + communities.membership[tags.indices]
    sample, community = np.divmod(np.unique(keys), max(1, len(communities)))
    return _bags(sample, community, len(tags))


def _cluster_bags(cluster: IntArray) -> Bags:
    """Return the cluster of each sample as a bag of one or none."""
    sample = np.flatnonzero(cluster >= 0)
    return _bags(sample, cluster[sample], len(cluster))


def _bags(sample: IntArray, group: IntArray, n_samples: int) -> Bags:
    """Return groups as bags over the pool; `sample` is sorted."""
    n_groups = int(group.max(initial=-1)) + 1
    indptr = np.searchsorted(sample, np.arange(n_samples + 1)).astype(np.int64)
    return Bags(indptr, group, tuple(str(i) for i in range(n_groups)))


def _row(name: str, bags: Bags, chosen: IntArray, options: ReportOptions) -> list[Any]:
    """Return name, how many there are, share covered by the selection and by chance."""
    covered = measure_coverage(bags, chosen, options.draws, options.seed)
    ends = covered.random[:, -1]
    low, high = np.quantile(ends, [0.05, 0.95])
    n_counted = int((bags.counts >= 2).sum())
    shares = (covered.chosen[-1], ends.mean(), low, high)
    return [name, n_counted, *(number(float(share)) for share in shares)]
