import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.affixes import (
    link_blends,
    link_clipped,
    link_doings,
    link_markers,
    link_plural_acronyms,
)

_KNOWN = frozenset(
    ("arctic", "fox", "worker", "page", "pages", "machine", "learning", "sail", "sails")
)


def _words(*tags: str) -> list[tuple[str, ...]]:
    return [tuple(tag.split()) for tag in tags]


def _blends(*tags: str) -> list[tuple[str, str]]:
    links = link_blends(_words(*tags), range(len(tags)), _KNOWN)
    return [(tags[link.left], tags[link.right]) for link in links]


@pytest.mark.parametrize(
    "marked", ["ziglang", "zig lang", "zigjs", "zig js", "zig programming language"]
)
def test_a_marker_behind_a_name_adds_nothing(marked: str) -> None:
    links = link_markers(_words("zig", marked), ())
    assert [(link.left, link.right, link.reason) for link in links] == [(1, 0, "affix")]


@pytest.mark.parametrize(
    ("name", "marked"),
    [("zag", "ziglang"), ("c", "clang"), ("d", "djs"), ("web", "webapp"), ("three", "threejs")],
)
def test_no_marker_no_name_or_a_name_too_short_is_no_link(name: str, marked: str) -> None:
    assert link_markers(_words(name, marked), (), frozenset(("three",))) == []


@pytest.mark.parametrize(
    ("blend", "full"),
    [
        ("infosec", "information security"),
        ("gdrive", "google drive"),
        ("biopic", "biographical picture"),
        ("scifi", "science fiction"),
        ("arpg", "action rpg"),
    ],
)
def test_clipped_words_run_together_are_a_blend(blend: str, full: str) -> None:
    assert _blends(blend, full) == [(blend, full)]


@pytest.mark.parametrize(
    ("word", "full"),
    [
        ("arcfox", "arctic fox"),
        ("coworker", "coal worker"),
        ("worker", "worldly kernel"),
        ("infos", "information security"),
        ("abcd", "abroad cd efg hij"),
        ("websites", "website sellers"),
        ("infosec", "information s3curity"),
    ],
)
def test_what_may_be_chance_or_an_inflection_is_no_blend(word: str, full: str) -> None:
    assert _blends(word, full) == []


def test_a_blend_of_two_tags_is_left_alone() -> None:
    assert _blends("infosec", "information security", "informal section") == []


def test_plurals_of_acronyms_are_plurals_and_words_are_not() -> None:
    words = _words("llm", "llms", "redi", "redis", "sail", "sails", "aaa", "aaas", "ccs", "ccss")
    found = [(link.left, link.right, link.reason) for link in link_plural_acronyms(words, _KNOWN)]
    assert found == [(1, 0, "plural")]


_TAGS = st.lists(
    st.lists(st.text("abcs", min_size=1, max_size=5), min_size=1, max_size=3).map(tuple),
    max_size=12,
)


@given(_TAGS)
def test_links_join_two_different_entries(words: list[tuple[str, ...]]) -> None:
    group = [words.index(entry) for entry in words]
    links = link_blends(words, group, frozenset()) + link_markers(words, words)
    assert all(words[link.left] != words[link.right] for link in links)


def test_a_marker_may_stand_behind_a_plural() -> None:
    links = link_markers(_words("handlebar", "handlebarsjs"), _words("handlebars", "handlebarsjs"))
    assert [(link.left, link.right) for link in links] == [(1, 0)]


_VERBS = frozenset(("test", "code", "plot", "engineer", "act", "evaluation", "evil", "general"))


@pytest.mark.parametrize(
    ("doing", "verb"),
    [
        ("unit testing", "unit test"),
        ("vibe coding", "vibe code"),
        ("box plotting", "box plot"),
    ],
)
def test_a_doing_at_the_end_of_several_words_is_its_verb(doing: str, verb: str) -> None:
    links = link_doings(_words(verb, doing), _VERBS)
    assert [(link.left, link.right, link.reason) for link in links] == [(1, 0, "inflection")]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("testing", "test"),  # alone it may be another thing
        ("software engineering", "software engineer"),
        ("unit tasting", "unit test"),
        ("unit zapping", "unit zap"),  # no dictionary word
        ("web ing", "web"),
        ("my thing", "my th"),
    ],
)
def test_another_doing_is_left_to_other_evidence(left: str, right: str) -> None:
    assert link_doings(_words(left, right), _VERBS) == []


def test_a_clipped_word_among_others_is_linked_to_the_full_one() -> None:
    links = link_clipped(_words("llm eval", "llm evaluation", "llm"), _VERBS)
    assert [(link.left, link.right, link.reason) for link in links] == [(0, 1, "short form")]


@pytest.mark.parametrize(
    "tags",
    [
        ("eval", "evaluation"),
        ("llm eval", "llm evaluation", "llm evaluated"),
        ("llm ev", "llm evaluation"),
        ("llm evaluati", "llm evaluation"),
        ("llm eval", "gpt evaluation"),
        ("llm act", "llm action"),
    ],
)
def test_what_may_be_clipped_from_several_words_or_is_a_word_stays(tags: tuple[str, ...]) -> None:
    assert link_clipped(_words(*tags), _VERBS | {"evaluated", "action"}) == []


@given(
    st.lists(st.lists(st.sampled_from(["eval", "evaluation", "test", "testing", "a"]), max_size=3))
)
def test_links_of_words_never_join_a_tag_to_itself(words: list[list[str]]) -> None:
    entries = [tuple(entry) for entry in words]
    for link in link_doings(entries, _VERBS) + link_clipped(entries, _VERBS):
        assert entries[link.left] != entries[link.right]
