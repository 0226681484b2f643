from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import HUMAN, Sample, Turn
from tagraph.errors import InputError
from tagraph.steps.tag import MAX_TAG_LENGTH, TagOptions, tag_samples
from tagraph.text import clean_tag


@dataclass(frozen=True)
class GivenTagger:
    """Answers with the tags it was given."""

    answers: tuple[tuple[str, ...], ...]
    key: str = "given"

    def tag(self, samples: Sequence[Sample]) -> list[list[str]]:
        return [list(tags) for tags in self.answers]


def samples(count: int) -> list[Sample]:
    return [Sample(f"s{i}", (Turn(HUMAN, "hello"),)) for i in range(count)]


@given(st.lists(st.lists(st.text(max_size=300), max_size=5), max_size=5))
def test_every_tag_is_clean_short_and_not_empty(answers: list[list[str]]) -> None:
    tagger = GivenTagger(tuple(map(tuple, answers)))
    bags = tag_samples(samples(len(answers)), tagger)
    assert len(bags) == len(answers)
    for tag in bags.vocabulary:
        assert tag
        assert tag == clean_tag(tag)
        assert len(tag) <= MAX_TAG_LENGTH


def test_the_order_of_tags_is_kept_and_repeats_go() -> None:
    tagger = GivenTagger((("b", " a\n", "\x00", "b ", "c" * 300), ()))
    bags = tag_samples(samples(2), tagger)
    assert list(bags) == [["b", "a", "c" * MAX_TAG_LENGTH], []]


def test_a_tag_cut_at_a_blank_does_not_end_in_one() -> None:
    tagger = GivenTagger((("x" * (MAX_TAG_LENGTH - 1) + " y",),))
    assert list(tag_samples(samples(1), tagger)) == [["x" * (MAX_TAG_LENGTH - 1)]]


def test_a_tagger_that_skips_a_sample_is_an_error() -> None:
    with pytest.raises(InputError, match="given gave 1 answers for 2 samples"):
        tag_samples(samples(2), GivenTagger((("a",),)))


def test_the_options_are_those_of_the_keyphrase_tagger() -> None:
    assert (TagOptions().min_tags, TagOptions().max_tags) == (2, 6)
