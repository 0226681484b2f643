"""Source files, samples and the records they came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import orjson

from tagraph.data import IntArray, Sample, Samples, Turn
from tagraph.errors import InputError
from tagraph.steps.records import Chosen, Row, SetAside, SourceFile
from tagraph.store.connection import Connection


class SampleTables:
    """Tables `sources`, `samples` and `set_aside`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_sources(self, sources: Iterable[SourceFile]) -> None:
        """Save the source files in their order."""
        columns = "position name path sha256 container compression header n_records wrapper"
        rows = (
            (
                i,
                s.name,
                s.path,
                s.sha256,
                s.container,
                s.compression,
                s.header,
                s.n_records,
                s.wrapper,
            )
            for i, s in enumerate(sources)
        )
        self._connection.insert("sources", columns, rows)

    def load_sources(self) -> list[SourceFile]:
        """Return the source files in their order."""
        columns = "name, path, sha256, container, compression, header, n_records, wrapper"
        found = self._connection.rows(f"SELECT {columns} FROM sources ORDER BY position")  # noqa: S608
        return [SourceFile(*row) for row in found]

    def move_sources(self, places: Iterable[tuple[str, str]]) -> None:
        """Note under which name and path the same files lie now, in their order."""
        with self._connection.transaction():
            for i, (name, path) in enumerate(places):
                self._connection.execute(
                    "UPDATE sources SET name = ?, path = ? WHERE position = ?", [name, path, i]
                )

    def save_samples(
        self,
        samples: Samples,
        originals: Sequence[bytes],
        source_of: IntArray,
        generation: IntArray | None = None,
        rows: Sequence[Row] = (),
    ) -> None:
        """Save samples in the order of their ids, with the records they came from.

        `generation` tells when each one joined a pool that grew; all at once if it is None.
        `rows` are the samples as plain tuples, where they are at hand.
        """
        joined = np.zeros(len(samples), dtype=np.int64) if generation is None else generation

        def read() -> Iterable[Row]:
            return rows or map(_as_row, samples, originals, source_of.tolist())

        columns = "position id digest source row tags original generation record_id"
        held = _list_columns(samples.ids, read(), joined.tolist())
        self._connection.insert("samples", columns, held)
        turns = (
            (i, place, role, content)
            for i, row in enumerate(read())
            for place, (role, content) in enumerate(zip(row.roles, row.said, strict=True))
        )
        self._connection.insert("turns", "sample place role content", turns)

    def load_samples(self) -> Samples:
        """Return the samples, texts loaded from the file when asked for.

        Raises:
            MissingResultError: Nothing was ingested.
        """
        self._connection.require("ingest")
        ids = [row[0] for row in self._connection.rows("SELECT id FROM samples ORDER BY position")]
        return Samples(ids, self._take_samples)

    def _take_samples(self, index: Sequence[int]) -> list[Sample]:
        wanted = [orjson.dumps(sorted(set(index))).decode()]
        found = self._connection.rows(
            "SELECT s.position, s.id, s.tags, s.row, o.name, s.record_id"
            " FROM samples s JOIN sources o ON o.position = s.source"
            " WHERE s.position IN (SELECT value FROM json_each(?))",
            wanted,
        )
        turns: dict[int, list[Turn]] = {row[0]: [] for row in found}
        for position, role, content in self._connection.rows(
            "SELECT sample, role, content FROM turns"
            " WHERE sample IN (SELECT value FROM json_each(?)) ORDER BY sample, place",
            wanted,
        ):
            turns[position].append(Turn(role, content))
        sample_at = {
            position: Sample(key, tuple(turns[position]), tuple(orjson.loads(tags)), *place)
            for position, key, tags, *place in found
        }
        return [sample_at[i] for i in index]

    def resolve(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of samples that are named by their id, or by that of their record.

        A name that the store does not know stays as it is.

        Raises:
            InputError: Several samples have this id of a record.
        """
        found = self._connection.rows(
            "SELECT w.value, min(s.id), count(s.id) FROM json_each(?) w JOIN samples s"
            " ON s.record_id = w.value AND s.record_id != ''"
            " WHERE NOT EXISTS (SELECT 1 FROM samples o WHERE o.id = w.value) GROUP BY w.key",
            [orjson.dumps(list(names)).decode()],
        )
        for name, _, count in found:
            if count > 1:
                raise InputError(f"{count:,} samples have the record id {name!r}; use their ids")
        id_of = {name: one for name, one, _ in found}
        return tuple(id_of.get(name, name) for name in names)

    def load_digests(self) -> list[str]:
        """Return the content digest of every sample, in the order of their ids."""
        return [
            row[0] for row in self._connection.rows("SELECT digest FROM samples ORDER BY position")
        ]

    def load_generations(self) -> IntArray:
        """Return when each sample joined the pool, 0 for the first ones, in the order of ids."""
        rows = self._connection.rows("SELECT generation FROM samples ORDER BY position")
        return np.array([when for (when,) in rows], dtype=np.int64)

    def load_lengths(self) -> IntArray:
        """Return the characters of every sample's response, in the order of their ids."""
        rows = self._connection.rows(
            "SELECT ifnull(sum(length(t.content)) + 2 * (count(t.content) - 1), 0) FROM samples s"
            " LEFT JOIN turns t ON t.sample = s.position AND t.role = 'assistant'"
            " GROUP BY s.position ORDER BY s.position"
        )
        return np.array([length for (length,) in rows], dtype=np.int64)

    def load_records(self, index: Iterable[int]) -> list[Chosen]:
        """Return the records of the samples at the given positions, in that order."""
        wanted = [int(i) for i in index]
        found = self._connection.rows(
            "SELECT position, original, source, row FROM samples"
            " WHERE position IN (SELECT value FROM json_each(?))",
            [orjson.dumps(wanted).decode()],
        )
        record_at = {position: Chosen(*rest) for position, *rest in found}
        return [record_at[i] for i in wanted]

    def save_set_aside(self, records: Sequence[SetAside], notices: Sequence[SetAside]) -> None:
        """Save the records that could not be used, and those kept without a field."""
        kept = [0] * len(records) + [1] * len(notices)
        numbered = (
            (i, row.source, row.line, row.field, row.reason, row.excerpt, is_kept)
            for i, (row, is_kept) in enumerate(zip([*records, *notices], kept, strict=True))
        )
        columns = "position source line field reason excerpt is_kept"
        self._connection.insert("set_aside", columns, numbered)

    def load_set_aside(self) -> tuple[list[SetAside], list[SetAside]]:
        """Return the records that could not be used, and those kept without a field."""
        columns = "source, line, field, reason, excerpt"
        records, notices = (
            self._connection.rows(
                f"SELECT {columns} FROM set_aside WHERE is_kept = ? ORDER BY position",  # noqa: S608
                [is_kept],
            )
            for is_kept in (0, 1)
        )
        return [SetAside(*row) for row in records], [SetAside(*row) for row in notices]


def _list_columns(
    ids: Iterable[str], rows: Iterable[Row], joined: Iterable[int]
) -> Iterator[tuple[object, ...]]:
    """Yield what stands in `samples` of each row."""
    for i, (name, row, when) in enumerate(zip(ids, rows, joined, strict=True)):
        digest, _, tags, source, place, original, _, _, record_id = row
        spelled = orjson.dumps(tags).decode()
        yield i, name, digest, source, place, spelled, original, when, record_id


def _as_row(sample: Sample, original: bytes, source: int) -> Row:
    roles = tuple(turn.role for turn in sample.turns)
    said = tuple(turn.content for turn in sample.turns)
    place = (source, sample.row, original)
    return Row(sample.digest, original, sample.tags, *place, roles, said, sample.record_id)
