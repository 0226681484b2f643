"""Stores that must be there, and what they hold."""

from __future__ import annotations

from pathlib import Path

from tagraph.data import TagMap
from tagraph.errors import InputError
from tagraph.store import Store, open_store


def open_existing(path: str | Path) -> Store:
    """Open a store that must be there.

    Raises:
        InputError: There is no such file.
        StoreError: It is no store, or one of a newer version.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such store")
    return open_store(path)


def load_tag_map(path: str | Path) -> TagMap:
    """Return the tag map that a store holds; its `apply` brings new bags to the same tags.

    Raises:
        InputError: There is no such file.
        StoreError: It is no store, or its tags were never normalized.
    """
    with open_existing(path) as store:
        return store.tags.load_tag_map()
