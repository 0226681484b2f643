"""Chosen rows to training sequences: the same number of tokens whatever the policy chose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tagraph.data import Sample

PROMPT, END = "### Instruction:\n{query}\n\n### Response:\n", "\n\n"


class Encode(Protocol):
    """Text to tokens."""

    def __call__(self, text: str) -> list[int]:
        """Return the tokens of a text."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One sample as tokens; loss counts from `start` on, the first token of the response."""

    tokens: tuple[int, ...]
    start: int


def read_rows(samples: Sequence[Sample], encode: Encode, most: int) -> list[Row]:
    """Return query and response of each sample, cut after `most` tokens.

    A query that fills the row is cut to half of it, so that every row has a response to learn.
    """
    rows = []
    for sample in samples:
        query = encode(PROMPT.format(query=sample.query))[: most // 2]
        rows.append(Row((*query, *encode(sample.response + END))[:most], min(len(query), most - 1)))
    return rows


def feed(rows: Sequence[Row], tokens: int, seed: int) -> Iterator[Row]:
    """Yield rows in random order, pass after pass, until just so many tokens were shown.

    The last row is cut; one cut so short that no response is left of it counts all the same.
    """
    rng = np.random.default_rng(seed)
    left = tokens
    while left > 0:
        for place in rng.permutation(len(rows)).tolist():
            row = rows[place]
            yield Row(row.tokens[:left], min(row.start, left))
            left -= len(row.tokens)
            if left <= 0:
                return
