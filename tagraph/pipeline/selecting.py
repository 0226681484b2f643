"""The last step on a store: load what is known of the pool, select, audit, save; and explain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import orjson

from tagraph.data import Clustering, FloatArray, IntArray, Selection
from tagraph.errors import InputError, OptionsError
from tagraph.pipeline.bookkeeping import Plan, Result, run_step
from tagraph.pipeline.remembered import RememberedEncoder
from tagraph.pipeline.runs import Pipeline
from tagraph.protocols import Encoder
from tagraph.stages.selection import SelectionOptions, needs_strengths
from tagraph.steps.audit import audit_selection, lay_terrain
from tagraph.steps.explain import Comparisons, Explanation, explain_sample
from tagraph.steps.sample_vectors import encode_samples
from tagraph.steps.select import Pool, count_tokens, select_pool
from tagraph.store import Store

ROUNDS = 10  # times that the policy beside the selection is asked, at most


def run_select(pipeline: Pipeline, k: int, encoder: Encoder | None = None) -> bool:
    """Choose k samples by the policy and audit them; baselines need no tournament.

    k = 0 takes as many as a token limit pays for.
    `encoder` gives the vectors of the policy `distance`, and is asked for nothing else.
    """
    store, options = pipeline.store, pipeline.config.selection

    def work() -> Result:
        pool = load_pool(store, options, encoder)
        most = k or count_affordable(pipeline)[1]
        asked = _resolve(store, options)
        chosen = select_pool(pool, most, asked)
        covering = _choose_covering(store, pool, len(chosen), asked)
        return save_audited(store, chosen, pool.clustering, pool.strength, covering)

    parent = "rank" if needs_strengths(options.policy) else "cluster"
    plan = Plan("select", parent, {"selection": options, "k": k})
    return run_step(store, plan, work, pipeline.listen)


def _resolve(store: Store, options: SelectionOptions) -> SelectionOptions:
    """Return options whose lists name samples by their own ids."""
    include, exclude = (store.samples.resolve(ids) for ids in (options.include, options.exclude))
    return replace(options, include=include, exclude=exclude)


def _choose_covering(
    store: Store, pool: Pool, k: int, options: SelectionOptions
) -> IntArray | None:
    """Return what `covering` would take of the same pool; None without strengths, or if it did.

    In a pool where most rows nearly repeat others, some still do when it was asked `ROUNDS` times.
    """
    if pool.strength is None or options.policy == "covering":
        return None
    graph = pool.graph or store.groups.load_graph()
    asked = replace(options, policy="covering", target=(), tokens=0)
    return select_pool(replace(pool, graph=graph), k, asked, rounds=ROUNDS).index


def save_audited(
    store: Store,
    selection: Selection,
    clustering: Clustering,
    strength: FloatArray | None = None,
    covering: IntArray | None = None,
) -> Result:
    """Return a selection beside pool and baselines as the result of the step."""
    terrain = lay_terrain(
        store.tags.load_bags(),
        store.groups.load_communities(),
        store.samples.load_lengths(),
        clustering.membership,
        strength,
    )
    audit = audit_selection(selection, store.samples.load_samples(), terrain, covering)
    summary: dict[str, Any] = {"selected": len(selection), "policy": selection.policy}
    summary["withheld"] = len(selection.withheld)

    def save() -> None:
        store.results.save_selection(selection)
        store.results.save_audit(audit)

    return Result(summary, save)


def count_affordable(pipeline: Pipeline) -> tuple[int, int]:
    """Return how many rows a token limit pays for: of mean length, and of the shortest.

    Raises:
        OptionsError: Not even the shortest sample fits.
    """
    limit = pipeline.config.selection.tokens
    samples = pipeline.store.samples.load_samples()
    counts = np.sort([count_tokens(sample) for sample in samples])
    most = int(np.searchsorted(np.cumsum(counts), limit, side="right"))
    if not most:
        raise OptionsError(f"tokens is {limit}; the shortest sample alone has {counts[0]:,}")
    return min(len(counts), max(1, round(limit / max(1.0, float(counts.mean()))))), most


def explain_stored(store: Store, sample_id: str) -> Explanation:
    """Say why a sample is in the stored selection, or why it is not.

    Raises:
        MissingResultError: Nothing was selected.
        InputError: There is no such sample.
    """
    selection = store.results.load_selection()
    if selection.policy == "tacos":
        raise InputError("the recipe of TACOS has no strengths to explain; see v_selection.reason")
    pool = load_pool(store, SelectionOptions(selection.policy))
    known = None
    if needs_strengths(selection.policy):
        known = Comparisons(*store.results.load_pairings())
    return explain_sample(pool, selection, store.samples.resolve([sample_id])[0], known)


def load_pool(store: Store, options: SelectionOptions, encoder: Encoder | None = None) -> Pool:
    """Return what the store knows of the samples to choose from, as far as the policy needs it."""
    samples, clustering = store.samples.load_samples(), store.groups.load_clustering()
    bags = store.tags.load_bags()
    known: dict[str, Any] = {"bags": bags, "samples": samples}
    if options.policy == "longest" or options.length_control:
        known["length"] = store.samples.load_lengths()
    if needs_strengths(options.policy):
        known |= _load_evidence(store, clustering)
    if options.policy in ("information", "covering"):
        known["graph"] = store.groups.load_graph()
    if options.policy == "distance" and encoder is not None:
        known["vectors"] = encode_samples(bags, samples, RememberedEncoder(encoder, store))[:]
    if options.minimum:
        known["values"] = _load_values(store, options.minimum_field)
    return Pool(samples.ids, clustering, **known)


def _load_values(store: Store, field: str) -> list[str]:
    """Return the value of a field of every record; `source` is the file it came from.

    Raises:
        InputError: The records are not JSON objects with that field.
    """
    samples = store.samples.load_samples()
    if field == "source":
        return [sample.source for sample in samples]
    values = []
    for chosen in store.samples.load_records(range(len(samples))):
        try:
            record = orjson.loads(chosen.original)
        except orjson.JSONDecodeError as error:
            raise InputError(f"minimum_field {field!r} needs records in JSON") from error
        if not isinstance(record, dict) or field not in record:
            raise InputError(f"a record has no field {field!r}; minimum counts by a field of all")
        values.append(str(record[field]))
    return values


def _load_evidence(store: Store, clustering: Clustering) -> dict[str, Any]:
    """Return strengths (NaN where never compared), their errors, and comparisons won and lost."""
    strength, error, compared = store.results.load_scores()
    first, second, outcome = store.results.load_pairings()
    n = len(clustering.membership)
    won, lost = (
        np.bincount(first[outcome == score], minlength=n)
        + np.bincount(second[outcome == 1 - score], minlength=n)
        for score in (1, 0)
    )
    unseen = compared == 0
    return {
        "strength": np.where(unseen, np.nan, strength),
        "standard_error": np.where(unseen, np.nan, error),
        "wins": won,
        "losses": lost,
    }
