import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from tagraph.stages.naming import name_groups, score_tags


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=6))
def test_no_two_groups_share_a_name(uses: list[list[int]]) -> None:
    names = name_groups(
        score_tags(csr_array(np.array(uses, float))), ["a", "a (2)", "b", "untagged"]
    )
    assert len(set(names)) == len(uses)


def test_a_tag_that_every_group_uses_does_not_name_one() -> None:
    uses = csr_array(np.array([[5.0, 4, 0], [5, 0, 4], [5, 0, 0]]))
    assert name_groups(score_tags(uses), ["hub", "left", "right"], 1) == ("left", "right", "hub")


def test_equal_names_are_numbered_and_a_group_without_tags_is_untagged() -> None:
    uses = csr_array(np.array([[1.0], [1.0], [0.0], [0.0]]))
    uses.eliminate_zeros()
    names = name_groups(score_tags(uses), ["x"])
    assert names == ("x", "x (2)", "untagged", "untagged (2)")


def test_hostile_tags_become_short_single_lines() -> None:
    tags = ["a" * 10_000, "b\nc\u202e\x00", ""]
    (name,) = name_groups(score_tags(csr_array(np.array([[1.0, 1.0, 1.0]]))), tags)
    assert len(name) < 130
    assert name.isprintable()


def test_ties_go_to_the_smaller_tag() -> None:
    uses = csr_array(np.ones((1, 4)))
    assert name_groups(score_tags(uses), list("abcd"), 2) == ("a · b",)
