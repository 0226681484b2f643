"""What a report says of a store, read back from the page."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tagraph import ReportOptions, write_report
from tagraph.api.registry import describe_offline
from tagraph.config import Config
from tagraph.data import ASSISTANT, HUMAN, Sample, Turn
from tagraph.errors import InputError, MissingResultError, OptionsError, StoreError
from tagraph.pipeline import Pipeline, run_select
from tagraph.report import render_report
from tagraph.report.page import LIBRARY
from tagraph.report.vocabulary import rank_curve
from tagraph.steps.records import SetAside
from tagraph.store import Store
from tests.faults.shown import show
from tests.markup import Markup
from tests.report.payloads import PAYLOADS
from tests.report.stores import STEPS, make_store, plain_samples, run_steps

ASSETS = Path(__file__).resolve().parents[2] / "tagraph" / "report" / "assets"


def data_of(page: bytes) -> Any:
    held = re.search(rb'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert held
    return json.loads(held[1])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store in which everything was run, read by most tests and changed by none."""
    aside = [SetAside("a.jsonl", n, "output", "is missing", "{}") for n in (3, 9)]
    path = tmp_path_factory.mktemp("finished") / "a.db"
    with make_store(plain_samples(), path, set_aside=aside) as store:
        yield store


@pytest.fixture(scope="module")
def told(finished: Store) -> Any:
    return data_of(render_report(finished, "a.db"))


def test_the_funnel_counts_every_step(told: Any) -> None:
    names = [stage["name"] for stage in told["funnel"]["stages"]]
    counts = {stage["name"]: stage["count"] for stage in told["funnel"]["stages"]}

    assert names[0] == "samples"
    assert names[-1] == "selected"
    assert len(names) == 7
    assert (counts["samples"], counts["selected"]) == (48, 9)
    left = {(row["what"], row["why"]): row["count"] for row in told["funnel"]["left"]}
    assert left["records", "output: is missing"] == 2
    assert left["fields", "output: is missing; record kept"] == 1
    assert told["funnel"]["n_records"] == 3


def test_the_texts_of_selected_samples_and_their_rivals_are_inside(told: Any) -> None:
    samples, chosen = told["samples"], told["selection"]
    query_at = dict(zip(samples["at"], samples["query"], strict=True))

    assert all(query_at[i] for i in chosen["sample"])
    assert all(query_at[i] for i in chosen["rival"] if i >= 0)
    assert {len(column) for column in samples.values()} == {len(samples["at"])}
    assert len(set(samples["at"])) == len(samples["at"])


def test_neighbours_share_an_edge_and_examples_carry_the_tag(told: Any, finished: Store) -> None:
    tags = told["tags"]
    graph, bags = finished.groups.load_graph(), finished.tags.load_bags()
    edges = {frozenset(graph.tags[i] for i in pair) for pair in graph.edges.tolist()}

    for row, near in enumerate(tags["neighbours"]):
        assert all(frozenset((tags["tag"][row], tags["tag"][n])) in edges for n in near)
        assert all(tags["tag"][row] in bags[i] for i in tags["examples"][row])
    assert tags["count"] == sorted(tags["count"], reverse=True)
    assert any(near for near in tags["neighbours"])


def test_meetings_with_the_rival_count_both_orders(told: Any, finished: Store) -> None:
    told = told["selection"]
    first, second, outcome = finished.results.load_pairings()
    for row, (one, other) in enumerate(zip(told["sample"], told["rival"], strict=True)):
        straight = outcome[(first == one) & (second == other)]
        turned = 1 - outcome[(first == other) & (second == one)]
        said = np.concatenate([straight, turned])
        assert told["met"][row] == [int((said == score).sum()) for score in (1, 0.5, 0)]
    assert sum(map(sum, told["met"])) > 0


def test_strengths_around_the_cut_are_ordered_and_hold_the_cut(told: Any) -> None:
    for cluster in told["strengths"]["clusters"]:
        around = cluster["around"]
        assert [row[2] for row in around] == sorted((row[2] for row in around), reverse=True)
        assert sum(row[4] for row in around) == min(cluster["n_selected"], 6)
    histogram = told["strengths"]["histogram"]
    assert sum(histogram["pool"]) == 48
    assert sum(histogram["selected"]) == 9


PARTS = {
    "vocabulary": "tag",
    "tags": "graph",
    "communities": "cluster",
    "judge": "compare",
    "strengths": "rank",
    "selection": "select",
    "coverage": "select",
    "audit": "select",
}


def test_a_store_after_any_step_has_a_page_of_what_is_there() -> None:
    with Store() as store:
        for done, _ in enumerate(run_steps(store, plain_samples(4), k=4)):
            told = data_of(render_report(store))
            for part, step in PARTS.items():
                assert (told[part] is not None) == (STEPS.index(step) <= done), part


def test_a_selection_without_a_tournament_has_a_page() -> None:
    with make_store(plain_samples(4), until="cluster") as store:
        run_select(Pipeline(store, Config().changed({"selection": {"policy": "random"}}, "")), 5)
        told = data_of(render_report(store))

    assert len(told["selection"]["sample"]) == 5
    assert set(told["selection"]["lead"]) == {None}
    assert told["strengths"] is None
    assert told["coverage"]["k"][-1] == 5
    assert set(told["samples"]["strength"]) == {None}


def test_no_tags_at_all_have_an_empty_curve() -> None:
    assert rank_curve(np.zeros(0, dtype=np.int64)) == []
    assert rank_curve(np.array([5, 2, 1])) == [(1, 5), (2, 2), (3, 1)]


