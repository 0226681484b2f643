"""What a judge of the borderline pairs adds, with a recorded truth in its place.

    python -m benchmarks.normalize_judged TRUTH [--pairs .25 .5 1 2]

TRUTH: tab-separated, no header, a tag and its true cluster in each row. Printed per number of pairs
a tag: B-cubed precision, recall and F1 (Bagga and Baldwin, 1998), and pairwise precision.
"""

import argparse
import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contestants import normalize, normalize_adjudicated


def read_truth(path: Path) -> dict[str, str]:
    """Return the true cluster of each tag."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {row[0]: row[1] for row in rows}


def score(found: Sequence[str], true: Sequence[str]) -> dict[str, float]:
    """Return B-cubed precision, recall, F1, and pairwise precision."""
    sizes = Counter(found), Counter(true), Counter(zip(found, true, strict=True))
    rows = list(zip(found, true, strict=True))
    precision = sum(sizes[2][row] / sizes[0][row[0]] for row in rows) / len(rows)
    recall = sum(sizes[2][row] / sizes[1][row[1]] for row in rows) / len(rows)
    right, merged = (sum(n * (n - 1) for n in counts.values()) for counts in (sizes[2], sizes[0]))
    return {
        "b3 precision": precision,
        "b3 recall": recall,
        "b3 F1": 2 * precision * recall / (precision + recall),
        "pairwise precision": right / max(1, merged),
    }


def main() -> None:
    """Print a line per number of pairs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("truth", type=Path)
    parser.add_argument("--pairs", type=float, nargs="+", default=[0.25, 0.5, 1.0, 2.0])
    chosen = parser.parse_args()
    truth = read_truth(chosen.truth)
    tags, true = list(truth), list(truth.values())
    print(f"{len(tags):,} tags in {len(set(true)):,} clusters")
    show("no judge", score(normalize(tags), true))
    for pairs in chosen.pairs:
        show(f"{pairs:g} a tag", score(normalize_adjudicated(tags, true, pairs), true))


def show(name: str, scores: dict[str, float]) -> None:
    """Print the scores of one run."""
    print(f"{name:<10}", "  ".join(f"{key} {value:.3f}" for key, value in scores.items()))


if __name__ == "__main__":
    main()
