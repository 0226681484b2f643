"""How many samples of clean data are flagged as talking to a judge, and how many attacks are.

python -m benchmarks.flags FILE ... [--show 10]

The attacks are those of `tests/stages/attacks.py`, each put behind a sentence. The data were not
looked at before the patterns were written; what is flagged in them is printed with --show.
"""

from __future__ import annotations

import argparse
from collections import Counter

from tagraph.adapters.sample_files import read_source
from tagraph.data import ASSISTANT, Turn
from tagraph.stages.addressing import find_address
from tagraph.steps.ingest import IngestOptions
from tests.stages.attacks import LANGUAGES, STYLES


def main() -> None:
    """Print a line per file, and one for the attacks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--show", type=int, default=0)
    chosen = parser.parse_args()
    attacks = [*STYLES, *LANGUAGES]
    found = sum(bool(find_address([Turn(ASSISTANT, f"An answer. {a}")])[0]) for a in attacks)
    print(f"attacks: {found} of {len(attacks)} flagged")
    for file in chosen.files:
        samples = read_source(file, IngestOptions(max_bad=1.0)).samples
        flags = [find_address(sample.turns) for sample in samples]
        counts = Counter(flag for flag, _ in flags if flag)
        n = counts.total()
        print(f"{file}: {n} of {len(samples):,} flagged, {n / len(samples):.3%} {dict(counts)}")
        for flag, where in [one for one in flags if one[0]][: chosen.show]:
            print(f"    {flag}: {where}")


if __name__ == "__main__":
    main()
