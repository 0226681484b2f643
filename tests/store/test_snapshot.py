"""A reader of a store sees one moment, whatever is written meanwhile."""

from pathlib import Path

import pytest

from tagraph.errors import InputError
from tagraph.store import Store, open_store
from tests.report.stores import make_store, plain_samples


def count(store: Store) -> int:
    (row,) = store.query("SELECT count(*) AS n FROM samples")
    return int(row["n"])


@pytest.mark.parametrize("read_only", [True, False])
def test_a_snapshot_stays_as_it_was_while_another_writes(tmp_path: Path, read_only: bool) -> None:
    path = tmp_path / "run.db"
    with (
        make_store(plain_samples(2), path, until="ingest") as writer,
        open_store(path, read_only=read_only) as reader,
    ):
        with reader.snapshot():
            assert count(reader) == 8
            writer.forget("ingest")
            assert count(reader) == 8
        assert count(reader) == 0


def test_a_snapshot_inside_a_transaction_is_a_part_of_it(tmp_path: Path) -> None:
    with make_store(plain_samples(2), tmp_path / "run.db", until="ingest") as store:
        with store.snapshot(), store.snapshot():
            assert count(store) == 8
        store.forget("ingest")
        assert count(store) == 0


def fail_after(n: int) -> None:
    raise InputError(f"of the body, {n}")


def test_a_snapshot_leaves_nothing_open_when_its_body_fails(tmp_path: Path) -> None:
    with make_store(plain_samples(2), tmp_path / "run.db", until="ingest") as store:
        with pytest.raises(InputError, match="of the body"), store.snapshot():
            fail_after(count(store))
        store.forget("ingest")
        assert count(store) == 0
