"""Decisions about tags from a TOML file, and merges to a CSV file for people."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from tagraph.adapters.csv_tables import spell_csv
from tagraph.adapters.new_files import check_target, write_file
from tagraph.errors import InputError, OptionsError
from tagraph.steps.overrides import Overrides, Pairs
from tagraph.steps.review import Review, ReviewRow
from tagraph.text import escape_toml

_KEYS = ("always", "never", "rename")


def read_overrides(path: str | Path) -> Overrides:
    """Read decisions from a TOML file: lists of pairs `always` and `never`, a table `rename`.

    Raises:
        InputError: The file cannot be read, or does not hold what it should; the message names
            file and key.
        OptionsError: The decisions contradict each other.
    """
    try:
        told = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as TOML: {error}") from error
    unknown = sorted(set(told) - set(_KEYS))
    if unknown:
        raise InputError(f"{path}: no key {unknown[0]!r}; use {', '.join(_KEYS)}")
    rename = told.get("rename", {})
    if not isinstance(rename, Mapping) or not all(isinstance(n, str) for n in rename.values()):
        raise InputError(f'{path}: rename must be a table of lines such as "js" = "javascript"')
    always, never = (_read_pairs(told.get(key, []), key, path) for key in _KEYS[:2])
    try:
        return Overrides(always, never, dict(rename))
    except OptionsError as error:
        raise OptionsError(f"{path}: {error}") from error


def _read_pairs(told: object, key: str, path: str | Path) -> Pairs:
    """Return the pairs of one list.

    Raises:
        InputError: An entry is no pair of strings.
    """
    pairs: list[tuple[str, str]] = []
    for number, pair in enumerate(told if isinstance(told, list) else [told], 1):
        match pair:
            case [str(left), str(right)]:
                pairs.append((left, right))
            case _:
                raise InputError(f'{path}: {key}, entry {number} must be a pair such as ["a", "b"]')
    return tuple(pairs)


def write_overrides(overrides: Overrides, path: str | Path, *, overwrite: bool = False) -> None:
    """Write decisions as a TOML file that `read_overrides` reads.

    Raises:
        InputError: The file is there already, or cannot be written.
    """
    target = Path(path)
    check_target(target, [], overwrite=overwrite)
    lines = []
    for key, pairs in (("always", overrides.always), ("never", overrides.never)):
        told = [f"  [{escape_toml(left)}, {escape_toml(right)}],\n" for left, right in pairs]
        lines.append(f"{key} = [\n{''.join(told)}]\n" if told else f"{key} = []\n")
    names = (f"{escape_toml(a)} = {escape_toml(b)}\n" for a, b in overrides.rename.items())
    lines.append(f"\n[rename]\n{''.join(names)}" if overrides.rename else "")
    with write_file(target) as stream:
        stream.write("".join(lines).encode())


def write_review(review: Review, path: str | Path, *, overwrite: bool = False) -> None:
    """Write merges as CSV in UTF-8 for a spreadsheet, the one most worth a look first.

    A tag that a spreadsheet would take for a formula is written behind an apostrophe.

    Raises:
        InputError: The file is there already, or cannot be written.
    """
    target = Path(path)
    check_target(target, [], overwrite=overwrite)
    with write_file(target) as stream:
        stream.write(spell_csv(ReviewRow._fields, review.rows))
