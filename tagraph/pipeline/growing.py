"""The steps on a store whose pool grew out of another store: what is known stays, the new is added.

The other store is only read. Its map of tags, its communities, clusters and verdicts stand; new
samples are tagged, brought to its tags, put into its clusters, and compared with anchors and rivals
there alone. Rank and select are the ordinary steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tagraph.data import Bags, BoolArray, Clustering, IntArray, Move
from tagraph.errors import InputError, MissingResultError
from tagraph.pipeline.bookkeeping import Event, Plan, Result, run_step
from tagraph.pipeline.judging import Asked, count_outcomes, pairing_rows
from tagraph.pipeline.remembered import RememberedEncoder, RememberedJudge, RememberedTagger
from tagraph.pipeline.runs import Pipeline, cut_clusters
from tagraph.protocols import Encoder, Judge, Lemmatizer, Tagger, minds_order
from tagraph.stages.joining import join_bags
from tagraph.steps.assign import assign_samples
from tagraph.steps.cluster import ClusterOptions
from tagraph.steps.growth import GrownPool, extend_tag_map, join_pools
from tagraph.steps.newcomers import judge_newcomers
from tagraph.steps.normalize import NormalizeOptions
from tagraph.steps.records import Ingest, SourceFile
from tagraph.steps.sample_vectors import encode_samples
from tagraph.steps.tag import tag_samples
from tagraph.steps.tag_answers import FAILED, ExplainingTagger
from tagraph.store import Store

COMPANY = 2000  # old samples read beside the new ones, so that a few new ones are not a corpus
_SHOWN = 5


@dataclass(frozen=True)
class Growth:
    """A store with a grown pool, and the store that it grew from.

    Attributes:
        pipeline: The grown store.
        base: The store it grew from; only read.
    """

    pipeline: Pipeline
    base: Store

    @property
    def store(self) -> Store:
        """The grown store."""
        return self.pipeline.store

    @cached_property
    def place(self) -> IntArray:
        """Position in the grown pool of each old sample, shape (n_old,)."""
        position = {key: i for i, key in enumerate(self.store.samples.load_samples().ids)}
        old = self.base.samples.load_samples().ids
        return np.array([position[key] for key in old], dtype=np.int64)

    @cached_property
    def new(self) -> IntArray:
        """Positions of the samples that the other store lacks."""
        rest = np.ones(len(self.store.samples.load_samples()), dtype=bool)
        rest[self.place] = False
        return np.flatnonzero(rest)

    @property
    def order(self) -> IntArray:
        """Which sample of old and new ones, counted on, stands at each place, shape (n,)."""
        return np.argsort(np.concatenate([self.place, self.new]))

    def read(self, step: str, option: str) -> Any:
        """Return an option that a step of the other store was run with."""
        run = self.base.run(step)
        if run is None:
            raise MissingResultError(step)
        return run.options[option]

    def refuse_other(self, step: str, option: str, key: str) -> None:
        """Refuse an adapter that is not the one of the other store.

        Raises:
            InputError: It is another one.
        """
        stored = self.read(step, option)
        if stored != key:
            raise InputError(
                f"{self.base.path} was made with {option} {stored}, not {key}: what two of them"
                " say is not on one scale; name the same one, or select without --grow"
            )

    def run(self, plan: Plan, work: Callable[[], Result]) -> bool:
        """Run a step; another result of the other store's step makes it anew."""
        run = self.base.run(plan.step)
        if run is None:
            raise MissingResultError(plan.step)
        options = {**plan.options, "grown_from": run.fingerprint}
        return run_step(
            self.store, Plan(plan.step, plan.parent, options), work, self.pipeline.listen
        )


