"""What `--json` prints is what docs/commands.md promises, for every command."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tagraph import open_store
from tagraph.cli.entry import run
from tests.cli.conftest import Finished
from tests.docs.json_keys import KEYS


def flatten(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of everything in a JSON value."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from flatten(part, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and value:
        for part in value:
            yield from flatten(part, path + "[]")
    else:
        yield path + ("[]" if isinstance(value, list) else "")


def pattern(key: str) -> re.Pattern[str]:
    """Return what a promised key matches."""
    told = re.escape(key.removesuffix("?"))
    return re.compile(told.replace(r"\*\*", ".*").replace(r"\*", r"[^.]*(?:\(.*\))?"))


def check(command: str, printed: bytes | str) -> None:
    promised = KEYS[command]
    found = set(flatten(orjson.loads(printed)))
    unknown = {one for one in found if not any(pattern(key).fullmatch(one) for key in promised)}
    assert unknown == set(), command
    needed = {key for key in promised if not key.endswith("?")}
    assert {key for key in needed if not any(map(pattern(key).fullmatch, found))} == set(), command


def test_json_holds_the_keys_that_the_docs_promise(
    finished: Finished,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (finished.source, finished.output, finished.store):
        shutil.copy(path, tmp_path)
    again = "sample.jsonl -k 40 -o subset.jsonl"
    for command, arguments in (
        ("select", again),
        ("select --dry-run", f"{again} --dry-run"),
        ("inspect", "sample.jsonl"),
        *((step, "--store subset.db") for step in ("tag", "normalize", "graph", "cluster", "rank")),
        ("ingest", "sample.jsonl --store subset.db"),
        ("compare", "--store subset.db -k 40"),
        ("explain", f"{first_id(tmp_path / 'subset.db')} --store subset.db"),
        ("diff", "subset.db subset.db"),
        ("report", "subset.db"),
        ("status", "subset.db"),
        ("verify", "subset.db"),
        ("export", "subset.db copy.db"),
        ("export", "subset.db look --datasette"),
        ("review", "subset.db pairs -o tasks.json"),
        ("take", "subset.db tasks.json"),
        ("config", ""),
    ):
        name = command.split()[0]
        assert run([name, *arguments.split(), *command.split()[1:], "--json", "--quiet"]) == 0
        check(command, capsys.readouterr().out)


def first_id(store: Path) -> str:
    with open_store(store) as opened:
        return str(opened.query("SELECT sample_id FROM v_selection LIMIT 1")[0]["sample_id"])
