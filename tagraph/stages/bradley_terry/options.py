"""What the fit may be told."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tagraph.errors import OptionsError

ERRORS = ("laplace", "sandwich")


@dataclass(frozen=True, slots=True)
class BradleyTerryOptions:
    """Options of `fit_bradley_terry`.

    Attributes:
        prior: Standard deviation, in logits, of the Gaussian prior on every strength; "auto"
            estimates it from the comparisons by marginal likelihood, over all components together,
            and goes no further than 5, where every verdict is certain; None or infinity leaves it
            out, and then the estimate may not exist.
        ties: Fit a tie term; if false, a tie is half a win for each. Ties are Davidson's (1970);
            where the fit integrates, they come from a threshold (Rao and Kupper, 1967) if that is
            proven.
        position: Fit how much being shown first helps; if false, the order shown is ignored.
        careless: Fit how often each judge names the side it favours without reading; without it
            such verdicts shrink all strengths the more the further apart they are. Only on strong
            evidence, and neither with `prior=None` nor with `position=False`.
        sharpness: Fit by what each judge multiplies differences of strength, where there are
            several judges; the mean of the logarithms is 0.
        integrate: Find all that is shared with the strengths integrated out, as is right when items
            have few comparisons each (ten to thirty fits), and give every strength its mean. If
            false, strengths, positions and ties are those of highest posterior together, which is
            faster and leaves them too small; the rest is taken from the earlier fit, or as it is
            typical. Without a prior there is nothing to integrate over.
        errors: "laplace" takes the model's word for how much a verdict tells; "sandwich" takes it
            from the verdicts themselves, those of one unordered pair together (two orders and
            repeats of a pair are not independent), position, tie and the rest held at what the
            model says of them. It needs many verdicts per item: of few it says too little, and of
            an item never compared nothing.
        tolerance: The fit has settled when a Newton step moves no strength by more than this.
        max_iterations: Newton steps before giving up.
    """

    prior: float | str | None = "auto"
    ties: bool = True
    position: bool = True
    careless: bool = True
    sharpness: bool = True
    integrate: bool = True
    errors: str = "laplace"
    tolerance: float = 1e-7
    max_iterations: int = 100

    def __post_init__(self) -> None:
        if isinstance(self.prior, str):
            if self.prior != "auto":
                raise OptionsError(f"prior must be a number, 'auto' or None, not {self.prior!r}")
        elif self.prior is not None and not self.prior > 0:
            raise OptionsError(f"prior must be above 0, not {self.prior}")
        if self.errors not in ERRORS:
            raise OptionsError(f"errors must be one of {', '.join(ERRORS)}, not {self.errors!r}")
        if not 0 < self.tolerance < 1:
            raise OptionsError(f"tolerance must lie between 0 and 1, not {self.tolerance}")
        if self.max_iterations < 1:
            raise OptionsError(f"max_iterations must be at least 1, not {self.max_iterations}")

    @property
    def precision(self) -> float:
        """One over the variance of a fixed prior; 0 where there is none."""
        if self.prior is None or isinstance(self.prior, str) or math.isinf(self.prior):
            return 0.0
        return 1 / self.prior**2
