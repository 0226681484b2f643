"""What others are used for the work of a step, on the same data, as their manuals have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import combinations

import numpy as np

from benchmarks.scale.stages import Place
from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.steps.sample_vectors import average_tags
from tagraph.store import open_store

CLOSE = 0.8


def find_spellings(place: Place) -> None:
    """Find raw tags whose character trigrams, by TF-IDF, have a cosine of .8 (scikit-learn).

    Spelling alone: no words, no meaning, no reasons.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    with open_store(place.store, read_only=True) as store:
        tags = list(store.tags.load_raw_bags().vocabulary)
    rows = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit_transform(tags)
    found = NearestNeighbors(radius=1 - CLOSE, metric="cosine").fit(rows)
    _ = found.radius_neighbors_graph(rows).nnz


def join_tags(place: Place) -> None:
    """Count which tags meet, pair by pair, and make a graph of the counts (networkx).

    Neither what is beyond chance nor what tags mean.
    """
    import networkx

    with open_store(place.store, read_only=True) as store:
        bags = store.tags.load_bags()
    met: Counter[tuple[str, str]] = Counter()
    for bag in bags:
        met.update(combinations(sorted(bag), 2))
    graph: networkx.Graph[str] = networkx.Graph()
    graph.add_weighted_edges_from((left, right, n) for (left, right), n in met.items())


def group_samples(place: Place) -> None:
    """Group the mean tag vectors of the samples by k-means in small batches (scikit-learn).

    Into as many groups as there are clusters in the store, of any size; the vectors are those of
    the store. No communities of tags.
    """
    from sklearn.cluster import MiniBatchKMeans

    with open_store(place.store, read_only=True) as store:
        bags, clusters = store.tags.load_bags(), store.groups.load_clustering()
        kept = store.evidence.load_vectors(SentenceEncoder.key, bags.vocabulary)
    rows = average_tags(bags, np.stack([kept[tag] for tag in bags.vocabulary])).astype(np.float32)
    MiniBatchKMeans(len(clusters.names), random_state=0, n_init=1).fit(rows)


def rank_samples(place: Place) -> None:
    """Fit Bradley-Terry strengths to the verdicts as a logistic regression (scikit-learn).

    Ties are half a win each way; no spread is found, no term of the judge, no error and no card.
    Packages for Bradley-Terry alone hold a matrix of all pairs.
    """
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression

    with open_store(place.store, read_only=True) as store:
        asked, _ = store.results.load_questions()
    known = np.isfinite(asked.score)
    first, second, won = asked.first[known], asked.second[known], asked.score[known]
    _, item = np.unique(np.concatenate([first, second]), return_inverse=True)
    pair = np.arange(2 * len(first)) % len(first)
    side = np.repeat([1.0, -1.0], len(first))
    design = csr_array((side, (pair, item)))
    rows, outcome = np.concatenate([pair[: len(first)]] * 2), np.repeat([1, 0], len(first))
    fit = LogisticRegression(fit_intercept=False)
    fit.fit(design[rows], outcome, sample_weight=np.concatenate([won, 1 - won]))


PEERS: dict[str, Callable[[Place], None]] = {
    "normalize": find_spellings,
    "graph": join_tags,
    "cluster": group_samples,
    "rank": rank_samples,
}
