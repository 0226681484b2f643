"""List every merge in a vocabulary, to be read by eye.

    python -m benchmarks.normalize_listing VOCABULARY [--sample 100] [--seed 0]

VOCABULARY: a .csv with a header, the tag in the first column. Distinct tags, no bags; MiniLM.
"""

import argparse
import csv
import random
from pathlib import Path

import tagraph


def main() -> None:
    """Print the number of merges and a sample of them with reason and similarity."""
    parser = argparse.ArgumentParser()
    parser.add_argument("vocabulary", type=Path)
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with chosen.vocabulary.open(encoding="utf-8", newline="") as stream:
        tags = [row[0] for row in csv.reader(stream) if row][1:]
    merges = tagraph.normalize_tags([[tag] for tag in tags]).merges
    print(f"{len(set(tags)):,} tags, {len(merges):,} further merges")
    shown = random.Random(chosen.seed).sample(merges, min(chosen.sample, len(merges)))
    for merge in sorted(shown, key=lambda one: one.canonical):
        print(f"{merge.raw!r} = {merge.canonical!r}  {merge.reason} {merge.similarity:.2f}")


if __name__ == "__main__":
    main()
