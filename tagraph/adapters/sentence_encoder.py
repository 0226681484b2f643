"""Short texts to unit vectors with the bundled MiniLM, the same bits in any company."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from tagraph.adapters.bundled_models import load_sentence_model
from tagraph.adapters.executors import InProcess
from tagraph.data import BoolArray, FloatArray
from tagraph.protocols import Executor

# Texts up to so many tokens, so many rows in a batch: long texts fill a core by themselves.
_ROWS = ((16, 32), (64, 8), (512, 2))
_DECIMALS = 6
DIMENSIONS = 384
BATCHES = 16  # that are encoded at one place


class SentenceEncoder:
    """Encodes texts with all-MiniLM-L6-v2: 384 dimensions, unit length, six decimals.

    Every batch holds texts of one token length, and as many as that length asks for: a short one
    is filled up with repeats of its last text. So neither padding nor the shape of a product
    depends on the texts beside a text. One thread works at a time, so that their number changes no
    bit; `--executor processes` is the way to more cores.
    """

    key = "all-minilm-l6-v2-float32-6"

    def __init__(self, executor: Executor | None = None) -> None:
        """Encode in this process, or wherever `executor` does."""
        self._executor = executor or InProcess()

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return unit vectors, shape (n_texts, 384), rounded to six decimals."""
        distinct = sorted(set(texts))
        vectors = np.zeros((len(distinct), DIMENSIONS))
        batches = list(_batches(self._token_counts(distinct)))
        some = [batches[start : start + BATCHES] for start in range(0, len(batches), BATCHES)]
        sent = [[[distinct[i] for i in batch] for batch in group] for group in some]
        for group, rows in zip(some, self._executor.map(encode_batches, sent), strict=True):
            vectors[[i for batch in group for i in batch]] = rows
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        position = {text: i for i, text in enumerate(distinct)}
        rounded: FloatArray = np.round(vectors, _DECIMALS) + 0.0
        return rounded[[position[text] for text in texts]]

    def knows(self, texts: Sequence[str]) -> BoolArray:
        """Return which texts hold a token and none unknown to the model, shape (n_texts,)."""
        tokenizer = load_sentence_model().tokenizer
        known = [_is_known(tokenizer.tokenize(text), tokenizer.unk_token) for text in texts]
        return np.array(known, dtype=bool)

    def _token_counts(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens the model sees of each text."""
        if not texts:
            return []
        model = load_sentence_model()
        longest = model.max_seq_length or 256
        found = model.tokenizer(list(texts), truncation=True, max_length=longest)["input_ids"]
        return [len(ids) for ids in found]


def encode_batches(batches: Sequence[Sequence[str]]) -> NDArray[np.float32]:
    """Return the vectors of the texts of some batches, one below the other."""
    model = load_sentence_model()
    with _one_thread():
        rows = [
            model.encode(list(batch), batch_size=len(batch), show_progress_bar=False)
            for batch in batches
        ]
    return np.concatenate(rows)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch use one thread: several add up in an order of their own, and round otherwise."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _is_known(tokens: Sequence[str], unknown: str) -> bool:
    return len(tokens) > 0 and unknown not in tokens


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield positions of one length, as many as the length asks for; the last may be repeated."""
    groups: dict[int, list[int]] = {}
    for i, length in enumerate(lengths):
        groups.setdefault(length, []).append(i)
    for length, group in sorted(groups.items()):
        rows = next(rows for longest, rows in _ROWS if length <= longest)
        group += group[-1:] * (-len(group) % rows)
        yield from (group[i : i + rows] for i in range(0, len(group), rows))
