"""Words of some fifty languages to their lemma with simplemma, and none at all where none is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tagraph.data import BoolArray
from tagraph.errors import MissingPackageError, OptionsError

_SHORTEST, _LONGEST = 4, 40


@dataclass(frozen=True)
class SimplemmaLemmatizer:
    """Brings words to their dictionary form, one word at a time.

    Words of fewer than four letters or more than 40 are kept. Unlike in English, verbs and
    adjectives change as well, for the dictionaries do not tell the parts of speech apart.

    Attributes:
        language: Code such as de, fr or ru.

    Raises:
        MissingPackageError: simplemma is not installed.
        OptionsError: simplemma has no dictionary of the language.
    """

    language: str

    def __post_init__(self) -> None:
        """Check that there is a dictionary."""
        try:
            from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES
        except ImportError as error:
            raise MissingPackageError(
                f"language {self.language!r} needs simplemma; install it with `tagraph[languages]`"
            ) from error
        if self.language not in SUPPORTED_LANGUAGES:
            raise OptionsError(
                f"no lemmas for language {self.language!r}; use none for a language without, "
                f"or one of en {' '.join(sorted(SUPPORTED_LANGUAGES - {'en'}))}"
            )

    @property
    def key(self) -> str:
        """Name of the package, its version, and the language."""
        from importlib.metadata import version

        return f"simplemma-{version('simplemma')}-{self.language}"

    def lemmatize(self, tags: Sequence[str]) -> list[str]:
        """Return each tag with its words in their dictionary form, in lower case."""
        from simplemma import lemmatize

        words = {word for tag in tags for word in tag.split(" ")}
        fitting = (w for w in words if _SHORTEST <= len(w) <= _LONGEST and w.isalpha())
        lemma = {word: lemmatize(word, lang=self.language).lower() for word in fitting}
        return [" ".join(lemma.get(word, word) for word in tag.split(" ")) for tag in tags]

    def knows(self, words: Sequence[str]) -> BoolArray:
        """Return which words are in the dictionary of the language."""
        from simplemma import is_known

        return np.array([is_known(word, lang=self.language) for word in words], dtype=bool)


@dataclass(frozen=True)
class NoLemmatizer:
    """Leaves every word as it is, and knows none: for languages without a dictionary."""

    key: str = "none"

    def lemmatize(self, tags: Sequence[str]) -> list[str]:
        """Return the tags."""
        return list(tags)

    def knows(self, words: Sequence[str]) -> BoolArray:
        """Return that no word is known."""
        return np.zeros(len(words), dtype=bool)
