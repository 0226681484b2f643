"""The tagger for data that already has tags."""

from collections.abc import Sequence
from dataclasses import dataclass

from tagraph.data import Sample
from tagraph.errors import InputError


@dataclass(frozen=True, slots=True)
class FieldTagger:
    """Gives every sample the tags it came with, as written; a sample with none gets none.

    Attributes:
        field: Name of the field the reader took the tags from; only for messages and the key.
    """

    field: str = "tags"

    @property
    def key(self) -> str:
        """Name, version and field."""
        return f"field/1/{self.field}"

    def tag(self, samples: Sequence[Sample]) -> list[list[str]]:
        """Return the tags of each sample, in the order of the data.

        Raises:
            InputError: There are samples, and none has a tag.
        """
        found = [list(sample.tags) for sample in samples]
        if found and not any(found):
            raise InputError(
                f"none of {len(found):,} samples has tags in the field '{self.field}'; "
                "name the field that holds them, or use --tagger keyphrase"
            )
        return found
