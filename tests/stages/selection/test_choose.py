from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Bags, FloatArray, IntArray, Selection
from tagraph.errors import InputError, OptionsError
from tagraph.stages.selection import (
    POLICIES,
    SelectionOptions,
    cluster_quotas,
    select_samples,
)

QUOTAS = ("equal", "proportional", "square-root")
PREFIXED = tuple(policy for policy in POLICIES if policy != "sure")
sizes_lists = st.lists(st.integers(0, 12), min_size=1, max_size=8)


@st.composite
def pools(draw: st.DrawFn) -> tuple[FloatArray, IntArray, list[str], IntArray]:
    """Strengths (with ties and NaN), clusters, distinct keys, lengths."""
    n = draw(st.integers(1, 25))
    levels = st.sampled_from([-1.5, 0.0, 0.0, 0.25, 2.0, float("nan")])
    strength = np.array(draw(st.lists(levels, min_size=n, max_size=n)))
    cluster = np.array(draw(st.lists(st.integers(-1, 4), min_size=n, max_size=n)))
    keys = draw(st.lists(st.text(max_size=4), min_size=n, max_size=n, unique=True))
    length = np.array(draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)))
    return strength, cluster, keys, length


def choose(
    pool: tuple[FloatArray, IntArray, list[str], IntArray], k: int, policy: str
) -> Selection:
    strength, cluster, keys, length = pool
    options = SelectionOptions(policy)
    # Tags and vectors that follow from the row's own key and length, so that a shuffle moves them.
    bags = Bags.of([sorted(set(key)) for key in keys])
    angle = length.astype(np.float64)
    return select_samples(
        strength,
        cluster,
        k,
        options,
        standard_error=0.1 + length / 10,
        length=length,
        keys=keys,
        bags=bags,
        vectors=np.column_stack([np.cos(angle), np.sin(angle)]),
        shares=np.array([0.5, 0.0, 0.2, 0.1, 0.2]),
    )


@given(pools(), st.sampled_from(POLICIES), st.data())
def test_exactly_k_distinct_rows_with_a_reason_each(
    pool: tuple[FloatArray, IntArray, list[str], IntArray], policy: str, data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(pool[0])))
    selection = choose(pool, k, policy)
    assert len(set(selection.index.tolist())) == k == len(selection.reasons)
    assert all(selection.reasons)
    np.testing.assert_array_equal(selection.cluster, pool[1][selection.index])


@given(pools(), st.sampled_from(POLICIES), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(
    pool: tuple[FloatArray, IntArray, list[str], IntArray], policy: str, random: Random
) -> None:
    strength, cluster, keys, length = pool
    order = list(range(len(keys)))
    random.shuffle(order)
    moved = (strength[order], cluster[order], [keys[i] for i in order], length[order])
    k = (len(keys) + 1) // 2
    before, after = choose(pool, k, policy), choose(moved, k, policy)
    assert [keys[i] for i in before.index] == [moved[2][i] for i in after.index]
    assert before.rule == after.rule
    assert before.rank.tolist() == after.rank.tolist()


@given(pools(), st.sampled_from(PREFIXED), st.data())
def test_a_larger_k_extends_the_selection(
    pool: tuple[FloatArray, IntArray, list[str], IntArray], policy: str, data: st.DataObject
) -> None:
    small = data.draw(st.integers(1, len(pool[0])))
    large = data.draw(st.integers(small, len(pool[0])))
    assert (
        choose(pool, large, policy).index.tolist()[:small]
        == choose(pool, small, policy).index.tolist()
    )


@given(pools(), st.sampled_from(QUOTAS), st.data())
def test_selection_fills_the_quotas_with_the_best_of_each_cluster(
    pool: tuple[FloatArray, IntArray, list[str], IntArray], policy: str, data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(pool[0])))
    selection = choose(pool, k, policy)
    clusters = [*sorted(set(pool[1].tolist()) - {-1}), *([-1] if -1 in pool[1] else [])]
    sizes = [int((pool[1] == c).sum()) for c in clusters]
    for cluster, quota in zip(clusters, cluster_quotas(sizes, k, policy), strict=True):
        ranks = selection.rank[selection.cluster == cluster].tolist()
        assert ranks == list(range(1, int(quota) + 1))


@given(pools(), st.sampled_from(("equal", "proportional", "global")), st.data())
def test_no_rival_is_stronger_than_the_row_it_lost_to(
    pool: tuple[FloatArray, IntArray, list[str], IntArray], policy: str, data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(pool[0])))
    selection = choose(pool, k, policy)
    strength, cluster, _, _ = pool
    left = set(range(len(strength))) - set(selection.index.tolist())
    for row, rival in zip(selection.index.tolist(), selection.rival.tolist(), strict=True):
        others = [i for i in left if cluster[i] == cluster[row]]
        assert (rival == -1) == (not others)
        if others:
            assert rival in others
            assert not strength[rival] > strength[row]
            assert not any(strength[i] > strength[rival] for i in others)


