"""Small real implementations of the protocols, for tests of the steps."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tagraph.data import BoolArray, FloatArray, Outcome, Sample, Verdict


@dataclass(frozen=True)
class DictLemmatizer:
    """Looks lemmas and known words up in dictionaries."""

    lemmas: dict[str, str] = field(default_factory=dict)
    key: str = "dict"
    dictionary: frozenset[str] = frozenset()

    def lemmatize(self, tags: Sequence[str]) -> list[str]:
        return [self.lemmas.get(tag, tag) for tag in tags]

    def knows(self, words: Sequence[str]) -> BoolArray:
        return np.array([word in self.dictionary for word in words], dtype=bool)


@dataclass(frozen=True)
class LetterEncoder:
    """Counts letters; texts of the same letters have cosine 1."""

    key: str = "letters"

    def encode(self, texts: Sequence[str]) -> FloatArray:
        vectors = np.zeros((len(texts), 27))
        for row, text in zip(vectors, texts, strict=True):
            row[26] = 0.01
            for letter in text.lower():
                if "a" <= letter <= "z":
                    row[ord(letter) - ord("a")] += 1
        rounded: FloatArray = np.round(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), 6)
        return rounded

    def knows(self, texts: Sequence[str]) -> BoolArray:
        return np.array([text.isascii() for text in texts], dtype=bool)


@dataclass(frozen=True)
class LongerJudge:
    """Prefers the sample with the longer response; equal lengths tie."""

    key: str = "longer"

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        return [Verdict(self._outcome(first, second)) for first, second in pairs]

    def _outcome(self, first: Sample, second: Sample) -> Outcome:
        gap = len(first.response) - len(second.response)
        return Outcome.TIE if gap == 0 else Outcome.FIRST if gap > 0 else Outcome.SECOND


@dataclass
class TestClock:
    """A clock that moves only when somebody sleeps."""

    __test__ = False
    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.now += seconds
