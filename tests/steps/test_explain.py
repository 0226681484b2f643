import numpy as np
import pytest

from tagraph.data import Bags
from tagraph.errors import InputError
from tagraph.stages.selection import SelectionOptions
from tagraph.steps.explain import Comparisons, Explanation, explain_sample
from tagraph.steps.select import Pool, select_pool
from tests.steps.test_select import TEXT, clustering, pool_of

POOL = Pool(
    ids=["aa", "bb", "cc", "dd"],
    clustering=clustering([0, 0, 0, -1], "python · code"),
    strength=np.array([0.5, 1.75, -1.0, np.nan]),
    standard_error=np.array([0.5, 0.4, 0.3, np.nan]),
    wins=np.array([1, 2, 0, 0]),
    losses=np.array([1, 0, 2, 0]),
    bags=Bags.of([["x"], ["sorting", "python"], [], []]),
)
KNOWN = Comparisons(np.array([1, 2, 0, 0]), np.array([0, 1, 2, 2]), np.array([1, 0, 1, 0.5]))


def explain(key: str) -> Explanation:
    return explain_sample(POOL, select_pool(POOL, 2), key, KNOWN)


def test_a_selected_sample_is_told_with_interval_opponents_and_rival() -> None:
    found = explain("bb")

    assert (found.is_selected, found.position, found.rule, found.rank) == (True, 1, "quota", 1)
    assert (found.low, found.high) == pytest.approx((1.75 - 0.784, 1.75 + 0.784))
    assert (found.won, found.lost, found.tied, found.rival) == (("aa", "cc"), (), (), "aa")
    assert found.reason.startswith("best of 3 in 'python · code'")
    text = "\n".join(found.tell())
    assert "bb: selected, number 1 by policy 'equal' (quota)" in text
    assert "3 samples, 1 selected, 1 of them by strength" in text
    assert "won       2: aa, cc" in text
    assert found.as_dict()["tags"] == ("sorting", "python")


def test_a_rejected_sample_is_told_by_how_much_and_behind_whom() -> None:
    found = explain("aa")

    assert (found.is_selected, found.position, found.rule) == (False, 0, "outranked")
    assert found.rival == "bb"
    assert found.reason.endswith("the lowest ranked of them is bb, ahead by 1.25")
    assert (found.won, found.lost, found.tied) == (("cc",), ("bb",), ("cc",))
    assert 0 < (found.chance or 0) < 0.1
    assert "aa: not selected" in next(found.tell())


def test_a_sample_never_compared_says_so() -> None:
    selection = select_pool(POOL, 1)
    found = explain_sample(POOL, selection, "dd")

    assert found.reason == "nothing of its cluster was taken"
    assert (found.strength, found.low, found.chance, found.rank) == (None, None, None, 0)
    assert "  strength  never compared" in found.tell()
    assert "the samples without a cluster" in "\n".join(found.tell())


def test_a_near_duplicate_names_its_twin_and_an_excluded_one_its_list() -> None:
    pool = pool_of(TEXT, TEXT, "c", "d")
    selection = select_pool(pool, 2, SelectionOptions(exclude=("s3",)))

    twin, listed = explain_sample(pool, selection, "s1"), explain_sample(pool, selection, "s3")

    assert (twin.rule, twin.rival) == ("near-duplicate response", "s0")
    assert "nearly repeats that of s0 (likeness 1.00)" in twin.reason
    assert listed.rule == "excluded"


def test_a_baseline_and_ties_without_scores_are_told_plainly() -> None:
    pool = pool_of("a", "b", "c")
    drawn = select_pool(pool, 2, SelectionOptions("random"))
    left = next(key for key in pool.ids if key not in drawn.ids)

    assert explain_sample(pool, drawn, left).rule == "not drawn"
    unknown = Pool(["a", "b"], clustering([0, 0], "x"))
    found = explain_sample(unknown, select_pool(unknown, 1), "b")
    assert found.reason.endswith("the lowest ranked of them is a; this one was never compared")


def test_an_unknown_sample_is_refused() -> None:
    with pytest.raises(InputError, match="no sample 'zz'"):
        explain("zz")
