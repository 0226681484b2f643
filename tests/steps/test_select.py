import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import ASSISTANT, HUMAN, Bags, Clustering, IntArray, Sample, Samples, Turn
from tagraph.errors import InputError, OptionsError
from tagraph.stages.selection import SelectionOptions
from tagraph.steps.select import Pool, count_tokens, select_pool, share_clusters


def clustering(membership: list[int], *names: str) -> Clustering:
    links: IntArray = np.empty((0, 2), dtype=np.int64)
    return Clustering(np.array(membership, dtype=np.int64), links, names, np.ones(len(names)))


def test_a_reason_names_cluster_strength_outcomes_rival_and_tags() -> None:
    pool = Pool(
        ids=["aa", "bb", "cc"],
        clustering=clustering([0, 0, -1], "python · code"),
        strength=np.array([0.5, 1.75, np.nan]),
        standard_error=np.array([0.2, 0.4, np.nan]),
        wins=np.array([3, 1009, 0]),
        losses=np.array([4, 2, 0]),
        bags=Bags.of([["x"], ["sorting", "python", "c", "d", "e"], []]),
    )
    selection = select_pool(pool, 2)
    assert selection.ids == ("bb", "cc")
    assert selection.rival.tolist() == [0, -1]
    assert selection.reasons == (
        "best of 2 in 'python · code', quota 1 (strength +1.75 ± 0.40, belongs in with chance 0.98,"
        " 1,009 won, 2 lost);"
        " ahead of rejected aa by 1.25; tags: sorting, python, c, d",
        "the only sample in the samples without a cluster, quota 1"
        " (never compared, 0 won, 0 lost); nothing of this cluster is left out",
    )


def test_ids_and_clusters_are_enough() -> None:
    selection = select_pool(Pool(["b", "a"], clustering([0, 0], "x")), 1)
    assert selection.ids == ("a",)
    assert selection.reasons[0] == (
        "1st of 2 in 'x', quota 1 (never compared); kept before b by order of key alone"
    )


@given(st.text(max_size=300), st.lists(st.text(max_size=300), max_size=6))
def test_reasons_stay_one_short_line_whatever_names_and_tags_hold(
    name: str, tags: list[str]
) -> None:
    pool = Pool(["a"], clustering([0], name), bags=Bags.of([tags]))
    reason = select_pool(pool, 1).reasons[0]
    assert "\n" not in reason
    assert len(reason) < 400


@pytest.mark.parametrize("policy", ["random", "longest"])
def test_baselines_say_that_strengths_are_not_used(policy: str) -> None:
    pool = Pool(
        ["a", "b"],
        clustering([0, 0], "x"),
        strength=np.array([1.0, 2.0]),
        length=np.array([10, 5]),
    )
    selection = select_pool(pool, 2, SelectionOptions(policy))
    assert all("strengths not used" in reason for reason in selection.reasons)
    assert np.isnan(selection.strength).all()
    assert selection.policy == policy


def test_parts_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match="wins of 1"):
        select_pool(Pool(["a", "b"], clustering([0, 0], "x"), wins=np.array([1])), 1)


def test_a_cluster_without_a_name_is_refused() -> None:
    with pytest.raises(InputError, match="no name"):
        select_pool(Pool(["a", "b"], clustering([0, 1], "x")), 1)


def test_a_k_above_the_pool_says_how_many_there_are() -> None:
    with pytest.raises(OptionsError, match="the pool holds 2 samples"):
        select_pool(Pool(["a", "b"], clustering([0, 0], "x")), 3)


def test_an_empty_pool_is_refused_with_its_size() -> None:
    with pytest.raises(OptionsError, match="holds 0 samples"):
        select_pool(Pool([], clustering([])), 1)


TEXT = "a response of well over eight words that is used more than once"


def pool_of(*responses: str) -> Pool:
    samples = Samples.of(
        Sample(f"s{i}", (Turn(HUMAN, f"ask {i}"), Turn(ASSISTANT, text)))
        for i, text in enumerate(responses)
    )
    strength = -np.arange(len(responses), dtype=np.float64)
    groups = clustering([0] * len(responses), "python · code")
    return Pool(samples.ids, groups, strength, samples=samples, values=["x", "y"] * 3)


