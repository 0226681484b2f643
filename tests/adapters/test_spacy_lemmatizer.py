import pytest

from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer

LEMMATIZER = SpacyLemmatizer()
_KEPT = """
physics statistics data news windows kubernetes aws css ios redis series species analysis
business mathematics economics better running learning programming status virus pandas glasses
customs media bias canvas class macos express process opera stamina agenda trivia
cola https follows requires
"""


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("machine learning models", "machine learning model"),
        ("data structures", "data structure"),
        ("best practices", "best practice"),
        ("programming questions", "programming question"),
        ("running shoes", "running shoe"),
        ("write poems", "write poem"),
        ("countries", "country"),
        ("classes", "class"),
        ("apis", "api"),
        ("gpus", "gpu"),
        ("mice", "mouse"),
        ("women in science", "woman in science"),
        ("topics", "topic"),
        ("analyses", "analysis"),
        ("children stories", "child story"),
        ("ninjas", "ninja"),
        ("burritos", "burrito"),
        ("cacti", "cactus"),
        ("nebulae", "nebula"),
        ("symposia", "symposium"),
        ("automata", "automaton"),
    ],
)
def test_plural_nouns_become_singular(plural: str, singular: str) -> None:
    assert LEMMATIZER.lemmatize([plural]) == [singular]


@pytest.mark.parametrize(
    "word",
    _KEPT.split(),
)
def test_words_that_are_no_plural_of_their_stem_stay(word: str) -> None:
    assert LEMMATIZER.lemmatize([word, f"{word} course"]) == [word, f"{word} course"]


def test_a_word_is_read_alike_in_any_company() -> None:
    tags = ["neural networks", "social networks", "networks", "new york", "agent harnesses", ""]
    together = LEMMATIZER.lemmatize(tags)
    assert together == [LEMMATIZER.lemmatize([tag])[0] for tag in tags]
    assert together == LEMMATIZER.lemmatize(tags[::-1])[::-1]


@pytest.mark.parametrize("tag", ["", "机器学习", "🎉 🚀", "x" * 10_000, "a  b", "s", "\x00s\x00ss"])
def test_strange_tags_come_back_as_they_are(tag: str) -> None:
    assert LEMMATIZER.lemmatize([tag]) == [tag]


def test_no_tags_give_no_lemmas() -> None:
    assert LEMMATIZER.lemmatize([]) == []


def test_known_words_are_those_of_the_dictionary_and_their_regular_forms() -> None:
    words = ["poem", "poems", "colour", "running", "influencers", "recieve", "tensorflow", ""]
    assert LEMMATIZER.knows(words).tolist() == [True] * 5 + [False] * 3