def check_base(base: Store) -> None:
    """Refuse a store that no pool can grow from.

    Raises:
        MissingResultError: It was never clustered.
        InputError: It holds no tag graph or has two judges.
    """
    if base.run("cluster") is None:
        raise MissingResultError("cluster")
    if base.run("graph") is None:
        raise InputError(f"{base.path} was made by a preset; only an ordinary selection can grow")
    judged = base.run("compare")
    if judged is not None and "second_judge" in judged.options:
        raise InputError(f"{base.path} was judged by two judges; only one can be asked on")


def grow_ingest(
    growth: Growth,
    content: str,
    read: Callable[[], Ingest],
    check: Callable[[int, Sequence[SourceFile]], None] | None = None,
) -> bool:
    """Put the samples of a source to those of the other store, which keep their ids.

    `check` is told how many samples there would be, and the files, before anything is saved.
    """
    store, base = growth.store, growth.base

    def work() -> Result:
        pool = join_pools(load_ingest(base), read())
        ingest, generation = pool.ingest, _count_generations(base, pool)
        if check is not None:
            check(len(ingest.samples), ingest.sources)

        def save() -> None:
            samples = store.samples
            samples.save_sources(ingest.sources)
            samples.save_samples(ingest.samples, ingest.originals, ingest.source_index, generation)
            samples.save_set_aside(ingest.set_aside, ingest.notices)

        n_new = len(ingest.samples) - pool.n_old
        told = f"{n_new:,} new samples join {pool.n_old:,}; {pool.n_known:,} were there already"
        summary = {
            "samples": len(ingest.samples),
            "set_aside": len(ingest.set_aside),
            "unusable_tags": len(ingest.notices),
            "format": ingest.format,
            "evidence": ingest.evidence,
            "growth": [told],
        }
        return Result(summary, save)

    made_of = {"content": content, "ingest": growth.pipeline.config.ingest}
    return growth.run(Plan("ingest", None, made_of), work)


def load_ingest(store: Store) -> Ingest:
    """Return the stored pool as it was ingested."""
    samples = store.samples.load_samples()
    records = store.samples.load_records(range(len(samples)))
    aside, notices = store.samples.load_set_aside()
    run = store.run("ingest")
    return Ingest(
        samples=samples,
        originals=tuple(record.original for record in records),
        source_index=np.array([record.source for record in records], dtype=np.int64),
        sources=tuple(store.samples.load_sources()),
        set_aside=tuple(aside),
        format=run.summary["format"] if run else "",
        evidence=run.summary["evidence"] if run else "",
        notices=tuple(notices),
    )


def _count_generations(base: Store, pool: GrownPool) -> IntArray:
    """Return when each sample joined, 0 for those of the first pool."""
    before = base.samples.load_generations()
    fresh = len(pool.order) - pool.n_old
    return np.append(before, np.full(fresh, before.max(initial=0) + 1))[pool.order]


def grow_tag(growth: Growth, tagger: Tagger) -> bool:
    """Give the new samples raw tags, by the tagger of the others."""
    growth.refuse_other("tag", "tagger", tagger.key)
    store, new = growth.store, growth.new

    def work() -> Result:
        samples = store.samples.load_samples().take(new.tolist())
        outcomes: dict[str, int] = {}
        if isinstance(tagger, ExplainingTagger):
            asked = RememberedTagger(tagger, store, lambda done, total: _tell(growth, done, total))
            found = tag_samples(samples, asked)
            outcomes = dict(sorted(asked.outcomes.items()))
        else:
            company = growth.base.samples.load_samples().take(
                range(min(COMPANY, len(growth.place)))
            )
            found = Bags.of(tag_samples([*samples, *company], tagger)[: len(samples)])
        bags = join_bags(growth.base.tags.load_raw_bags(), found, growth.order)
        summary: dict[str, Any] = {
            "raw_tags": len(bags.vocabulary),
            "per_sample": round(len(bags.indices) / max(1, len(bags)), 2),
            "without_tags": int((np.diff(bags.indptr) == 0).sum()),
            "growth": [f"{len(new):,} samples tagged"],
        }
        if outcomes:
            summary |= {"outcomes": outcomes, "unfinished": outcomes.get(FAILED, 0)}
        return Result(summary, lambda: store.tags.save_raw_bags(bags))

    return growth.run(Plan("tag", "ingest", {"tagger": tagger.key}), work)


