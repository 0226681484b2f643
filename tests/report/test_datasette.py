"""`datasette.yaml` and the copy beside it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from tagraph import export_datasette
from tagraph.errors import InputError, StoreError
from tagraph.report.datasette import describe_datasette
from tagraph.schema import APPLICATION_ID, SCHEMA_VERSION
from tagraph.store import Store
from tagraph.store.recipes import RECIPES
from tests.report.stores import make_store, plain_samples


@pytest.fixture(scope="module")
def settings() -> Any:
    return yaml.safe_load(describe_datasette())


def test_it_is_yaml_that_holds_every_recipe_as_it_is(settings: Any) -> None:
    queries = settings["databases"]["tagraph"]["queries"]

    assert {name: q["sql"].strip() for name, q in queries.items()} == {
        recipe.name: recipe.sql.strip() for recipe in RECIPES
    }
    assert all(q["title"] for q in queries.values())


def test_every_name_it_uses_is_in_the_store_and_no_query_hides_a_table(settings: Any) -> None:
    database = settings["databases"]["tagraph"]
    with Store() as store:
        tables = {row["name"] for row in store.query("SELECT name FROM sqlite_master")}
        columns = {
            name: {c["name"] for c in store.query(f"PRAGMA table_info({name})")} for name in tables
        }

    assert set(database["tables"]) <= tables
    assert not set(database["queries"]) & tables
    for name, facts in database["tables"].items():
        used = {*facts.get("facets", []), facts.get("sort_desc"), facts.get("label_column")}
        assert used - {None} <= columns[name], name
    views = {name for name in tables if name.startswith("v_")}
    assert all(database["tables"][view]["title"] for view in views)


def test_the_copy_is_a_store_by_itself_that_opens_immutable(tmp_path: Path) -> None:
    with make_store(plain_samples(2), tmp_path / "run.db", until="tag") as store:
        copy, settings = export_datasette(store, tmp_path / "new" / "look")
        n_tags = store.query("SELECT count(*) AS n FROM raw_tags")[0]["n"]

    assert sorted(path.name for path in copy.parent.iterdir()) == ["datasette.yaml", "tagraph.db"]
    assert settings.read_text() == describe_datasette()
    with closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("SELECT count(*) FROM raw_tags").fetchone() == (n_tags,)


def test_what_is_there_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    with make_store(plain_samples(2), tmp_path / "run.db", until="ingest"):
        pass
    export_datasette(tmp_path / "run.db", tmp_path / "look")
    (tmp_path / "look" / "datasette.yaml").write_text("mine")

    with pytest.raises(InputError, match="--overwrite"):
        export_datasette(tmp_path / "run.db", tmp_path / "look")

    assert (tmp_path / "look" / "datasette.yaml").read_text() == "mine"
    export_datasette(tmp_path / "run.db", tmp_path / "look", overwrite=True)
    assert (tmp_path / "look" / "datasette.yaml").read_text() == describe_datasette()


def test_a_store_is_never_exported_over_itself(tmp_path: Path) -> None:
    with make_store(plain_samples(2), tmp_path / "tagraph.db", until="ingest") as store:
        with pytest.raises(InputError, match="the source itself"):
            export_datasette(store, tmp_path, overwrite=True)
        assert store.query("SELECT count(*) AS n FROM samples") == [{"n": 8}]
    with pytest.raises(StoreError, match="there is no store"):
        export_datasette(tmp_path / "none.db", tmp_path / "look")
    assert not (tmp_path / "look").exists()
