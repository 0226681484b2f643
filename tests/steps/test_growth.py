"""Old and new samples to one pool, and new tags to an old map."""

import numpy as np

from tagraph.data import ASSISTANT, HUMAN, Bags, Sample, Samples, Turn, digest_turns
from tagraph.steps.growth import extend_tag_map, join_pools
from tagraph.steps.normalize import NormalizeOptions, normalize_tags
from tagraph.steps.records import Ingest, SourceFile
from tests.fakes import DictLemmatizer, LetterEncoder

LEMMAS = DictLemmatizer({"tables": "table", "chairs": "chair"})


def make(name: str, queries: list[str]) -> Ingest:
    turns = [(Turn(HUMAN, query), Turn(ASSISTANT, "yes")) for query in queries]
    samples = Samples.of(
        Sample(digest_turns(one)[:20], one, (), row, name) for row, one in enumerate(turns)
    )
    originals = tuple(sample.query.encode() for sample in samples)
    source = SourceFile(name, f"/{name}", "", "jsonl", n_records=len(samples))
    nothing = np.zeros(len(samples), dtype=np.int64)
    return Ingest(samples, originals, nothing, (source,), (), "alpaca", "made up")


def test_new_samples_join_and_what_was_there_is_not_added_again() -> None:
    old, new = make("old", ["a", "b", "c"]), make("new", ["b", "d", "e"])

    pool = join_pools(old, new)

    ingest = pool.ingest
    assert [s.query for s in ingest.samples] == [o.decode() for o in ingest.originals]
    assert sorted(s.query for s in ingest.samples) == ["a", "b", "c", "d", "e"]
    assert list(ingest.samples.ids) == sorted(ingest.samples.ids)
    assert (pool.n_old, pool.n_known) == (3, 1)
    sources = [ingest.sources[i].name for i in ingest.source_index.tolist()]
    assert sources == [sample.source for sample in ingest.samples]
    assert [name == "new" for name in sources] == (pool.order >= 3).tolist()


def test_an_unseen_tag_goes_where_its_spelling_went_and_the_map_stays() -> None:
    bags = [["table", "Table"], ["table", "sky"], ["rare tag"]]
    options = NormalizeOptions(min_count=1)
    stored = normalize_tags(bags, options, lemmatizer=LEMMAS, encoder=LetterEncoder())
    raw = Bags.of([*bags, ["TABLES", "chairs"], ["chairs", "zzz"]])

    grown = extend_tag_map(stored, raw, LEMMAS, options)

    assert grown.placed == ("TABLES",)
    assert grown.unknown == (("chairs", 2), ("zzz", 1))
    known = stored.canonical_of
    assert {tag: grown.tag_map.canonical_of[tag] for tag in known} == dict(known)
    assert list(grown.tag_map.apply(raw))[3:] == [["table"], []]
    assert {merge.raw for merge in grown.tag_map.merges} >= {"TABLES", "Table"}
    again = extend_tag_map(grown.tag_map, raw, LEMMAS, options)
    assert (again.placed, again.unknown) == ((), ())
