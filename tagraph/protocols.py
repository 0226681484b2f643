"""What the steps ask of the world; adapters answer, tests and notebooks may answer too.

Every protocol has a `key`: name, version and each parameter that changes the answers. It goes into
fingerprints and into the content keys of stored answers, so equal keys must mean equal answers.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Protocol, TypeVar

from tagraph.data import BoolArray, CandidatePair, FloatArray, Sample, Verdict

Batch = TypeVar("Batch")
Found = TypeVar("Found")


class Executor(Protocol):
    """Does batches of work that depends on nothing but the batch, wherever that may be."""

    def map(self, work: Callable[[Batch], Found], batches: Sequence[Batch]) -> Iterator[Found]:
        """Yield what `work`, a function that can be sent away, makes of each batch, in order.

        A batch may be done more than once, where a worker was lost.
        """
        ...


class Tagger(Protocol):
    """Gives every sample a few open tags."""

    @property
    def key(self) -> str: ...

    def tag(self, samples: Sequence[Sample]) -> list[list[str]]:
        """Return the tags of each sample, the most telling first, in the order of `samples`."""
        ...


class Lemmatizer(Protocol):
    """Brings plural nouns to the singular and leaves everything else alone."""

    @property
    def key(self) -> str: ...

    def lemmatize(self, tags: Sequence[str]) -> list[str]:
        """Return the lemma of each tag, in the order of `tags`."""
        ...

    def knows(self, words: Sequence[str]) -> BoolArray:
        """Return which lower-case words a general dictionary holds, shape (n_words,)."""
        ...


class Encoder(Protocol):
    """Turns short texts into unit vectors."""

    @property
    def key(self) -> str: ...

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return unit vectors, shape (n_texts, n_dimensions), rounded to six decimals."""
        ...

    def knows(self, texts: Sequence[str]) -> BoolArray:
        """Return which texts hold no token unknown to the model, shape (n_texts,)."""
        ...


class Judge(Protocol):
    """Compares two samples, shown in an order, and says which is better.

    A judge whose verdict may depend on the order says so by an attribute `minds_order = True`; a
    part of its pairs is then asked in both orders.
    """

    @property
    def key(self) -> str: ...

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        """Return one verdict per pair, in the order of `pairs`; first means the first shown."""
        ...


def minds_order(judge: object) -> bool:
    """Whether the order shown may matter to a judge."""
    return bool(getattr(judge, "minds_order", False))


class Scorer(Protocol):
    """Scores both samples of a pair from 0 to 100: the form of a judge that TACOS asks for."""

    @property
    def key(self) -> str: ...

    def score_pairs(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[tuple[float, float]]:
        """Return two scores per pair, in the order of `pairs`; NaN for both where none was given.

        A score counts beside the other of its pair; what is not clearly said is no score.
        """
        ...


class Relation(StrEnum):
    """How the left tag of a candidate pair relates to the right one."""

    SAME = "same"
    NARROWER = "narrower"
    BROADER = "broader"
    RELATED = "related"
    DIFFERENT = "different"


class Adjudicator(Protocol):
    """Decides whether two tags that look alike are one."""

    @property
    def key(self) -> str: ...

    def adjudicate(self, pairs: Sequence[CandidatePair]) -> list[Relation]:
        """Return one relation per pair, in the order of `pairs`."""
        ...
