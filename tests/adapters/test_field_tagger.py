import pytest

from tagraph.adapters.field_tagger import FieldTagger
from tagraph.data import HUMAN, Sample, Turn
from tagraph.errors import InputError


def sample(*tags: str) -> Sample:
    return Sample("s", (Turn(HUMAN, "hello"),), tags)


def test_tags_come_back_as_written_and_in_order() -> None:
    found = FieldTagger().tag([sample("Python", "python", "NLP"), sample()])
    assert found == [["Python", "python", "NLP"], []]


def test_data_without_any_tags_says_which_field_was_looked_at() -> None:
    with pytest.raises(InputError, match="none of 2 samples has tags in the field 'labels'"):
        FieldTagger("labels").tag([sample(), sample()])


def test_no_samples_are_no_error() -> None:
    assert FieldTagger().tag([]) == []


def test_the_key_names_the_field() -> None:
    assert FieldTagger("labels").key != FieldTagger().key