@given(sizes_lists, st.integers(0, 120), st.sampled_from(POLICIES))
def test_quotas_sum_to_k_and_never_exceed_sizes(sizes: list[int], k: int, policy: str) -> None:
    quotas = cluster_quotas(sizes, k, policy)
    assert quotas.sum() == min(k, sum(sizes))
    assert (quotas <= sizes).all()
    assert (quotas >= 0).all()


@given(sizes_lists, st.integers(0, 60), st.sampled_from(QUOTAS))
def test_no_quota_falls_when_k_grows(sizes: list[int], k: int, policy: str) -> None:
    assert (cluster_quotas(sizes, k + 1, policy) >= cluster_quotas(sizes, k, policy)).all()


@given(sizes_lists, st.integers(0, 60))
def test_equal_quotas_differ_by_at_most_one_unless_a_cluster_is_used_up(
    sizes: list[int], k: int
) -> None:
    quotas = cluster_quotas(sizes, k)
    for size, quota in zip(sizes, quotas.tolist(), strict=True):
        assert quota == size or quota >= quotas.max() - 1


@given(sizes_lists, st.integers(0, 60))
def test_a_larger_cluster_never_gets_less(sizes: list[int], k: int) -> None:
    for policy in QUOTAS:
        quotas = cluster_quotas(sizes, k, policy)
        by_size = quotas[np.argsort(-np.array(sizes), kind="stable")]
        assert (np.diff(by_size) <= 0).all()


def test_proportional_quotas_follow_the_sizes() -> None:
    assert cluster_quotas([600, 300, 100], 10, "proportional").tolist() == [6, 3, 1]


def test_small_clusters_leave_their_quota_to_the_others() -> None:
    assert cluster_quotas([50, 1, 50], 9).tolist() == [4, 1, 4]


def test_quotas_of_no_clusters_are_empty() -> None:
    assert cluster_quotas([], 5).tolist() == []


def test_random_draw_depends_on_the_seed_and_not_on_the_strengths() -> None:
    n = 200
    keys = [f"key{i}" for i in range(n)]
    cluster = np.zeros(n, dtype=np.int64)
    draws = [
        select_samples(strength, cluster, 20, SelectionOptions("random", seed), keys=keys)
        for strength in (np.zeros(n), np.arange(n, dtype=np.float64))
        for seed in (0, 1)
    ]
    assert draws[0].index.tolist() == draws[2].index.tolist()
    assert draws[0].index.tolist() != draws[1].index.tolist()
    assert np.isnan(draws[0].strength).all()
    assert "strengths not used" in draws[0].reasons[0]


def test_random_takes_every_row_about_equally_often() -> None:
    cluster = np.zeros(10, dtype=np.int64)
    taken = np.zeros(10)
    for seed in range(300):
        options = SelectionOptions("random", seed)
        taken[select_samples(np.zeros(10), cluster, 3, options).index] += 1
    assert taken.min() > 60
    assert taken.max() < 120


def test_adding_rows_keeps_the_relative_random_draw() -> None:
    keys = [f"key{i}" for i in range(40)]
    options = SelectionOptions("random")
    some = select_samples(np.zeros(30), np.zeros(30, dtype=int), 30, options, keys=keys[:30])
    more = select_samples(np.zeros(40), np.zeros(40, dtype=int), 40, options, keys=keys)
    assert [i for i in more.index if i < 30] == some.index.tolist()


def test_longest_takes_the_longest_responses() -> None:
    length = np.array([3, 9, 1, 9])
    selection = select_samples(
        np.full(4, np.nan), np.zeros(4, dtype=int), 3, SelectionOptions("longest"), length=length
    )
    assert selection.index.tolist() == [1, 3, 0]
    assert selection.rule == ("length",) * 3
    assert selection.reasons[1] == "2nd longest of 4 responses (9 characters); strengths not used"


def test_global_takes_the_strongest_and_rows_without_strength_last() -> None:
    strength = np.array([np.nan, 1.0, -3.0, 2.0])
    selection = select_samples(strength, np.array([0, 0, 1, 1]), 4, SelectionOptions("global"))
    assert selection.index.tolist() == [3, 1, 2, 0]
    assert selection.reasons[0].startswith(
        "best of 2 in cluster 1, number 1 of 4 by strength within its cluster ("
    )
    assert "never compared" in selection.reasons[3]
    assert "best" not in selection.reasons[3]


def test_strengths_that_differ_by_noise_go_by_key() -> None:
    strength = np.array([1.0, 1.0 + 1e-13])
    chosen = select_samples(strength, np.zeros(2, dtype=int), 1, keys=["a", "b"])
    assert chosen.index.tolist() == [0]
    assert "level with rejected row 1, kept by order of key alone" in chosen.reasons[0]


