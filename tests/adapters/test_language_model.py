from collections.abc import Sequence

import pytest

from tagraph.adapters.language_model import LanguageModel, Prompt
from tagraph.errors import OptionsError
from tagraph.steps.calls import Reply
from tagraph.steps.llm_options import LlmOptions
from tagraph.store import Store
from tests.messages_server import message


def system_of(model: str, length: int) -> object:
    asker = LanguageModel(LlmOptions(model=model))
    return asker.question("compare", Prompt("word " * length, "c", {}, "")).body["system"]


@pytest.mark.parametrize(
    ("model", "length", "is_marked"),
    [
        ("claude-sonnet-5-5", 2000, True),
        ("claude-sonnet-5-5", 100, False),  # shorter than the model caches
        ("claude-opus-5-5", 600, True),
        ("claude-haiku-5-5", 2000, False),  # nobody said from where on it caches
        ("mine", 2000, False),
    ],
)
def test_a_prefix_is_marked_for_the_cache_where_it_is_long_enough(
    model: str, length: int, is_marked: bool
) -> None:
    system = system_of(model, length)

    assert isinstance(system, list) is is_marked
    if isinstance(system, list):
        assert system[0]["text"] == "word " * length
        assert system[0]["cache_control"] == {"type": "ephemeral"}


def test_extra_parameters_stand_beside_the_form_of_the_answer() -> None:
    extra = '{"temperature": 0, "output_config": {"effort": "high"}}'
    asker = LanguageModel(LlmOptions(model="claude-sonnet-5-5", extra_body=extra))

    body = asker.question("compare", Prompt("s", "c", {"type": "object"}, "")).body

    assert body["temperature"] == 0
    assert body["output_config"]["effort"] == "high"  # ours was `low`
    assert body["output_config"]["format"]["schema"] == {"type": "object"}


def test_a_model_that_is_not_connected_can_be_looked_at_and_not_asked() -> None:
    model = LanguageModel(LlmOptions(model="m"))
    question = model.question("compare", Prompt("s", "c", {}, ""))

    assert model.estimate(3, [question], (1, 2, 3)).calls == 3
    with pytest.raises(OptionsError, match="not connected"):
        model.ask([question])


def test_batches_need_a_log_of_their_own() -> None:
    with Store() as store, pytest.raises(OptionsError, match="kept in a store"):
        LanguageModel.connect(LlmOptions(model="m", batch=True), store.calls)


@pytest.mark.parametrize(
    ("stop_reason", "found"),
    [("end_turn", {"a": 1}), ("stop_sequence", {"a": 1}), ("refusal", None), ("moon", None)],
)
def test_only_what_was_said_to_the_end_is_read(stop_reason: str, found: object) -> None:
    model = LanguageModel(LlmOptions(model="m"))

    assert model.read(Reply.of(message('{"a": 1}', None, stop_reason))) == found
    assert model.read(Reply(error="no")) is None


def test_the_form_is_asked_for_in_words_only_where_nothing_enforces_it() -> None:
    def systems(structures: Sequence[str]) -> list[object]:
        prompt = Prompt("s", "c", {"type": "object"}, "in words")
        models = [LanguageModel(LlmOptions(model="m", structure=name)) for name in structures]
        return [model.question("tag", prompt).body["system"] for model in models]

    assert systems(["auto", "schema", "tool"]) == ["s"] * 3
    assert systems(["prompt", "word"]) == ["s\n\nin words"] * 2
