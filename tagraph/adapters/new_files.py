"""Files that are complete or absent: written beside their place, synced, then moved there."""

import gzip
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from tagraph.errors import InputError


def check_target(path: Path, sources: Sequence[str], *, overwrite: bool) -> None:
    """Refuse a file that must not be written before any work is done for it.

    Args:
        path: Where the file shall be.
        sources: Absolute paths that are being read and must stay as they are.
        overwrite: An existing file may be replaced.

    Raises:
        InputError: The folder is missing, or something is there that must not be replaced.
    """
    try:
        problem = _find_problem(path, sources, overwrite)
    except OSError as error:
        problem = f"cannot be written: {error.strerror or error}"
    except ValueError as error:  # a NUL in the name
        problem = f"cannot be written: {error}"
    if problem:
        raise InputError(f"{path} {problem}")


def _find_problem(path: Path, sources: Sequence[str], overwrite: bool) -> str:
    if path.is_symlink():
        return "is a symbolic link; name the file itself, or - for standard output"
    if path.is_dir():
        return "is a folder; name a file in it"
    if not path.parent.is_dir():
        return f"cannot be written: there is no folder {path.parent}"
    if not os.access(path.parent, os.W_OK):
        return f"cannot be written: the folder {path.parent} is read-only"
    if str(path.resolve()) in sources:
        return "is the source itself; name another file"
    if path.exists() and not path.is_file():
        return "is no regular file; name another one, or - for standard output"
    if path.exists() and not overwrite:
        return "exists; name another file or use --overwrite"
    return ""


@contextmanager
def write_file(path: Path, compression: str = "") -> Iterator[BinaryIO]:
    """Open a file for writing; it appears under its name only when the block ends well.

    Args:
        path: Where the file shall be; what is there is replaced, a link is not followed.
        compression: gz, zst or empty; no time and no name go into the file.

    Raises:
        InputError: The file cannot be written.
    """
    with (
        publish_file(path) as temporary,
        temporary.open("xb") as file,
        _compress(file, compression) as stream,
    ):
        yield stream


@contextmanager
def publish_file(path: Path) -> Iterator[Path]:
    """Give a free name beside a file's place; what the block makes there is moved, whole.

    Args:
        path: Where the file shall be; what is there is replaced, a link is not followed.

    Raises:
        InputError: The file cannot be written.
    """
    temporary = path.with_name(f".tagraph-{secrets.token_hex(8)}.tmp")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _compress(file: BinaryIO, compression: str) -> Iterator[BinaryIO]:
    if compression == "gz":
        with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
            yield cast(BinaryIO, packed)
    elif compression == "zst":
        with zstandard.ZstdCompressor().stream_writer(file, closefd=False) as writer:
            yield cast(BinaryIO, writer)
    else:
        yield file


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a crash."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
