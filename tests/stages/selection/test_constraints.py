from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Bags, IntArray
from tagraph.errors import OptionsError
from tagraph.stages.selection import POLICIES, Constraints, Evidence, SelectionOptions, choose

N = 24


def evidence(seed: int) -> Evidence:
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 6, N)
    return Evidence.of(
        rng.normal(size=N),
        rng.integers(-1, 4, N),
        np.full(N, 0.4),
        rng.integers(1, 99, N),
        keys=[f"key{i:02}" for i in rng.permutation(N).tolist()],
        bags=Bags.of([rng.choice(list("abcdef"), 2).tolist() for _ in range(N)]),
        vectors=np.column_stack([np.cos(angle), np.sin(angle)]),
        shares=np.array([0.4, 0.3, 0.2, 0.1]),
    )


def rows(*numbers: int) -> IntArray:
    return np.array(numbers, dtype=np.int64)


@given(st.integers(0, 200), st.sampled_from(POLICIES), st.integers(4, 18), st.data())
def test_what_must_be_in_is_in_and_what_must_not_is_out(
    seed: int, policy: str, k: int, data: st.DataObject
) -> None:
    order = np.random.default_rng(seed).permutation(N)
    include, exclude = (
        order[: data.draw(st.integers(0, 4))],
        order[18 : 18 + data.draw(st.integers(0, 6))],
    )

    selection = choose(evidence(seed), k, SelectionOptions(policy), Constraints(include, exclude))

    chosen = set(selection.index.tolist())
    assert len(chosen) == k
    assert set(include.tolist()) <= chosen
    assert not chosen & set(exclude.tolist())
    assert not set(selection.rival.tolist()) & set(exclude.tolist())
    assert selection.rule[: len(include)] == ("included",) * len(include)


@given(st.integers(0, 200), st.sampled_from(POLICIES), st.integers(6, 18))
def test_minimums_are_met_and_change_nothing_where_the_policy_meets_them(
    seed: int, policy: str, k: int
) -> None:
    values = ["x" if i % 4 else "y" for i in range(N)]
    known, options = evidence(seed), SelectionOptions(policy)
    plain = choose(known, k, options)

    found = choose(known, k, options, Constraints(minimum={"x": 2, "y": 4}, values=values))

    held = [values[row] for row in found.index.tolist()]
    assert held.count("x") >= 2
    assert held.count("y") >= 4
    assert len(set(found.index.tolist())) == k
    before = [values[row] for row in plain.index.tolist()]
    if before.count("x") >= 2 and before.count("y") >= 4:
        assert found.index.tolist() == plain.index.tolist()
    else:
        assert "minimum" in found.rule


@given(st.integers(0, 50), st.sampled_from(POLICIES), st.integers(1, 500))
def test_a_token_limit_takes_the_longest_affordable_prefix(
    seed: int, policy: str, tokens: int
) -> None:
    counts = np.random.default_rng(seed).integers(1, 60, N)
    known, options = evidence(seed), SelectionOptions(policy)
    whole = choose(known, N, options).index

    found = choose(known, N, options, Constraints(tokens=tokens, token_counts=counts)).index

    assert found.tolist() == whole[: len(found)].tolist()
    assert counts[found].sum() <= tokens
    assert len(found) == N or counts[whole[: len(found) + 1]].sum() > tokens


def test_included_rows_have_had_their_cluster_s_turn() -> None:
    known = Evidence.of(np.array([3.0, 2, 1, 3, 2, 1]), np.array([0, 0, 0, 1, 1, 1]))

    chosen = choose(known, 4, SelectionOptions(), Constraints(include=rows(2, 1)))

    assert chosen.index.tolist() == [1, 2, 3, 4]
    assert chosen.rank.tolist() == [2, 3, 1, 2]


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        ({"include": rows(0, 1, 2, 3)}, "4 rows must be in, but k is 3"),
        ({"exclude": np.arange(22)}, "only 2 rows are left"),
        ({"minimum": {"x": 3}, "values": ["x", "x", *["y"] * 22]}, "but the pool holds 2"),
        ({"minimum": {"z": 1}, "values": ["x", "y"] * 12}, "but the pool holds 0"),
        ({"minimum": {"x": 2, "y": 2}, "values": ["x", "y"] * 12}, "must be in, but k is 3"),
    ],
)
@pytest.mark.parametrize("policy", POLICIES)
def test_what_cannot_be_met_is_refused(
    policy: str, constraints: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionsError, match=message):
        choose(evidence(0), 3, SelectionOptions(policy), Constraints(**constraints))
