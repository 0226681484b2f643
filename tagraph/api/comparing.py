"""Two stores to what differs between their clusterings."""

from __future__ import annotations

from tagraph.steps.comparing import ClusteringDiff, diff_clusterings
from tagraph.store import Store


def diff_stored_clusterings(before: Store, after: Store) -> ClusteringDiff:
    """Compare the clusterings of two stores on the samples that both place, matched by id.

    Raises:
        MissingResultError: A store has no clusters.
    """
    return diff_clusterings(
        before.groups.load_clustering(),
        after.groups.load_clustering(),
        before_ids=before.samples.load_samples().ids,
        after_ids=after.samples.load_samples().ids,
    )
