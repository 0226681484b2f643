import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import (
    Bags,
    CandidatePair,
    Clustering,
    Communities,
    Merge,
    Move,
    Outcome,
    Sample,
    Samples,
    Selection,
    TagMap,
    Turn,
    Verdict,
)
from tagraph.errors import MissingResultError, StoreError
from tagraph.graphs import TagGraph
from tagraph.schema import APPLICATION_ID, SCHEMA_VERSION, STEP_TABLES
from tagraph.steps.records import SetAside, SourceFile
from tagraph.store import MEMORY, Run, Store, open_store
from tagraph.store.connection import AT_ONCE
from tests import strategies

SOURCE = SourceFile("a.jsonl", "/a.jsonl", "0" * 64, "jsonl", "gz", b"", 3, "")


def a_run(step: str, fingerprint: str = "f", **summary: object) -> Run:
    return Run(step, fingerprint, {}, summary, "0", "2026-01-01T00:00:00+00:00", 0.5)


def fill(store: Store, pool: list[Sample], raw: Bags) -> Samples:
    samples = Samples.of(pool)
    originals = [f"record {sample.row}".encode() for sample in samples]
    with store.saving(a_run("ingest")):
        store.samples.save_sources([SOURCE])
        store.samples.save_samples(samples, originals, np.zeros(len(samples), dtype=np.int64))
        store.samples.save_set_aside(
            [SetAside("a.jsonl", 7, "output", "is missing", "{}")],
            [SetAside("a.jsonl", 8, "tags", "is a number", "3")],
        )
    with store.saving(a_run("tag")):
        store.tags.save_raw_bags(raw)
    return samples


@pytest.mark.parametrize("n", [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE])
def test_as_many_rows_are_inserted_as_there_are(n: int) -> None:
    rows = [SetAside("a.jsonl", i, "output", "is missing", "{}") for i in range(n)]
    with open_store(MEMORY) as store:
        with store.saving(a_run("ingest")):
            store.samples.save_set_aside(rows, [])
        assert store.samples.load_set_aside() == (rows, [])


@st.composite
def tagged_pools(draw: st.DrawFn) -> tuple[list[Sample], Bags]:
    pool = draw(strategies.pools())
    bag = st.lists(strategies.words, max_size=4)
    return pool, Bags.of(draw(st.lists(bag, min_size=len(pool), max_size=len(pool))))


@given(tagged_pools())
def test_samples_and_raw_tags_come_back_as_they_went_in(made: tuple[list[Sample], Bags]) -> None:
    pool, raw = made
    with Store() as store:
        samples = fill(store, pool, raw)
        loaded = store.samples.load_samples()

        assert [(s.id, s.turns, s.tags, s.row) for s in loaded] == [
            (s.id, s.turns, s.tags, s.row) for s in samples
        ]
        assert list(store.tags.load_raw_bags()) == list(raw)
        assert store.samples.load_digests() == [sample.digest for sample in samples]
        assert store.samples.load_sources() == [SOURCE]


def test_samples_and_records_are_loaded_in_the_order_asked_for() -> None:
    pool = [Sample(f"{i:020d}", (), (), row=i) for i in range(5)]
    with Store() as store:
        fill(store, pool, Bags.of([[]] * 5))

        assert [s.row for s in store.samples.load_samples().take([3, 0, 3])] == [3, 0, 3]
        records = store.samples.load_records([4, 1])
        assert [record.original for record in records] == [b"record 4", b"record 1"]


