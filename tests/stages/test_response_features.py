import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.response_features import (
    count_items,
    find_repeated,
    observe_response,
    rate_balance,
    rate_ending,
    rate_refusal,
    rate_structure,
    split_words,
)

PROSE = (
    "Bees keep their hive warm in winter by moving close together. They eat the honey that was "
    "stored in summer, and they take turns on the cold outside of the cluster."
)
any_text = st.text(
    st.characters(codec="utf-8") | st.sampled_from(list(" .\n\"'`()[]1-ab的Σİ")), max_size=200
)


def observe(text: str) -> dict[str, float]:
    return observe_response(text, split_words(text))


@given(any_text)
def test_any_text_gives_features_in_range(text: str) -> None:
    features = observe(text)
    assert features.pop("new_characters") >= 0
    assert all(0 <= value <= 1 for value in features.values())


@given(any_text)
def test_every_word_is_repeated_or_not(text: str) -> None:
    words = split_words(text)
    assert len(find_repeated(text, words)) == len(words)


@given(st.lists(st.sampled_from(["red", "blue", "green", "grey", "pink"]), max_size=60))
def test_saying_everything_twice_adds_nothing_new(words: list[str]) -> None:
    text = " ".join([*words, "one", "two", "six", "ten", "hop", "sky", "ice", "tea"])
    assert observe(f"{text}. {text}.")["new_characters"] <= observe(text)["new_characters"]


def test_prose_has_no_repetition() -> None:
    assert observe(PROSE)["repetition"] == 0


@pytest.mark.parametrize(
    "text",
    [
        f"{PROSE} {PROSE}",
        f"{PROSE} They take turns on the cold outside of the cluster.",
        f"{PROSE} So they are warm." + " So they are warm." * 3,
        "Keep in mind.\nBees are busy.\nKeep in mind today.\nFlies nap.\nKeep in mind today.",
        "warm " * 9,
        "I like it I like it and that is all.",
    ],
)
def test_repeated_parts_are_seen(text: str) -> None:
    assert observe(text)["repetition"] > 0.1


@pytest.mark.parametrize(
    "text",
    [
        "A. A. Milne",
        "Xbox, Xbox 360, PlayStation 2, PlayStation 3",
        "- Box one: This box holds income from work.\n- Box two: This box holds income from rent.",
    ],
)
def test_names_and_parallel_lists_are_no_repetition(text: str) -> None:
    assert observe(text)["repetition"] == 0


def test_chinese_characters_count_as_words() -> None:
    assert split_words("我爱 Python3, sí_no") == ["我", "爱", "python3", "sí", "no"]


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        'She said: "Come in!"',
        "**Done.**",
        "```\nx = 1\n```",
        "def f():\n    return [1]",
        "12.",
        "Paris",
        "空の色が好きです。",
        "Great work 🎉",
        "- bread\n- milk\n- eggs and a little butter for the pan",
        "Dear Ann,\n\nIt was a pleasure to meet you.\n\nSincerely,\nSteve",
        "Dear Ann,\n\nIt was a pleasure to meet you.\n\nWith kind regards,",
        "Tame Impala, Pond and The Who",
    ],
)
def test_finished_texts_are_seen_as_finished(text: str) -> None:
    assert rate_ending(text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bees keep their hive warm in winter by moving close to the",
        "Bees keep their hive warm in winter,",
        "There are three ways:",
        "1. Take the bread.\n2. Cut it.\n3.",
        "Bees are warm (",
    ],
)
def test_texts_cut_in_a_sentence_are_seen_as_cut(text: str) -> None:
    assert rate_ending(text) == 0


def test_a_missing_full_stop_is_a_doubt() -> None:
    assert rate_ending("Bees keep their hive warm in winter by moving close together") == 0.5


def test_open_brackets_quotes_and_fences_count_by_kind() -> None:
    assert rate_balance('He said "yes" (twice).') == 1
    assert rate_balance("He said (twice") == 0.5
    assert rate_balance('```\nHe said "(twice') == 0.25


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help you with that.",
        "I’m sorry, but I can’t help you with that.",
        "As an AI language model, I do not have personal opinions.",
        "I am unable to provide medical advice.",
        "I must respectfully decline.",
        "This request cannot be fulfilled.",
        "That is beyond my abilities.",
        "Writing this is against my guidelines.",
    ],
)
def test_refusals_are_seen(text: str) -> None:
    assert rate_refusal(text) == 1


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        "I just can't help but dance, and I won't give up.",
        "I'm sorry to hear you are not happy with it.",
        "I can't believe how good this soup is!",
        "I'm sorry to hear about your loss.",
        "Water cannot be compressed easily.",
        "Money is a good servant, but things beyond our control happen.",
        "",
    ],
)
def test_answers_are_no_refusals(text: str) -> None:
    assert rate_refusal(text) == 0


def test_a_bare_apology_is_half_a_refusal() -> None:
    assert rate_refusal("Unfortunately there is more to say.") == 0.5


def test_only_the_opening_can_refuse() -> None:
    assert rate_refusal(PROSE * 4 + " I cannot help you with that.") == 0


@pytest.mark.parametrize(
    ("text", "boilerplate"),
    [
        ("Lorem ipsum dolor", 1),
        ("Dear [insert name here],", 1),
        ("As a large language model, I like bees.", 1),
        ("See the reference [1] of Lorem.", 0),
    ],
)
def test_placeholders_are_seen(text: str, boilerplate: int) -> None:
    assert observe(text)["boilerplate"] == boilerplate


@pytest.mark.parametrize(
    ("text", "structure"),
    [("- a b\n- c d", 1), ("def f(x):\n    return x", 1), ("one\n\ntwo", 0.5), ("one two", 0)],
)
def test_lists_code_and_paragraphs_are_structure(text: str, structure: float) -> None:
    assert rate_structure(text) == structure


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("1. Sonia 2. Elena", 2),
        ("- a\n- b\n- c", 3),
        ("1. a\n2. b", 2),
        ("The year 3. was", 0),
        ("none", 0),
    ],
)
def test_list_items_are_counted(text: str, n: int) -> None:
    assert count_items(text) == n
