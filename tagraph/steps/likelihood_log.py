"""Where likelihoods are kept, so that a sample is measured once per model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tagraph.stages.likelihood import Likelihood


class LikelihoodLog(Protocol):
    """Keeps likelihoods by model and digest of the sample."""

    def load_likelihoods(self, model: str, digests: Sequence[str]) -> dict[str, Likelihood]:
        """Return those among `digests` that were measured with the model."""
        ...

    def save_likelihoods(self, model: str, found: Mapping[str, Likelihood]) -> None:
        """Keep likelihoods by digest, in one transaction."""
        ...
