"""A judge that asks a small local language model how likely a response is after its instruction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property

from tagraph.adapters.causal_model import CausalModel
from tagraph.adapters.heuristic_judge import HeuristicJudge
from tagraph.data import Outcome, Sample, Verdict
from tagraph.stages.likelihood import Likelihood, LikelihoodOptions, score_likelihood
from tagraph.stages.score_gaps import compare_scores
from tagraph.steps.likelihood_log import LikelihoodLog

VERSION = 1
_CHUNK = 64  # samples measured between two savings
MIXED = LikelihoodOptions(heuristic=5.0)


class LikelihoodJudge:
    """Prefers the response that its instruction tells more about, and that ends where it should.

    A model too small to be asked "which is better" still knows how likely a text is. A sample's
    score is what the instruction adds to the log-likelihood of the response, and how likely its end
    is; with a weight on the heuristic it is the sum of both judges. It sees swapped answers,
    answers off the subject and cut ones; it does not know whether an answer is true.

    Every sample is measured once per model and kept, verdicts follow from the scores: no cycles, no
    position. A sample without a response cannot be judged.
    """

    def __init__(
        self,
        model: CausalModel,
        log: LikelihoodLog,
        options: LikelihoodOptions = LikelihoodOptions(),
    ) -> None:
        """Judge by `model`; what it measures is kept in `log`."""
        self.options = options
        self._model, self._log = model, log
        self._heuristic = HeuristicJudge()

    @cached_property
    def key(self) -> str:
        """Name, version, digest of the model, and every weight."""
        weights = ",".join(f"{name}={value!r}" for name, value in asdict(self.options).items())
        other = f",{self._heuristic.key}" if self.options.heuristic else ""
        return f"likelihood/{VERSION}({self._model.key},{weights}{other})"

    def describe(self) -> str:
        """Return one sentence for people: what this judge is, and what it cannot see."""
        return describe_likelihood()

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        """Return one verdict per pair, in the order of `pairs`; swapping a pair mirrors it."""
        scores = self.score([sample for pair in pairs for sample in pair])
        return [
            self._verdict(scores.get(first.digest), scores.get(second.digest))
            for first, second in pairs
        ]

    def score(self, samples: Sequence[Sample]) -> dict[str, float]:
        """Return the scores of samples by their digest; those without a response have none."""
        held = {sample.digest: sample for sample in samples}
        return {
            key: score_likelihood(likelihood, self.options) + self._add_heuristic(held[key])
            for key, likelihood in self.measure(held).items()
            if likelihood.n_tokens
        }

    def measure(self, held: Mapping[str, Sample]) -> dict[str, Likelihood]:
        """Return the likelihood of each sample by its digest; only new ones are measured."""
        known = self._log.load_likelihoods(self._model.key, list(held))
        new = sorted(held.keys() - known.keys())
        for start in range(0, len(new), _CHUNK):
            chunk = new[start : start + _CHUNK]
            measured = self._model.measure([held[key] for key in chunk])
            found = dict(zip(chunk, measured, strict=True))
            self._log.save_likelihoods(self._model.key, found)
            known |= found
        return known

    def _add_heuristic(self, sample: Sample) -> float:
        weight = self.options.heuristic
        return weight * self._heuristic.score(sample) if weight else 0.0

    def _verdict(self, first: float | None, second: float | None) -> Verdict:
        if first is None or second is None:
            return Verdict(Outcome.CANNOT_JUDGE)
        return Verdict(*compare_scores(first, second, self.options.margin, self.options.clear))


def describe_likelihood() -> str:
    """Return one sentence for people on likelihood as a judge."""
    return (
        "The judge is a small local model that only tells how much an instruction has to do with"
        " its response and whether the response is finished; it does not know whether an answer is"
        " true; name an LLM judge for that."
    )
