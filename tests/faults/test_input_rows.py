"""Rows D1, D2, D7, D8, D9 and E6: lines and records that are broken, and neighbours built again."""

from __future__ import annotations

import io
import json
import random
from collections import Counter

import numpy as np

from tagraph.adapters.sample_files import read_source
from tagraph.errors import InputError
from tagraph.stages.candidates import find_close_meanings
from tagraph.stages.unit_vectors import unit_rows
from tagraph.steps.ingest import IngestOptions
from tagraph.steps.records import Ingest
from tagraph.text import clean_text
from tests.faults.shown import show

GOOD = b'{"instruction": "Say it.", "output": "Said."}'
LINES = (b"{", b"{}{}", b"[1]", b"null", b'{"a": "\x01"}', b'{"a": "\xff"}', b"{}", GOOD[:-9])
ENDS = (b"\n", b"\r\n", b"\n\n \n")
FORMS: tuple[dict[str, object], ...] = (
    {"instruction": "Say it.", "input": "Now.", "output": "Said.", "history": [["q", "a"]]},
    {"instruction": "Say it.", "context": "Now.", "response": "Said.", "category": "open"},
    {"prompt": "Say it.", "completion": "Said.", "system": "Be brief.", "tags": ["a"]},
    {"conversations": [{"from": "human", "value": "Say."}, {"from": "gpt", "value": "Said."}]},
    {"messages": [{"role": "user", "content": "Say."}, {"role": "assistant", "content": "Said."}]},
)
"""Alpaca, Dolly, prompt and completion, ShareGPT, messages."""
VALUES: tuple[object, ...] = (
    *(None, True, 7, 0.5, "", "text", "[1]", [], ["text"], {}, [[]], [None, 1], "\ud800", 10**30),
    *({"role": "nobody"}, [{"role": "user"}], [{"from": "gpt", "value": [1]}], {"text": "text"}),
)
NAMES = tuple(sorted({name for form in FORMS for name in form} | {"role", "content", "from"}))
MUTATIONS = 50_000


def mutate(held: object, dice: random.Random) -> object:
    """Return a value of JSON with one thing in it exchanged, added or left out."""
    if not isinstance(held, dict | list) or not held or dice.random() < 0.05:
        return dice.choice(VALUES)
    if isinstance(held, list):
        place = dice.randrange(len(held))
        return [*held[:place], mutate(held[place], dice), *held[place + 1 :]]
    name, kind = dice.choice(list(held)), dice.random()
    rest = {other: value for other, value in held.items() if other != name}
    if kind < 0.2:
        return rest
    if kind < 0.4:
        return rest | {dice.choice(NAMES): held[name]}
    return held | {name: mutate(held[name], dice)}


def read(data: bytes) -> Ingest:
    return read_source("-", IngestOptions(max_bad=1.0), stdin=io.BytesIO(data))


def test_a_broken_line_costs_itself_and_no_other() -> None:
    tried = [(line, end) for line in LINES for end in ENDS]
    exact = 0
    for line, end in tried:
        found = read(GOOD + end + line + end + GOOD)
        place = 1 + end.count(b"\n")
        exact += len(found.samples) == 2 and [row.line for row in found.set_aside] == [place]

    assert exact == len(tried)
    show(
        "D1", f"{exact} of {len(tried)} broken lines and line ends: that line named, 2 others kept"
    )


def test_a_line_ends_at_a_line_feed_alone() -> None:
    texts = [f'{{"instruction": "a{mark}b", "output": "c"}}' for mark in "\u2028\u2029\x85"]
    split = sum(len(read(text.encode()).samples) != 1 for text in texts)
    assert len(read(b"\xef\xbb\xbf" + GOOD).samples) == 1
    refused = 0
    for coding in ("utf-16", "utf-32"):
        try:
            read(GOOD.decode().encode(coding))
        except InputError:
            refused += 1

    assert (split, refused) == (0, 2)
    told = f"{len(texts)} other line ends in a text: {split} splits; UTF-8 mark read"
    show("D2", f"{told}, {refused} of 2 wider encodings refused")


def test_ids_of_the_data_decide_nothing() -> None:
    ids = (1, "1", 1.0, True, None, "", [1])
    row = json.loads(GOOD)
    told = [row, *({**row, "id": one} for one in ids)]
    other = [{**one, "output": "No."} for one in told]
    found = read(b"\n".join(json.dumps(one).encode() for one in (*told, *other)))
    groups = Counter(sample.id.split("-")[0] for sample in found.samples)

    assert groups == Counter({one: len(told) for one in {s.digest[:20] for s in found.samples}})
    assert len(groups) == 2
    assert len(set(found.samples.ids)) == len(told) * 2
    kinds = f"{len(told)} records of one text with ids of {len(ids)} kinds, and of another text"
    show("D7", f"{kinds}: {len(groups)} digests, repeats numbered, {len(found.set_aside)} refused")


def test_any_code_unit_is_cleaned_or_a_reason() -> None:
    units = [*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000, 8)]
    lines = [json.dumps({"instruction": f"a{chr(n)}b", "output": "c"}).encode() for n in units]
    blank = [json.dumps({"instruction": chr(n), "output": " "}).encode() for n in units]
    found = read(b"\n".join([*lines, *blank]))
    turns = [turn.content for sample in found.samples for turn in sample.turns]

    assert len(found.set_aside) == len(blank)
    assert set(found.originals) == set(lines)
    assert all(text == clean_text(text) and text.encode() for text in turns)
    told = f"{len(lines)} controls and surrogates: all cleaned, all bytes kept"
    show("D8", f"{told}; {len(blank)} empty answers: each a reason")


def test_any_mixture_of_forms_is_a_sample_or_a_reason() -> None:
    dice = random.Random(0)
    drawn = [mutate(mutate(dice.choice(FORMS), dice), dice) for _ in range(MUTATIONS)]
    rows = [*FORMS, *drawn]
    found = read(b"\n".join(json.dumps(row).encode() for row in rows))
    reasons = Counter((row.field, row.reason) for row in found.set_aside)

    assert len(found.samples) + len(found.set_aside) == len(rows)
    assert min(len(found.samples), len(found.set_aside)) > MUTATIONS // 10
    assert all(reason for _, reason in reasons)
    told = f"{len(found.samples):,} samples, {len(found.set_aside):,} set aside for"
    told = f"{len(FORMS)} forms, {len(drawn):,} mutations of two places: {told}"
    show("D9", f"{told} {len(reasons)} reasons, 0 exceptions")


def test_neighbours_are_exact_and_the_same_in_every_build() -> None:
    vectors = unit_rows(np.random.default_rng(0).normal(size=(600, 16)))
    builds = [find_close_meanings(vectors, similarity=0.2, nearest=10) for _ in range(10)]
    pairs = set(zip(builds[0][0].tolist(), builds[0][1].tolist(), strict=True))
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -1)
    nearest = np.argsort(-cosine, axis=1)[:, :10]
    wanted = [(i, int(j)) for i, row in enumerate(nearest) for j in row if cosine[i, j] > 0.2001]
    hit = sum((min(pair), max(pair)) in pairs for pair in wanted)
    same = sum(all(map(np.array_equal, build, builds[0])) for build in builds)

    assert same == len(builds)
    assert hit == len(wanted) > 5_000
    told = f"{same} of {len(builds)} builds identical; {hit:,} of {len(wanted):,} nearest found"
    show("E6", f"{told}; no approximate index is built")
