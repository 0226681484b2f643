"""What the bags add to the tags: recall and false merges on pairs that occur in a real corpus.

    python -m benchmarks.normalize_context ../shared/data

Prints, for each corpus and with and without a model: the tags alone, the bags with their counts,
the bags with context as evidence (the default), and the bags with the pairs that context alone
would propose merged as well, which is what the default does not do.
"""

import csv
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
from tagraph.data import Bags, CandidatePair, TagMap
from tagraph.protocols import Encoder
from tagraph.steps.normalize import NormalizeOptions, normalize_tags
from tagraph.steps.overrides import Overrides

CORPORA = {"github": "github_topics_dev.jsonl.gz", "cdnjs": "cdnjs_keywords_dev.jsonl.gz"}
Pairs = list[tuple[str, str]]


def read_bags(path: Path) -> list[list[str]]:
    """Return the tags of each item in lower case."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [[tag.lower() for tag in json.loads(line)["tags"]] for line in lines]


def read_pairs(path: Path, corpus: str) -> tuple[Pairs, Pairs]:
    """Return the pairs that are one tag, and those that are not."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["corpus"] == corpus]
    pairs = [((row["tag_a"], row["tag_b"]), row["same"] == "1") for row in rows]
    return [pair for pair, same in pairs if same], [pair for pair, same in pairs if not same]


def merge_proposed(bags: Sequence[Sequence[str]], found: TagMap, encoder: Encoder | None) -> TagMap:
    """Return the map with every pair merged that context alone proposes."""
    proposed: list[CandidatePair] = [p for p in found.borderline if p.source == "context"]
    always = tuple((pair.left, pair.right) for pair in proposed)
    decided = Overrides(always=always)
    return normalize_tags(bags, lemmatizer=SpacyLemmatizer(), encoder=encoder, overrides=decided)


def main(folder: Path) -> None:
    """Print the table."""
    for corpus, name in CORPORA.items():
        bags = read_bags(folder / "tag-corpora" / name)
        same, other = read_pairs(folder / "tag-aliases" / "bench_pairs_in_corpus_dev.csv", corpus)
        alone = [[tag] for tag in Bags.of(bags).vocabulary]
        for model, encoder in (("none", None), ("MiniLM", SentenceEncoder())):
            runs: dict[str, TagMap] = {}
            for told, held, options in (
                ("tags only", alone, NormalizeOptions()),
                ("bags, no context", bags, NormalizeOptions(context=False)),
                ("context as evidence", bags, NormalizeOptions(max_borderline=10**6)),
            ):
                runs[told] = normalize_tags(
                    held, options, lemmatizer=SpacyLemmatizer(), encoder=encoder
                )
            runs["context merges"] = merge_proposed(bags, runs["context as evidence"], encoder)
            for told, found in runs.items():
                name_of = found.canonical_of
                hits = sum(name_of[a] == name_of[b] for a, b in same)
                false = sum(name_of[a] == name_of[b] for a, b in other)
                print(
                    f"{corpus:7} {model:7} {told:20} recall {hits}/{len(same)} "
                    f"false {false}/{len(other)} merges {len(found.merges)}"
                )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
