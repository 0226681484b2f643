"""A stored pool and a new source to one pool: ids stay, repeats are known, new tags are placed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tagraph.data import Bags, IntArray, Merge, Sample, Samples, TagMap
from tagraph.protocols import Lemmatizer
from tagraph.steps.normalize import NormalizeOptions, normalize_tags
from tagraph.steps.records import Ingest


@dataclass(frozen=True, eq=False)
class GrownPool:
    """Old and new samples together.

    Attributes:
        ingest: All of them, in the order of their ids; the old sources come before the new ones.
        order: Which sample each one was, the new ones counted on after the old ones, shape (n,).
        n_old: Number of old samples.
        n_known: Records of the new source whose conversation was in the old pool; not added again.
    """

    ingest: Ingest
    order: IntArray
    n_old: int
    n_known: int


def join_pools(old: Ingest, new: Ingest) -> GrownPool:
    """Put new samples to old ones; old ids stay as they are."""
    known = {sample.digest for sample in old.samples}
    fresh = [i for i, sample in enumerate(new.samples) if sample.digest not in known]
    n_old, ids = len(old.samples), (*old.samples.ids, *(new.samples.ids[i] for i in fresh))
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
    rows = order.tolist()

    def load(index: Sequence[int]) -> list[Sample]:
        asked = [rows[i] for i in index]
        held = [row for row in asked if row < n_old]
        parts = {
            **dict(zip(held, old.samples.take(held), strict=True)),
            **{row: new.samples[fresh[row - n_old]] for row in asked if row >= n_old},
        }
        return [parts[row] for row in asked]

    originals = (*old.originals, *(new.originals[i] for i in fresh))
    source = np.concatenate([old.source_index, new.source_index[fresh] + len(old.sources)])
    ingest = Ingest(
        samples=Samples([ids[row] for row in rows], load),
        originals=tuple(originals[row] for row in rows),
        source_index=source[order],
        sources=(*old.sources, *new.sources),
        set_aside=(*old.set_aside, *new.set_aside),
        format=old.format if old.format == new.format else "mixed",
        evidence=new.evidence,
        notices=(*old.notices, *new.notices),
    )
    return GrownPool(ingest, order, n_old, len(new.samples) - len(fresh))


@dataclass(frozen=True, eq=False)
class GrownMap:
    """A stored tag map that knows more raw tags.

    Attributes:
        tag_map: The map; what it said before it still says.
        placed: Raw tags that it did not know and that are written differently only.
        unknown: Those that it has no place for, with the number of samples, most used first. They
            are left out of the canonical tags.
    """

    tag_map: TagMap
    placed: tuple[str, ...]
    unknown: tuple[tuple[str, int], ...]


def extend_tag_map(
    stored: TagMap, raw: Bags, lemmatizer: Lemmatizer, options: NormalizeOptions
) -> GrownMap:
    """Place the raw tags that a map does not know beside those it knows, by spelling alone.

    The rules of `normalize_tags` without meaning group all raw tags anew; an unknown one goes
    where most uses of the known ones of its group went. What the map says already is not touched.

    Args:
        stored: The map.
        raw: Raw tags of old and new samples together.
        lemmatizer: Whose rules they are.
        options: As the map was made with.
    """
    unseen = sorted(set(raw.vocabulary) - stored.canonical_of.keys())
    used = dict(zip(raw.vocabulary, raw.counts.tolist(), strict=True))
    fresh = normalize_tags(raw, replace(options, min_count=1), lemmatizer=lemmatizer, encoder=None)
    targets: dict[str, Counter[str]] = {}
    for tag in raw.vocabulary:
        if tag in stored.canonical_of:
            group = targets.setdefault(fresh.canonical_of[tag], Counter())
            group[stored.canonical_of[tag]] += used[tag]
    why = {merge.raw: merge for merge in fresh.merges}
    merges: list[Merge] = []
    for tag in unseen:
        known = targets.get(fresh.canonical_of[tag])
        if known:
            canonical = min(known, key=lambda name: (-known[name], name))
            reason = why.get(tag, Merge(tag, canonical, "spelling", 1.0))
            merges.append(replace(reason, canonical=canonical))
    placed = {merge.raw: merge.canonical for merge in merges}
    left = sorted(set(unseen) - placed.keys(), key=lambda tag: (-used[tag], tag))
    extended = replace(
        stored,
        canonical_of={**stored.canonical_of, **placed, **{tag: tag for tag in left}},
        merges=tuple(sorted((*stored.merges, *merges), key=lambda merge: merge.raw)),
        counts={**stored.counts, **{tag: used[tag] for tag in left}},
        rare=stored.rare | set(left),
    )
    return GrownMap(extended, tuple(placed), tuple((tag, used[tag]) for tag in left))
