import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.affixes import link_blends, link_markers, link_plural_acronyms

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
    links = link_markers(_words("zig", marked))
    assert [(link.left, link.right, link.reason) for link in links] == [(1, 0, "affix")]


@pytest.mark.parametrize(
    ("name", "marked"),
    [("zag", "ziglang"), ("c", "clang"), ("d", "djs"), ("web", "webapp"), ("three", "threejs")],
)
def test_no_marker_no_name_or_a_name_too_short_is_no_link(name: str, marked: str) -> None:
    assert link_markers(_words(name, marked), frozenset(("three",))) == []


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
    links = link_blends(words, group, frozenset()) + link_markers(words)
    assert all(words[link.left] != words[link.right] for link in links)
