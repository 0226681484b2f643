"""The recipes of docs/sql.md: as they stand there, in every way a store is opened."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from sqlite_utils.cli import cli as sqlite_utils_cli

from tagraph import export_datasette
from tagraph.steps.records import SetAside
from tagraph.store import Store
from tagraph.store.recipes import RECIPES, Recipe
from tests.report.stores import make_store, plain_samples

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sql.md"
NAMES = [recipe.name for recipe in RECIPES]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("recipes") / "run.db"
    samples = [*plain_samples()]
    aside = [SetAside("a.jsonl", 3, "output", "is missing", "{}")]
    with make_store(samples, path, set_aside=aside) as made:
        yield made


@pytest.fixture(scope="module")
def exported(store: Store) -> Path:
    return export_datasette(store, Path(store.path).parent / "look")[0]


@pytest.fixture(scope="module")
def given(store: Store) -> dict[str, Any]:
    """Parameters that every recipe has an answer for."""
    (chosen,) = store.query("SELECT sample_id FROM v_selection LIMIT 1")
    (most,) = store.query(
        "SELECT t.tag FROM tags t JOIN tag_edges e ON t.position IN (e.left_tag, e.right_tag)"
        " ORDER BY count DESC, t.tag LIMIT 1"
    )
    return {"id": chosen["sample_id"], "tag": most["tag"], "words": "stars", "cluster": 1}


def parameters(recipe: Recipe, given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in re.findall(r"(?<=:)[a-z]+", recipe.sql)}


def run(place: str, recipe: Recipe, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(place, uri=True)) as connection:
        return connection.execute(recipe.sql, parameters(recipe, given)).fetchall()


def test_the_page_shows_these_twenty_recipes() -> None:
    page = PAGE.read_text()
    shown = re.findall(r"### \d+\. ([^\n]*)\n\n`(\w+)`\n\n```sql\n(.*?)\n```", page, re.DOTALL)

    assert shown == [(recipe.title, recipe.name, recipe.sql.strip()) for recipe in RECIPES]
    assert len(set(NAMES)) == 20


def test_the_page_lists_every_view_with_its_columns(store: Store) -> None:
    page = PAGE.read_text()
    views = store.query("SELECT name FROM sqlite_master WHERE type = 'view'")

    assert len(views) >= 10
    for view in views:
        (row,) = re.findall(rf"^\| `{view['name']}` \|.*\| (.*) \|$", page, re.MULTILINE)
        columns = [c["name"] for c in store.query(f"PRAGMA table_info({view['name']})")]
        assert set(row.split(", ")) <= set(columns)


@pytest.mark.parametrize("recipe", RECIPES, ids=NAMES)
def test_a_recipe_answers_the_same_however_the_store_is_opened(
    recipe: Recipe, store: Store, exported: Path, given: dict[str, Any]
) -> None:
    rows = run(f"file:{store.path}?mode=ro", recipe, given)

    assert rows
    assert run(f"file:{exported}?mode=ro", recipe, given) == rows
    assert run(f"file:{exported}?mode=ro&immutable=1", recipe, given) == rows
    own = store.query(recipe.sql, parameters(recipe, given))
    assert [tuple(row.values()) for row in own] == rows


@pytest.mark.parametrize("recipe", RECIPES, ids=NAMES)
def test_sqlite_utils_and_pandas_answer_too(
    recipe: Recipe, exported: Path, given: dict[str, Any]
) -> None:
    named = parameters(recipe, given)
    flags = [part for name, value in named.items() for part in ("-p", name, str(value))]
    done = CliRunner().invoke(sqlite_utils_cli, ["query", str(exported), recipe.sql, *flags])
    with closing(sqlite3.connect(f"file:{exported}?mode=ro", uri=True)) as connection:
        frame = pd.read_sql_query(recipe.sql, connection, params=named)

    assert done.exit_code == 0, done.output
    assert len(json.loads(done.output)) == len(frame) > 0


def test_recipes_find_what_they_say(store: Store, given: dict[str, Any]) -> None:
    by_name = {recipe.name: recipe for recipe in RECIPES}

    def answer(name: str, **more: Any) -> list[dict[str, Any]]:
        return store.query(by_name[name].sql, given | more)

    (why,) = answer("why_in")
    assert why["reason"].startswith("best of")
    assert why["rival_query"]
    chosen = {row["sample_id"] for row in answer("selected")}
    left = next(r for r in store.query("SELECT * FROM v_ranking") if r["sample_id"] not in chosen)
    above = answer("why_out", id=left["sample_id"])
    assert len(above) >= left["rank"]
    assert above[-1]["strength"] <= above[0]["strength"]
    assert {"[stars]"} <= {word for r in answer("search_texts") for word in r["excerpt"].split()}
    met = answer("comparisons_of")
    won, lost = (sum(r["result"] == said for r in met) for said in ("won", "lost"))
    assert (won, lost) == tuple(
        int(n) for n in re.findall(r"(\d+) won, (\d+) lost", why["reason"])[0]
    )
    near = {row["tag"] for row in answer("neighbours_of_tag")}
    assert near
    assert given["tag"] not in near


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("comparisons_of", "pairings_first"),
        ("comparisons_of", "pairings_second"),
        ("neighbours_of_tag", "tag_edges_right_tag"),
        ("verdicts", "comparisons_judge"),
        ("sizes", "selections_cluster"),
        ("topics", "tag_communities_community"),
    ],
)
def test_a_recipe_that_needs_an_index_uses_it(
    name: str, index: str, store: Store, given: dict[str, Any]
) -> None:
    (recipe,) = (recipe for recipe in RECIPES if recipe.name == name)
    plan = store.query(f"EXPLAIN QUERY PLAN {recipe.sql}", parameters(recipe, given))

    assert any(index in row["detail"] for row in plan), plan
