"""Every export read back by the reader it is for: rows, texts, roles.

`python -m benchmarks.round_trips STORE`, with what is to be checked installed or on PYTHONPATH
(datasets, trl, pandas, networkx, label-studio-sdk, argilla; a reader that is not there is named);
`--llamafactory PYTHON` and `--axolotl PYTHON` are interpreters of environments with these trainers,
which bear no other beside them. The store stays as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from benchmarks.trainers import TRAINERS, Turns, read_as
from tagraph import export_graph, open_store, write_review_tasks
from tagraph.api import write_card, write_selected
from tagraph.stages.review_tasks import KINDS, TOOLS
from tagraph.stages.trainer_rows import TRAINER_FORMS
from tagraph.store import Store

ROLES = {"human": "user", "gpt": "assistant", "observation": "tool"}


def main() -> None:
    """Write every export, read every one back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    for trainer in TRAINERS:
        parser.add_argument(f"--{trainer}")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder, open_store(arguments.store, read_only=True) as stored:
        place = Path(folder)
        stored.copy_to(place / "copy.db")
        with open_store(place / "copy.db") as store:
            index = store.results.load_selection().index.tolist()
            wanted = [
                [(ROLES.get(t.role, t.role), t.content) for t in sample.turns]
                for sample in store.samples.load_samples().take(index)
            ]
            settings = write_all(store, place)
            for name, check in CHECKS.items():
                tell(name, check, place, wanted)
        for trainer in TRAINERS:
            if python := getattr(arguments, trainer):
                for form, rows in read_as(trainer, python, place, settings):
                    print(f"{trainer:<16} {form}: {same(rows, wanted)}", flush=True)


def write_all(store: Store, place: Path) -> dict[str, Mapping[str, str]]:
    """Write all forms; return what trainers must be told, by form."""
    settings = {}
    for form in TRAINER_FORMS:
        for suffix in ("jsonl", "parquet"):
            written = write_selected(store, place / f"{form}.{suffix}", form=form)
        settings[form] = write_selected(store, place / f"{form}.json", form=form).settings
        print(f"{'written':<16} {form}: {written.note}")
    for tool in TOOLS:
        for kind in KINDS:
            write_review_tasks(store, kind, place / f"{kind}.{tool}.json", tool=tool, limit=50)
    for suffix in ("gexf", "graphml", "json"):
        export_graph(store, place / f"tags.{suffix}")
    write_card(store, place / "README.md")
    return settings


def tell(name: str, check: Callable[[Path, list[Turns]], str], place: Path, wanted: Any) -> None:
    """Print what a check found, or which reader is missing."""
    try:
        print(f"{name:<16} {check(place, wanted)}", flush=True)
    except ImportError as error:
        print(f"{name:<16} not run: {error.name or error} is not installed", flush=True)


def same(rows: list[Turns], wanted: list[Turns]) -> str:
    """Return how many conversations came out as they went in."""
    equal = sum(row == want for row, want in zip(rows, wanted, strict=False))
    return f"{len(rows)} of {len(wanted)} rows, {equal} with the same turns, roles and texts"


def as_turns(messages: list[dict[str, str]], role: str = "role", text: str = "content") -> Turns:
    """Return messages as turns, ShareGPT's roles by their usual names."""
    return [(ROLES.get(one[role], one[role]), one[text]) for one in messages]


def read_sharegpt(row: dict[str, Any]) -> Turns:
    """Return the turns of a row of `sharegpt` or `deita`."""
    return as_turns(row["conversations"], "from", "value")


def read_alpaca(row: dict[str, Any]) -> Turns:
    """Return the turns of a row of `alpaca`, system prompt and history included."""
    pairs = [*row["history"], (row["instruction"], row["output"])]
    system = [("system", row["system"])] if row["system"] else []
    return system + [
        turn for ask, answer in pairs for turn in (("user", ask), ("assistant", answer))
    ]


def read_prompts(row: dict[str, Any]) -> Turns:
    """Return the turns of a row of `prompt-completion`, of texts or of messages."""
    if isinstance(row["prompt"], str):
        return [("user", row["prompt"]), ("assistant", row["completion"])]
    return as_turns([*row["prompt"], *row["completion"]])


READERS: dict[str, Callable[[dict[str, Any]], Turns]] = {
    "messages": lambda row: as_turns(row["messages"]),
    "sharegpt": read_sharegpt,
    "alpaca": read_alpaca,
    "prompt-completion": read_prompts,
    "deita": read_sharegpt,
    "mig": lambda row: as_turns(row["dialogs"]),
}