def test_a_near_duplicate_is_withheld_with_its_twin_and_another_row_takes_its_place() -> None:
    selection = select_pool(pool_of(TEXT, TEXT + "!", "yes", "yes", TEXT.upper(), "no"), 3)

    assert selection.ids == ("s0", "s2", "s3")
    assert [(w.sample, w.rule, w.twin, w.likeness) for w in selection.withheld] == [
        (1, "response", 0, 1.0)
    ]


def test_near_duplicates_are_looked_for_again_among_those_that_move_up() -> None:
    selection = select_pool(pool_of(TEXT, TEXT, TEXT, "yes", "maybe", "no"), 2)

    assert selection.ids == ("s0", "s3")
    assert [held.sample for held in selection.withheld] == [1, 2]


@pytest.mark.parametrize(
    ("rounds", "ids", "withheld"),
    [
        (1, ("s0", "s1"), []),
        (2, ("s0", "s2"), [1]),
        (3, ("s0", "s3"), [1, 2]),
        (9, ("s0", "s3"), [1, 2]),
    ],
)
def test_near_duplicates_of_the_last_round_stay(
    rounds: int, ids: tuple[str, ...], withheld: list[int]
) -> None:
    pool = pool_of(TEXT, TEXT, TEXT, "yes", "maybe", "no")
    selection = select_pool(pool, 2, rounds=rounds)

    assert selection.ids == ids
    assert [held.sample for held in selection.withheld] == withheld


def test_near_duplicates_stay_if_asked_for_or_allowed() -> None:
    pool = pool_of(TEXT, TEXT, TEXT)
    asked = SelectionOptions(include=("s0", "s1"))

    assert select_pool(pool, 2, asked).ids == ("s0", "s1")
    assert select_pool(pool, 2, SelectionOptions(max_likeness=1.0)).ids == ("s0", "s1")
    with pytest.raises(OptionsError, match="nearly repeat"):
        select_pool(pool, 2)


def test_lists_of_ids_are_kept_to() -> None:
    options = SelectionOptions(include=("s5",), exclude=("s0",))

    selection = select_pool(pool_of("a", "b", "c", "d", "e", "f"), 2, options)

    assert selection.ids == ("s5", "s1")
    assert "asked for by name" in selection.reasons[0]
    assert selection.withheld[0].rule == "excluded"
    with pytest.raises(InputError, match="'zz', which is no sample"):
        select_pool(pool_of("a", "b"), 1, SelectionOptions(exclude=("zz",)))


def test_a_minimum_of_a_field_is_met() -> None:
    options = SelectionOptions(minimum=("y=2",))

    selection = select_pool(pool_of("a", "b", "c", "d", "e", "f"), 3, options)

    assert selection.ids == ("s1", "s3", "s0")
    assert "needed for a minimum" in selection.reasons[1]


def test_a_token_limit_ends_the_selection() -> None:
    pool = pool_of("word " * 50, "word " * 50, "word " * 50)
    assert pool.samples is not None
    each = count_tokens(pool.samples[0])

    selection = select_pool(pool, 3, SelectionOptions(tokens=2 * each + 1, max_likeness=1.0))

    assert len(selection) == 2
    with pytest.raises(InputError, match="needs the texts"):
        select_pool(Pool(["a"], clustering([0], "x")), 1, SelectionOptions(tokens=5))


def test_near_duplicates_under_a_token_limit_only_make_the_selection_smaller() -> None:
    selection = select_pool(pool_of(TEXT, TEXT, "no"), 3, SelectionOptions(tokens=1000))

    assert selection.ids == ("s0", "s2")


def test_a_target_mix_is_divided_over_the_clusters_that_fit() -> None:
    groups = clustering([0] * 6 + [1] * 2 + [2] * 2, "Python · code", "python · error", "poem")
    options = SelectionOptions("target", target=("python=0.8",))

    shares = share_clusters(groups, options)

    assert shares.tolist() == pytest.approx([0.6, 0.2, 0.2])
    chosen = select_pool(Pool([f"s{i}" for i in range(10)], groups), 5, options)
    assert np.bincount(chosen.cluster).tolist() == [3, 1, 1]
    with pytest.raises(OptionsError, match="no other cluster has 'cook'"):
        share_clusters(groups, SelectionOptions("target", target=("cook=0.8",)))
