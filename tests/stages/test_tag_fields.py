import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.tag_fields import LISTS, SINGLES, TagsField, find_tags_field

values = st.one_of(
    st.none(), st.integers(), st.text(max_size=4), st.lists(st.text(max_size=4), max_size=3)
)
records = st.lists(st.dictionaries(st.text(max_size=6), values, max_size=5), max_size=5)


@pytest.mark.parametrize(
    ("record", "name", "single"),
    [
        ({"id": 1, "tags": "a, b"}, "tags", False),
        ({"topics": ["x"], "llm_tags": ["a"]}, "llm_tags", False),
        ({"tag": "a, b", "count": 3}, "tag", True),
        ({"name": "x", "postKeywords": ["a"]}, "postKeywords", False),
        ({"tags": [], "Categories": "a|b"}, "Categories", False),
        ({"tags": 7, "label": "spam"}, "label", True),
        ({"thing": "a"}, "thing", True),
    ],
)
def test_the_field_is_known_by_the_last_word_of_its_name(
    record: dict[str, object], name: str, single: bool
) -> None:
    assert find_tags_field([record]) == TagsField(name, single)


@given(records)
def test_a_field_is_found_only_if_the_records_have_it(found: list[dict[str, object]]) -> None:
    where = find_tags_field(found)
    names = {name for record in found for name in record}
    if where is not None:
        assert where.name in names
    elif names:
        assert len(names) > 1


@given(st.sampled_from([*LISTS, *SINGLES]), st.permutations(["id", "text", "url"]))
def test_fields_that_hold_no_tags_and_their_order_do_not_matter(
    name: str, others: list[str]
) -> None:
    record: dict[str, object] = {**dict.fromkeys(others, "some words"), name: ["a"]}
    assert find_tags_field([record]) == TagsField(name, name in SINGLES)
