"""Show how often the offline judge prefers an intact response to a damaged one.

    python -m benchmarks.planted_damage dolly.jsonl.gz alpaca.jsonl.gz --pairs llmbar.jsonl.gz

Files are JSON lines with instruction, input, output; `--pairs` takes instruction, output_a,
output_b, gold (a, b, tie), subset; `--rated` takes rows with `sets`. Each row is damaged four
times: cut (half of the rows at a sentence border, half inside a sentence), repeated, swapped with
another row's response, refused. Ties never count as wins. `across` compares intact rows with
damaged rows of other instructions: area under the curve, a tie counts half. The damage below was
written before the judge's own lists, though by the same hand; it shares no table with them, and
`--off refusal` shows what those lists add.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from tagraph.adapters.heuristic_judge import DEFAULTS, HeuristicJudge
from tagraph.data import ASSISTANT, HUMAN, Outcome, Sample, Turn

POOL, RATED = "alpagasus_random_9k", "claude_ge_4.5"
ACROSS = 100  # rows per side of the comparison across rows

REFUSALS = (
    "Sorry, this is not something I can assist with.",
    "I would rather not answer this question.",
    "That request falls outside of what I'm permitted to do. Is there anything else you would "
    "like to talk about?",
    "Unfortunately, being a language model, I have no access to that information, so a response "
    "is not possible.",
    "My apologies, but helping with this goes against my guidelines.",
    "I must decline. Please consult a qualified professional instead.",
    "No answer can be given to this question at the present time.",
    "This prompt can't be completed because it lacks necessary details. Could you share more?",
    "Thank you for reaching out! Regrettably, it is beyond my abilities to help here.",
    "I won't be able to help you with the following: {query}",
    "I don't feel comfortable discussing {topic}.",
    "Thanks for asking about {topic}. I'm only a program and hold no opinions on it, nor do I have "
    "the knowledge required. I suggest that you look for a trustworthy source, such as a library "
    "or an expert in the field, who will be able to tell you far more than I ever could. If there "
    "is some other thing on your mind, feel free to ask and we will find a way together.",
    "It would be inappropriate for me to respond to this. As a responsible assistant I strive to "
    "keep every conversation safe, respectful and useful for everyone, and in this case I do not "
    "see how I could do that. I hope you understand, and I'm happy to talk about other subjects.",
    "Nope, not going to do that.",
    "I lack the ability to write about {topic}, since I was not trained for it.",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One instruction with its response."""

    query: str
    response: str


@dataclass(frozen=True, slots=True)
class Pair:
    """An intact and a damaged row, and which damage it was."""

    kind: str
    intact: Row
    damaged: Row