def _tell(growth: Growth, done: int, total: int) -> None:
    dollars = growth.store.calls.spent().cost / 1e9
    growth.pipeline.listen(Event("tag", "working", done=done, total=total, dollars=dollars))


def grow_normalize(growth: Growth, lemmatizer: Lemmatizer) -> bool:
    """Bring the new raw tags to the stored map; tags that it has no place for are told of."""
    store = growth.store

    def work() -> Result:
        raw, stored = store.tags.load_raw_bags(), growth.base.tags.load_tag_map()
        options = NormalizeOptions(**growth.read("normalize", "normalize"))
        grown = extend_tag_map(stored, raw, lemmatizer, options)
        bags = _keep_vocabulary(growth.base.tags.load_bags().vocabulary, grown.tag_map.apply(raw))
        names = ", ".join(f"{tag} ({count:,})" for tag, count in grown.unknown[:_SHOWN])
        told = [
            f"{len(grown.placed):,} unseen raw tags placed by their spelling;"
            f" {len(grown.unknown):,} have no place on the map" + (f": {names}" if names else "")
        ]
        summary = {
            "raw_tags": len(raw.vocabulary),
            "canonical_tags": len(bags.vocabulary),
            "merges": len(grown.tag_map.merges),
            "rare": len(grown.tag_map.rare),
            "unknown_overrides": (),
            "growth": told,
        }
        return Result(summary, lambda: store.tags.save_tag_map(grown.tag_map, bags))

    made_of = {name: growth.read("normalize", name) for name in _NORMALIZED}
    return growth.run(Plan("normalize", "tag", made_of), work)


_NORMALIZED = ("normalize", "lemmatizer", "encoder", "overrides", "adjudicator", "previous")


def _keep_vocabulary(vocabulary: tuple[str, ...], bags: Bags) -> Bags:
    """Return the bags over exactly this vocabulary, which holds all of theirs."""
    position = {tag: i for i, tag in enumerate(vocabulary)}
    moved = np.array([position[tag] for tag in bags.vocabulary], dtype=np.int64)
    return Bags(bags.indptr, moved[bags.indices], vocabulary)


def grow_graph(growth: Growth) -> bool:
    """Take over the graph: new samples do not redraw the map."""

    def work() -> Result:
        graph, run = growth.base.groups.load_graph(), growth.base.run("graph")
        summary = dict(run.summary) if run else {}
        return Result(summary, lambda: growth.store.groups.save_graph(graph))

    made_of = {name: growth.read("graph", name) for name in ("graph", "encoder")}
    return growth.run(Plan("graph", "normalize", made_of), work)


def grow_cluster(growth: Growth, encoder: Encoder) -> bool:
    """Put each new sample into the cluster that it is most like; nothing else moves."""
    growth.refuse_other("cluster", "encoder", encoder.key)
    store, base, place, new = growth.store, growth.base, growth.place, growth.new

    def work() -> Result:
        bags, graph = store.tags.load_bags(), base.groups.load_graph()
        communities, old = base.groups.load_communities(), base.groups.load_clustering()
        samples = store.samples.load_samples()
        vectors = encode_samples(bags, samples, RememberedEncoder(encoder, store))
        options = ClusterOptions(**growth.read("cluster", "clusters"))
        found = assign_samples(
            _take(bags, new),
            _take(bags, place),
            graph,
            old,
            options,
            vectors=(vectors[new], vectors[place]),
        )
        membership = np.full(len(bags), -1, dtype=np.int64)
        membership[place], membership[new] = old.membership, found.membership
        clustering = _move(old, membership, place)
        nowhere, bare = int((found.membership < 0).sum()), int(found.by_vector.sum())
        run = base.run("cluster")
        summary = dict(run.summary) if run else {}
        summary |= {
            "largest": int(clustering.sizes.max(initial=0)),
            "smallest": int(clustering.sizes.min(initial=len(bags))),
            "without_cluster": int((membership < 0).sum()),
            "growth": [
                f"{len(new) - nowhere:,} new samples in {len(np.unique(found.membership)):,}"
                f" clusters, {bare:,} of them by their text alone; {nowhere:,} in none"
            ],
        }

        def save() -> None:
            store.groups.save_communities(communities)
            store.groups.save_clustering(clustering)

        return Result(summary, save)

    names = ("communities", "clusters", "encoder", "backend")
    made_of = {name: growth.read("cluster", name) for name in names}
    return growth.run(Plan("cluster", "graph", made_of), work)


