"""Source files, samples and the records they came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from tagraph.data import IntArray, Sample, Samples, Turn
from tagraph.store.connection import Connection


@dataclass(frozen=True, slots=True)
class StoredSource:
    """One source file as the store remembers it."""

    name: str
    path: str
    sha256: str
    container: str
    compression: str
    header: bytes
    n_records: int


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it came: its bytes, and where it stood."""

    original: bytes
    source: int
    row: int


class SampleTables:
    """Tables `sources`, `samples` and `set_aside`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_sources(self, sources: Iterable[StoredSource]) -> None:
        """Save the source files in their order."""
        columns = "position name path sha256 container compression header n_records"
        rows = (
            (i, s.name, s.path, s.sha256, s.container, s.compression, s.header, s.n_records)
            for i, s in enumerate(sources)
        )
        self._connection.insert("sources", columns, rows)

    def load_sources(self) -> list[StoredSource]:
        """Return the source files in their order."""
        columns = "name, path, sha256, container, compression, header, n_records"
        found = self._connection.rows(f"SELECT {columns} FROM sources ORDER BY position")  # noqa: S608
        return [StoredSource(*row) for row in found]

    def save_samples(
        self, samples: Samples, originals: Sequence[bytes], source_of: IntArray
    ) -> None:
        """Save samples in the order of their ids, with the records they came from."""
        rows = (
            (i, s.id, s.digest, source, s.row, _turns(s), orjson.dumps(s.tags).decode(), original)
            for i, (s, original, source) in enumerate(
                zip(samples, originals, source_of.tolist(), strict=True)
            )
        )
        self._connection.insert(
            "samples", "position id digest source row turns tags original", rows
        )

    def load_samples(self) -> Samples:
        """Return the samples, texts loaded from the file when asked for.

        Raises:
            MissingResultError: Nothing was ingested.
        """
        self._connection.require("ingest")
        ids = [row[0] for row in self._connection.rows("SELECT id FROM samples ORDER BY position")]
        return Samples(ids, self._take_samples)

    def _take_samples(self, index: Sequence[int]) -> list[Sample]:
        found = self._connection.rows(
            "SELECT s.position, s.id, s.turns, s.tags, s.row, o.name"
            " FROM samples s JOIN sources o ON o.position = s.source"
            " WHERE s.position IN (SELECT value FROM json_each(?))",
            [orjson.dumps(sorted(set(index))).decode()],
        )
        sample_at = {
            position: Sample(
                key,
                tuple(Turn(role, content) for role, content in orjson.loads(turns)),
                tuple(orjson.loads(tags)),
                row,
                source,
            )
            for position, key, turns, tags, row, source in found
        }
        return [sample_at[i] for i in index]

    def load_digests(self) -> list[str]:
        """Return the content digest of every sample, in the order of their ids."""
        return [
            row[0] for row in self._connection.rows("SELECT digest FROM samples ORDER BY position")
        ]

    def load_records(self, index: Iterable[int]) -> list[StoredRecord]:
        """Return the records of the samples at the given positions, in that order."""
        wanted = [int(i) for i in index]
        found = self._connection.rows(
            "SELECT position, original, source, row FROM samples"
            " WHERE position IN (SELECT value FROM json_each(?))",
            [orjson.dumps(wanted).decode()],
        )
        record_at = {position: StoredRecord(*rest) for position, *rest in found}
        return [record_at[i] for i in wanted]

    def save_set_aside(self, rows: Iterable[tuple[str, int, str, str, str]]) -> None:
        """Save what was set aside: source, line, field, reason, excerpt."""
        numbered = ((i, *row) for i, row in enumerate(rows))
        self._connection.insert("set_aside", "position source line field reason excerpt", numbered)


def _turns(sample: Sample) -> str:
    return orjson.dumps([(turn.role, turn.content) for turn in sample.turns]).decode()
