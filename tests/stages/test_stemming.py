import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.stemming import stem

# Pairs of Porter's paper, through all of its steps.
PAPER = """
caresses caress ponies poni ties ti cats cat feed feed agreed agre plastered plaster motoring motor
sing sing conflated conflat troubled troubl sized size hopping hop tanned tan falling fall
hissing hiss fizzed fizz failing fail filing file happy happi sky sky relational relat
conditional condit rational ration valenci valenc digitizer digit operator oper feudalism feudal
decisiveness decis hopefulness hope formaliti formal sensitiviti sensit triplicate triplic
formative form electriciti electr electrical electr goodness good revival reviv allowance allow
inference infer airliner airlin adjustable adjust irritant irrit replacement replac
adjustment adjust dependent depend adoption adopt communism commun activate activ
effective effect bowdlerize bowdler probate probat rate rate cease ceas controll control roll roll
generalizations gener oscillators oscil physics physic as as
"""
KNOWN = PAPER.split()


@pytest.mark.parametrize(("word", "expected"), list(zip(KNOWN[::2], KNOWN[1::2], strict=True)))
def test_words_have_the_stems_of_the_paper(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_only_the_last_of_several_words_changes() -> None:
    assert stem("problems solving") == "problems solv"


@given(st.text(max_size=20))
def test_every_text_has_a_stem_that_is_no_longer_than_it(text: str) -> None:
    assert len(stem(text)) <= len(text)
