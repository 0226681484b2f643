"""CPU seconds and peak memory of normalizing distinct tags, by phase and beside two peers.

    python -m benchmarks.normalize_speed ../shared/measure/normalization VOCABULARY
        [--sizes 10000 100000 500000] [--site FOLDER] [--minutes 10] [--gigabytes 8]

VOCABULARY: real tags, one a line, as .csv.gz. Larger sizes are made from them by
`speed_candidates.py` of the folder named first (joined tags, plurals, lost separators, slips),
whose stem-key pass is the floor that other figures are read against. Every contestant runs in a
process of its own, without a model. The peers may lie in a folder of their own (`pip install
--target FOLDER string-grouper semhash scikit-learn`); one that is not installed, or that needs more
CPU time or memory than the limits, is left out with a line that says so. semhash gets vectors of
hashed letter triples, for it has no work of its own without an encoder. The peak of a phase is the
highest that memory stood up to its end.
"""

import argparse
import csv
import gzip
import json
import math
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

SIZES = (10_000, 100_000, 500_000)
Phases = dict[str, float]
_PEAKS: dict[str, float] = {}


def read_peak() -> float:
    """Return the most memory this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read_vocabulary(path: Path) -> list[str]:
    """Return the distinct tags of a file, in its order."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [row[0] for row in csv.reader(stream) if row]
    return list(dict.fromkeys(rows[1:] if rows and rows[0] == "tag" else rows))


def run_whole(tags: Sequence[str]) -> Phases:
    """Normalize by rules and spelling, as users do."""
    from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
    from tagraph.steps.normalize import normalize_tags

    start = time.process_time()
    normalize_tags([[tag] for tag in tags], lemmatizer=SpacyLemmatizer(), encoder=None)
    return {"total": time.process_time() - start}


def run_phases(tags: Sequence[str]) -> Phases:
    """Normalize step by step."""
    from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
    from tagraph.data import Bags
    from tagraph.stages.merge import Groups, link_completely
    from tagraph.steps.tag_evidence import spelling_links, unite_acronyms, unite_by_rules
    from tagraph.steps.tag_vocabulary import TagVocabulary

    phases: Phases = {}
    clock = time.process_time()

    def done(name: str) -> None:
        nonlocal clock
        phases[name], clock = time.process_time() - clock, time.process_time()
        _PEAKS[name] = read_peak()

    raw = Bags.of([tag] for tag in tags)
    groups = Groups(len(raw.vocabulary))
    vocabulary = TagVocabulary.read(raw, SpacyLemmatizer())
    done("words and lemmas")
    unite_by_rules(vocabulary, groups, word_lists=True)
    done("keys")
    unite_acronyms(vocabulary, groups, None, similarity=0.3, word_lists=True)
    done("acronyms")
    links = spelling_links(vocabulary, groups, word_lists=True)
    done("misspellings")
    groups.unite(link_completely(links, 0.8))
    vocabulary.readable(groups)
    done("linkage and names")
    return phases


def run_string_grouper(tags: Sequence[str]) -> Phases:
    """Group by TF-IDF of letter triples, cosine .8."""
    import pandas as pd
    from string_grouper import group_similar_strings

    start = time.process_time()
    group_similar_strings(pd.Series(list(tags)), min_similarity=0.8, ignore_index=True)
    return {"total": time.process_time() - start}


def run_semhash(tags: Sequence[str]) -> Phases:
    """Deduplicate by approximate neighbours of ready vectors, cosine .8."""
    import numpy as np
    from semhash import SemHash
    from sklearn.feature_extraction.text import HashingVectorizer

    hashed = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 3), n_features=256)
    position = {tag: i for i, tag in enumerate(tags)}
    start = time.process_time()
    vectors = hashed.transform(tags).toarray().astype(np.float32)

    class Encoder:
        def encode(self, texts: Sequence[str], **_: object) -> object:
            return vectors[[position[text] for text in texts]]

    SemHash.from_records(records=list(tags), model=Encoder()).self_deduplicate(threshold=0.8)
    return {"total": time.process_time() - start}


def run_floor(tags: Sequence[str]) -> Phases:
    """Group by stems: the floor."""
    from contestants import by_key, key_stem  # type: ignore[import-not-found]

    start = time.process_time()
    by_key(key_stem)(tags)
    return {"total": time.process_time() - start}


CONTESTANTS: dict[str, Callable[[Sequence[str]], Phases]] = {
    "stem key (floor)": run_floor,
    "tagraph": run_whole,
    "tagraph by phase": run_phases,
    "string_grouper": run_string_grouper,
    "semhash": run_semhash,
}


def run_one(arguments: argparse.Namespace, size: int, name: str) -> None:
    """Run one contestant in this process, inside the limits, and print its figures as JSON."""
    sys.path.insert(0, arguments.measure)
    if arguments.site:
        sys.path.insert(1, arguments.site)
    seconds, held = int(arguments.minutes * 60), int(arguments.gigabytes * 2**30)
    from speed_candidates import synth  # type: ignore[import-not-found]

    tags = synth(read_vocabulary(Path(arguments.vocabulary)), size)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_DATA, (held, held))
    told: dict[str, object] = {}
    try:
        told["phases"] = CONTESTANTS[name](tags)
    except ImportError as error:
        told["left_out"] = f"not installed ({error.name})"
    except MemoryError:
        told["left_out"] = f"needs more than {arguments.gigabytes:g} GB"
    print(json.dumps({**told, "peaks": _PEAKS, "peak": read_peak()}))


def measure_one(arguments: argparse.Namespace, size: int, name: str) -> dict[str, object]:
    """Return the figures of one contestant, from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.normalize_speed", *sys.argv[1:]]
    one = ["--one", str(size), name]
    done = subprocess.run([*command, *one], capture_output=True, text=True, check=False)
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return {"left_out": f"needs more than {arguments.minutes:g} minutes of CPU, or memory"}
    if done.returncode:
        return {"left_out": f"failed: {done.stderr.strip().splitlines()[-1:]}"}
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def describe(size: int, name: str, found: dict[str, Any]) -> str:
    """Return one line of the table."""
    if "left_out" in found:
        return f"{size:>8,} {name:17} left out: {found['left_out']}"
    peaks = found["peaks"]
    told = ", ".join(
        f"{phase} {seconds:.1f}" + (f" ({peaks[phase]:.0f} MiB)" if phase in peaks else "")
        for phase, seconds in found["phases"].items()
    )
    total = sum(found["phases"].values())
    return f"{size:>8,} {name:17} {total:8.1f} CPU s {found['peak']:8.0f} MiB  {told}"


def main(arguments: argparse.Namespace) -> None:
    """Print a table, and from two sizes on how the work grows."""
    seconds: dict[str, dict[int, float]] = {}
    for size in arguments.sizes:
        for name in CONTESTANTS:
            found: dict[str, Any] = measure_one(arguments, size, name)
            print(describe(size, name, found), flush=True)
            if "left_out" not in found:
                seconds.setdefault(name, {})[size] = sum(found["phases"].values())
    for name, at in seconds.items():
        for small, large in pairwise(sorted(at)):
            growth = math.log(at[large] / at[small]) / math.log(large / small)
            print(f"{name:17} grows with the power {growth:.2f} from {small:,} to {large:,}")


def read_arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("measure")
    parser.add_argument("vocabulary")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--site", default="")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--gigabytes", type=float, default=8)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    given = read_arguments()
    if given.one:
        run_one(given, int(given.one[0]), given.one[1])
    else:
        main(given)
