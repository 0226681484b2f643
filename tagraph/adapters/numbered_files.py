"""A name that holds `{}` to the files it stands for: parts of a whole, numbered in its order."""

import re
from collections.abc import Sequence
from pathlib import Path

from tagraph.errors import InputError, OptionsError

MARK = "{}"
PER_FILE = 100_000
DIGITS = 5


def is_pattern(target: Path) -> bool:
    """Return whether a name stands for numbered files."""
    return MARK in target.name


def first_file(target: Path) -> Path:
    """Return the first file that a name stands for: itself, unless it is a pattern."""
    return _number(target, 0) if is_pattern(target) else target


def all_files(target: Path) -> str:
    """Return the name as programs look for all of its files: with a star for the number."""
    return target.name.replace(MARK, "*")


def unnumbered(target: Path) -> Path:
    """Return the name without its mark, for what belongs to all of its files."""
    name = re.sub(r"[-_. ]*\{\}", "", target.name)
    return target.with_name(f"parts{name}" if name.startswith(".") or not name else name)


def name_parts(target: Path, n: int, per_file: int = PER_FILE) -> list[tuple[Path, slice]]:
    """Return the files of a pattern for `n` records, and which records go into each.

    Nothing to write is one empty file. `part-{}.jsonl` gives part-00000.jsonl and so on.

    Raises:
        OptionsError: The pattern has two marks, or `per_file` is not positive.
    """
    if per_file < 1:
        raise OptionsError(f"per_file is {per_file}; it must be at least 1")
    if target.name.count(MARK) > 1:
        raise OptionsError(f"{target.name} has {MARK} twice; a file has one number")
    starts = range(0, max(1, n), per_file)
    return [
        (_number(target, i), slice(start, min(n, start + per_file)))
        for i, start in enumerate(starts)
    ]


def refuse_strays(target: Path, parts: Sequence[tuple[Path, slice]]) -> None:
    """Refuse to write beside numbered files that whoever reads them all would take for parts.

    Raises:
        InputError: There is such a file.
    """
    before, after = target.name.split(MARK)
    numbered = re.compile(rf"{re.escape(before)}\d+{re.escape(after)}")
    ours = {path.name for path, _ in parts}
    for path in sorted(target.parent.iterdir()) if target.parent.is_dir() else ():
        if numbered.fullmatch(path.name) and path.name not in ours:
            raise InputError(f"{path} is no part of this selection; remove it, or name others")


def _number(target: Path, i: int) -> Path:
    return target.with_name(target.name.replace(MARK, f"{i:0{DIGITS}}", 1))
