"""CPU seconds and peak memory of normalizing distinct tags, by phase and beside two peers.

    python -m benchmarks.normalize_speed ../shared/measure/normalization VOCABULARY [SIZE ...]

VOCABULARY: real tags, one a line, as .csv.gz. Larger sizes are made from them by
`speed_candidates.py` of the folder named first (joined tags, plurals, lost separators, slips),
whose stem-key pass is the floor that other figures are read against. Every contestant runs in a
process of its own, without a model; a peer that is not installed is left out and named. semhash
gets vectors of hashed letter triples, for it has no work of its own without an encoder.
"""

import csv
import gzip
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

SIZES = (10_000, 100_000, 500_000)
Phases = dict[str, float]


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


def run_one(measure: str, path: str, size: int, name: str) -> None:
    """Run one contestant in this process and print its figures as JSON."""
    sys.path.insert(0, measure)
    from speed_candidates import synth  # type: ignore[import-not-found]

    tags = synth(read_vocabulary(Path(path)), size)
    try:
        phases = CONTESTANTS[name](tags)
    except ImportError as error:
        phases = {}
        print(error, file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"phases": phases, "peak": peak}))


def main(measure: str, path: str, sizes: Sequence[int]) -> None:
    """Print a table, and from two sizes on how the work grows."""
    seconds: dict[str, dict[int, float]] = {}
    for size in sizes:
        for name in CONTESTANTS:
            command = [sys.executable, "-m", "benchmarks.normalize_speed", "--one", measure, path]
            done = subprocess.run(
                [*command, str(size), name], capture_output=True, text=True, check=False
            )
            if done.returncode:
                print(f"{size:>8,} {name:20} failed: {done.stderr.strip().splitlines()[-1:]}")
                continue
            found = json.loads(done.stdout.splitlines()[-1])
            total = sum(found["phases"].values())
            if not found["phases"]:
                print(f"{size:>8,} {name:20} not installed")
                continue
            seconds.setdefault(name, {})[size] = total
            told = ", ".join(f"{k} {v:.1f}" for k, v in found["phases"].items())
            print(f"{size:>8,} {name:20} {total:8.1f} CPU s {found['peak']:8.0f} MiB  {told}")
    for name, at in seconds.items():
        if len(at) > 1:
            small, large = min(at), max(at)
            growth = math.log(at[large] / at[small]) / math.log(large / small)
            print(f"{name:20} grows with the power {growth:.2f} from {small:,} to {large:,}")


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        run_one(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
    else:
        main(sys.argv[1], sys.argv[2], [int(n) for n in sys.argv[3:]] or SIZES)
