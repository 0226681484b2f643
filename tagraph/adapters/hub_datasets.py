"""Data sets of the Hugging Face hub, or folders laid out like one: which files make up a split."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from tagraph.errors import InputError, MissingPackageError

PREFIX = "hf://datasets/"
_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")
_REMOTE = re.compile(r"hf://datasets/(?P<repo>[^@]+)@(?P<revision>[^/]+)/(?P<file>.+)")
_FIRST = "train"


def is_hub_source(source: str) -> bool:
    """Return whether a source that is no path names a data set of the hub."""
    return source.startswith("hf://") or bool(_HUB_ID.fullmatch(source))


def find_split(source: str, split: str | None, revision: str | None) -> list[tuple[Path, str]]:
    """Return path and name of each file of a split; files of the hub are fetched into its cache.

    Args:
        source: `hf://datasets/owner/name`, `owner/name`, or a folder.
        split: Name of the split; `train`, or the only one, unless given.
        revision: Branch, tag or commit of the hub; its main branch unless given.

    Raises:
        InputError: There is no such data set or split, or it cannot be reached.
        MissingPackageError: The [hf] extra is not installed.
    """
    name = source.removeprefix(PREFIX)
    splits = _list_splits(name, revision)
    chosen = split or (_FIRST if _FIRST in splits or len(splits) != 1 else next(iter(splits)))
    if chosen not in splits:
        known = ", ".join(splits) or "none"
        raise InputError(f"{source} has no split '{chosen}'; it has {known}; choose with --split")
    return [_fetch(place, source) for place in splits[chosen]]


def _list_splits(name: str, revision: str | None) -> Mapping[str, Sequence[str]]:
    """Return the places of the files of each split, as the hub's own library finds them."""
    try:
        import datasets
    except ImportError as error:
        raise MissingPackageError(
            f"reading {name} by split needs datasets; install it with: pip install 'tagraph[hf]'"
        ) from error
    datasets.disable_progress_bars()
    try:
        builder = datasets.load_dataset_builder(name, revision=revision)
    except Exception as error:  # the library raises whatever its transport raises
        raise _refuse(name, error) from error
    found: Mapping[Any, Sequence[str]] = builder.config.data_files or {}
    return {str(split): [str(place) for place in places] for split, places in found.items()}


def _fetch(place: str, source: str) -> tuple[Path, str]:
    """Return where a file lies on this machine, and its name in the data set."""
    remote = _REMOTE.fullmatch(place)
    if remote is None:
        return Path(place), Path(place).name
    import huggingface_hub

    try:
        path = huggingface_hub.hf_hub_download(
            remote["repo"], remote["file"], repo_type="dataset", revision=remote["revision"]
        )
    except Exception as error:  # the library raises whatever its transport raises
        raise _refuse(source, error) from error
    return Path(path), str(PurePosixPath(remote["repo"]) / remote["file"])


def _refuse(source: str, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return InputError(f"{source} cannot be read as a data set: {reason}")