def make_result_of_every_step(store: Store) -> tuple[TagMap, TagGraph, Communities, Clustering]:
    fill(store, [Sample(f"{i:020d}", (), ()) for i in range(4)], Bags.of([["a", "A"]] * 4))
    tag_map = TagMap(
        {"a": "a", "A": "a"},
        (Merge("A", "a", "case", 1.0),),
        {"a": 4},
        borderline=(CandidatePair("a", "b", 0.7, "embedding"),),
    )
    bags = tag_map.apply(store.tags.load_raw_bags())
    empty = np.zeros((0, 2), dtype=np.int64)
    none = np.zeros(0)
    graph = TagGraph(("a",), empty, none, none, none, np.array([4]), empty)
    communities = Communities(
        ("a",), np.array([0]), ("a",), np.array([0.5]), 0.25, 1.5, np.array([0]), ("b",), "igraph"
    )
    clustering = Clustering(
        np.array([0, 0, 1, -1]),
        np.array([[0, 1]]),
        ("x", "y"),
        np.array([1.0, 0.0]),
        (Move(2, 0, 1, "pooled"),),
    )
    with store.saving(a_run("normalize")):
        store.tags.save_tag_map(tag_map, bags)
    with store.saving(a_run("graph")):
        store.groups.save_graph(graph)
    with store.saving(a_run("cluster", quality=0.25, resolution=1.5, backend="igraph")):
        store.groups.save_communities(communities)
        store.groups.save_clustering(clustering)
    store.evidence.save_verdicts("judge", [("k", "d0", "d1", Verdict(Outcome.TIE, 0, "", {}))])
    with store.saving(a_run("compare")):
        store.results.save_pairings([(0, 1, 0, "k")])
    with store.saving(a_run("rank")):
        ints = np.array([0, 0, 1, 2])
        store.results.save_scores(np.arange(4.0), np.ones(4), ints, ints)
    with store.saving(a_run("select", policy="equal")):
        store.results.save_selection(a_selection())
    return tag_map, graph, communities, clustering


def a_selection() -> Selection:
    return Selection(
        index=np.array([2, 3]),
        cluster=np.array([1, -1]),
        strength=np.array([2.0, np.nan]),
        rank=np.array([1, 1]),
        rival=np.array([0, -1]),
        rule=("quota", "quota"),
        reasons=("because", "so"),
        ids=("00000000000000000002", "00000000000000000003"),
        policy="equal",
    )


def test_the_result_of_every_step_comes_back_as_it_went_in() -> None:
    with Store() as store:
        tag_map, graph, communities, clustering = make_result_of_every_step(store)

        loaded = store.tags.load_tag_map()
        assert (loaded.canonical_of, loaded.merges) == (tag_map.canonical_of, tag_map.merges)
        assert (loaded.counts, loaded.borderline) == (tag_map.counts, tag_map.borderline)
        assert list(store.tags.load_bags()) == [["a"]] * 4
        assert store.groups.load_graph().tags == graph.tags
        assert store.groups.load_communities().names == communities.names
        assert store.groups.load_communities().quality == communities.quality
        assert store.groups.load_communities().upper_names == communities.upper_names
        assert store.groups.load_communities().upper.tolist() == communities.upper.tolist()
        assert store.groups.load_communities().backend == communities.backend
        assert store.groups.load_stability() is None
        again = store.groups.load_clustering()
        np.testing.assert_array_equal(again.membership, clustering.membership)
        np.testing.assert_array_equal(again.links, clustering.links)
        assert again.moves == clustering.moves
        first, second, outcome = store.results.load_pairings()
        assert (first.tolist(), second.tolist(), outcome.tolist()) == ([1], [0], [0.5])
        assert store.results.load_scores()[0].tolist() == [0, 1, 2, 3]


def test_a_selection_comes_back_as_it_went_in() -> None:
    with Store() as store:
        make_result_of_every_step(store)
        expected, loaded = a_selection(), store.results.load_selection()

        for name in ("index", "cluster", "strength", "rank", "rival"):
            np.testing.assert_array_equal(getattr(loaded, name), getattr(expected, name))
        assert (loaded.ids, loaded.reasons) == (expected.ids, expected.reasons)
        assert (loaded.rule, loaded.policy) == (expected.rule, expected.policy)


@pytest.mark.parametrize("step", list(STEP_TABLES))
def test_saving_a_step_clears_the_later_ones_and_keeps_the_earlier_ones(step: str) -> None:
    with Store() as store:
        make_result_of_every_step(store)
        place = list(STEP_TABLES).index(step)

        with store.saving(a_run(step, "new")):
            pass

        present = [store.run(other) is not None for other in STEP_TABLES]
        assert present == [i <= place for i in range(len(STEP_TABLES))]
        for later in list(STEP_TABLES)[place:]:
            for table in STEP_TABLES[later]:
                assert store.query(f"SELECT count(*) n FROM {table}") == [{"n": 0}]  # noqa: S608
        assert store.evidence.load_verdicts(["k"]).keys() == {"k"}


