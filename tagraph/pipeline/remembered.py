"""A judge and an encoder that ask the store first, and never ask the same thing twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tagraph.data import BoolArray, FloatArray, Outcome, Sample, Verdict
from tagraph.protocols import Encoder, Judge
from tagraph.store import Store
from tagraph.text import digest


def comparison_key(judge: str, first_digest: str, second_digest: str) -> str:
    """Return the content key of a comparison: the judge, both texts, and their order."""
    return digest("comparison 1", judge, first_digest, second_digest)


@dataclass(frozen=True)
class RememberedJudge:
    """A judge whose verdicts are stored as they come, in one transaction per call."""

    judge: Judge
    store: Store

    @property
    def key(self) -> str:
        """The key of the judge itself."""
        return self.judge.key

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        """Return one verdict per pair; only pairs never judged before reach the judge."""
        shown = [(first.digest, second.digest) for first, second in pairs]
        keys = [comparison_key(self.key, *both) for both in shown]
        known = self._load(keys)
        new = {key: i for i, key in enumerate(keys) if key not in known}
        if new:
            verdicts = self.judge.compare([pairs[i] for i in new.values()])
            rows = [
                (key, *shown[i], verdict)
                for (key, i), verdict in zip(new.items(), verdicts, strict=True)
            ]
            self.store.evidence.save_verdicts(self.key, rows)
            known |= {key: verdict for key, _, _, verdict in rows}
        return [known[key] for key in keys]

    def _load(self, keys: Sequence[str]) -> dict[str, Verdict]:
        """Return what is known; a comparison that failed is not, and will be asked again."""
        found = self.store.evidence.load_verdicts(keys)
        return {key: v for key, v in found.items() if v.outcome is not Outcome.FAILED}


@dataclass(frozen=True)
class RememberedEncoder:
    """An encoder whose vectors are stored by text; vectors are what the store can hold, float32."""

    encoder: Encoder
    store: Store

    @property
    def key(self) -> str:
        """The key of the encoder itself."""
        return self.encoder.key

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return unit vectors, shape (n_texts, n_dimensions); only new texts are encoded."""
        known = self.store.evidence.load_vectors(self.key, texts)
        new = sorted(set(texts) - known.keys())
        if new:
            vectors = self.encoder.encode(new).astype(np.float32).astype(np.float64)
            self.store.evidence.save_vectors(self.key, new, vectors)
            known |= dict(zip(new, vectors, strict=True))
        if not texts:
            return self.encoder.encode([])
        return np.stack([known[text] for text in texts])

    def knows(self, texts: Sequence[str]) -> BoolArray:
        """Return which texts hold no token unknown to the model, shape (n_texts,)."""
        return self.encoder.knows(texts)
