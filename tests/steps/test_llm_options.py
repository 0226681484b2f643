from typing import Any

import pytest

from tagraph.errors import OptionsError
from tagraph.stages.model_facts import Price, find_facts
from tagraph.steps.llm_options import LlmOptions


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"structure": "magic"}, "structure"),
        ({"base_url": "localhost:8080"}, "http://"),
        ({"base_url": "http://[::1"}, "names no server"),
        ({"base_url": "http://host:99999"}, "names no server"),
        ({"base_url": "https://"}, "names no server"),
        ({"base_url": "http://me:secret@host"}, "holds a user or a password"),
        ({"concurrency": 0}, "concurrency"),
        ({"deadline": 0.0}, "deadline"),
        ({"deadline": float("nan")}, "deadline"),
        ({"max_cost": -1.0}, "max_cost"),
        ({"max_calls": -1}, "max_calls"),
        ({"input_price": 1.0}, "both"),
        ({"detach": True}, "add batch"),
        ({"prices": 7}, "prices needs rows"),
        ({"prices": (7,)}, "prices needs rows"),
        ({"prices": ((),)}, "prices needs rows"),
        ({"prices": (("m", 1.0),)}, "prices needs rows"),
        ({"prices": (("m", 1.0, -1.0),)}, "prices needs rows"),
        ({"prices": (("m", 1.0, float("nan")),)}, "prices needs rows"),
        ({"prices": (("m", "1", 1.0),)}, "prices needs rows"),
        ({"prices": ((1, 1.0, 1.0),)}, "prices needs rows"),
        ({"extra_body": "{"}, "no JSON"),
        ({"extra_body": "[1]"}, "JSON object"),
        ({"extra_body": '{"model": "other"}'}, "--model"),
        ({"extra_body": '{"max_tokens": 9}'}, "max_tokens in section"),
        ({"extra_body": '{"stream": true}'}, "which is ours"),
        ({"extra_body": '{"speed": "fast"}'}, "price"),
        ({"extra_body": '{"output_config": {"format": {}}}'}, "structure"),
        ({"extra_body": '{"output_config": 1}'}, "structure"),
    ],
)
def test_an_option_out_of_range_is_named(values: dict[str, Any], told: str) -> None:
    with pytest.raises(OptionsError, match=told):
        LlmOptions(**values)


def test_a_price_that_was_given_stands_on_top_of_what_is_known() -> None:
    known = LlmOptions(model="claude-haiku-5-5")
    own = LlmOptions(model="claude-haiku-5-5", input_price=3.0, output_price=4.0)

    assert known.facts == find_facts("claude-haiku-5-5")
    assert own.facts.price == Price(3.0, 4.0)
    assert (known.facts.priced_by[:12], own.facts.priced_by[:11]) == ("genai-prices", "input_price")
    assert own.facts.parameters == known.facts.parameters
    assert LlmOptions(model="x").facts.price is None


def test_extra_parameters_are_read_from_json() -> None:
    assert LlmOptions(extra_body='{"temperature": 0}').parameters == {"temperature": 0}
    assert LlmOptions().parameters == {}


def test_an_own_table_of_prices_stands_on_top_of_the_built_in_one() -> None:
    table: Any = (("mine", 0.2, 0.8), ["claude-haiku-5-5", 1, 2, 0.5])

    def price(model: str) -> Price | None:
        return LlmOptions(model=model, prices=table).facts.price

    assert price("mine") == Price(0.2, 0.8)
    assert price("claude-haiku-5-5") == Price(1.0, 2.0, 0.5)
    assert price("other") is None
    assert LlmOptions(
        model="mine", prices=table, input_price=3.0, output_price=4.0
    ).facts.price == (Price(3.0, 4.0))


def test_what_nobody_looked_at_is_taken_to_obey_a_schema() -> None:
    assert LlmOptions().form == "schema"
    assert LlmOptions(structure="tool").form == "tool"
    assert [LlmOptions(structure=s).is_by_words for s in ("auto", "prompt", "word")] == [
        False,
        True,
        True,
    ]