def list_indexes(store: Store) -> set[tuple[str, str]]:
    found = store.query("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql != ''")
    return {(row["name"], row["sql"]) for row in found}


@pytest.mark.parametrize("step", list(STEP_TABLES))
def test_indexes_are_made_once_the_tables_are_filled(step: str) -> None:
    with Store() as store, Store() as fresh:
        make_result_of_every_step(store)
        assert list_indexes(store) == list_indexes(fresh)
        steps = list(STEP_TABLES)
        later = [one for one in steps[steps.index(step) :] if one != "ingest"]
        tables = {table for one in later for table in STEP_TABLES[one]}

        with store.saving(a_run(step, "new")):
            gone = list_indexes(fresh) - list_indexes(store)
        assert gone == {
            (name, sql)
            for name, sql in list_indexes(fresh)
            if sql.startswith("CREATE INDEX ") and sql.split(" ON ")[1].split()[0] in tables
        }
        assert list_indexes(store) == list_indexes(fresh)


def test_a_step_that_fails_while_saving_leaves_the_store_as_it_was() -> None:
    with Store() as store:
        make_result_of_every_step(store)

        with pytest.raises(ZeroDivisionError), store.saving(a_run("normalize", "new")):
            raise ZeroDivisionError

        run = store.run("normalize")
        assert run is not None
        assert run.fingerprint == "f"
        assert len(store.results.load_selection()) == 2
        with Store() as fresh:
            assert list_indexes(store) == list_indexes(fresh)


def test_a_result_that_is_missing_names_the_command_that_makes_it() -> None:
    with Store() as store, pytest.raises(MissingResultError, match="tagraph rank"):
        store.results.load_scores()


def test_the_first_verdict_of_a_key_stays() -> None:
    with Store() as store:
        first = Verdict(Outcome.FIRST, 2, "r", {"input_tokens": 3})
        store.evidence.save_verdicts("judge", [("k", "a", "b", first)])
        store.evidence.save_verdicts("judge", [("k", "a", "b", Verdict(Outcome.SECOND))])

        assert store.evidence.load_verdicts(["k", "unknown"]) == {"k": first}


def test_vectors_come_back_by_text_and_model() -> None:
    with Store() as store:
        store.evidence.save_vectors("m", ["a", "b"], np.array([[0.5, 0.25], [1.0, 0.0]]))

        found = store.evidence.load_vectors("m", ["b", "c"])
        assert {text: vector.tolist() for text, vector in found.items()} == {"b": [1.0, 0.0]}
        assert store.evidence.load_vectors("other", ["a"]) == {}


VIEWS = "samples tags merges communities clusters comparisons ranking selection costs"


@pytest.mark.parametrize("view", VIEWS.split())
def test_every_view_answers(view: str) -> None:
    with Store() as store:
        make_result_of_every_step(store)

        assert store.query(f"SELECT * FROM v_{view}")  # noqa: S608 - names above


def test_what_is_saved_is_there_after_the_file_is_opened_again(tmp_path: Path) -> None:
    with open_store(tmp_path / "run.db") as store:
        make_result_of_every_step(store)
    with open_store(tmp_path / "run.db") as store:
        assert len(store.results.load_selection()) == 2