def test_a_prefix_of_an_equal_selection_is_balanced() -> None:
    cluster = np.repeat([0, 1, 2, -1], [8, 7, 6, 5])
    selection = select_samples(np.arange(26.0), cluster, 16)
    assert selection.cluster.tolist() == [0, 1, 2, -1] * 4


def test_rows_beyond_the_even_share_are_called_refill() -> None:
    cluster = np.repeat([0, 1], [6, 1])
    selection = select_samples(np.arange(7.0), cluster, 5)
    assert selection.rule == ("quota", "quota", "quota", "quota", "refill")
    assert "places that smaller clusters could not use" in selection.reasons[-1]


def test_reasons_say_rank_strength_error_and_rival() -> None:
    strength = np.array([2.0, 1.5, 1.497, 1.0, np.nan])
    error = np.array([0.1, 0.5, 0.5, 0.5, np.nan])
    cluster = np.zeros(5, dtype=int)
    first = select_samples(strength, cluster, 1, standard_error=error)
    assert first.reasons == (
        "best of 5 in cluster 0, quota 1 (strength +2.00 ± 0.10, belongs in with chance 0.63);"
        " ahead of rejected row 1 by 0.50",
    )
    second = select_samples(strength, cluster, 2, standard_error=error)
    assert second.reasons[1] == (
        "2nd best of 5 in cluster 0, quota 2 (strength +1.50 ± 0.50, belongs in with chance 0.44);"
        " ahead of rejected row 2 by less than 0.01, less than its standard error"
    )
    fourth = select_samples(strength, cluster, 4).reasons[3]
    assert fourth.endswith("(strength +1.00); ahead of rejected row 4, which was never compared")
    assert select_samples(strength, cluster, 5).reasons[4] == (
        "5th of 5 in cluster 0, quota 5 (never compared); nothing of this cluster is left out"
    )


def test_reasons_say_when_a_row_is_alone_or_has_no_cluster_or_no_comparison() -> None:
    selection = select_samples(np.array([np.nan, np.nan, 0.5]), np.array([-1, -1, 0]), 2)
    assert selection.reasons == (
        "1st of 2 in the rows without a cluster, quota 1 (never compared);"
        " kept before row 1 by order of key alone",
        "the only sample in cluster 0, quota 1 (strength +0.50);"
        " nothing of this cluster is left out",
    )


@pytest.mark.parametrize(
    ("rank", "ordinal"),
    [(2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (21, "21st")],
)
def test_ordinals_are_english(rank: int, ordinal: str) -> None:
    selection = select_samples(-np.arange(30.0), np.zeros(30, dtype=int), rank)
    assert selection.reasons[-1].startswith(f"{ordinal} best of 30")


@pytest.mark.parametrize("k", [0, -1, 4])
def test_a_k_that_cannot_be_met_is_refused(k: int) -> None:
    with pytest.raises(OptionsError, match=r"at least 1|holds 3 samples"):
        select_samples(np.zeros(3), np.zeros(3, dtype=int), k)


def test_longest_without_lengths_is_refused() -> None:
    with pytest.raises(OptionsError, match="length"):
        select_samples(np.zeros(3), np.zeros(3, dtype=int), 1, SelectionOptions("longest"))


@pytest.mark.parametrize(
    ("strength", "cluster", "keys", "message"),
    [
        ([0.0, 0.0], [0], None, "another array"),
        ([0.0, 0.0], [0, 0], ["a"], "another array"),
        ([0.0, 0.0], [0, 0], ["a", "a"], "share a key"),
        ([0.0, 0.0], [0, -2], None, "below -1"),
        ([0.0, np.inf], [0, 0], None, "infinite"),
    ],
)
def test_rows_that_do_not_fit_together_are_refused(
    strength: list[float], cluster: list[int], keys: list[str] | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        select_samples(np.array(strength), np.array(cluster), 1, keys=keys)


@pytest.mark.parametrize(("policy", "seed"), [("best", 0), ("equal", -1), ("random", True)])
def test_bad_options_are_refused(policy: str, seed: int) -> None:
    with pytest.raises(OptionsError):
        SelectionOptions(policy, seed)


def test_bad_quota_requests_are_refused() -> None:
    with pytest.raises(OptionsError, match="policy"):
        cluster_quotas([1], 1, "best")
    with pytest.raises(OptionsError, match="k is -1"):
        cluster_quotas([1], -1)
    with pytest.raises(InputError, match="below 0"):
        cluster_quotas([-1], 1)


def test_a_million_rows_are_chosen_from_in_seconds() -> None:
    rng = np.random.default_rng(0)
    n = 1_000_000
    selection = select_samples(rng.normal(size=n), rng.integers(-1, 500, n), 1000)
    assert np.bincount(selection.cluster + 1).max() == 2
