"""Measure the keyphrase tagger: F1 beside YAKE, coverage and most frequent tags, CPU time.

    python -m benchmarks.keyphrases --keywords inspec.jsonl.gz --instructions dolly.jsonl.gz \
        --instructions alpaca.jsonl.gz:alpagasus_random_9k

KEYWORDS holds rows with `text` and `tags`; INSTRUCTIONS rows with `instruction` and `input`, after
a colon the name that a row's `sets` must contain. YAKE 0.7.3 (GPL) is measured where installed.
"""

from __future__ import annotations

import argparse
import gzip
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from tagraph.adapters.bundled_models import load_english
from tagraph.adapters.english_words import REQUEST_VERBS
from tagraph.adapters.keyphrase_tagger import KeyphraseTagger
from tagraph.data import HUMAN, Sample, Turn
from tagraph.steps.tag import TagOptions

TOP = 10
ENDINGS = [
    "ations",
    "ation",
    "ingly",
    "ings",
    "ing",
    "ies",
    "ied",
    "edly",
    "ed",
    "es",
    "s",
    "ly",
    "e",
]


def main() -> None:
    """Print every table that the given files allow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keywords", action="append", default=[], metavar="PATH")
    parser.add_argument("--instructions", action="append", default=[], metavar="PATH[:SET]")
    parser.add_argument("--examples", type=int, default=0, help="print this many rows with tags")
    arguments = parser.parse_args()
    load_english()
    for path in arguments.keywords:
        print_f1(path)
    for path in arguments.instructions:
        file, _, wanted = path.partition(":")
        print_coverage(file, wanted, arguments.examples)


def print_f1(path: str) -> None:
    """Print precision, recall and F1 at 10 (means over texts) of the tagger and of YAKE."""
    rows = read_rows(path)
    texts, gold = [row["text"] for row in rows], [stem_all(row["tags"]) for row in rows]
    print(f"\n{path}: {len(rows):,} texts, {TOP} keyphrases each, stems compared")
    print(f"{'':32}  P@10   R@10   F1@10  CPU s / 1,000")
    options = TagOptions(max_tags=TOP)
    print_scores("tagraph keyphrase", gold, *timed_tags(texts, options))
    bare = replace(options, general_words=False)
    print_scores("  without the word lists", gold, *timed_tags(texts, bare))
    if find_spec("yake") is None:
        print("YAKE is not installed: pip install yake==0.7.3, or put it on PYTHONPATH")
        return
    for n in (3, 2):
        print_scores(f"YAKE n={n}, dedup .9", gold, *timed_yake(texts, n))


def print_coverage(path: str, wanted: str, examples: int) -> None:
    """Print how many tags rows get, the 30 most frequent tags, and the CPU time."""
    rows = [row for row in read_rows(path) if not wanted or wanted in row.get("sets", ())]
    texts = ["\n\n".join(filter(None, (row["instruction"], row["input"]))) for row in rows]
    for name, words in (("", True), (", without the word lists", False)):
        tags, seconds = timed_tags(texts, TagOptions(general_words=words))
        within = sum(2 <= len(found) <= 6 for found in tags) / len(tags)
        counts = Counter(tag for found in tags for tag in found)
        top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:30]
        print(f"\n{path}{name}: {len(rows):,} rows, {len(counts):,} tags")
        print(f"2 to 6 tags: {within:.2%}; CPU s / 1,000: {1000 * seconds / len(rows):.2f}")
        print("bare request verbs among the top 30:", REQUEST_VERBS & {tag for tag, _ in top} or 0)
        print("top 30:", ", ".join(f"{tag} ({count})" for tag, count in top))
        if words:
            print_examples(texts, tags, examples)


def print_examples(texts: Sequence[str], tags: Sequence[Sequence[str]], count: int) -> None:
    """Print `count` texts at equal distances with their tags."""
    for i in range(0, len(texts), max(1, len(texts) // max(1, count)))[:count]:
        print(f"  {texts[i][:120]!r}\n      {' | '.join(tags[i])}")


def timed_tags(texts: Sequence[str], options: TagOptions) -> tuple[list[list[str]], float]:
    """Return the tags of each text and the CPU seconds they took."""
    samples = [Sample(str(i), (Turn(HUMAN, text),)) for i, text in enumerate(texts)]
    start = time.process_time()
    tags = KeyphraseTagger(options).tag(samples)
    return tags, time.process_time() - start


def timed_yake(texts: Sequence[str], n: int) -> tuple[list[list[str]], float]:
    """Return YAKE's keyphrases of each text and the CPU seconds they took."""
    yake = import_module("yake")
    extractor = yake.KeywordExtractor(lan="en", n=n, dedupLim=0.9, top=TOP)
    start = time.process_time()
    found = [[phrase for phrase, _ in extractor.extract_keywords(text)] for text in texts]
    return found, time.process_time() - start


def print_scores(
    name: str, gold: Sequence[Mapping[str, None]], found: Iterable[Iterable[str]], seconds: float
) -> None:
    """Print one line of means over the texts that have gold tags."""
    pairs = [(g, list(stem_all(f))[:TOP]) for g, f in zip(gold, found, strict=True) if g]
    hits = [sum(stem in g for stem in f) for g, f in pairs]
    precision = [h / max(1, len(f)) for h, (_, f) in zip(hits, pairs, strict=True)]
    recall = [h / len(g) for h, (g, _) in zip(hits, pairs, strict=True)]
    f1 = [2 * p * r / (p + r) if p + r else 0.0 for p, r in zip(precision, recall, strict=True)]
    means = "  ".join(f"{sum(values) / len(values):.3f}" for values in (precision, recall, f1))
    print(f"{name:32}  {means}  {1000 * seconds / len(pairs):.2f}")


def stem_all(phrases: Iterable[str]) -> dict[str, None]:
    """Return the distinct stemmed phrases in order."""
    words = (re.findall(r"[a-z0-9]+", phrase.lower()) for phrase in phrases)
    return dict.fromkeys(" ".join(map(stem, found)) for found in words if found)


@cache
def stem(word: str) -> str:
    """Return the word without its ending, three letters at least."""
    cut = (word[: -len(end)] for end in ENDINGS if word.endswith(end) and len(word) > len(end) + 2)
    return next(cut, word)


def read_rows(path: str) -> list[dict[str, Any]]:
    """Return the rows of a JSON Lines file, gzipped or not."""
    data = Path(path).read_bytes()
    lines = (gzip.decompress(data) if path.endswith(".gz") else data).splitlines()
    return [orjson.loads(line) for line in lines if line.strip()]


if __name__ == "__main__":
    main()
