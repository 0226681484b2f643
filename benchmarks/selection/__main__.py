"""Every policy and baseline on one pool, at equal k, in one table.

    python -m benchmarks.selection STORE [-k 300 500] [--flags FILE.jsonl.gz --field sets]
    python -m benchmarks.selection STORE -k 25 50 100 --truth data/sample_truth.csv

STORE is what `tagraph select` made of the pool; its strengths are used as they are, so no judge is
asked. Printed for every policy: share of tags, of rare tags and of communities covered, entropy of
the tags, near-duplicates (looked for with `max_likeness` off), mean characters of a response, mean
share of its cluster that a row is stronger than, and for each flag of FILE the share of flagged
rows over the share in the pool (lift). Flags are matched by query and response; those of the truth
by line: rows with a planted flaw, and with one that can be seen without knowing what is true.
Random and stratified-random are 20 draws: mean, lowest and highest.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tagraph import open_store, read_samples
from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.data import BoolArray, FloatArray, IntArray, Samples
from tagraph.pipeline.selecting import load_pool
from tagraph.stages.coverage import Terrain, measure_coverage
from tagraph.stages.selection import POLICIES, SelectionOptions
from tagraph.steps.audit import count_repeats, lay_terrain
from tagraph.steps.select import Pool, select_pool
from tagraph.store import Store

DRAWS = 20
MEASURES = (
    "tags",
    "tail",
    "communities",
    "tag_entropy",
    "near_duplicates",
    "mean_length",
    "standing",
)


@dataclass(frozen=True)
class Field:
    """A pool, what it is measured against, and which of its rows carry which flag."""

    pool: Pool
    terrain: Terrain
    flags: Mapping[str, BoolArray]

    def measure(self, rows: IntArray) -> FloatArray:
        """Return the measures and the lift of every flag."""
        repeats = count_repeats(self.samples, rows)
        found = measure_coverage(self.terrain, rows, repeats).as_dict()
        lifts = [flag[rows].mean() / flag.mean() for flag in self.flags.values()]
        return np.array([*(found[name] for name in MEASURES), *lifts])

    @property
    def samples(self) -> Samples:
        """The samples of the pool."""
        if self.pool.samples is None:
            raise SystemExit("the pool has no texts")
        return self.pool.samples


def load_field(store: Store, flagged: Path | None, name: str, truth: Path | None = None) -> Field:
    """Return the pool of a store with all that any policy asks for."""
    encoder = SentenceEncoder()
    parts = [load_pool(store, SelectionOptions(p), encoder) for p in ("information", "distance")]
    length = store.samples.load_lengths()
    sizes = parts[0].clustering.sizes
    pool = replace(parts[0], vectors=parts[1].vectors, length=length)
    communities, bags = store.groups.load_communities(), store.tags.load_bags()
    terrain = lay_terrain(bags, communities, length, pool.clustering.membership, pool.strength)
    flags = {} if flagged is None else read_flags(store.samples.load_samples(), flagged, name)
    print(f"{len(bags)} samples, {len(bags.vocabulary)} tags, {len(sizes)} clusters")
    if truth is not None:
        flags |= read_truth(store.samples.load_samples(), truth)
    for flag, held in flags.items():
        print(f"flag {flag}: {held.sum()} rows, {length[held].mean():,.0f} characters on average")
    return Field(pool, terrain, flags)


def read_flags(samples: Samples, path: Path, name: str) -> dict[str, BoolArray]:
    """Return which samples carry each flag of a list field, without flags of all or few."""
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    read = read_samples(path)
    flags_of = {s.digest: rows[s.row][name] for s in read}
    held = [flags_of.get(sample.digest, []) for sample in samples]
    names = sorted({flag for flags in held for flag in flags})
    found = {flag: np.array([flag in flags for flags in held]) for flag in names}
    return {flag: array for flag, array in found.items() if 20 <= array.sum() < len(array)}


def read_truth(samples: Samples, path: Path) -> dict[str, BoolArray]:
    """Return which samples have a planted flaw, and which one that can be seen."""
    with path.open(newline="", encoding="utf-8") as lines:
        flaw_of = {int(row["line"]): row["flaw"] for row in csv.DictReader(lines)}
    flaw = np.array([flaw_of[sample.row + 1] for sample in samples])
    return {"any flaw": flaw != "none", "seen flaw": ~np.isin(flaw, ["none", "factual_error"])}


def run_policy(field: Field, k: int, options: SelectionOptions) -> tuple[FloatArray, float]:
    """Return the measures of one selection, and the seconds that it took."""
    start = time.process_time()
    selection = select_pool(field.pool, k, options)
    return field.measure(selection.index), time.process_time() - start


def show(field: Field, k: int, policies: Sequence[str]) -> None:
    """Print the table for one k."""
    print(f"\nk = {k}")
    names = [*MEASURES, *field.flags]
    print(f"{'policy':<24}" + "".join(f"{name[:11]:>12}" for name in names) + f"{'s':>7}")
    pool = field.measure(np.arange(len(field.pool.ids)))
    print(f"{'the pool':<24}" + tell(pool))
    for policy in policies:
        if policy.endswith("random"):
            show_draws(field, k, policy)
            continue
        for control in (False, True) if policy in ("equal", "global") else (False,):
            options = SelectionOptions(policy, max_likeness=1.0, length_control=control)
            values, seconds = run_policy(field, k, options)
            name = f"{policy}, length held" if control else policy
            print(f"{name:<24}{tell(values)}{seconds:7.1f}", flush=True)


def show_stored(field: Field, path: Path) -> None:
    """Print the measures of the selection that another store of the same pool holds."""
    with open_store(path) as store:
        selection = store.results.load_selection()
    row_of = {key: row for row, key in enumerate(field.pool.ids)}
    values = field.measure(np.array([row_of[key] for key in selection.ids]))
    print(f"{f'{selection.policy}, k = {len(selection)}':<24}{tell(values)}", flush=True)


def show_draws(field: Field, k: int, policy: str) -> None:
    """Print the mean, the lowest and the highest of 20 draws."""
    options = [SelectionOptions(policy, seed, max_likeness=1.0) for seed in range(DRAWS)]
    draws = np.array([run_policy(field, k, given)[0] for given in options])
    for name, values in (("mean", draws.mean(0)), ("low", draws.min(0)), ("high", draws.max(0))):
        print(f"{f'{policy} {name}':<24}{tell(values)}", flush=True)


def tell(values: Sequence[float] | FloatArray) -> str:
    """Return the measures of one selection as cells."""
    forms = (".3f", ".3f", ".3f", ".2f", ".3f", ",.0f", ".3f")
    rest = len(values) - len(forms)
    cells = zip(values, (*forms, *[".2f"] * rest), strict=True)
    return "".join(f"{format(float(value), form):>12}" for value, form in cells)


def main() -> None:
    """Print one table for each k."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("-k", type=int, nargs="*", default=[300, 500])
    told = [policy for policy in POLICIES if policy != "target"]
    parser.add_argument("--policies", nargs="+", default=told, choices=told)
    parser.add_argument("--flags", type=Path, help="JSONL, gzipped, with a list field of flags")
    parser.add_argument("--field", default="sets")
    parser.add_argument("--truth", type=Path, help="CSV with line and flaw")
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="stores to measure too")
    asked = parser.parse_args()
    with open_store(asked.store) as store:
        field = load_field(store, asked.flags, asked.field, asked.truth)
        for path in asked.beside:
            show_stored(field, path)
        for k in asked.k:
            show(field, k, asked.policies)


if __name__ == "__main__":
    main()
