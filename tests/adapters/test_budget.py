import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.adapters.budget import Budget, worst_of
from tagraph.errors import BudgetReachedError, OptionsError
from tagraph.stages.model_facts import Price
from tagraph.steps.calls import Charge, Ending, Question, Spent
from tagraph.steps.llm_options import LlmOptions

BILLION = 1_000_000_000

known = st.builds(lambda cost: Ending(True, charge=Charge.KNOWN, cost=cost), st.integers(0, 50))
endings = known | st.sampled_from(
    [Ending(False, charge=Charge.NONE), Ending(False, charge=Charge.UNKNOWN)]
)


def limited(spent: Spent = Spent(), **limits: object) -> Budget:
    return Budget(LlmOptions(model="claude-haiku-5-5", **limits), spent)  # type: ignore[arg-type]


@given(
    st.integers(0, 100),
    st.integers(0, 100),
    st.lists(st.tuples(st.integers(0, 60), st.none() | endings), max_size=6),
)
def test_what_is_booked_is_true_costs_and_the_worst_case_of_the_rest(
    before: int, room: int, requests: list[tuple[int, Ending | None]]
) -> None:
    budget = limited(Spent(3, before), max_cost=(before + room) / BILLION, max_calls=9)
    booked = 0
    for worst, ending in requests:
        budget.reserve(worst)
        booked += worst
        if ending is not None:
            budget.settle(worst, ending)
            booked -= 0 if ending.charge is Charge.UNKNOWN else worst - (ending.cost or 0)

    fits = [not budget.lacks_money(more) for more in range(201)]

    assert fits == [booked + more <= room for more in range(201)]
    assert budget.lacks_calls() == (3 + len(requests) >= 9)


def test_a_large_limit_is_kept_to_the_last_billionth() -> None:
    budget = limited(Spent(1, 1_000 * BILLION), max_cost=1_000.0)

    assert not budget.lacks_money(0)
    assert budget.lacks_money(1)


def test_without_limits_nothing_is_lacking() -> None:
    budget = limited()
    budget.reserve(10**15)

    assert not budget.lacks_money(10**15)
    assert not budget.lacks_calls()


def test_a_request_without_a_price_books_nothing_and_counts() -> None:
    budget = limited(max_calls=1)
    budget.reserve(None)
    budget.settle(None, Ending(True, charge=Charge.KNOWN, cost=None))

    assert budget.lacks_calls()
    assert "1 requests, $0.0000 so far" in str(budget.error())


def test_the_limit_that_is_reached_is_the_one_that_is_told() -> None:
    spent = Spent(2, BILLION // 2)

    money, calls = (limited(spent, **limit) for limit in ({"max_cost": 0.5}, {"max_calls": 2}))

    assert isinstance(money.error(), BudgetReachedError)
    assert "the limit of $0.5 is reached: 2 requests, $0.5000 so far" in str(money.error())
    assert "the limit of 2 requests is reached" in str(calls.error())


def test_a_limit_in_dollars_needs_every_price() -> None:
    limited(Spent(4, 0, unpriced=4), max_calls=9)
    with pytest.raises(OptionsError, match="4 requests in this store have no known price"):
        limited(Spent(4, 0, unpriced=4), max_cost=1.0)
    with pytest.raises(OptionsError, match="none is known for 'unheard-of'"):
        Budget(LlmOptions(model="unheard-of", max_cost=1.0), Spent())


@given(st.text(max_size=20), st.integers(1, 999))
def test_the_worst_case_counts_every_byte_sent_and_every_token_that_may_come(
    said: str, max_tokens: int
) -> None:
    body = {"model": "m", "max_tokens": max_tokens, "messages": [{"role": "user", "content": said}]}
    asked = Question("compare", body)
    price = Price(1.0, 5.0)
    worst = worst_of(asked, price)

    assert worst_of(asked, None) is None
    assert worst is not None
    assert worst >= 1_000 * len(asked.encoded) + 5_000 * max_tokens
