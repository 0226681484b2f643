from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import TagMap
from tagraph.steps.normalize import normalize_tags
from tagraph.steps.review import diff_maps, review_merges
from tests.fakes import DictLemmatizer

LEMMATIZER = DictLemmatizer({"poems": "poem"}, dictionary=frozenset(("receive", "poem")))


def test_the_merge_that_changes_most_bags_for_the_weakest_reason_comes_first() -> None:
    bags = [["Poem"], ["Poem"], ["poem"], ["poem"], ["poem"], ["recieve"], ["receive"], ["receive"]]
    found = normalize_tags(bags, lemmatizer=LEMMATIZER, encoder=None)
    review = review_merges(bags, found)
    assert [(row.raw, row.raw_count, row.canonical_count) for row in review.rows] == [
        ("recieve", 1, 3),
        ("Poem", 2, 5),
    ]
    assert len(review) == 2
    assert list(review.to_pandas()["reason"]) == ["fuzzy", "case"]
    assert "2 merges" in review._repr_html_()


def test_a_diff_tells_new_gone_renamed_and_moved() -> None:
    before = TagMap({"a": "a", "A": "a", "b": "b", "B": "b", "old": "old", "x": "x", "X": "x"})
    after = TagMap({"a": "A", "A": "A", "b": "b", "B": "a", "new": "new", "x": "x", "X": "x"})
    diff = diff_maps(before, after)
    assert [tuple(change) for change in diff.changes] == [
        ("old", "old", "", "gone"),
        ("B", "b", "a", "moved"),
        ("new", "", "new", "new"),
        ("A", "a", "A", "renamed"),
        ("a", "a", "A", "renamed"),
    ]
    assert len(diff) == 5
    assert list(diff.to_pandas().columns) == ["raw", "before", "after", "kind"]
    assert "5 changes" in diff._repr_html_()


_NAMES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("xyz"))


@given(_NAMES, _NAMES)
def test_a_diff_names_exactly_the_tags_that_differ(
    before: dict[str, str], after: dict[str, str]
) -> None:
    changes = diff_maps(TagMap(before), TagMap(after)).changes
    told = {raw for raw in before.keys() | after.keys() if before.get(raw) != after.get(raw)}
    assert {change.raw for change in changes} == told
    assert diff_maps(TagMap(before), TagMap(before)).changes == ()


def test_an_incremental_run_keeps_names_though_another_spelling_is_used_more() -> None:
    first = [["Poem"], ["Poem"], ["poem"], ["receive"]]
    before = normalize_tags(first, lemmatizer=LEMMATIZER, encoder=None)
    more = [*first, ["poem"], ["poem"], ["poems"], ["recieve"]]
    fresh = normalize_tags(more, lemmatizer=LEMMATIZER, encoder=None)
    after = normalize_tags(more, lemmatizer=LEMMATIZER, encoder=None, previous=before)
    assert fresh.canonical_of["poems"] == "poem"
    assert set(after.canonical_of.values()) == {"Poem", "receive"}
    assert {change.kind for change in diff_maps(before, after).changes} == {"new"}