def _take(bags: Bags, rows: IntArray) -> Bags:
    """Return some rows of bags, over the same vocabulary."""
    counts = np.diff(bags.indptr)[rows]
    inside = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Bags(
        indptr, bags.indices[np.repeat(bags.indptr[rows], counts) + inside], bags.vocabulary
    )


def _move(old: Clustering, membership: IntArray, place: IntArray) -> Clustering:
    """Return the clustering with every old sample at its new position."""
    links = old.links.copy()
    links[:, 0] = place[links[:, 0]]
    return replace(
        old,
        membership=membership,
        links=links[np.lexsort((links[:, 1], links[:, 0]))],
        moves=tuple(
            Move(int(place[move.sample]), move.before, move.after, move.reason)
            for move in old.moves
        ),
    )


def grow_compare(growth: Growth, judge: Judge, k: int) -> bool:
    """Let the judge compare new samples with anchors and rivals; the old verdicts stand."""
    growth.refuse_other("compare", "judge", judge.key)
    store, base, place = growth.store, growth.base, growth.place
    config, clustering = growth.pipeline.config, store.groups.load_clustering()
    cut = cut_clusters(clustering, k, config.selection)
    is_new: BoolArray = np.ones(len(clustering.membership), dtype=bool)
    is_new[place] = False

    def work() -> Result:
        first, second, outcome = base.results.load_pairings()
        rows = [
            (number, int(place[i]), int(place[j]), key)
            for number, i, j, key in base.results.load_pairing_rows()
        ]
        most = int(config.tournament.calls_per_item * is_new.sum())
        asked = Asked(growth.pipeline, most)
        found = judge_newcomers(
            (place[first], place[second], outcome),
            is_new,
            RememberedJudge(judge, store, asked.within),
            config.tournament,
            groups=clustering.membership,
            cut=cut,
            samples=store.samples.load_samples(),
            bradley_terry=config.bradley_terry,
            on_round=asked.tell,
            first_round=1 + max((row[0] for row in rows), default=-1),
        )
        rows += pairing_rows(judge.key, found, store.samples.load_digests())
        summary: dict[str, Any] = {"judge": config.judge, **count_outcomes(found.verdicts)}
        summary["unfinished"] = summary["outcomes"].get("failed", 0)
        ids = store.samples.load_samples().ids
        summary["set_aside_samples"] = ", ".join(ids[int(i)] for i in found.set_aside)
        summary["growth"] = [f"{len(first):,} verdicts of {base.path} stand"]
        return Result(summary, lambda: store.results.save_pairings(rows))

    made_of: dict[str, Any] = {"tournament": config.tournament, "judge": judge.key}
    made_of |= {"cut": cut.tolist(), "bradley_terry": config.bradley_terry}
    made_of |= {"minds_order": True} if minds_order(judge) else {}
    return growth.run(Plan("compare", "cluster", made_of), work)


def list_sources(growth: Growth, added: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return name and path of every file of the grown pool, those of the new source as given."""
    known = [(source.name, source.path) for source in growth.base.samples.load_sources()]
    return [*known, *added]
