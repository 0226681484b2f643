"""Opens the file of a store: looked at before it is touched, set up, brought up to date."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path

from tagraph.errors import StoreError
from tagraph.schema import APPLICATION_ID, SCHEMA_VERSION, migrations
from tagraph.store.claim import claim, lock_of, name_process, read_holder
from tagraph.store.places import network_kind, sync_file

MEMORY = ":memory:"
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)  # the second from a name that a bad disk changed
BUSY_SECONDS = 30
_RESET_BUG_FIXED = (3, 51, 3)  # https://sqlite.org/wal.html#walresetbug
_NETWORK = (
    "the store lies on a network file system ({kind}): use it from one process at a time, or"
    " keep it on a local disk"
)
_HINTS = {
    "SQLITE_CORRUPT": "; the file is damaged: put a copy back (`tagraph export` makes them)",
    "SQLITE_NOTADB": "; name another store, or put a copy back",
    "SQLITE_BUSY": "; another program keeps it busy: wait, or close it there",
}
_SETTINGS = (
    "foreign_keys = ON",
    "synchronous = FULL",  # a commit that returned outlives a power cut
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "mmap_size = 0",
    "cache_size = -65536",  # KiB: with the usual 2 MB, large indexes are written many times over
)


def open_for_writing(path: str, tell: Callable[[str], object]) -> sqlite3.Connection:
    """Open a store, make it if it is missing, and bring it up to date.

    Args:
        path: File of the store, or `MEMORY`.
        tell: Told what the user should know about the place, one line at a time.

    Raises:
        StoreError: Not a tagraph store, of a newer version, or not writable.
    """
    if path == MEMORY:
        return _set_up(path, tell)
    folder = Path(path).resolve().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise StoreError(f"cannot keep a store in {folder}: no such folder, or not writable")
    with as_store_error(path):
        if Path(path).exists() and Path(path).stat().st_size:
            with closing(_connect_glancing(path)) as looked:
                check_owner(looked, path)
            if not os.access(path, os.W_OK):
                raise StoreError(f"{path} is read-only; make it writable, or name another store")
            _warn_of_company(path, tell)
        return _set_up(path, tell)


def open_for_reading(path: str) -> sqlite3.Connection:
    """Open a store that is there, never to change it; one of an older version is updated first.

    Raises:
        StoreError: No such file, not a tagraph store, of a newer version, or of an older one in a
            place that cannot be written.
    """
    if not Path(path).is_file():
        raise StoreError(f"there is no store {path}")
    with as_store_error(path):
        with closing(_connect_glancing(path)) as looked:
            version = check_owner(looked, path)
        if version == 0:
            raise StoreError(f"{path} is empty: no run has kept anything there, or it was cut off")
        if version < SCHEMA_VERSION:
            open_for_writing(path, lambda line: None).close()
        connection = _connect_readable(path)
        with closing_on_failure(connection):
            _configure(connection)
        return connection


@contextmanager
def closing_on_failure(connection: sqlite3.Connection) -> Iterator[None]:
    """Close a connection if the body fails."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


@contextmanager
def as_store_error(path: str) -> Iterator[None]:
    """Turn an error of SQLite into one line.

    Raises:
        StoreError: SQLite raised an error.
    """
    try:
        yield
    except UNREADABLE as error:
        hint = _HINTS.get(getattr(error, "sqlite_errorname", ""), "")
        raise StoreError(f"store {path}: {error}{hint}") from error


def check_owner(connection: sqlite3.Connection, path: str) -> int:
    """Return the version of a store's schema, 0 for an empty file.

    Raises:
        StoreError: A database of somebody else, or of a newer tagraph.
    """
    owner, version = read_owner(connection)
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if owner != APPLICATION_ID and tables:
        raise StoreError(f"{path} is a SQLite file, but not a tagraph store; name another one")
    if owner == APPLICATION_ID and version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer tagraph (schema {version}, this one knows "
            f"{SCHEMA_VERSION}); upgrade tagraph or name another store"
        )
    return version


def read_owner(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return the application id and the schema version that a file states."""
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return owner, version


def _connect_glancing(path: str) -> sqlite3.Connection:
    """Connect for a moment's look that leaves no file behind, unless somebody is at work there."""
    log = Path(path + "-wal")
    if log.exists() and log.stat().st_size:
        return _connect_readable(path)
    place = Path(path).resolve().as_uri()
    return sqlite3.connect(f"{place}?immutable=1", uri=True, isolation_level=None)


def _connect_readable(path: str) -> sqlite3.Connection:
    """Connect to a file without the right to change it, or to leave files beside it."""
    place = Path(path).resolve().as_uri()
    connection = sqlite3.connect(
        f"{place}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_SECONDS
    )
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        log = Path(path + "-wal")
        if log.exists() and log.stat().st_size:
            raise
        # A read-only folder has no room for the files that readers share; nobody writes there.
        return sqlite3.connect(f"{place}?immutable=1", uri=True, isolation_level=None)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(path: str, tell: Callable[[str], object]) -> sqlite3.Connection:
    """Connect for writing, and migrate what is not up to date; one process at a time."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    with closing_on_failure(connection):
        _configure(connection)
        kind = "" if path == MEMORY else network_kind(Path(path))
        if kind:
            tell(_NETWORK.format(kind=kind))
            connection.execute("PRAGMA journal_mode = DELETE")
        if read_owner(connection) != (APPLICATION_ID, SCHEMA_VERSION):
            with _alone(path):
                if not kind:
                    connection.execute("PRAGMA journal_mode = WAL")
                _migrate(connection, path)
    return connection


def _alone(path: str) -> AbstractContextManager[None]:
    """Keep other processes from setting the same store up; wait for one that does."""
    return nullcontext() if path == MEMORY else claim(lock_of(path), patience=BUSY_SECONDS)


def _configure(connection: sqlite3.Connection) -> None:
    for setting in _SETTINGS:
        connection.execute(f"PRAGMA {setting}")


def _migrate(connection: sqlite3.Connection, path: str) -> None:
    """Bring a store up to date in one transaction, with a copy of what it was beside it."""
    from sqlite_utils import Database

    _, version = read_owner(connection)
    if 0 < version < SCHEMA_VERSION:
        _copy_before(connection, path, version)
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations().apply(Database(connection))
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _copy_before(connection: sqlite3.Connection, path: str, version: int) -> None:
    """Keep a whole copy of a store of an older version, `PATH.schema-N`."""
    target = Path(f"{os.path.realpath(path)}.schema-{version}")
    partial = target.with_name(target.name + ".part")
    partial.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", [str(partial)])
    sync_file(partial)
    partial.replace(target)
    sync_file(target.parent)


def _warn_of_company(path: str, tell: Callable[[str], object]) -> None:
    """Tell that somebody else works on the store, where an old SQLite makes that a risk."""
    holder = read_holder(lock_of(path))
    is_other = holder and not holder.startswith(name_process())
    if is_other and sqlite3.sqlite_version_info < _RESET_BUG_FIXED:
        tell(
            f"{path} is in use by {holder}; SQLite {sqlite3.sqlite_version} can damage a file"
            " that two processes write at once: only read it, or upgrade SQLite to 3.51.3"
        )
