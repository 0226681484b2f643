from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import ASSISTANT, HUMAN, BoolArray, FloatArray, Outcome, Sample, Turn, Verdict
from tagraph.errors import AccessError
from tagraph.pipeline.remembered import RememberedEncoder, RememberedJudge, comparison_key
from tagraph.store import Store
from tests.fakes import LetterEncoder, LongerJudge


@dataclass
class CountingJudge:
    """Judges like another judge, and keeps every pair it was asked."""

    inner: LongerJudge = field(default_factory=LongerJudge)
    asked: list[tuple[str, str]] = field(default_factory=list)
    key: str = "counting"

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        self.asked += [(first.id, second.id) for first, second in pairs]
        return self.inner.compare(pairs)


@dataclass
class CountingEncoder:
    """Encodes like another encoder, and keeps every text it was asked."""

    inner: LetterEncoder = field(default_factory=LetterEncoder)
    asked: list[str] = field(default_factory=list)
    key: str = "counting"

    def encode(self, texts: Sequence[str]) -> FloatArray:
        self.asked += texts
        return self.inner.encode(texts)

    def knows(self, texts: Sequence[str]) -> BoolArray:
        return self.inner.knows(texts)


SAMPLES = [
    Sample(str(i), (Turn(HUMAN, "q"), Turn(ASSISTANT, "x" * (i % 4) + str(i)))) for i in range(6)
]
MANY = [Sample(str(i), (Turn(HUMAN, "q"), Turn(ASSISTANT, f"answer {i}"))) for i in range(10)]
PAIRS = st.lists(st.tuples(*[st.sampled_from(SAMPLES)] * 2), max_size=20)


@given(PAIRS, PAIRS)
def test_no_pair_is_ever_asked_twice_and_verdicts_stay_the_judges(
    earlier: list[tuple[Sample, Sample]], later: list[tuple[Sample, Sample]]
) -> None:
    judge = CountingJudge()
    with Store() as store:
        remembered = RememberedJudge(judge, store)
        remembered.compare(earlier)
        verdicts = remembered.compare(later)

    assert verdicts == LongerJudge().compare(later)
    assert len(judge.asked) == len(set(judge.asked))
    assert set(judge.asked) == {(a.id, b.id) for a, b in earlier + later}


def test_the_order_shown_and_the_judge_are_part_of_the_key() -> None:
    keys = {
        comparison_key("j", "a", "b"),
        comparison_key("j", "b", "a"),
        comparison_key("k", "a", "b"),
    }

    assert len(keys) == 3


def test_outcomes_that_are_no_verdict_are_remembered_as_such() -> None:
    class Refusing:
        key = "refusing"

        def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
            return [Verdict(Outcome.REFUSED) for _ in pairs]

    with Store() as store:
        judge = RememberedJudge(Refusing(), store)
        assert judge.compare([(SAMPLES[0], SAMPLES[1])]) == [Verdict(Outcome.REFUSED)]
        assert judge.compare([(SAMPLES[0], SAMPLES[1])]) == [Verdict(Outcome.REFUSED)]


def test_a_judge_that_never_gives_a_verdict_is_asked_no_more_and_what_it_said_is_kept() -> None:
    class Mumbling(CountingJudge):
        at_once = 10

        def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
            return [Verdict(Outcome.UNPARSED) for _ in super().compare(pairs)]

    pairs = [(a, Sample(f"{i}", b.turns)) for a in SAMPLES for i, b in enumerate(MANY)]
    judge, heard = Mumbling(), list[int]()
    with Store() as store:
        for _ in range(2):
            with pytest.raises(AccessError, match=r"none of the first 30 .*30 unparsed"):
                RememberedJudge(judge, store, heard.append).compare(pairs)
        kept = store.evidence.count_verdicts(judge.key)

    assert len(judge.asked) == kept == 30
    assert heard == [10, 20]


def test_a_failure_is_asked_again() -> None:
    answers = iter([Verdict(Outcome.FAILED), Verdict(Outcome.FIRST)])

    class Shaky:
        key = "shaky"

        def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
            return [next(answers) for _ in pairs]

    with Store() as store:
        judge = RememberedJudge(Shaky(), store)
        assert judge.compare([(SAMPLES[0], SAMPLES[1])])[0].outcome is Outcome.FAILED
        assert judge.compare([(SAMPLES[0], SAMPLES[1])])[0].outcome is Outcome.FIRST
        assert judge.compare([(SAMPLES[0], SAMPLES[1])])[0].outcome is Outcome.FIRST


@given(st.lists(st.sampled_from("abcdef"), max_size=6), st.lists(st.sampled_from("abcdef")))
def test_no_text_is_ever_encoded_twice_and_stored_vectors_are_the_first_ones(
    earlier: list[str], later: list[str]
) -> None:
    encoder = CountingEncoder()
    with Store() as store:
        remembered = RememberedEncoder(encoder, store)
        remembered.encode(earlier)
        first = remembered.encode(later)
        second = remembered.encode(later)

    np.testing.assert_array_equal(first, second)
    assert first.shape == (len(later), 27)
    np.testing.assert_allclose(first, LetterEncoder().encode(later), atol=1e-6)
    assert sorted(encoder.asked) == sorted({*earlier, *later})
    assert remembered.knows(["a", "é"]).tolist() == [True, False]
