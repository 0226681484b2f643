"""Fuzz the readers of foreign bytes by coverage, each for some minutes; any exception ends it.

python -m benchmarks.fuzz reader|verdicts|tags [--seconds 600] [--corpus FOLDER]

Needs `atheris`, which is no dependency: `pip install --target FOLDER atheris`, PYTHONPATH=FOLDER.
What breaks a target is written to `crash-...` in the corpus, and becomes a case of
`tests/test_fuzzing.py` before it is mended.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

SEEDS = {
    "reader": Path("tests/corpus/reader"),
    "verdicts": Path("tests/corpus/verdicts"),
    "tags": Path("tests/corpus/tags"),
}
WORDS = Path("tests/corpus/words.dict")
LONGEST = 4096


def main() -> None:
    """Fuzz one target until time is up."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=SEEDS)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path, default=None)
    chosen = parser.parse_args()
    import atheris

    with atheris.instrument_imports(include=["tagraph", "csv", "json"]):
        from tests.fuzzing import TARGETS
    corpus = chosen.corpus or Path(tempfile.mkdtemp(prefix=f"fuzz-{chosen.target}-"))
    corpus.mkdir(exist_ok=True)
    flags = [
        f"-max_total_time={chosen.seconds}",
        f"-max_len={LONGEST}",
        "-timeout=20",
        "-rss_limit_mb=3000",
        f"-artifact_prefix={corpus}/",
        "-print_final_stats=1",
        f"-dict={WORDS}",
    ]
    atheris.Setup(
        [sys.argv[0], *flags, str(corpus), str(SEEDS[chosen.target])], TARGETS[chosen.target]
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
