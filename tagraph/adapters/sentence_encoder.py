"""Short texts to unit vectors with the bundled MiniLM, the same bits in any company."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tagraph.adapters.bundled_models import load_sentence_model
from tagraph.data import BoolArray, FloatArray

_BATCH = 32
_DECIMALS = 6


class SentenceEncoder:
    """Encodes texts with all-MiniLM-L6-v2: 384 dimensions, unit length, six decimals.

    Every batch holds exactly 32 texts of one token length, filled up with repeats of its last one,
    so that neither padding nor the shape of a product depends on the texts beside a text. Not more
    than 32, for the repeats cost time.
    """

    key = "all-minilm-l6-v2-float32-6"

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return unit vectors, shape (n_texts, 384), rounded to six decimals."""
        model = load_sentence_model()
        distinct = sorted(set(texts))
        vectors = np.zeros((len(distinct), 384))
        for batch in _batches(self._token_counts(distinct)):
            filled = batch + batch[-1:] * (_BATCH - len(batch))
            found = model.encode(
                [distinct[i] for i in filled], batch_size=_BATCH, show_progress_bar=False
            )
            vectors[batch] = found[: len(batch)]
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


def _is_known(tokens: Sequence[str], unknown: str) -> bool:
    return len(tokens) > 0 and unknown not in tokens


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Return positions of equal length in groups of at most 32, shortest first, order kept."""
    groups: dict[int, list[int]] = {}
    for i, length in enumerate(lengths):
        groups.setdefault(length, []).append(i)
    ordered = [groups[length] for length in sorted(groups)]
    return [group[i : i + _BATCH] for group in ordered for i in range(0, len(group), _BATCH)]
