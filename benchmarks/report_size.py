"""A large store to one page: how large it is, and how soon a browser is done with it.

Prints size, seconds to write and milliseconds to interactive. Samples, tags and verdicts are
generated: what counts is how many there are. `python -m benchmarks.report_size 100000`; the store
stays where `--keep FOLDER` says.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tagraph import export_datasette, open_store, write_report
from tagraph.data import (
    ASSISTANT,
    HUMAN,
    Bags,
    Clustering,
    Communities,
    FloatArray,
    IntArray,
    Merge,
    Outcome,
    Sample,
    Samples,
    TagMap,
    Turn,
    Verdict,
)
from tagraph.graphs import TagGraph
from tagraph.stages.selection import SelectionOptions
from tagraph.steps.records import SourceFile
from tagraph.steps.select import Pool, select_pool
from tagraph.store import Run, Store
from tagraph.store.recipes import RECIPES

SIZES = (40, 400)  # tags of a community, samples of a cluster
WORDS = [a + b + c for a in "bdfgklmnprst" for b in "aeiou" for c in ("l", "n", "r", "st", "x")]
OUTCOMES = (Outcome.FIRST, Outcome.SECOND, Outcome.TIE)


def main() -> None:
    """Make a store, write its page, open it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_samples", nargs="?", type=int, default=100_000)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        place = arguments.keep or Path(folder)
        place.mkdir(exist_ok=True, parents=True)
        path = place / "large.db"
        if not path.exists():
            with open_store(path) as store:
                fill(store, arguments.n_samples, np.random.default_rng(0))
        measure(path, place)


def measure(path: Path, place: Path) -> None:
    """Print what the page of a store takes."""
    print(f"store     {path.stat().st_size / 1e6:8.1f} MB")
    start = time.perf_counter()
    size = write_report(path, place / "large.html", overwrite=True)
    print(f"page      {size / 1e6:8.1f} MB, written in {time.perf_counter() - start:.1f} s")
    for width in (1280, 390):
        loaded, ready = open_in_browser(place / "large.html", width)
        print(f"browser   {ready:8.0f} ms to interactive, {loaded:.0f} ms loaded, {width} px wide")
    start = time.perf_counter()
    copy, _ = export_datasette(path, place / "datasette", overwrite=True)
    print(f"datasette {copy.stat().st_size / 1e6:8.1f} MB, {time.perf_counter() - start:.1f} s")
    for name, milliseconds, n_rows in time_recipes(copy):
        print(f"recipe    {milliseconds:8.0f} ms {name}, {n_rows} rows")


def open_in_browser(path: Path, width: int) -> tuple[float, float]:
    """Return milliseconds until everything is loaded, and until the page answers."""
    import shutil

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto(path.resolve().as_uri())
        page.wait_for_selector("html[data-ready=yes]")
        ready = page.evaluate("performance.getEntriesByName('ready')[0].startTime")
        loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        browser.close()
    return float(loaded), float(ready)


def time_recipes(copy: Path) -> Iterator[tuple[str, float, int]]:
    """Run every recipe on a read-only copy; return name, milliseconds and rows."""
    import sqlite3

    with sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True) as connection:
        (sample,) = connection.execute("SELECT id FROM samples LIMIT 1 OFFSET 77").fetchone()
        (tag,) = connection.execute("SELECT tag FROM tags ORDER BY count DESC").fetchone()
        given = {"id": sample, "tag": tag, "words": tag.split()[0], "cluster": 3}
        for recipe in RECIPES:
            start = time.perf_counter()
            rows = connection.execute(recipe.sql, given).fetchall()
            yield recipe.name, 1000 * (time.perf_counter() - start), len(rows)


