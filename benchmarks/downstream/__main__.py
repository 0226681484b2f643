"""Held-out loss after training on k rows chosen by each policy: same tokens, several seeds.

    python -m benchmarks.downstream STORE HELD_OUT... --model FOLDER_OR_GGUF --log trial.jsonl
    python -m benchmarks.downstream STORE HELD_OUT... --model FOLDER --log full.jsonl \
        -k 1000 --tokens 400000 --batch 8000 --longest 1024 --rows 500 --rank 0 --rate 2e-5 \
        --device cuda

STORE is what `tagraph select` made of a pool; every policy chooses k rows of it by the stored
strengths, and `--beside` adds selections that other stores of the same pool hold (the preset
`tacos`). HELD_OUT are instruction files that no policy saw; the loss is that of response tokens.
Every run shows the same number of tokens, whatever the length of its rows: rows in random order,
pass after pass, the last one cut. `random` draws other rows for each seed; for the others the seed
decides the order of rows and the adapters. A finished run is a line of the log and is not run
again, so a stopped trial resumes. At the defaults a toy (two cores, minutes) that shows that it
works, no more: 2,400 tokens teach a form of answer, if anything.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.downstream.feeding import Row, read_rows
from benchmarks.downstream.tuning import Recipe, Tuner, load
from tagraph import open_store, read_samples
from tagraph.adapters.bundled_models import use_one_thread
from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.data import Sample
from tagraph.pipeline.selecting import load_pool
from tagraph.stages.selection import POLICIES, SelectionOptions
from tagraph.steps.select import Pool, select_pool
from tagraph.store import Store
from tagraph.text import digest

Done = dict[str, Any]
POLICIES_SHOWN = ("random", "longest", "equal", "covering", "information")


def main() -> None:
    """Run what the log lacks, and print one table."""
    asked = parse()
    recipe = Recipe(asked.tokens, asked.batch, asked.rank, asked.rate, asked.device, asked.dtype)
    held = {path.name: draw_held_out(path, asked.rows) for path in asked.held_out}
    settings = {
        **asdict(recipe),
        "k": asked.k,
        "longest": asked.longest,
        "model": asked.model.name,
        "held_out": {name: digest(*(s.id for s in samples)) for name, samples in held.items()},
    }
    done = read_log(asked.log, settings)
    wanted = [(name, seed) for seed in range(asked.seeds) for name in list_names(asked)]
    if left := [key for key in [("before", 0), *wanted] if key not in done]:
        for line in run(asked, recipe, held, left):
            done[line["policy"], line["seed"]] = line
            with asked.log.open("a") as file:
                file.write(json.dumps({"settings": settings, **line}) + "\n")
    show(done, list_names(asked), list(held), asked.seeds)


def parse() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("held_out", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("-k", type=int, default=24)
    parser.add_argument("--policies", nargs="+", default=list(POLICIES_SHOWN), choices=POLICIES)
    parser.add_argument("--beside", type=Path, nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=2400)
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--longest", type=int, default=192, help="tokens of a row")
    parser.add_argument("--rows", type=int, default=12, help="held-out rows of each file")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="bfloat16")
    return parser.parse_args()


def list_names(asked: argparse.Namespace) -> list[str]:
    """Return the policies, and what other stores hold."""
    return [*asked.policies, *(path.stem for path in asked.beside)]


def draw_held_out(path: Path, rows: int) -> list[Sample]:
    """Return so many samples; ids are digests, so the first ones are a random draw."""
    samples = read_samples(path)
    return samples.take(range(min(rows, len(samples))))


def read_log(path: Path, settings: dict[str, Any]) -> dict[tuple[str, int], Done]:
    """Return the finished runs of the same settings."""
    lines = path.read_text().splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines]
    same = json.loads(json.dumps(settings))
    return {(row["policy"], row["seed"]): row for row in found if row["settings"] == same}


def run(
    asked: argparse.Namespace,
    recipe: Recipe,
    held: dict[str, list[Sample]],
    left: Sequence[tuple[str, int]],
) -> Iterator[Done]:
    """Yield the losses of every run that is left."""
    use_one_thread()
    tokenizer, model = load(asked.model, recipe)

    def encode(text: str) -> list[int]:
        found = tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        return list(found["input_ids"])

    sets = {name: read_rows(samples, encode, asked.longest) for name, samples in held.items()}
    tuner = Tuner(model, recipe)
    with open_store(asked.store) as store:
        pool = load_whole(store)
        for name, seed in left:
            start = time.process_time()
            told: Done = {"policy": name, "seed": seed}
            if name != "before":
                rows = read_rows(choose(asked, pool, name, seed), encode, asked.longest)
                told |= {"shown": tuner.tune(rows, seed), **describe(rows)}
            told["loss"] = {key: tuner.measure(part) for key, part in sets.items()}
            told["seconds"] = round(time.process_time() - start, 1)
            print(json.dumps(told), flush=True)
            yield told


def load_whole(store: Store) -> Pool:
    """Return the pool with all that any policy asks for."""
    encoder = SentenceEncoder()
    pool = load_pool(store, SelectionOptions("information"), encoder)
    vectors = load_pool(store, SelectionOptions("distance"), encoder).vectors
    return replace(pool, vectors=vectors, length=store.samples.load_lengths())


def choose(asked: argparse.Namespace, pool: Pool, name: str, seed: int) -> list[Sample]:
    """Return the rows that a policy, or another store, chose."""
    samples = pool.samples
    if samples is None:
        raise SystemExit("the pool has no texts")
    for path in asked.beside:
        if path.stem == name:
            with open_store(path) as other:
                ids = set(other.results.load_selection().ids[: asked.k])
            return samples.take([row for row, key in enumerate(pool.ids) if key in ids])
    drawn = seed if name.endswith("random") else 0
    chosen = select_pool(pool, asked.k, SelectionOptions(name, drawn))
    return samples.take(chosen.index.tolist())


def describe(rows: Sequence[Row]) -> dict[str, Any]:
    """Return how many tokens the chosen rows have, and their responses on average."""
    tokens = sum(len(row.tokens) for row in rows)
    response = np.mean([len(row.tokens) - row.start for row in rows])
    return {"tokens": tokens, "response": round(float(response), 1)}


def show(
    done: dict[tuple[str, int], Done], names: Sequence[str], sets: Sequence[str], seeds: int
) -> None:
    """Print the loss before, and after each policy the change and its distance from random."""
    before = done["before", 0]["loss"]
    print("before   " + ", ".join(f"{name} {before[name]:.4f}" for name in sets))
    head = f"{'policy':<16}{'shown':>7}{'tokens':>8}{'response':>9}"
    print(head + "".join(f"{name[:22]:>26}{'less random':>20}" for name in sets))
    for name in names:
        runs = [done[name, seed] for seed in range(seeds)]
        told = [np.mean([run[key] for run in runs]) for key in ("shown", "tokens", "response")]
        line = f"{name:<16}{told[0]:7.0f}{told[1]:8,.0f}{told[2]:9.1f}"
        for key in sets:
            loss = np.array([run["loss"][key] for run in runs])
            line += f"{mean_of(loss):>26}"
            if "random" in names:
                base = np.array([done["random", seed]["loss"][key] for seed in range(seeds)])
                line += f"{mean_of(loss - base, sign='+'):>20}"
        print(line)


def mean_of(values: Any, sign: str = "") -> str:
    """Return mean and standard error."""
    error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{values.mean():{sign}.4f} ± {error:.4f}"


if __name__ == "__main__":
    main()
