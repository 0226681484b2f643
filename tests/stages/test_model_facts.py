import math
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.model_facts import ModelFacts, Price, cost_of, find_facts, worst_cost

counts = st.integers(0, 300_000)
dollars = st.integers(0, 10_000).map(lambda cents: cents / 100)
prices = st.builds(Price, dollars, dollars)


def test_a_thousand_pairs_cost_what_the_price_list_says() -> None:
    price = find_facts("claude-haiku-5-5").price
    assert price is not None

    assert cost_of(price, 1_500, 60) * 100_000 / 1e9 == pytest.approx(18.0)
    assert cost_of(price, 1_000_000, 0) / 1e9 == 0.5  # long prompts are dearer
    assert cost_of(price, 0, 0, cache_read=1_000) == 10_000
    assert cost_of(price, 0, 0, cache_write=1_000) == 125_000


def test_a_date_in_the_name_does_not_change_the_model_and_an_unknown_one_has_no_price() -> None:
    assert find_facts("claude-haiku-5-5-20261007") == find_facts("claude-haiku-5-5")
    assert find_facts("qwen-9") == ModelFacts()
    assert find_facts("").price is None
    assert find_facts("claude-haiku-5-5-large").price is None


LISTED = ("claude-haiku-5-5", "claude-sonnet-4-5", "claude-opus-4-6", "claude-fable-5-2")


@given(st.sampled_from(LISTED), counts, counts, counts, counts)
def test_a_listed_model_costs_what_the_list_itself_computes(
    model: str, told: int, said: int, read: int, written: int
) -> None:
    usage = Usage(
        input_tokens=told + read + written,
        output_tokens=said,
        cache_read_tokens=read,
        cache_write_tokens=written,
    )
    newest = datetime.max.replace(tzinfo=UTC)
    listed = calc_price(usage, model, provider_id="anthropic", genai_request_timestamp=newest)
    facts = find_facts(model)
    assert facts.price is not None

    assert cost_of(facts.price, told, said, read, written) == math.ceil(listed.total_price * 10**9)
    assert facts.priced_by.startswith("genai-prices ")


def test_in_batches_every_rate_is_half_and_long_prompts_stay_dearer() -> None:
    price = find_facts("claude-haiku-5-5").price
    assert price is not None

    for told in (1_000, 500_000):
        assert 2 * cost_of(price.batched, told, 100, told, told) == cost_of(
            price, told, 100, told, told
        )


@given(prices, counts, counts)
def test_costs_are_exact_up_to_one_billionth_and_never_too_low(
    price: Price, said: int, heard: int
) -> None:
    exact = 1000 * (said * Fraction(str(price.input)) + heard * Fraction(str(price.output)))

    assert exact <= cost_of(price, said, heard) <= math.ceil(exact)


@given(prices, st.text(max_size=200), st.integers(1, 4096), st.integers(0, 1500))
def test_the_worst_case_is_never_below_what_a_request_can_cost(
    price: Price, text: str, room: int, framing: int
) -> None:
    n_bytes = len(text.encode())

    worst = worst_cost(price, n_bytes, room)

    assert worst >= cost_of(price, n_bytes + framing, room)
    assert worst >= cost_of(price, 0, room, cache_write=n_bytes + framing)
