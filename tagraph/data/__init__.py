"""The frozen types that steps and stages hand to each other; arrays inside, names at the rim."""

from tagraph.data.arrays import BoolArray, FloatArray, IntArray
from tagraph.data.bags import Bags
from tagraph.data.groups import Clustering, Communities, Move
from tagraph.data.samples import (
    ASSISTANT,
    HUMAN,
    SYSTEM,
    Sample,
    Samples,
    Turn,
    digest_said,
    digest_turns,
)
from tagraph.data.selections import Selection, Withheld
from tagraph.data.tag_maps import CandidatePair, Link, Merge, TagMap
from tagraph.data.verdicts import Outcome, Verdict

__all__ = [
    "ASSISTANT",
    "HUMAN",
    "SYSTEM",
    "Bags",
    "BoolArray",
    "CandidatePair",
    "Clustering",
    "Communities",
    "FloatArray",
    "IntArray",
    "Link",
    "Merge",
    "Move",
    "Outcome",
    "Sample",
    "Samples",
    "Selection",
    "TagMap",
    "Turn",
    "Verdict",
    "Withheld",
    "digest_said",
    "digest_turns",
]
