import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.model_facts import ModelFacts, Price
from tagraph.steps.estimate import estimate_calls, estimate_seconds, guess_tokens, spread_counts

KNOWN = ModelFacts(Price(1, 10), priced_by="a list")


@given(st.text())
def test_a_guess_is_a_range_around_the_likely_number(text: str) -> None:
    low, expected, high = guess_tokens(text)

    assert 0 <= low <= expected <= high
    assert (high > 0) == bool(text)


def test_other_scripts_take_more_tokens_a_character_than_english() -> None:
    assert guess_tokens("写一首诗")[1] > guess_tokens("poem")[1]


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=50))
def test_counts_spread_around_their_mean(counts: list[int]) -> None:
    low, expected, high = spread_counts(counts)

    assert low <= expected <= high
    assert expected == pytest.approx(100 * sum(counts) / len(counts), abs=1)
    if len(set(counts)) == 1:
        assert low == high


def test_dollars_follow_the_tokens_and_batches_cost_half() -> None:
    found = estimate_calls(1000, (9000, 10_000, 12_000), (20, 50, 500), KNOWN, "server")

    assert found.input_tokens == (90_000, 100_000, 120_000)
    assert found.output_tokens == (20_000, 50_000, 500_000)
    assert found.live_usd == pytest.approx((0.29, 0.6, 5.12))
    assert found.batch_usd == pytest.approx((0.145, 0.3, 2.56))
    assert found.as_dict()["calls"] == 1000


def test_without_a_price_there_are_tokens_and_no_dollars() -> None:
    found = estimate_calls(10, (100, 100, 100), (1, 1, 1), ModelFacts(), "guess")

    assert found.live_usd is None
    assert found.batch_usd is None
    assert "no price" in found.prices
    assert found.input_tokens == (10, 10, 10)


@pytest.mark.parametrize(
    ("limits", "pace", "seconds"),
    [
        ({}, None, None),
        ({}, 0.5, 500),
        ({"requests": 50}, None, 1200),
        ({"requests": 50}, 9.0, 9000),
        ({"requests": 5000, "input-tokens": 10_000}, None, 600),
        ({"output-tokens": 100_000}, 0.1, 300),  # the room of the replies is reserved
        ({"tokens": 60_000, "requests": 0}, None, 600),
    ],
)
def test_the_slowest_limit_tells_the_time(
    limits: dict[str, int], pace: float | None, seconds: float | None
) -> None:
    found = estimate_calls(1000, (9000, 10_000, 12_000), (20, 50, 500), ModelFacts(), "server")

    assert estimate_seconds(found, limits, pace) == seconds
