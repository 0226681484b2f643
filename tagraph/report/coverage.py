"""How much of the pool's tags a selection holds, beside random selections of the same size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tagraph.data import Bags, FloatArray, IntArray
from tagraph.report.findings import Findings
from tagraph.report.options import ReportOptions
from tagraph.report.rows import number

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
    if found.selection is None or found.tags is None:
        return None
    chosen = found.selection.index
    covered = measure_coverage(found.tags, chosen, options.draws, options.seed)
    steps = np.unique(np.linspace(0, len(chosen) - 1, min(_POINTS, len(chosen))).astype(np.int64))
    low, high = np.quantile(covered.random[:, steps], [0.05, 0.95], axis=0)
    return {
        "k": (steps + 1).tolist(),
        "chosen": np.round(covered.chosen[steps], 4).tolist(),
        "mean": np.round(covered.random[:, steps].mean(axis=0), 4).tolist(),
        "low": np.round(low, 4).tolist(),
        "high": np.round(high, 4).tolist(),
        "draws": options.draws,
        "rows": [_row(name, bags, chosen, options) for name, bags in _layers(found)],
    }


def _layers(found: Findings) -> list[tuple[str, Bags]]:
    """Return what a selection may cover, each as bags over the pool."""
    layers = [] if found.tags is None else [("canonical tags on two samples or more", found.tags)]
    if found.communities is not None and found.tags is not None:
        keys = found.tags.bag_of * len(found.communities)
        pairs = np.unique(keys + found.communities.membership[found.tags.indices])
        sample, community = np.divmod(pairs, max(1, len(found.communities)))
        layers.append(("communities of tags", _bags(sample, community, found)))
    if found.clustering is not None:
        sample = np.flatnonzero(found.cluster >= 0)
        layers.append(("clusters of samples", _bags(sample, found.cluster[sample], found)))
    return layers


def _bags(sample: IntArray, group: IntArray, found: Findings) -> Bags:
    """Return groups as bags over the pool; `sample` is sorted."""
    n_groups = int(group.max(initial=-1)) + 1
    indptr = np.searchsorted(sample, np.arange(len(found.samples) + 1)).astype(np.int64)
    return Bags(indptr, group, tuple(str(i) for i in range(n_groups)))


def _row(name: str, bags: Bags, chosen: IntArray, options: ReportOptions) -> list[Any]:
    """Return name, how many there are, share covered by the selection and by chance."""
    covered = measure_coverage(bags, chosen, options.draws, options.seed)
    ends = covered.random[:, -1]
    low, high = np.quantile(ends, [0.05, 0.95])
    n_counted = int((bags.counts >= 2).sum())
    shares = (covered.chosen[-1], ends.mean(), low, high)
    return [name, n_counted, *(number(float(share)) for share in shares)]
