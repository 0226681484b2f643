"""Raw tags, canonical tags, and the map between them."""

from __future__ import annotations

import numpy as np

from tagraph.data import Bags, CandidatePair, Merge, TagMap
from tagraph.store.connection import Connection


class TagTables:
    """Tables of raw and canonical tags, of merges and of what the normalizer leaves to decide."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_raw_bags(self, bags: Bags) -> None:
        """Save the raw tags of every sample."""
        self._save_bags("raw_tags", "sample_raw_tags", "raw_tag", bags)

    def load_raw_bags(self) -> Bags:
        """Return the raw tags of every sample.

        Raises:
            MissingResultError: The samples were never tagged.
        """
        self._connection.require("tag")
        return self._load_bags("raw_tags", "sample_raw_tags", "raw_tag")

    def save_tag_map(self, tag_map: TagMap, bags: Bags) -> None:
        """Save a tag map, and the bags it makes of the raw ones."""
        self._save_bags("tags", "sample_tags", "tag", bags)
        merges = ((m.raw, m.canonical, m.reason, m.similarity) for m in tag_map.merges)
        self._connection.insert("merges", "raw canonical reason similarity", merges)
        rare = ((tag, tag_map.counts.get(tag, 0)) for tag in sorted(tag_map.rare))
        self._connection.insert("rare_tags", "tag count", rare)
        self._connection.insert("narrower_tags", "narrower broader", sorted(set(tag_map.narrower)))
        pairs = (
            (i, p.left, p.right, p.similarity, p.source) for i, p in enumerate(tag_map.borderline)
        )
        self._connection.insert(
            "borderline_pairs", "position left_tag right_tag similarity source", pairs
        )

    def load_bags(self) -> Bags:
        """Return the canonical tags of every sample.

        Raises:
            MissingResultError: The tags were never normalized.
        """
        self._connection.require("normalize")
        return self._load_bags("tags", "sample_tags", "tag")

    def load_tag_map(self) -> TagMap:
        """Return the stored tag map.

        Raises:
            MissingResultError: The tags were never normalized.
        """
        self._connection.require("normalize")
        merges = [
            Merge(*row)
            for row in self._connection.rows(
                "SELECT raw, canonical, reason, similarity FROM merges ORDER BY 1"
            )
        ]
        rare = dict(self._connection.rows("SELECT tag, count FROM rare_tags"))
        raw = [
            row[0] for row in self._connection.rows("SELECT tag FROM raw_tags ORDER BY position")
        ]
        moved = {merge.raw: merge.canonical for merge in merges}
        pairs = self._connection.rows(
            "SELECT left_tag, right_tag, similarity, source FROM borderline_pairs ORDER BY position"
        )
        return TagMap(
            canonical_of={tag: moved.get(tag, tag) for tag in (*raw, *moved.values())},
            merges=tuple(merges),
            counts=dict(self._connection.rows("SELECT tag, count FROM tags")) | rare,
            rare=frozenset(rare),
            narrower=tuple(
                self._connection.rows("SELECT narrower, broader FROM narrower_tags ORDER BY 1, 2")
            ),
            borderline=tuple(CandidatePair(*row) for row in pairs),
        )

    def _save_bags(self, vocabulary: str, link: str, column: str, bags: Bags) -> None:
        words = zip(range(len(bags.vocabulary)), bags.vocabulary, bags.counts.tolist(), strict=True)
        self._connection.insert(vocabulary, "position tag count", words)
        place = np.arange(len(bags.indices)) - bags.indptr[bags.bag_of]
        rows = zip(bags.bag_of.tolist(), place.tolist(), bags.indices.tolist(), strict=True)
        self._connection.insert(link, f"sample place {column}", rows)

    def _load_bags(self, vocabulary: str, link: str, column: str) -> Bags:
        words = self._connection.rows(f"SELECT tag FROM {vocabulary} ORDER BY position")  # noqa: S608
        order = f"SELECT sample, {column} FROM {link} ORDER BY sample, place"  # noqa: S608
        entries = self._connection.columns(order, "i8,i8")
        (n_samples,) = self._connection.rows("SELECT count(*) FROM samples")[0]
        indptr = np.zeros(n_samples + 1, dtype=np.int64)
        indptr[1:] = np.cumsum(np.bincount(entries["f0"], minlength=n_samples))
        return Bags(indptr, entries["f1"].copy(), tuple(word for (word,) in words))
