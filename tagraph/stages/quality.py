"""Observed features of a sample to one score: a weighted sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tagraph.errors import OptionsError


@dataclass(frozen=True, slots=True)
class QualityOptions:
    """How much each observed feature counts; 0 switches one off.

    The weights are round numbers set by hand, in the order of how bad each fault is for a
    training sample; they are the same for all data.

    Attributes:
        relevance: For taking up the telling words of the query.
        length: For new text, saturating: half of it at `half_length` characters.
        finished: For an ending that is no cut.
        balanced: For closed brackets, quotes and fences.
        delivered: For the number of items asked for.
        limit: For keeping a limit on words or sentences.
        answer_type: For a number or code where one is asked.
        structure: For lists, code and paragraphs.
        repetition: Against repeated parts.
        refusal: Against refusing, unless the query is about that.
        boilerplate: Against placeholders and stock phrases.
        copied: Against handing the query back.
        language: Against another script than the query's.
        empty: Against a response without a letter or digit.
        half_length: Letters and digits of new text that earn half of `length`.
        margin: Scores closer than this are a tie.
        clear: Scores at least this far apart get grade 2.
    """

    relevance: float = 4.0
    length: float = 2.0
    finished: float = 1.0
    balanced: float = 0.5
    delivered: float = 1.0
    limit: float = 1.0
    answer_type: float = 0.5
    structure: float = 0.1
    repetition: float = 4.0
    refusal: float = 4.0
    boilerplate: float = 1.0
    copied: float = 4.0
    language: float = 2.0
    empty: float = 4.0
    half_length: float = 400.0
    margin: float = 0.005
    clear: float = 1.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not 0 <= value < 1e6:
                raise OptionsError(f"{name} is {value!r}; it must be a number from 0")
        if self.half_length == 0 or self.clear < self.margin:
            raise OptionsError("half_length must be above 0, and clear not below margin")


def score_quality(features: Mapping[str, float], options: QualityOptions) -> float:
    """Return the weighted sum of what was observed of one sample, rounded to 1e-9.

    Scores of samples with different queries share one scale.

    Args:
        features: What `observe_response` and `observe_fit` return, in one mapping.
        options: The weights.
    """
    new, o = features["new_characters"], options
    gains = (
        o.relevance * features["relevance"],
        o.length * new / (new + o.half_length),
        o.finished * features["finished"],
        o.balanced * features["balanced"],
        o.delivered * features["delivered"],
        o.limit * features["limit"],
        o.answer_type * features["answer_type"],
        o.structure * features["structure"],
    )
    faults = (
        o.repetition * features["repetition"],
        o.refusal * features["refusal"] * (1 - features["refusal_asked"]),
        o.boilerplate * features["boilerplate"],
        o.copied * features["copied"],
        o.language * (1 - features["language"]),
        o.empty * (new == 0),
    )
    return round(sum(gains) - sum(faults), 9)
