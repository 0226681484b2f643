"""What a selection was made of: digests, versions, options, counts and cost, as JSON."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from tagraph.adapters.new_files import check_target, write_file
from tagraph.errors import InputError
from tagraph.schema import STEP_TABLES
from tagraph.store import Store
from tagraph.text import digest

PACKAGES = (
    "anthropic",
    "igraph",
    "leidenalg",
    "numpy",
    "rapidfuzz",
    "scipy",
    "sentence-transformers",
    "spacy",
    "tagraph",
)


def describe_run(store: Store) -> dict[str, Any]:
    """Return the manifest of the selection in a store; no time and no place is in it.

    With the store and these versions, `tagraph replay` makes the same selection again.

    Raises:
        MissingResultError: Nothing was selected.
    """
    selection = store.results.load_selection()
    runs = {step: run for step in STEP_TABLES if (run := store.run(step))}
    spent = store.calls.spent()
    return {
        "manifest": 1,
        "sources": [
            {"name": source.name, "sha256": source.sha256, "records": source.n_records}
            for source in store.samples.load_sources()
        ],
        "steps": {
            step: {
                "fingerprint": run.fingerprint,
                "options": run.options,
                "found": run.summary,
                "version": run.version,
                "result": store.digest(step),
            }
            for step, run in runs.items()
            if step != "ingest"
        },
        "cost": {"usd": spent.cost / 1e9, "requests": spent.attempts, "unpriced": spent.unpriced},
        "selection": {"rows": len(selection), "ids": digest(*selection.ids)},
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def list_held(store: Store) -> list[str]:
    """Return the absolute paths that nothing about a selection may replace: store and sources."""
    return [str(Path(store.path).resolve()), *(one.path for one in store.samples.load_sources())]


def write_manifest(store: Store, path: Path, *, overwrite: bool = False) -> None:
    """Write the manifest of the selection in a store; equal runs give equal bytes.

    Raises:
        InputError: The file is there with other content, or cannot be written.
        MissingResultError: Nothing was selected.
    """
    content = orjson.dumps(describe_run(store), option=orjson.OPT_INDENT_2) + b"\n"
    if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
        return
    check_target(path, list_held(store), overwrite=overwrite)
    with write_file(path) as stream:
        stream.write(content)


def check_manifest(store: Store, path: Path) -> list[str]:
    """Return what a manifest says otherwise than a store, as lines; nothing if they agree.

    Versions of Python and packages are told apart only where the selection itself differs.

    Raises:
        InputError: The file is no manifest.
        MissingResultError: Nothing was selected.
    """
    try:
        told = orjson.loads(path.read_bytes())
        wanted = {"sources": told["sources"], "selection": told["selection"]}
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a manifest of tagraph") from error
    found = describe_run(store)
    return [
        f"{name} of {path} and of the store differ" for name in wanted if told[name] != found[name]
    ]
