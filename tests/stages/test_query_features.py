import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.query_features import (
    cut_ending,
    observe_fit,
    rate_answer_type,
    rate_copy,
    rate_delivery,
    rate_language,
    rate_limit,
    rate_relevance,
)

RANKS = {"the": 1, "of": 2, "how": 40, "house": 200, "bee": 5000, "warm": 900}
words = st.lists(st.sampled_from([*RANKS, "hive", "honey", "describe"]), max_size=12)


@given(words, words, words)
def test_more_words_never_lower_relevance(
    query: list[str], response: list[str], more: list[str]
) -> None:
    before = rate_relevance(query, response, RANKS)
    after = rate_relevance(query, [*response, *more], RANKS)
    assert 0 <= before <= after + 1e-12 <= 1 + 1e-12


@given(words, words)
def test_order_of_words_does_not_matter(query: list[str], response: list[str]) -> None:
    there = rate_relevance(query, response, RANKS)
    assert rate_relevance(query[::-1], response[::-1], RANKS) == there


def test_taking_up_a_rare_word_counts_more_than_a_common_one() -> None:
    query = ["bee", "house"]
    assert rate_relevance(query, ["bee"], RANKS) > rate_relevance(query, ["house"], RANKS)


def test_frequent_words_and_words_of_request_say_nothing() -> None:
    query = ["describe", "the", "bee"]
    nothing = rate_relevance(query, [], RANKS)
    assert rate_relevance(query, ["describe", "the", "of"], RANKS) == nothing
    assert rate_relevance(["describe", "the"], ["honey"], RANKS) == 0.5


def test_a_long_query_need_not_be_repeated_in_full() -> None:
    page = [f"word{i:03}"[::-1] for i in range(200)]
    assert rate_relevance(page, page[:20], RANKS) > 0.6
    assert rate_relevance(page[:20], page[:2], RANKS) < 0.4


@pytest.mark.parametrize(
    ("left", "right"),
    [("cook", "cooking"), ("cook", "cooks"), ("bunny", "bunnies"), ("train", "trained")],
)
def test_inflections_meet(left: str, right: str) -> None:
    assert cut_ending(left) == cut_ending(right)


@pytest.mark.parametrize("word", ["", "s", "is", "bus", "class"])
def test_short_words_keep_their_ending(word: str) -> None:
    assert cut_ending(word) == word


def test_handing_the_query_back_is_a_copy() -> None:
    query = ["make", "an", "argument", "for", "why", "bees", "are", "useful"]
    assert rate_copy(query, query) == 1
    assert rate_copy(query, [*query, "bees", "make", "honey", "and", "wax"]) == 0
    assert rate_copy(query, ["bees", *query]) == 0
    assert rate_copy(["hello"], ["hello"]) == 0


@pytest.mark.parametrize(
    ("query", "n_items", "delivered"),
    [
        ("List five healthy snacks.", 5, 1.0),
        ("List five healthy snacks.", 3, 0.6),
        ("Give me 10 names for cats", 5, 0.5),
        ("List five healthy snacks.", 0, 1.0),
        ("List snacks.", 2, 1.0),
        ("List 0 snacks and no drinks", 2, 1.0),
        ("A five year old asks why", 2, 1.0),
    ],
)
def test_asked_numbers_of_items_are_compared_with_the_list(
    query: str, n_items: int, delivered: float
) -> None:
    assert rate_delivery(query, n_items) == delivered


@pytest.mark.parametrize(
    ("query", "response", "kept"),
    [
        ("Explain bees in one sentence.", "Bees fly.", 1.0),
        ("Explain bees in one sentence.", 'Bees fly. "They sting."', 0.5),
        ("Explain bees in 3 words", "bees fly far away now still", 0.5),
        ("Explain bees in two paragraphs.", "a\n\nb\n\nc\n\nd", 0.5),
        ("Explain bees.", "Bees fly. They sting.", 1.0),
        ("Explain bees in one word.", "", 1.0),
    ],
)
def test_limits_are_checked(query: str, response: str, kept: float) -> None:
    assert rate_limit(query, response, len(response.split())) == kept


@pytest.mark.parametrize(
    ("query", "response", "fits"),
    [
        ("How many legs has a bee?", "Six.", 1),
        ("How many legs has a bee?", "Some.", 0),
        ("Write a Python function that adds", "def f(a, b): return a + b", 1),
        ("Write a Python function that adds", "Bees are nice", 0),
        ("Write a haiku about how much I love bees.", "Bees are nice", 1),
    ],
)
def test_numbers_and_code_are_expected_where_asked(query: str, response: str, fits: int) -> None:
    assert rate_answer_type(query, response) == fits


@pytest.mark.parametrize(
    ("query", "response", "fits"),
    [
        ("What is a bee?", "Пчела это насекомое", 0),
        ("Translate to Russian: bee", "пчела", 1),
        ("What is a bee?", "12 + 3", 1),
        ("蜜蜂是什么?", "昆虫", 1),
    ],
)
def test_another_script_than_the_query_is_seen(query: str, response: str, fits: int) -> None:
    assert rate_language(query, response) == fits


@given(st.text(max_size=80), st.text(max_size=80), st.integers(0, 5))
def test_any_texts_give_features_in_range(query: str, response: str, n_items: int) -> None:
    fit = observe_fit((query, response), (query.split(), response.split()), n_items, RANKS)
    assert all(0 <= value <= 1 for value in fit.values())


def test_a_query_about_declining_is_seen() -> None:
    query = "Write a polite rejection of an offer"
    assert observe_fit((query, ""), (query.split(), []), 0, RANKS)["refusal_asked"] == 1
