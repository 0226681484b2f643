"""What the work of a step cannot do without, as bare loops over the same data."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from benchmarks.scale.stages import Place
from tagraph.data import Bags
from tagraph.store import open_store


def ingest_floor(place: Place) -> None:
    """Parse every line with orjson and insert it by one `executemany`; no id, nothing cleaned."""
    connection = _open_new(place.store.with_suffix(".rows.db"))
    connection.execute(
        "CREATE TABLE rows (position INTEGER PRIMARY KEY, instruction TEXT, input TEXT,"
        " output TEXT, tags TEXT, original BLOB)"
    )
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", _read(place.source))
    connection.execute("COMMIT")
    connection.close()


def _read(source: Path) -> Iterator[tuple[object, ...]]:
    with source.open("rb") as lines:
        for i, line in enumerate(lines):
            row = orjson.loads(line)
            tags = orjson.dumps(row["tags"]).decode()
            yield i, row["instruction"], row["input"], row["output"], tags, line


def tag_floor(place: Place) -> None:
    """Insert sample, place and tag of every tag by one `executemany`."""
    bags = _load_bags(place)
    connection = _open_new(place.store.with_suffix(".tags.db"))
    connection.execute("CREATE TABLE rows (sample INTEGER, tag INTEGER)")
    rows = zip(bags.bag_of.tolist(), bags.indices.tolist(), strict=True)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO rows VALUES (?, ?)", rows)
    connection.execute("COMMIT")
    connection.close()


def graph_floor(place: Place) -> None:
    """Count how often each two tags meet by scipy's product of the bags with themselves."""
    import numpy as np
    from scipy.sparse import csr_array

    bags = _load_bags(place)
    ones = np.ones(len(bags.indices), dtype=np.int32)
    used = csr_array((ones, bags.indices, bags.indptr), (len(bags), len(bags.vocabulary)))
    _ = (used.T @ used).nnz


def _load_bags(place: Place) -> Bags:
    with open_store(place.store, read_only=True) as store:
        return store.tags.load_raw_bags()


def _open_new(path: Path) -> sqlite3.Connection:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


FLOORS: dict[str, Callable[[Place], None]] = {
    "ingest": ingest_floor,
    "tag": tag_floor,
    "graph": graph_floor,
}