def test_a_pool_of_one_sample_without_tags_has_a_page() -> None:
    lone = [Sample("a", (Turn(HUMAN, "?"), Turn(ASSISTANT, "!")), ("only",))]
    with make_store(lone, k=1) as store:
        told = data_of(render_report(store))

    assert told["selection"]["rival"] == [-1]
    assert told["selection"]["lead"] == [None]
    assert told["tags"]["nodes"] == []


def test_the_same_store_gives_the_same_bytes_and_no_folder(tmp_path: Path, finished: Store) -> None:
    one = write_report(finished, tmp_path / "one.html")
    two = write_report(finished.path, tmp_path / "two.html")

    assert one == two == (tmp_path / "one.html").stat().st_size
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    folder = str(Path(finished.path).parent).encode()
    assert folder not in (tmp_path / "one.html").read_bytes()


def test_a_page_says_what_a_judge_that_works_here_cannot_see(
    tmp_path: Path, finished: Store
) -> None:
    write_report(finished, tmp_path / "r.html")
    told = data_of((tmp_path / "r.html").read_bytes())["judge"]

    assert told["limits"] == describe_offline(told["judge"])
    assert "does not know whether an answer is true" in told["limits"]
    assert describe_offline("mixed") == describe_offline("likelihood") != told["limits"]
    assert describe_offline("claude") == ""


def test_a_store_whose_name_is_no_text_has_a_page(tmp_path: Path) -> None:
    place = tmp_path / os.fsdecode(b"r\xff\xe2\x80\xae.db")
    with make_store(plain_samples(1), place, until="ingest") as store:
        write_report(store, tmp_path / "r.html")

    assert data_of((tmp_path / "r.html").read_bytes())["name"] == "r\ufffd.db"


def test_a_page_that_is_there_is_replaced_only_if_it_differs_and_may_be(tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    with make_store(plain_samples(2), until="tag") as store:
        write_report(store, target)
        before = target.stat().st_mtime_ns
        write_report(store, target)
        assert target.stat().st_mtime_ns == before
        target.write_text("mine")
        with pytest.raises(InputError, match="--overwrite"):
            write_report(store, target)
        assert target.read_text() == "mine"
        write_report(store, target, overwrite=True)
    assert target.read_bytes().startswith(b"<!doctype html>")


def test_what_cannot_be_reported_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no store .*nothing\.db"):
        write_report(tmp_path / "nothing.db", tmp_path / "r.html")
    with Store() as store, pytest.raises(MissingResultError, match="ingest"):
        render_report(store)
    assert list(tmp_path.iterdir()) == []


def test_texts_stop_where_the_budget_does_and_ids_go_on(finished: Store) -> None:
    options = ReportOptions(text_bytes=120, excerpt=20)
    samples = data_of(render_report(finished, options=options))["samples"]

    texts = [text for text in samples["query"] + samples["response"] if text is not None]
    assert 0 < sum(len(text.encode()) for text in texts) <= 120
    assert None in samples["query"]
    assert all(len(text) <= 20 for text in texts)
    assert None not in samples["id"]
    assert max(samples["response_length"]) > 20


@pytest.mark.parametrize("name", ["nodes", "edges", "tags", "rows", "text_bytes", "draws"])
def test_bounds_are_whole_numbers_from_one(name: str) -> None:
    values: tuple[Any, ...] = (0, -1, 1.5, True)
    for value in values:
        with pytest.raises(OptionsError, match=name):
            ReportOptions(**{name: value})


def test_small_bounds_give_a_small_page_that_says_what_it_left_out(finished: Store) -> None:
    options = ReportOptions(nodes=3, edges=1, tags=5, rows=2, draws=2)
    told = data_of(render_report(finished, options=options))

    assert len(told["tags"]["tag"]) == 5 < told["tags"]["n"]
    assert len(told["tags"]["nodes"]) <= 3
    assert len(told["selection"]["sample"]) == 2 < told["selection"]["n"]


def test_the_policy_allows_the_scripts_of_the_page_and_nothing_else() -> None:
    with make_store(plain_samples(2), until="tag") as store:
        page = Markup(render_report(store).decode())
    policies = [
        attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes
    ]
    assert len(policies) == 1
    policy = policies[0] or ""
    code = [text for name, text in zip(page.names, page.texts, strict=True) if name == "script"][1:]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert len(code) == 2
    for text in code:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_hostile_texts_add_no_element_and_no_attribute() -> None:
    plain, hostile = (
        [
            Sample(f"{n:03d}", (Turn(HUMAN, text), Turn(ASSISTANT, text)), (text,))
            for n, text in enumerate(texts)
        ]
        for texts in ([f"text {n}" for n in range(150)], PAYLOADS)
    )
    found = []
    for samples, name in ((plain, "a"), (hostile, PAYLOADS[1])):
        with make_store(samples, until="tag", source=name) as store:
            found.append(Markup(render_report(store, name).decode()).elements)

    unlike = [(a, b) for a, b in zip(*found, strict=True) if a != b]
    assert unlike == []
    told = f"{len(PAYLOADS)} payloads in texts and tags, the name of the source and of the store"
    show("D16 parser", f"{told}: {len(unlike)} elements or attributes unlike a plain page's")


def test_the_library_is_the_one_that_was_released_and_its_licence_is_beside_it() -> None:
    library = (ASSETS / LIBRARY).read_bytes()

    released = "081591ab735b2b6a3b31a3c60f8f3a3e2fee8c92939e0c7820ad1208571b6cd8"
    assert hashlib.sha256(library).hexdigest() == released
    assert b"The Cytoscape Consortium" in library[:200]
    assert "Permission is hereby granted" in (ASSETS / "cytoscape.LICENSE").read_text()
