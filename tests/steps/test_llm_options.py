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
        ({"concurrency": 0}, "concurrency"),
        ({"deadline": 0.0}, "deadline"),
        ({"deadline": float("nan")}, "deadline"),
        ({"max_cost": -1.0}, "max_cost"),
        ({"max_calls": -1}, "max_calls"),
        ({"input_price": 1.0}, "both"),
        ({"extra_body": "{"}, "no JSON"),
        ({"extra_body": "[1]"}, "JSON object"),
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
    assert own.facts.parameters == known.facts.parameters
    assert LlmOptions(model="x").facts.price is None


def test_extra_parameters_are_read_from_json() -> None:
    assert LlmOptions(extra_body='{"temperature": 0}').parameters == {"temperature": 0}
    assert LlmOptions().parameters == {}
