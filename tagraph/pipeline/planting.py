"""Questions with a known answer, asked together with the first round of a tournament."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tagraph.data import Sample, Samples, Verdict
from tagraph.pipeline.remembered import comparison_key
from tagraph.protocols import Judge, minds_order
from tagraph.stages.controls import (
    SHARE,
    Control,
    ControlOptions,
    Planted,
    can_be_damaged,
    count_controls,
    plant_controls,
)
from tagraph.text import digest

_LOOKED_AT = 4  # samples looked at for one that is planted: short responses cannot be damaged


@dataclass
class PlantedJudge:
    """A judge that is asked what was planted beside its first questions, unseen by who asks.

    The answers are left to who keeps verdicts; the tournament never sees them, so they enter no
    fit and change no pair.
    """

    judge: Judge
    planted: Sequence[Planted] = field(default_factory=list)
    was_asked: bool = False

    @property
    def key(self) -> str:
        """The key of the judge itself."""
        return self.judge.key

    @property
    def minds_order(self) -> bool:
        """Whether the order shown may matter to the judge itself."""
        return minds_order(self.judge)

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        """Return one verdict per pair, in the order of `pairs`."""
        more = [] if self.was_asked else [(one.first, one.second) for one in self.planted]
        verdicts = self.judge.compare([*pairs, *more])
        self.was_asked = True
        return verdicts[: len(pairs)]

    def rows(self) -> list[tuple[str, Control, int, bool, str]]:
        """Return what was asked: judge, control, sample, whether the copy came first, key."""
        return [
            (self.key, p.control, p.sample, p.is_copy_first, self._key_of(p))
            for p in (self.planted if self.was_asked else ())
        ]

    def _key_of(self, planted: Planted) -> str:
        return comparison_key(self.key, planted.first.digest, planted.second.digest)


def find_share(judge: Judge, options: ControlOptions) -> float:
    """Return the share of questions to a judge that is planted on top."""
    if options.share is not None:
        return options.share
    return SHARE if minds_order(judge) else 0.0


def plant(
    judge: Judge,
    samples: Samples,
    digests: Sequence[str],
    *,
    n_questions: int,
    seed: int,
    options: ControlOptions,
) -> PlantedJudge:
    """Return a judge with its planted questions.

    Args:
        judge: The judge, behind whoever keeps its verdicts.
        samples: The pool.
        digests: Content digest of every sample: their order under a seed decides who is taken.
        n_questions: Questions of the tournament.
        seed: Seed of the tournament.
        options: How many.
    """
    wanted = count_controls(n_questions, len(samples), find_share(judge, options))
    if not wanted:
        return PlantedJudge(judge)
    order = sorted(range(len(digests)), key=lambda i: digest("planted", str(seed), digests[i]))
    looked_at = order[: _LOOKED_AT * wanted]
    found = zip(looked_at, samples.take(looked_at), strict=True)
    chosen = [(i, sample) for i, sample in found if can_be_damaged(sample)]
    return PlantedJudge(judge, plant_controls(chosen[:wanted], seed))