def test_a_store_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    open_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(StoreError, match="newer tagraph"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_database_of_somebody_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(StoreError, match="not a tagraph store"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("this is no database, " * 100)

    with pytest.raises(StoreError, match="not a database"):
        open_store(path)


def test_names_of_ones_own_rare_tags_and_narrower_tags_come_back() -> None:
    tag_map = TagMap(
        {"wolf": "Canis", "dog": "Canis", "Canis": "Canis", "dogs 2": "dogs 2", "cat": "cat"},
        (Merge("dog", "Canis", "override", 1.0), Merge("wolf", "Canis", "override", 1.0)),
        {"Canis": 1, "dogs 2": 1, "cat": 1},
        rare=frozenset({"cat"}),
        narrower=(("dogs 2", "Canis"),),
    )
    raw = Bags.of([["wolf", "dog"], ["dogs 2", "cat"]])
    with Store() as store:
        fill(store, [Sample(f"{i:020d}", (), ()) for i in range(2)], raw)
        with store.saving(a_run("normalize")):
            store.tags.save_tag_map(tag_map, tag_map.apply(raw))
        loaded = store.tags.load_tag_map()

        assert loaded.canonical_of == tag_map.canonical_of
        assert (loaded.rare, loaded.narrower) == (tag_map.rare, tag_map.narrower)
        assert loaded.counts == tag_map.counts
        assert list(store.tags.load_bags()) == [["Canis"], ["dogs 2"]]


def test_a_graph_with_edges_comes_back() -> None:
    bags = Bags.of([["a", "b"], ["b", "c"], ["a", "b"]])
    layers = np.array([0.25, 0.5])
    edges = np.array([[0, 1], [1, 2]])
    narrower = np.zeros((0, 2), dtype=np.int64)
    graph = TagGraph(bags.vocabulary, edges, layers, layers / 2, layers, bags.counts, narrower)
    with Store() as store:
        fill(store, [Sample(f"{i:020d}", (), ()) for i in range(3)], bags)
        with store.saving(a_run("normalize")):
            store.tags.save_tag_map(TagMap({t: t for t in "abc"}), bags)
        with store.saving(a_run("graph")):
            store.groups.save_graph(graph)
        loaded = store.groups.load_graph()

    for name in ("edges", "weights", "cooccurrence", "similarity", "counts"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(graph, name))


def test_texts_and_tags_can_be_searched_and_never_outlive_their_rows() -> None:
    turns = (Turn("human", "how do whales sleep"), Turn("assistant", "half a brain at a time"))
    search = "SELECT s.id FROM turns_fts f JOIN turns t ON t.rowid = f.rowid"
    search += " JOIN samples s ON s.position = t.sample WHERE turns_fts MATCH ?"
    with Store() as store:
        fill(store, [Sample("0" * 20, turns)], Bags.of([["whales"]]))
        with store.saving(a_run("normalize")):
            store.tags.save_tag_map(TagMap({"whales": "whales"}), Bags.of([["whales"]]))

        assert store.query(search, ["whales"]) == [{"id": "0" * 20}]
        found = store.query("SELECT tag FROM tags_fts WHERE tags_fts MATCH 'whales'")
        assert found == [{"tag": "whales"}]
        fill(store, [Sample("1" * 20, ())], Bags.of([[]]))
        assert store.query(search, ["whales"]) == []
        assert store.query("SELECT tag FROM tags_fts WHERE tags_fts MATCH 'whales'") == []


def test_a_second_run_on_a_store_is_told_who_holds_it(tmp_path: Path) -> None:
    with open_store(tmp_path / "run.db") as first, open_store(tmp_path / "run.db") as second:
        with first.claimed():
            with pytest.raises(StoreError, match=f"in use by process {os.getpid()} on"):
                second.claimed().__enter__()
            assert second.run("ingest") is None
        with second.claimed():
            pass
    assert not (tmp_path / "run.db.lock").exists()


def test_a_store_whose_making_was_interrupted_is_made_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.close()

    with open_store(path) as store:
        assert store.query("SELECT * FROM v_selection") == []


def test_a_failure_gives_way_to_an_answer() -> None:
    with Store() as store:
        failed = Verdict(Outcome.FAILED, usage={"input_tokens": 5})
        store.evidence.save_verdicts("judge", [("k", "a", "b", failed)])
        store.evidence.save_verdicts("judge", [("k", "a", "b", Verdict(Outcome.TIE))])

        assert store.evidence.load_verdicts(["k"])["k"].outcome is Outcome.TIE
        assert store.query("SELECT input_tokens FROM comparisons") == [{"input_tokens": 5}]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such folder"):
        open_store(tmp_path / "missing" / "run.db")
