"""Pools of any size from real rows: Alpaca and Dolly rows varied, with five raw tags each.

A row is one real row with every fourth word taken from a second one at the same place, so that
lengths, punctuation and words are those of the data; the second row and the place to begin are
drawn. Long responses that met short ones stay alike: in a large pool many rows nearly repeat
others. Tags come from a real vocabulary, made larger where it must
be by `synth` of `speed_candidates.py` (joined tags, plurals, lost separators, slips): about a
third are forms of another one. They fall into as many topics as the square root of their number,
of sizes that fall like a power law. A row has one topic; four of its tags are drawn from that, the
first ones of a topic more often (a square law), and one from all by Zipf's law; one that the row
has already is drawn anew, evenly from all. Every tag stands on at least one row; there is one tag
to ten rows, which is more than real vocabularies grow.
"""

import csv
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson

TAGS_PER_ROW = 5
ROWS_PER_TAG = 10
EVERY = 4


def write_pool(shared: Path, target: Path, n: int, seed: int = 0) -> None:
    """Write `n` rows as JSON lines: instruction, input, output, tags."""
    rows = read_rows(shared / "data" / "instructions")
    bags = draw_tags(read_tags(shared, max(100, n // ROWS_PER_TAG)), n, seed)
    with target.open("wb") as stream:
        for row, tags in zip(vary_rows(rows, n, seed), bags, strict=True):
            stream.write(orjson.dumps({**row, "tags": tags}) + b"\n")


def read_rows(folder: Path) -> list[dict[str, list[str]]]:
    """Return the words of every Alpaca and Dolly row by field."""
    rows = []
    for name in ("alpaca_subset_dev", "dolly_3k_dev"):
        with gzip.open(folder / f"{name}.jsonl.gz") as lines:
            for line in lines:
                row: dict[str, Any] = orjson.loads(line)
                rows.append({k: row[k].split(" ") for k in ("instruction", "input", "output")})
    return rows


def read_tags(shared: Path, n: int) -> list[str]:
    """Return `n` distinct tags: real ones, and forms and joins of them beyond their number."""
    place = shared / "data" / "tag-corpora" / "rare_github_topics_dev.csv.gz"
    with gzip.open(place, "rt", encoding="utf-8") as stream:
        real = [row[0] for row in csv.reader(stream) if row][1:]
    sys.path.insert(0, str(shared / "measure" / "normalization"))
    from speed_candidates import synth  # type: ignore[import-not-found]

    drawn = np.random.default_rng(0).permutation(len(real))[: max(1, n * 7 // 10)]
    tags: list[str] = synth([real[i] for i in drawn], n)
    return tags


def draw_tags(tags: list[str], n: int, seed: int) -> Iterator[list[str]]:
    """Yield the tags of each row."""
    draw = np.random.default_rng([seed, 1])
    n_topics = max(1, round(len(tags) ** 0.5))
    share = 1 / np.arange(1, n_topics + 1) ** 0.5
    topic_of = np.sort(draw.choice(n_topics, len(tags), p=share / share.sum()))
    start = np.searchsorted(topic_of, np.arange(n_topics + 1))
    order = draw.permutation(len(tags))
    topic = topic_of[draw.integers(len(tags), size=n)]
    topic[: len(tags)] = topic_of
    own = draw.random((n, TAGS_PER_ROW - 1)) ** 2 * np.diff(start)[topic, None]
    place = start[topic, None] + own.astype(np.int64)
    place[: len(tags), 0] = np.arange(len(tags))
    any_one = (len(tags) ** draw.random((n, 1))).astype(np.int64) - 1
    chosen = order[np.concatenate([place, any_one], axis=1)]
    for at in range(1, TAGS_PER_ROW):
        while (twice := (chosen[:, :at] == chosen[:, at, None]).any(axis=1)).any():
            chosen[twice, at] = draw.integers(len(tags), size=int(twice.sum()))
    for row in chosen.tolist():
        yield [tags[i] for i in row]


def vary_rows(rows: list[dict[str, list[str]]], n: int, seed: int) -> Iterator[dict[str, str]]:
    """Yield the fields of each row."""
    draw = np.random.default_rng([seed, 2])
    first = np.arange(n) % len(rows)
    second, begin = draw.integers(len(rows), size=n), draw.integers(EVERY, size=n)
    for i, j, at in zip(first.tolist(), second.tolist(), begin.tolist(), strict=True):
        row, other = rows[i], rows[j]
        yield {name: " ".join(_mix(row[name], other[name], at)) for name in row}


def _mix(words: list[str], others: list[str], begin: int) -> list[str]:
    """Return the words with every fourth one taken from the others, as far as those go."""
    end = min(len(words), len(others))
    mixed = words.copy()
    mixed[begin:end:EVERY] = others[begin:end:EVERY]
    return mixed
