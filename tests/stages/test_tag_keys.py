from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Link
from tagraph.stages.tag_keys import (
    drop_version,
    find_heads,
    fold_case,
    link_by_keys,
    spell_american,
    spell_out,
    split_words,
    squash,
    turn_around,
)


@pytest.mark.parametrize(
    "spellings",
    [
        ["machine-learning", "Machine Learning", "machine_learning", "MachineLearning"],
        ["node.js", "NodeJS", "node js"],
        ["C#", "c sharp", "csharp"],
        ["c++", "C plus plus"],
        [".NET", "dotnet", "dot-net"],
        ["a*", "a star", "A*"],
        ["r&d", "R and D"],
        ["#python", "python", "Ｐｙｔｈｏｎ"],
        ["café", "cafe", "CAFE\u0301"],
        ["straße", "strasse"],
        ["garry's mod", "garrys mod", "Garry’s Mod"],
        ["1,000 words", "1000 words"],
        ["python3", "python 3", "Python-3"],
        ["24/7", "24-7"],
        ["機械学習", "機械・学習"],
    ],
)
def test_spellings_of_one_tag_share_a_key(spellings: list[str]) -> None:
    assert len({squash(split_words(tag)) for tag in spellings}) == 1


@pytest.mark.parametrize(
    "tags",
    [
        ["c", "c++", "c#"],
        [".net", "net"],
        ["f", "f#"],
        ["gpt 3.5", "gpt 35", "gpt 3"],
        ["1/2", "12"],
        ["a*", "a"],
        ["か", "が"],
        ["й", "и"],
        ["🎉", "🚀"],
        ["100%", "100"],
    ],
)
def test_symbols_digits_and_other_scripts_tell_tags_apart(tags: list[str]) -> None:
    assert len({squash(split_words(tag)) for tag in tags}) == len(tags)


@pytest.mark.parametrize("tag", ["", " ", "-", "...", "()", "、", "—", "'"])
def test_a_tag_of_separators_has_no_words_and_matches_nothing(tag: str) -> None:
    assert split_words(tag) == ()
    assert squash(split_words(tag)) == ""


def test_an_empty_key_matches_nothing_and_others_link_to_the_first() -> None:
    assert link_by_keys(["", "a", "", "b", "a", "a"], "case") == [
        Link(1, 4, "case"),
        Link(1, 5, "case"),
    ]


@given(st.text(max_size=60))
def test_splitting_is_settled_after_one_pass_for_any_text(tag: str) -> None:
    words = split_words(tag)
    assert all(word and not word.isspace() for word in words)
    assert fold_case(fold_case(tag)) == fold_case(tag)


def test_a_very_long_tag_is_split_like_any_other() -> None:
    assert len(split_words("word " * 5000)) == 5000


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("colour", "color"),
        ("behaviours", "behaviors"),
        ("favourite", "favorite"),
        ("organisation", "organization"),
        ("optimise", "optimize"),
        ("analyse", "analyze"),
        ("centre", "center"),
        ("metre", "meter"),
        ("catalogue", "catalog"),
        ("defence", "defense"),
        ("modelling", "modeling"),
        ("grey", "gray"),
        ("programme", "program"),
        ("judgement", "judgment"),
    ],
)
def test_british_spelling_becomes_american(british: str, american: str) -> None:
    assert spell_american(british) == spell_american(american) == american


@pytest.mark.parametrize(
    "word", ["four", "hour", "tour", "prologue", "wise", "rise", "filling", "seller"]
)
def test_words_that_only_look_british_stay(word: str) -> None:
    assert spell_american(word) == word


def test_order_does_not_matter_where_it_carries_no_meaning() -> None:
    same = ["css reset", "reset css", "reset of css"]
    assert len({turn_around(tuple(tag.split())) for tag in same}) == 1


@pytest.mark.parametrize(
    "tag",
    [
        "text to image",
        "speech to text",
        "from python",
        "poem",
        "",
        "of",
        "history of",
        "a b of c of d",
    ],
)
def test_order_matters_around_words_of_direction_and_in_single_words(tag: str) -> None:
    assert turn_around(tuple(tag.split())) == ""


@pytest.mark.parametrize(
    ("tag", "base"),
    [
        ("python 3", ("python",)),
        ("python3", ("python",)),
        ("windows 10", ("windows",)),
        ("angular v2", ("angular",)),
        ("grand theft auto 5", ("grand", "theft", "auto")),
        ("mp3", ()),
        ("python", ()),
        ("2024", ()),
        ("", ()),
        ("log4j 2", ()),
    ],
)
def test_a_version_at_the_end_is_dropped(tag: str, base: tuple[str, ...]) -> None:
    assert drop_version(tuple(tag.split())) == base


def test_short_forms_are_written_out() -> None:
    assert spell_out(("game", "dev", "docs")) == ("game", "development", "docs")


def test_no_two_short_forms_lead_to_each_other() -> None:
    words = [("app",), ("dev",), ("config",)]
    assert all(spell_out(spell_out(word)) == spell_out(word) for word in words)
    assert all(spell_out(a) != spell_out(b) for a, b in combinations(words, 2))


@pytest.mark.parametrize(
    ("tag", "heads"),
    [
        ("deep machine learning", ["machine learning", "learning"]),
        ("learning", []),
        ("quality of service", []),
        ("text to video", []),
        ("fake news", []),
        ("non fiction", []),
        ("draft js", []),
        ("python 3", []),
        ("team a", []),
        ("", []),
    ],
)
def test_a_tag_is_a_kind_of_what_it_ends_in(tag: str, heads: list[str]) -> None:
    assert find_heads(tuple(tag.split())) == [tuple(head.split()) for head in heads]
