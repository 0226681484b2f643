"""A judge, a tagger and an encoder that ask the store first, and never ask the same thing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tagraph.data import BoolArray, FloatArray, Outcome, Sample, Verdict
from tagraph.errors import AccessError
from tagraph.protocols import Encoder, Judge, minds_order
from tagraph.steps.tag_answers import FAILED, TAGGED, ExplainingTagger, TagAnswer
from tagraph.store import Store
from tagraph.text import digest

CHUNK = 8192  # texts encoded between two commits: what Ctrl-C can cost, a quarter of a minute
MUTE = 30  # answers after which a model that said nothing readable is asked no more


_VERDICTS = (str(Outcome.FIRST), str(Outcome.SECOND), str(Outcome.TIE))


def comparison_key(judge: str, first_digest: str, second_digest: str) -> str:
    """Return the content key of a comparison: the judge, both texts, and their order."""
    return digest("comparison 1", judge, first_digest, second_digest)


@dataclass
class RememberedJudge:
    """A judge whose verdicts are stored as they come, and that never compares anything twice.

    Attributes:
        judge: Who is asked; `at_once` pairs at a time if it says so, else all.
        store: Keeps the verdicts.
        listen: Told how many pairs of a call have a verdict.
        outcomes: How often each outcome was given so far.
    """

    judge: Judge
    store: Store
    listen: Callable[[int], object] = lambda done: None
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def key(self) -> str:
        """The key of the judge itself."""
        return self.judge.key

    @property
    def minds_order(self) -> bool:
        """Whether the order shown may matter to the judge itself."""
        return minds_order(self.judge)

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        """Return one verdict per pair; only pairs never judged before reach the judge.

        Raises:
            AccessError: The judge has answered often, and never with a verdict.
        """
        shown = [(first.digest, second.digest) for first, second in pairs]
        judge = self.key
        keys = [comparison_key(judge, *both) for both in shown]
        known = {
            key: verdict
            for key, verdict in self.store.evidence.load_verdicts(keys).items()
            if verdict.outcome is not Outcome.FAILED  # nothing was answered, so it is asked again
        }
        self._count(known.values())
        new = list({key: i for i, key in enumerate(keys) if key not in known}.items())
        size = getattr(self.judge, "at_once", 0) or max(1, len(new))
        for start in range(0, len(new), size):
            part = new[start : start + size]
            verdicts = self.judge.compare([pairs[i] for _, i in part])
            rows = [
                (key, *shown[i], verdict) for (key, i), verdict in zip(part, verdicts, strict=True)
            ]
            self.store.evidence.save_verdicts(self.key, rows)
            known |= {key: verdict for key, _, _, verdict in rows}
            self._count(verdicts)
            self.listen(len(known))
        return [known[key] for key in keys]

    def _count(self, verdicts: Iterable[Verdict]) -> None:
        self.outcomes.update(str(verdict.outcome) for verdict in verdicts)
        _refuse_mute("comparisons has a verdict", self.outcomes, _VERDICTS)


@dataclass
class RememberedTagger:
    """A tagger whose answers are stored as they come, and that never asks about a sample twice.

    Attributes:
        tagger: Who is asked.
        store: Keeps the answers.
        listen: Told how many of how many samples are done.
        outcomes: How often each outcome was given, of the latest call.
    """

    tagger: ExplainingTagger
    store: Store
    listen: Callable[[int, int], object] = lambda done, total: None
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def key(self) -> str:
        """The key of the tagger itself."""
        return self.tagger.key

    def tag(self, samples: Sequence[Sample]) -> list[list[str]]:
        """Return the tags of each sample; only texts never tagged before reach the tagger.

        Raises:
            AccessError: The tagger has answered often, and never with a tag.
        """
        digests = [sample.digest for sample in samples]
        answers = self.store.evidence.load_tag_answers(self.key, digests)
        new = {key: s for key, s in zip(digests, samples, strict=True) if key not in answers}
        todo, size = list(new.values()), self.tagger.at_once
        _refuse_untagged(answers)
        while todo:
            self.listen(len(samples) - len(todo), len(samples))
            some = size if answers else self.tagger.at_first
            answers |= self._ask(todo[:some])
            todo = todo[some:]
            _refuse_untagged(answers)
        self.listen(len(samples), len(samples))
        self.outcomes = Counter(answers[key].outcome for key in digests)
        return [[tag for tag, _ in answers[key].tags] for key in digests]

    def _ask(self, samples: Sequence[Sample]) -> dict[str, TagAnswer]:
        """Return the answers to new samples by digest, once they are kept."""
        said = self.tagger.explain(samples)
        answers = {sample.digest: one for sample, one in zip(samples, said, strict=True)}
        self.store.evidence.save_tag_answers(self.key, answers)
        return answers


def _refuse_untagged(answers: Mapping[str, TagAnswer]) -> None:
    outcomes = Counter(answer.outcome for answer in answers.values())
    _refuse_mute("samples has tags", outcomes, (TAGGED,))


def _refuse_mute(what: str, outcomes: Counter[str], good: Sequence[str]) -> None:
    """Stop asking where many answers came and none can be used; they are stored all the same."""
    answered = outcomes.total() - outcomes[FAILED]
    if answered < MUTE or any(outcomes[name] for name in good):
        return
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(outcomes.items()) if count)
    raise AccessError(
        f"none of the first {answered:,} {what} ({told}): the model does not answer as it is asked"
        " to; the replies are in table calls; try another --structure or --model"
    )


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
        for start in range(0, len(new), CHUNK):
            chunk = new[start : start + CHUNK]
            vectors = self.encoder.encode(chunk).astype(np.float32).astype(np.float64)
            self.store.evidence.save_vectors(self.key, chunk, vectors)
            known |= dict(zip(chunk, vectors, strict=True))
        if not texts:
            return self.encoder.encode([])
        return np.stack([known[text] for text in texts])

    def knows(self, texts: Sequence[str]) -> BoolArray:
        """Return which texts hold no token unknown to the model, shape (n_texts,)."""
        return self.encoder.knows(texts)
