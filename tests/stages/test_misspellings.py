import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.misspellings import compare_spelling

_KNOWN_TEXT = """
receive address separate inheritance committee angular government compliment complement
conception convention quality equality artificial intelligence optimization
"""
_KNOWN = frozenset(_KNOWN_TEXT.split())


@pytest.mark.parametrize(
    ("slip", "word"),
    [
        ("recieve", "receive"),
        ("adress", "address"),
        ("seperate", "separate"),
        ("inheritence", "inheritance"),
        ("comittee", "committee"),
        ("goverment", "government"),
        ("optimizaton", "optimization"),
        ("artificial inteligence", "artificial intelligence"),
        ("optemezation", "optimization"),
        ("tensorfow", "tensorflow"),
    ],
)
def test_common_misspellings_are_found(slip: str, word: str) -> None:
    assert compare_spelling(slip.split(), word.split(), _KNOWN) >= 0.8


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("compliment", "complement"),
        ("conception", "convention"),
        ("rocket", "rockset"),
        ("xampp", "xmpp"),
        ("nestjs", "nextjs"),
        ("capablanca", "casablanca"),
        ("angular", "angulars"),
        ("quality", "equality"),
        ("good recieve", "bad receive"),
        ("receive", "receive receive"),
        ("version10", "version11"),
        ("abcdefghijkl", "abcdxyzhijkl"),
        ("same", "same"),
    ],
)
def test_different_words_are_no_misspellings(left: str, right: str) -> None:
    assert compare_spelling(left.split(), right.split(), _KNOWN) == 0


_WORDS = st.lists(st.text("abeilnst", min_size=1, max_size=14), min_size=1, max_size=3)


@given(_WORDS, _WORDS)
def test_spelling_is_compared_alike_from_both_sides(left: list[str], right: list[str]) -> None:
    assert compare_spelling(left, right, _KNOWN) == compare_spelling(right, left, _KNOWN)
