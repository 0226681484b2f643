"""A causal language model: loaded, fine-tuned by low-rank adapters or whole, asked for its loss."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.downstream.feeding import Row, feed
from tagraph.adapters.causal_model import loading_arguments

ADAPTED = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is tuned; the same for every policy.

    Attributes:
        tokens: Tokens shown in all.
        batch: Tokens between two steps of the optimizer, at least.
        rank: Of the adapters (LoRA, arXiv 2106.09685) on every linear layer; 0 tunes all weights.
        rate: Highest learning rate of AdamW; it falls linearly to 0 after a short rise.
        device: Where to.
        dtype: Of the frozen weights.
    """

    tokens: int
    batch: int
    rank: int
    rate: float
    device: str
    dtype: str


def load(path: Path, recipe: Recipe) -> tuple[Any, Any]:
    """Return tokenizer and model of a folder or a GGUF file."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    arguments = loading_arguments(path)
    tokenizer = AutoTokenizer.from_pretrained(**arguments)
    dtype = torch.float32 if recipe.rank == 0 else getattr(torch, recipe.dtype)
    model: Any = AutoModelForCausalLM.from_pretrained(**arguments, dtype=torch.float32)
    return tokenizer, model.to(dtype=dtype, device=recipe.device)


class Tuner:
    """A model that is tuned again and again from the same start."""

    def __init__(self, model: Any, recipe: Recipe) -> None:
        self._model, self._recipe = model, recipe
        if recipe.rank:
            model.requires_grad_(False)
            self._adapters = _adapt(model, recipe.rank)
        else:
            self._start = {name: value.clone() for name, value in model.state_dict().items()}

    def tune(self, rows: Sequence[Row], seed: int) -> int:
        """Start anew, tune on the rows, and return how many different ones were shown."""
        import torch

        torch.manual_seed(seed)
        self._reset()
        weights = [p for p in self._model.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=self._recipe.rate, weight_decay=0.0)
        batches = list(_gather(feed(rows, self._recipe.tokens, seed), self._recipe.batch))
        for step, batch in enumerate(batches):
            for group in optimizer.param_groups:
                group["lr"] = self._recipe.rate * _schedule(step, len(batches))
            total = sum(max(0, len(row.tokens) - row.start) for row in batch)
            for row in batch:
                if len(row.tokens) > row.start:
                    (self._sum_loss(row) / total).backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            optimizer.zero_grad()
        return len({row.tokens for batch in batches for row in batch})

    def measure(self, rows: Sequence[Row]) -> float:
        """Return the mean loss of a response token, in nats."""
        import torch

        with torch.inference_mode():
            total = sum(float(self._sum_loss(row)) for row in rows)
        return total / sum(len(row.tokens) - row.start for row in rows)

    def _sum_loss(self, row: Row) -> Any:
        import torch

        tokens = torch.tensor([row.tokens], device=self._recipe.device)
        keep = torch.arange(row.start - 1, len(row.tokens) - 1, device=self._recipe.device)
        logits = self._model(input_ids=tokens, use_cache=False, logits_to_keep=keep).logits[0]
        said = tokens[0, row.start :]
        return torch.nn.functional.cross_entropy(logits.float(), said, reduction="sum")

    def _reset(self) -> None:
        """Bring the model back to where it started."""
        import torch

        if not self._recipe.rank:
            self._model.load_state_dict(self._start)
            return
        with torch.no_grad():
            for adapter in self._adapters:
                torch.nn.init.normal_(adapter.down, std=1 / math.sqrt(adapter.down.shape[1]))
                adapter.up.zero_()


def _adapt(model: Any, rank: int) -> list[Any]:
    """Put a low-rank adapter beside every linear layer of the blocks; return the adapters."""
    import torch

    class Adapter(torch.nn.Module):
        """A frozen linear layer plus up @ down, which starts as nothing."""

        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner
            shape = {"dtype": torch.float32, "device": inner.weight.device}
            self.down = torch.nn.Parameter(torch.zeros(rank, inner.in_features, **shape))
            self.up = torch.nn.Parameter(torch.zeros(inner.out_features, rank, **shape))

        def forward(self, x: Any) -> Any:
            dtype = self.inner.weight.dtype
            added = (x @ self.down.to(dtype).T) @ self.up.to(dtype).T
            return self.inner(x) + 2.0 * added  # alpha is twice the rank, as is usual

    found = []
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if name in ADAPTED and isinstance(child, torch.nn.Linear):
                found.append(Adapter(child))
                setattr(module, name, found[-1])
    return found


def _gather(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    """Yield rows together until they hold so many tokens."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if sum(len(one.tokens) for one in batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _schedule(step: int, steps: int) -> float:
    """Return the share of the highest learning rate: a tenth of the steps up, then down to 0."""
    rise = max(1, steps // 10)
    return min((step + 1) / rise, (steps - step) / max(1, steps - rise))