def fill(store: Store, n: int, rng: np.random.Generator) -> None:
    """Save generated results of every step."""
    samples = Samples.of(make_sample(i, rng) for i in range(n))
    with store.saving(a_run("ingest", samples=n, set_aside=0, evidence="generated")):
        store.samples.save_sources([SourceFile("a.jsonl", "/a.jsonl", "0" * 64, "jsonl")])
        store.samples.save_samples(samples, [b"{}"] * n, np.zeros(n, np.int64))
    raw = make_bags(n, rng)
    with store.saving(a_run("tag")):
        store.tags.save_raw_bags(raw)
    moved = rng.permutation(len(raw.vocabulary))[: len(raw.vocabulary) // 6]
    merges = tuple(
        Merge(raw.vocabulary[i], raw.vocabulary[i - 1], "fuzzy", round(rng.uniform(0.8, 1), 3))
        for i in sorted(set(moved.tolist()) - {j - 1 for j in moved.tolist()})
    )
    canonical = {tag: tag for tag in raw.vocabulary} | {m.raw: m.canonical for m in merges}
    tag_map = TagMap(canonical, merges)
    bags = tag_map.apply(raw)
    with store.saving(a_run("normalize")):
        store.tags.save_tag_map(tag_map, bags)
    save_groups(store, bags, rng)
    save_tournament(store, samples, rng)


def a_run(step: str, **summary: object) -> Run:
    """Return the row of a step that was run."""
    return Run(step, step, {}, summary, "0", "2026-01-01T00:00:00+00:00", 1.0)


def make_sample(number: int, rng: np.random.Generator) -> Sample:
    """Return a sample of a hundred words or so."""
    words = [WORDS[i] for i in rng.integers(0, len(WORDS), int(rng.integers(40, 160)))]
    cut = len(words) // 4
    turns = Turn(HUMAN, " ".join(words[:cut])), Turn(ASSISTANT, " ".join(words[cut:]))
    return Sample(f"{number:020x}", turns, row=number)


def make_bags(n: int, rng: np.random.Generator) -> Bags:
    """Return four tags per sample, used as tags are: few often, most once."""
    drawn = rng.zipf(1.25, 4 * n) % (2 * n)
    names = [f"{WORDS[i % 300]} {WORDS[i // 300 % 300]} {i}" for i in range(2 * n)]
    return Bags.of([names[i] for i in set(row)] for row in drawn.reshape(n, 4).tolist())


def save_groups(store: Store, bags: Bags, rng: np.random.Generator) -> None:
    """Save a graph whose edges lie mostly inside communities, and clusters."""
    n_tags, n = len(bags.vocabulary), len(bags)
    left = rng.integers(0, n_tags, 6 * n_tags)
    right = np.where(
        rng.random(len(left)) < 0.8,
        left // SIZES[0] * SIZES[0] + rng.integers(0, SIZES[0], len(left)),
        rng.integers(0, n_tags, len(left)),
    )
    pairs = np.stack([np.minimum(left, right), np.maximum(left, right)], axis=1)
    edges = np.unique(pairs[(pairs[:, 0] < pairs[:, 1]) & (pairs[:, 1] < n_tags)], axis=0)
    weights = np.round(rng.uniform(0.1, 1, len(edges)), 3)
    graph = TagGraph(
        bags.vocabulary, edges, weights, weights, weights, bags.counts, np.zeros((0, 2), np.int64)
    )
    with store.saving(a_run("graph")):
        store.groups.save_graph(graph)
    membership = np.arange(n_tags) // SIZES[0]
    names, stability = name_groups(membership, rng)
    upper = np.zeros(len(names), dtype=np.int64)
    communities = Communities(
        bags.vocabulary, membership, names, stability, 0.5, 1.0, upper, ("all",), "generated"
    )
    of_sample = rng.integers(0, n // SIZES[1] + 1, n)
    clustering = Clustering(of_sample, np.zeros((0, 2), np.int64), *name_groups(of_sample, rng))
    with store.saving(a_run("cluster", quality=0.5, resolution=1.0, backend="generated")):
        store.groups.save_communities(communities)
        store.groups.save_clustering(clustering)


def name_groups(
    membership: IntArray, rng: np.random.Generator
) -> tuple[tuple[str, ...], FloatArray]:
    """Return a name and a stability per group."""
    n_groups = int(membership.max()) + 1
    names = tuple(" · ".join(rng.choice(WORDS, 3).tolist()) for _ in range(n_groups))
    return names, rng.uniform(0.3, 1, n_groups)


def save_tournament(store: Store, samples: Samples, rng: np.random.Generator) -> None:
    """Save eight verdicts per sample, strengths, and a tenth of the pool as selected."""
    clustering = store.groups.load_clustering()
    n, membership = len(samples), clustering.membership
    order = np.lexsort((rng.random(n), membership))
    first = np.tile(order, 8)
    second = np.concatenate([np.roll(order, shift) for shift in range(1, 9)])
    strength = rng.normal(0, 2, n)
    lead = strength[first] - strength[second] + rng.logistic(size=len(first))
    said = np.where(np.abs(lead) < 0.1, 2, (lead < 0).astype(int))
    digests = store.samples.load_digests()
    keys = [f"{i:064x}" for i in range(len(first))]
    verdicts = [Verdict(outcome, 1) for outcome in OUTCOMES]
    rows = zip(keys, first.tolist(), second.tolist(), said.tolist(), strict=True)
    store.evidence.save_verdicts(
        "generated", ((key, digests[i], digests[j], verdicts[s]) for key, i, j, s in rows)
    )
    outcomes = {o.value: int((said == i).sum()) for i, o in enumerate(OUTCOMES)}
    with store.saving(a_run("compare", judge="generated", outcomes=outcomes)):
        store.results.save_pairings(
            zip([0] * len(first), first.tolist(), second.tolist(), keys, strict=True)
        )
    error = rng.uniform(0.5, 1.0, n)
    with store.saving(a_run("rank", terms={"position": 0.1, "tie": -3.0})):
        store.results.save_scores(strength, error, membership, np.full(n, 16))
    pool = Pool(samples.ids, clustering, strength, error)
    selection = select_pool(pool, n // 10, SelectionOptions())
    with store.saving(a_run("select", policy=selection.policy)):
        store.results.save_selection(selection)


if __name__ == "__main__":
    main()