def check_datasets(place: Path, wanted: list[Turns]) -> str:
    """Read JSONL and Parquet with the library of the hub."""
    from datasets import load_dataset

    found = []
    for suffix, builder in (("jsonl", "json"), ("parquet", "parquet")):
        for form, read in READERS.items():
            file, cache = str(place / f"{form}.{suffix}"), str(place / "cache")
            rows = load_dataset(builder, data_files=file, split="train", cache_dir=cache)
            found.append(f"{suffix} {form}: {same(list(map(read, rows)), wanted)}")
    return "\n                 ".join(found)


def check_trl(place: Path, wanted: list[Turns]) -> str:
    """Ask TRL whether it takes rows of messages for conversations, and rows of texts for texts."""
    from trl.data_utils import is_conversational

    rows = {
        form: [orjson.loads(line) for line in (place / f"{form}.jsonl").read_bytes().splitlines()]
        for form in ("messages", "prompt-completion")
    }
    told = []
    for form, found in rows.items():
        meant = [isinstance(row.get("prompt"), str) != is_conversational(row) for row in found]
        n_talks = sum(map(is_conversational, found))
        told.append(f"{form}: {sum(meant)} of {len(wanted)} as meant, {n_talks} conversational")
    return "; ".join(told)


def check_pandas(place: Path, wanted: list[Turns]) -> str:
    """Read Parquet and JSONL with pandas."""
    import pandas as pd

    parquet = pd.read_parquet(place / "messages.parquet")
    lines = pd.read_json(place / "messages.jsonl", lines=True)
    return (
        same([as_turns(list(m)) for m in parquet["messages"]], wanted)
        + "; JSONL "
        + same([as_turns(m) for m in lines["messages"]], wanted)
    )


def check_networkx(place: Path, wanted: list[Turns]) -> str:
    """Read the graph as Gephi does, and as node-link JSON and GraphML."""
    import networkx as nx

    link = orjson.loads((place / "tags.json").read_bytes())
    graphs = {
        "gexf": nx.read_gexf(place / "tags.gexf"),
        "graphml": nx.read_graphml(place / "tags.graphml"),
        "node-link": nx.node_link_graph(link, edges="edges" if "edges" in link else "links"),
    }
    sizes = {
        name: f"{g.number_of_nodes()} nodes, {g.number_of_edges()} edges"
        for name, g in graphs.items()
    }
    coloured = sum("viz" in data for _, data in graphs["gexf"].nodes(data=True))
    return "; ".join(f"{name} {size}" for name, size in sizes.items()) + f"; {coloured} coloured"


def check_label_studio(place: Path, wanted: list[Turns]) -> str:
    """Check tasks and answers against the labelling configuration with Label Studio's own code."""
    from label_studio_sdk.label_interface import LabelInterface

    found = []
    for kind, choice in (("pairs", "first"), ("merges", "same")):
        rows = orjson.loads((place / f"{kind}.label-studio.json").read_bytes())
        interface = LabelInterface((place / f"{kind}.label-studio.xml").read_text())
        fields = [one for one in rows[0]["data"] if one not in ("key", "kind", "left", "right")]
        good = sum(interface.validate_task(row) for row in rows)
        said = {"from_name": "verdict", "to_name": fields[0], "type": "choices"}
        right, wrong = (
            interface.validate_prediction(
                {"model_version": "x", "score": 0.5, "result": [said | {"value": {"choices": [c]}}]}
            )
            for c in (choice, "nonsense")
        )
        found.append(f"{kind}: {good} of {len(rows)} tasks valid; answer {right}, nonsense {wrong}")
    return "; ".join(found)


def check_argilla(place: Path, wanted: list[Turns]) -> str:
    """Make Argilla's records of the rows, and rows of its records."""
    import argilla as rg

    found = []
    for kind in KINDS:
        rows = orjson.loads((place / f"{kind}.argilla.json").read_bytes())
        records = [rg.Record.from_dict(row) for row in rows]
        back = [record.to_dict() for record in records]
        equal = sum(
            all(one[key] == row[key] for key in ("id", "fields", "metadata"))
            for one, row in zip(back, rows, strict=True)
        )
        found.append(f"{kind}: {equal} of {len(rows)} records come back equal")
    return "; ".join(found)


def check_card(place: Path, wanted: list[Turns]) -> str:
    """Read the dataset card with the hub's own reader."""
    from huggingface_hub import DatasetCard

    card = DatasetCard.load(place / "README.md")
    return f"{card.data.size_categories}, {card.data.configs}"


CHECKS: dict[str, Callable[[Path, list[Turns]], str]] = {
    "datasets": check_datasets,
    "trl": check_trl,
    "pandas": check_pandas,
    "networkx": check_networkx,
    "label studio": check_label_studio,
    "argilla": check_argilla,
    "dataset card": check_card,
}


if __name__ == "__main__":
    main()
