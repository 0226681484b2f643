"""The judge of the default run: compares two samples by what can be seen, without any model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache, cached_property, partial
from types import MappingProxyType

import orjson

from tagraph.adapters.bundled_models import MINILM, checked_folder
from tagraph.adapters.executors import InProcess
from tagraph.data import Sample, Verdict
from tagraph.protocols import Executor
from tagraph.stages.quality import QualityOptions, score_quality
from tagraph.stages.query_features import observe_fit
from tagraph.stages.response_features import count_items, observe_response, split_words
from tagraph.stages.score_gaps import compare_scores

VERSION = 1
_BATCH = 1000  # samples scored at one place
_HELD = 500_000  # scores kept in memory, about 120 MB
_FIRST_WORD = 1996  # where whole words start in the vocabulary of BERT, the most frequent first
DEFAULTS = QualityOptions()


class HeuristicJudge:
    """Compares two samples by observable quality of their text; a heuristic, and says so.

    It sees whether a response takes up the words of its query, is finished, repeats itself,
    refuses, keeps the asked number or limit, and how much new text it holds. It does not know
    whether an answer is true or well argued; it cannot tell a response cut at a sentence border
    from a short one; it favours longer responses up to a point, while on Alpaca length and
    the ratings of a strong model even point in opposite directions.

    Every sample has one score, so verdicts never form a cycle, are the same in both orders, and
    samples with different queries can be compared. A score is computed once per distinct text.
    """

    def __init__(
        self, options: QualityOptions = DEFAULTS, executor: Executor | None = None
    ) -> None:
        """Judge by the weights of `options`, in this process or wherever `executor` does."""
        self.options = options
        self._executor = executor or InProcess()
        self._gaps = options.margin, options.clear
        self._scores: dict[str, float] = {}

    @cached_property
    def key(self) -> str:
        """Name, version and every weight."""
        weights = ",".join(f"{name}={value!r}" for name, value in asdict(self.options).items())
        return f"heuristic/{VERSION}({weights})"

    def describe(self) -> str:
        """Return one sentence for people: what this judge is, and what it cannot see."""
        return (
            "The offline judge is a heuristic: it compares what can be seen of a response (words "
            "of the query taken up, finished, no repetition, no refusal, length up to a point) and "
            "does not know whether an answer is true; name an LLM judge for that."
        )

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        """Return one verdict per pair, in the order of `pairs`; swapping a pair mirrors it."""
        self._score_all([sample for pair in pairs for sample in pair])
        return [
            Verdict(*compare_scores(self.score(first), self.score(second), *self._gaps))
            for first, second in pairs
        ]

    def score_pairs(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[tuple[float, float]]:
        """Return a score from 0 to 100 for both of each pair: ten points for one of `score`."""
        return [
            (_to_percent(self.score(first)), _to_percent(self.score(second)))
            for first, second in pairs
        ]

    def score(self, sample: Sample) -> float:
        """Return the score of one sample; only differences between scores mean something."""
        key = sample.digest
        score = self._scores.get(key)
        if score is None:
            score = score_quality(self.explain(sample), self.options)
            self._keep(key, score)
        return score

    def _keep(self, key: str, score: float) -> None:
        if len(self._scores) >= _HELD:
            del self._scores[next(iter(self._scores))]
        self._scores[key] = score

    def _score_all(self, samples: Sequence[Sample]) -> None:
        """Score the samples that have no score yet, batch by batch."""
        new = {s.digest: s for s in samples}
        keys = [key for key in new if key not in self._scores]
        parts = [keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH)]
        sent = [[new[key] for key in part] for part in parts]
        found = self._executor.map(partial(score_samples, options=self.options), sent)
        for part, scores in zip(parts, found, strict=True):
            for key, score in zip(part, scores, strict=True):
                self._keep(key, score)

    def explain(self, sample: Sample) -> dict[str, float]:
        """Return every observed feature of one sample, for reports."""
        query, response = sample.query, sample.response
        words = split_words(query), split_words(response)
        fit = observe_fit((query, response), words, count_items(response), load_word_ranks())
        return observe_response(response, words[1]) | fit


def score_samples(samples: Sequence[Sample], options: QualityOptions) -> list[float]:
    """Return the score of each sample; what a `HeuristicJudge` sends to an executor."""
    judge = HeuristicJudge(options)
    return [score_quality(judge.explain(sample), options) for sample in samples]


def _to_percent(score: float) -> float:
    return float(min(100, max(0, round(10 * score))))


@cache
def load_word_ranks() -> Mapping[str, int]:
    """Return the frequency rank of 24,000 general English words, 1 the most frequent.

    They are the whole words of MiniLM's vocabulary, which BERT's authors sorted by frequency.

    Raises:
        MissingPackageError: The package is missing, or its vocabulary is not the expected one.
    """
    package, digests = MINILM
    name = "model/tokenizer.json"
    folder = checked_folder(package, {name: digests[name]})
    vocabulary = orjson.loads((folder / name).read_bytes())["model"]["vocab"]
    return MappingProxyType(
        {
            word: place - _FIRST_WORD + 1
            for word, place in vocabulary.items()
            if place >= _FIRST_WORD and not word.startswith("##")
        }
    )
