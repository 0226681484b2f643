"""Our public functions in the forms that the measuring scripts take; thin on purpose."""

from collections.abc import Sequence

from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
from tagraph.steps.normalize import normalize_tags


def normalize(tags: Sequence[str]) -> list[str]:
    """Return the canonical tag of each tag, with the default models."""
    bags = [[tag] for tag in tags]
    found = normalize_tags(bags, lemmatizer=SpacyLemmatizer(), encoder=SentenceEncoder())
    return [found.canonical_of[tag] for tag in tags]


def normalize_no_model(tags: Sequence[str]) -> list[str]:
    """Return the canonical tag of each tag by rules and spelling alone."""
    bags = [[tag] for tag in tags]
    found = normalize_tags(bags, lemmatizer=SpacyLemmatizer(), encoder=None)
    return [found.canonical_of[tag] for tag in tags]