def read_lines(path: Path) -> Iterator[dict[str, str]]:
    """Yield the objects of a JSON lines file, gzip or not."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            yield json.loads(line)


def read_rows(path: Path, min_length: int) -> list[Row]:
    """Return the rows whose response has at least `min_length` characters."""
    found = (
        Row(f"{line['instruction']}\n\n{line['input']}".strip(), line["output"].strip())
        for line in read_lines(path)
    )
    return [row for row in found if len(row.response) >= min_length]


def cut_at_border(row: Row, draw: random.Random) -> str:
    """Cut at a random sentence border; a text of one sentence is cut inside."""
    borders = [
        found.start() for found in re.finditer(r"(?<=[.!?])\s+(?=\S)|\n+(?=\S)", row.response)
    ]
    return row.response[: draw.choice(borders)] if borders else cut_inside(row, draw)


def cut_inside(row: Row, draw: random.Random) -> str:
    """Cut at a random place between a fifth and the end, never right after a sentence."""
    text = row.response
    places = [
        i
        for i in range(len(text) // 5, len(text) - 3)
        if text[i - 1].isalnum() or text[i - 1] == ","
    ]
    return text[: draw.choice(places)]


def repeat_part(row: Row, draw: random.Random) -> str:
    """Repeat a part of the text in one of seven ways."""
    text = row.response
    sentences = re.split(r"(?<=[.!?])\s+(?=\S{2,} \S)", text)
    words = text.split(" ")
    i = draw.randrange(len(sentences))
    start = draw.randrange(max(1, len(words) - 8))
    span = words[start : start + draw.randint(8, 40)]
    ways: tuple[Callable[[], str], ...] = (
        lambda: f"{text} {text}",
        lambda: f"{text}\n\n{text}",
        lambda: text + f" {sentences[-1]}" * draw.randint(1, 4),
        lambda: " ".join([*sentences[: i + 1], *sentences[i:]]),
        lambda: f"{text} {sentences[i]}",
        lambda: " ".join([*words[: start + len(span)], *span, *words[start + len(span) :]]),
        lambda: f"{text} " + " ".join(words[:6] * draw.randint(3, 20)),
    )
    return draw.choice(ways)()


def refuse(row: Row, draw: random.Random) -> str:
    """Return a refusal, some of which repeat the query or its last words."""
    topic = " ".join(re.findall(r"\w+", row.query)[-4:])
    return draw.choice(REFUSALS).format(query=row.query, topic=topic)


def plant(rows: Sequence[Row], seed: int) -> list[Pair]:
    """Return one pair per row and kind of damage."""
    draw = random.Random(seed)
    pairs = []
    for i, row in enumerate(rows):
        other = rows[(i + draw.randrange(1, len(rows))) % len(rows)]
        cut, kind = (cut_at_border, "cut at a border") if i % 2 else (cut_inside, "cut inside")
        made = (
            (kind, cut(row, draw)),
            ("repeated", repeat_part(row, draw)),
            ("swapped", other.response),
            ("refused", refuse(row, draw)),
        )
        pairs += [Pair(name, row, Row(row.query, text)) for name, text in made]
    return pairs


def as_sample(row: Row) -> Sample:
    """Return a row as a sample."""
    return Sample(row.query[:20], (Turn(HUMAN, row.query), Turn(ASSISTANT, row.response)))


def count_wins(judge: HeuristicJudge, pairs: Sequence[Pair]) -> list[float]:
    """Return for every pair in how many of the two orders the intact row wins, 0 to 1."""
    shown = [(as_sample(pair.intact), as_sample(pair.damaged)) for pair in pairs]
    there = judge.compare(shown)
    back = judge.compare([(second, first) for first, second in shown])
    return [
        ((one.outcome is Outcome.FIRST) + (two.outcome is Outcome.SECOND)) / 2
        for one, two in zip(there, back, strict=True)
    ]


def compare_across(judge: HeuristicJudge, pairs: Sequence[Pair]) -> float:
    """Return how often an intact row beats a damaged row of another instruction; ties half."""
    some = pairs[:ACROSS]
    intact, damaged = ([as_sample(p.intact) for p in some], [as_sample(p.damaged) for p in some])
    shown = [(a, b) for i, a in enumerate(intact) for j, b in enumerate(damaged) if i != j]
    return mean([verdict.outcome.score for verdict in judge.compare(shown)])


def mean(values: Sequence[float]) -> float:
    """Return the mean, NaN for nothing."""
    return sum(values) / len(values) if values else float("nan")


def show_damage(judge: HeuristicJudge, path: Path, options: argparse.Namespace) -> None:
    """Print the table of one file."""
    rows = read_rows(path, options.min_length)
    random.Random(options.seed).shuffle(rows)
    pairs = plant(rows[: options.limit], options.seed)
    print(f"\n{path.name}: {min(options.limit, len(rows))} rows, seed {options.seed}")
    print(f"{'damage':<16}{'n':>5}{'intact wins':>13}{'longest':>9}", end="")
    print(f"{'where longest is right':>24}{'is wrong':>16}{'across':>8}")
    kinds = ("cut", "cut at a border", "cut inside", "repeated", "swapped", "refused")
    for kind in kinds:
        show_kind(judge, kind, [pair for pair in pairs if pair.kind.startswith(kind)])


def show_kind(judge: HeuristicJudge, kind: str, pairs: Sequence[Pair]) -> None:
    """Print one line: one kind of damage."""
    wins = count_wins(judge, pairs)
    longer = [len(pair.intact.response) > len(pair.damaged.response) for pair in pairs]
    right = [win for win, rule in zip(wins, longer, strict=True) if rule]
    wrong = [win for win, rule in zip(wins, longer, strict=True) if not rule]
    print(f"{kind:<16}{len(pairs):>5}{mean(wins):>13.1%}{mean(longer):>9.1%}", end="")
    print(f"{mean(right):>17.1%} n={len(right):<4}{mean(wrong):>9.1%} n={len(wrong):<4}", end="")
    print(f"{compare_across(judge, pairs):>8.3f}")


def show_pairs(judge: HeuristicJudge, path: Path) -> None:
    """Print the accuracy on pairs with a human verdict, per subset, beside `longest`."""
    lines = [line for line in read_lines(path) if line["gold"] in ("a", "b")]
    print(f"\n{path.name}: {len(lines)} pairs with a winner")
    print(f"{'subset':<24}{'n':>5}{'judge':>8}{'ties':>7}{'longest':>9}")
    for subset in ("", *sorted({line["subset"] for line in lines})):
        some = [line for line in lines if line["subset"].startswith(subset)]
        pairs = [as_pair(line) for line in some]
        shown = [(as_sample(pair.intact), as_sample(pair.damaged)) for pair in pairs]
        ties = [verdict.outcome is Outcome.TIE for verdict in judge.compare(shown)]
        longest = [len(pair.intact.response) > len(pair.damaged.response) for pair in pairs]
        print(f"{subset or 'all':<24}{len(some):>5}{mean(count_wins(judge, pairs)):>8.1%}", end="")
        print(f"{mean(ties):>7.1%}{mean(longest):>9.1%}")


def as_pair(line: dict[str, str]) -> Pair:
    """Return a pair with the better output as the intact one."""
    worse = "b" if line["gold"] == "a" else "a"
    query = line["instruction"]
    better, other = line[f"output_{line['gold']}"], line[f"output_{worse}"]
    return Pair(line["subset"], Row(query, better), Row(query, other))


def show_ratings(judge: HeuristicJudge, path: Path) -> None:
    """Print how judge and length rank the rows of Alpaca that a strong model rated high."""
    pool = [line for line in read_lines(path) if POOL in line["sets"]]
    rows = [
        Row(f"{line['instruction']}\n\n{line['input']}".strip(), line["output"]) for line in pool
    ]
    rated = np.array([RATED in line["sets"] for line in pool])
    measures: dict[str, list[float]] = {
        "judge": [judge.score(as_sample(row)) for row in rows],
        "longest": [len(row.response) for row in rows],
    }
    print(f"\n{path.name}: {rated.sum()} of {len(rows)} rows are in {RATED}")
    for name, values in measures.items():
        places = rankdata(values)[rated].sum() - rated.sum() * (rated.sum() + 1) / 2
        print(f"area under the curve of {name}: {places / rated.sum() / (~rated).sum():.3f}")


def show_speed(path: Path) -> None:
    """Print how fast features and comparisons are, on one thread."""
    judge = HeuristicJudge()
    samples = [as_sample(row) for row in read_rows(path, 0)[:2000]]
    started = time.process_time()
    judge.compare(list(zip(samples[::2], samples[1::2], strict=False)))
    first = time.process_time()
    judge.compare([(samples[i], samples[-1 - i]) for i in range(len(samples))] * 10)
    rate = 10 * len(samples) / (time.process_time() - first)
    print(f"\n{len(samples) / (first - started):,.0f} samples and {rate:,.0f} comparisons a second")


def main() -> int:
    """Print every table that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("rows", nargs="+", type=Path)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--rated", type=Path)
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--min-length", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--off", nargs="*", default=[], help="features to switch off")
    options = parser.parse_args()
    judge = HeuristicJudge(replace(DEFAULTS, **dict.fromkeys(options.off, 0.0)))
    print(judge.describe())
    print(judge.key)
    for path in options.rows:
        show_damage(judge, path, options)
    if options.pairs:
        show_pairs(judge, options.pairs)
    if options.rated:
        show_ratings(judge, options.rated)
    show_speed(options.rows[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
