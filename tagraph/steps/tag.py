"""Samples to raw tags: ask a tagger, clean what it says."""

from collections.abc import Sequence

from tagraph.data import Bags, Sample
from tagraph.errors import InputError
from tagraph.protocols import Tagger
from tagraph.stages.keyphrases import TagOptions
from tagraph.text import clean_tag

__all__ = ["MAX_TAG_LENGTH", "TagOptions", "clean_bag", "tag_samples"]

MAX_TAG_LENGTH = 200


def tag_samples(samples: Sequence[Sample], tagger: Tagger) -> Bags:
    """Give every sample its raw tags, cleaned, in the order of `samples`.

    A tag is brought to one line and to at most `MAX_TAG_LENGTH` characters; what is then empty
    or repeated in its sample is left out. Order is kept; a sample may end with no tags.

    Raises:
        InputError: The tagger did not answer once per sample.
    """
    answers = tagger.tag(samples)
    if len(answers) != len(samples):
        raise InputError(
            f"tagger {tagger.key} gave {len(answers)} answers for {len(samples)} samples; "
            "it must return one list of tags per sample"
        )
    return Bags.of([clean_bag(tags) for tags in answers])


def clean_bag(tags: Sequence[str]) -> list[str]:
    """Return the tags cleaned and cut, without empty ones."""
    cut = (clean_tag(tag)[:MAX_TAG_LENGTH].rstrip() for tag in tags)
    return [tag for tag in cut if tag]
