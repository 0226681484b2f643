"""The tags of a table, normalized without a store: for whoever has tags and no samples."""

from __future__ import annotations

from tagraph.adapters.tag_files import read_tag_table
from tagraph.api.notebook import normalize_tags
from tagraph.api.registry import make_overrides
from tagraph.api.stored import load_tag_map
from tagraph.config import Config
from tagraph.data import TagMap
from tagraph.steps.tag_table import TagTable


def normalize_table(
    source: str, config: Config, field: str | None = None
) -> tuple[TagTable, TagMap]:
    """Read the tags of a table and normalize them as `normalize` does those of a store.

    Args:
        source: What `read_tags` takes, or "-".
        config: Options of reading and normalizing, overrides, an earlier store.
        field: The field that holds tags; found by its name if None.

    Raises:
        InputError: The source, the overrides or the earlier store cannot be used.
        OptionsError: The overrides contradict each other, or a language has no lemmatizer.
    """
    overrides = make_overrides(config)
    previous = load_tag_map(config.previous) if config.previous else None
    table = read_tag_table(source, config.ingest, field=field)
    tag_map = normalize_tags(table.bags, config.normalize, overrides=overrides, previous=previous)
    return table, tag_map
