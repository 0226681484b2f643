"""The tables of a store, and the views that are the promise to SQL users; named migrations.

Every step owns its tables: they hold the result of its latest run and are rebuilt with it. Judges,
comparisons and vectors are keyed by content and only ever added to. `position` counts rows in the
order of the keys (sample id, tag), so it is the index used in every array of the steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tagraph.schema import (
    attempts,
    baselines,
    costs,
    finding,
    first,
    growing,
    naming,
    paying,
    portraits,
    trust,
)
from tagraph.schema.seals import (
    SEALED,
    SEALED_TRIGGERS,
    SEALS,
    Seal,
    add_digests,
    seal_stored_rows,
)

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

__all__ = [
    "APPLICATION_ID",
    "INDEXED_WITH",
    "MIGRATIONS",
    "SCHEMA_VERSION",
    "SEALED",
    "SEALED_TRIGGERS",
    "SEARCHED",
    "STEP_TABLES",
    "Seal",
    "add_digests",
    "migrations",
    "seal_stored_rows",
]

APPLICATION_ID = 0x74616772  # "tagr"

# The steps in the order they run, and the tables each one owns, children before parents.
STEP_TABLES = {
    "ingest": ("set_aside", "turns", "samples", "sources"),
    "tag": ("sample_raw_tags", "raw_tags"),
    "normalize": (
        "borderline_pairs",
        "narrower_tags",
        "sample_tags",
        "merges",
        "rare_tags",
        "tags",
    ),
    "graph": ("tag_edges",),
    "cluster": (
        "cluster_moves",
        "sample_clusters",
        "clusters",
        "community_stability",
        "tag_communities",
        "communities",
        "upper_communities",
    ),
    "compare": ("controls", "pair_scores", "kept_samples", "pairings"),
    "rank": ("scores", "judge_measures", "flagged_samples"),
    "select": ("audits", "withheld", "selections"),
}

# Full-text indexes, each with the table whose text it holds: emptied with it.
SEARCHED = {"turns": "turns_fts", "tags": "tags_fts"}
# The step that a table is indexed with. Texts wait for their tags: reading stays as fast as it can.
INDEXED_WITH = {"tag": "turns", "normalize": "tags"}


def migrations() -> Migrations:
    """Return the named migrations of a store, in the order they apply."""
    from sqlite_utils import Migrations

    steps = Migrations("tagraph")
    for name, migrate in MIGRATIONS.items():
        steps(name=name)(migrate)
    return steps


def _execute_all(db: Database, script: str) -> None:
    """Run each statement by itself: executescript would commit the migration's transaction."""
    for statement in filter(str.strip, script.split(";")):
        db.execute(statement)


def _run(script: str) -> Callable[[Database], None]:
    return lambda db: _execute_all(db, script)


def _add_calls(db: Database) -> None:
    _execute_all(db, paying.CALLS)
    db.execute(paying.WRITE_ONCE)


def _add_seals(db: Database) -> None:
    _execute_all(db, SEALS)
    seal_stored_rows(db)
    for trigger in SEALED_TRIGGERS:
        db.execute(trigger)


MIGRATIONS: dict[str, Callable[[Database], None]] = {
    "m001_tables": _run(first.TABLES),
    "m002_views": _run(first.VIEWS),
    "m003_search": _run(first.SEARCH),
    "m004_calls": _add_calls,
    "m005_batches": _run(paying.BATCHES),
    "m006_community_levels": _run(finding.LEVELS),
    "m008_judging": _run(finding.JUDGING),
    "m009_seals": _add_seals,
    "m010_selections": _run(finding.SELECTIONS),
    "m011_indexes": _run(finding.INDEXES),
    "m020_generations": _run(growing.GENERATIONS),
    "m021_controls": _run(trust.CONTROLS),
    "m022_record_ids": _run(naming.RECORD_IDS),
    "m031_portraits": _run(portraits.PORTRAITS),
    "m032_costs": _run(costs.COSTS),
    "m033_baselines": _run(baselines.BASELINES),
    "m034_attempts": _run(attempts.ATTEMPTS),
}
SCHEMA_VERSION = len(MIGRATIONS)  # PRAGMA user_version of an up-to-date store
