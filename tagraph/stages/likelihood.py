"""How likely a response is with its instruction and without it, to one score per sample."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from tagraph.errors import OptionsError


@dataclass(frozen=True, slots=True)
class Likelihood:
    """What a causal language model makes of the responses of one sample, in natural logarithms.

    Attributes:
        n_tokens: Tokens that were looked at, the ends of the responses included.
        given: Log-likelihood of these tokens after what the human said.
        alone: The same without what the human said.
        n_ends: Ends of responses among the tokens; 0 if all that fits is cut before the first.
        ends: Log-likelihood of these ends after what the human said.
    """

    n_tokens: int
    given: float
    alone: float
    n_ends: int = 0
    ends: float = 0.0


@dataclass(frozen=True, slots=True)
class LikelihoodOptions:
    """What of a likelihood counts; round numbers, the same for all data.

    Attributes:
        information: For what the instruction tells of the response, log(1 + nats).
        ending: For an end where the model expects one, per nat; a response that stops in the middle
            has an end that nothing led up to.
        heuristic: For the score of the heuristic judge; 0 leaves it out.
        usual_end: Log-likelihood taken for an end that lies beyond what is looked at.
        margin: Scores closer than this are a tie.
        clear: Scores at least this far apart get grade 2.
    """

    information: float = 1.0
    ending: float = 0.2
    heuristic: float = 0.0
    usual_end: float = -1.0
    margin: float = 0.05
    clear: float = 1.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if name != "usual_end" and not 0 <= value < 1e6:
                raise OptionsError(f"{name} is {value!r}; it must be a number from 0")
        if not -1e6 < self.usual_end <= 0 or self.clear < self.margin:
            raise OptionsError("usual_end must be 0 or less, and clear not below margin")


def score_likelihood(found: Likelihood, options: LikelihoodOptions) -> float:
    """Return the score of one sample without the heuristic's part, rounded to 1e-6.

    The information is the whole of it, not per token: per token a response would gain by being cut,
    since its first words owe most to the instruction. The logarithm keeps a long response from
    winning by length alone.
    """
    nats = found.given - found.alone
    information = math.copysign(math.log1p(abs(nats)), nats)
    ending = found.ends / found.n_ends if found.n_ends else options.usual_end
    return round(options.information * information + options.ending * ending, 6)
