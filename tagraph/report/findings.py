"""A store to what a report tells of; a step that was never run leaves None."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from tagraph.data import (
    Bags,
    BoolArray,
    Clustering,
    Communities,
    FloatArray,
    IntArray,
    Samples,
    Selection,
    TagMap,
)
from tagraph.errors import MissingResultError
from tagraph.graphs import TagGraph
from tagraph.schema import STEP_TABLES
from tagraph.steps.audit import Audit
from tagraph.steps.judge_card import JudgeCard
from tagraph.steps.records import SetAside, SourceFile
from tagraph.store import Run, Store

Part = TypeVar("Part")


@dataclass(frozen=True, eq=False)
class Ranking:
    """What the verdicts add up to.

    Attributes:
        strength: Shape (n_samples,); 0 where never compared.
        standard_error: Shape (n_samples,).
        n_comparisons: Shape (n_samples,).
        cards: What is known of each judge.
    """

    strength: FloatArray
    standard_error: FloatArray
    n_comparisons: IntArray
    cards: Sequence[JudgeCard]


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything a report tells of, loaded once.

    Attributes:
        name: File name of the store.
        limits: What the judge cannot see, one sentence; empty where nobody said.
        runs: Latest run of every step that was run.
        samples: The pool, texts on demand.
        sources: The files it came from.
        set_aside: Records that could not be used.
        notices: Records kept without a field.
        raw: Raw tags per sample.
        tag_map: Raw to canonical tags.
        tags: Canonical tags per sample.
        graph: The tag graph.
        communities: Its communities.
        clustering: Clusters of samples.
        pairings: First, second and outcome of every comparison (NaN: no verdict).
        ranking: Strengths.
        selection: The chosen samples.
        audit: The selection beside other ways to choose as many, if it was audited.
        costs: Rows of `v_costs`.
    """

    name: str
    limits: str
    runs: dict[str, Run]
    samples: Samples
    sources: Sequence[SourceFile]
    set_aside: Sequence[SetAside]
    notices: Sequence[SetAside]
    raw: Bags | None
    tag_map: TagMap | None
    tags: Bags | None
    graph: TagGraph | None
    communities: Communities | None
    clustering: Clustering | None
    pairings: tuple[IntArray, IntArray, FloatArray] | None
    ranking: Ranking | None
    selection: Selection | None
    audit: Audit | None
    costs: Sequence[dict[str, Any]]

    @property
    def is_selected(self) -> BoolArray:
        """Which samples of the pool were chosen, shape (n_samples,)."""
        chosen = np.zeros(len(self.samples), dtype=bool)
        if self.selection is not None:
            chosen[self.selection.index] = True
        return chosen

    @property
    def strength(self) -> FloatArray:
        """Strength of every sample, NaN where it was never compared, shape (n_samples,)."""
        if self.ranking is None:
            return np.full(len(self.samples), np.nan)
        return np.where(self.ranking.n_comparisons > 0, self.ranking.strength, np.nan)

    @property
    def cluster(self) -> IntArray:
        """Primary cluster of every sample, -1 for none, shape (n_samples,)."""
        if self.clustering is None:
            return np.full(len(self.samples), -1, dtype=np.int64)
        return self.clustering.membership


def load_findings(store: Store, name: str, limits: str = "") -> Findings:
    """Load everything a report tells of.

    Raises:
        MissingResultError: Nothing was ingested.
    """
    runs = {step: run for step in STEP_TABLES if (run := store.run(step)) is not None}
    if "ingest" not in runs:
        raise MissingResultError("ingest")

    def of(step: str, load: Callable[[], Part]) -> Part | None:
        return load() if step in runs else None

    set_aside, notices = store.samples.load_set_aside()
    return Findings(
        name=name,
        limits=limits,
        runs=runs,
        samples=store.samples.load_samples(),
        sources=store.samples.load_sources(),
        set_aside=set_aside,
        notices=notices,
        raw=of("tag", store.tags.load_raw_bags),
        tag_map=of("normalize", store.tags.load_tag_map),
        tags=of("normalize", store.tags.load_bags),
        graph=of("graph", store.groups.load_graph),
        communities=of("cluster", store.groups.load_communities),
        clustering=of("cluster", store.groups.load_clustering),
        pairings=of("compare", store.results.load_pairings),
        ranking=of(
            "rank", lambda: Ranking(*store.results.load_scores(), store.results.load_judge_cards())
        ),
        selection=of("select", store.results.load_selection),
        audit=of("select", lambda: _load_audit(store)),
        costs=store.calls.load_costs(),
    )


def _load_audit(store: Store) -> Audit | None:
    try:
        return store.results.load_audit()
    except MissingResultError:  # selected by a version that did not audit
        return None
