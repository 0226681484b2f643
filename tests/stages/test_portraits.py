import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Bags
from tagraph.stages.portraits import draw_portraits

BAGS = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=4, unique=True), max_size=20)


@given(BAGS, st.integers(1, 4))
def test_what_is_said_of_a_group_holds(lists: list[list[str]], n_groups: int) -> None:
    bags = Bags.of(lists)
    membership = np.arange(len(bags), dtype=np.int64) % n_groups
    portraits = draw_portraits(bags, membership)
    assert len(portraits) == min(n_groups, len(bags))
    for group, portrait in enumerate(portraits):
        inside = [set(lists[i]) for i in np.flatnonzero(membership == group).tolist()]
        words = {bags.vocabulary[i] for i in portrait.tags}
        known = len(set().union(*inside))
        assert len(words) == len(portrait.tags) <= 5
        assert len(words) >= min(3, known)
        assert abs(portrait.covered - np.mean([bool(bag & words) for bag in inside])) < 1e-6
        assert (portrait.typical == -1) == (not known)
        assert portrait.typical == -1 or membership[portrait.typical] == group
        assert len(words) <= 3 or np.mean([bool(bag & words) for bag in inside]) > 0


def test_tags_name_bags_that_no_earlier_one_has_until_half_is_named() -> None:
    twins = [["tea", "green tea"]] * 6 + [["coffee"]] * 4 + [["milk"]] * 3
    mixed = [[f"tag {i}", f"thing {i}"] for i in range(20)]
    bags = Bags.of(twins + mixed)
    membership = np.array([0] * len(twins) + [1] * len(mixed))
    one, two = draw_portraits(bags, membership)
    assert [bags.vocabulary[i] for i in one.tags] == ["green tea", "coffee", "tea"]
    assert one.covered == round(10 / 13, 6)
    assert one.typical == 0
    assert len(two.tags) == 5
    assert two.covered == 0.25


def test_the_typical_bag_holds_what_most_hold() -> None:
    bags = Bags.of([["rare", "strange"], *([["usual"]] * 10), ["odd"]])
    (only,) = draw_portraits(bags, np.zeros(12, dtype=np.int64))
    assert [bags.vocabulary[i] for i in only.tags] == ["usual", "odd", "rare"]
    assert only.typical == 1


def test_bags_without_tags_and_bags_of_no_group() -> None:
    assert draw_portraits(Bags.of([]), np.empty(0, dtype=np.int64)) == []
    (only,) = draw_portraits(Bags.of([[], ["a"]]), np.array([0, -1]))
    assert (only.tags, only.covered, only.typical) == ((), 0.0, -1)
