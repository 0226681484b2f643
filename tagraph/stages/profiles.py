"""Tag bags to one sparse unit row per sample, and the samples that are told apart by nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from tagraph.cores import spread
from tagraph.data import Bags, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_array


Matrix = TypeVar("Matrix", covariant=True)
BLOCK = 2**16  # rows of a large matrix that a thread makes at once


class Rows(Protocol[Matrix]):
    """A matrix whose rows may be made when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        ...

    def __getitem__(self, rows: IntArray | slice, /) -> Matrix: ...


@dataclass(frozen=True, eq=False)
class SmoothRows:
    """The profiles of samples, made row by row: they hold twenty times as much as the tags.

    Attributes:
        weighed: Informativeness of each sample's tags, shape (n, n_tags).
        spread: What each tag gives to which, shape (n_tags, n_tags).
    """

    weighed: csr_array
    spread: csr_array

    @property
    def shape(self) -> tuple[int, ...]:
        """Samples and tags."""
        return self.weighed.shape

    def __getitem__(self, rows: IntArray | slice) -> csr_array:
        profiles = self.weighed[rows] @ self.spread
        profiles.sort_indices()
        return scale_rows(profiles)


@dataclass(frozen=True, eq=False)
class SomeRows:
    """Some rows of a matrix of dense rows, in the order of `index`."""

    rows: Rows[FloatArray]
    index: IntArray

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return len(self.index), self.rows.shape[1]

    def __getitem__(self, rows: IntArray | slice) -> FloatArray:
        return self.rows[self.index[rows]]


def sum_rows(summing: csr_array, rows: Rows[Any]) -> Any:
    """Return `summing @ rows`, made block by block."""
    n = rows.shape[0]
    if n <= BLOCK:
        return summing @ rows[:]
    columns = summing.tocsc()

    def total(start: int) -> Any:
        return columns[:, start : start + BLOCK] @ rows[start : start + BLOCK]

    return sum(spread(total, range(0, n, BLOCK)))


def weigh_tags(bags: Bags, tags: Sequence[str], pool: Bags | None = None) -> csr_array:
    """Return the informativeness of each sample's tags, shape (len(bags), len(tags)).

    A tag in f of the pool's n bags weighs log(1 + n / f). Tags of the bags that are not in `tags`
    are left out; columns of a row are sorted.

    Args:
        bags: Tag bags.
        tags: Distinct tags, sorted.
        pool: Bags that tell how frequent a tag is; `bags` themselves unless given.
    """
    from scipy.sparse import csr_array

    position = {tag: i for i, tag in enumerate(tags)}
    column = np.array([position.get(tag, -1) for tag in bags.vocabulary], dtype=np.int64)
    weight = _inform(bags, bags if pool is None else pool)
    kept = column[bags.indices] >= 0
    held = bags.indices[kept]
    place = (bags.bag_of[kept], column[held])
    weighed: csr_array = csr_array((weight[held], place), shape=(len(bags), len(tags)))
    weighed.sort_indices()
    return weighed


def _inform(bags: Bags, pool: Bags) -> FloatArray:
    """Return the informativeness of each tag of the bags' vocabulary; one new to the pool is 0."""
    counts = dict(zip(pool.vocabulary, pool.counts.tolist(), strict=True))
    used = np.array([counts.get(tag, 0) for tag in bags.vocabulary], dtype=np.float64)
    weight: FloatArray = np.log1p(len(pool) / np.maximum(used, 1))
    return np.where(used > 0, weight, 0.0)


def smooth_profiles(weighed: csr_array, edges: IntArray, weights: FloatArray) -> csr_array:
    """Spread each row over the neighbours of its tags, then bring it to unit length.

    A neighbour receives the square of the edge's weight, so that faint edges count for little.

    Args:
        weighed: Shape (n, n_tags).
        edges: Shape (m, 2), positions of tags.
        weights: Shape (m,), 0 to 1.
    """
    return SmoothRows(weighed, spread_tags(weighed.shape[1], edges, weights))[:]


def spread_tags(n_tags: int, edges: IntArray, weights: FloatArray) -> csr_array:
    """Return what each tag gives to which: itself all, a neighbour the weight squared."""
    from scipy.sparse import coo_array, eye_array

    one_way = coo_array((weights**2, (edges[:, 0], edges[:, 1])), shape=(n_tags, n_tags)).tocsr()
    spread: csr_array = (eye_array(n_tags, format="csr") + one_way + one_way.T).tocsr()
    return spread


def keep_strongest(rows: csr_array, most: int) -> csr_array:
    """Return rows with their `most` largest values, of equal ones the first columns'."""
    from scipy.sparse import csr_array

    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    order = np.lexsort((rows.indices, -rows.data, row))
    kept = np.sort(order[np.arange(len(row)) - rows.indptr[row] < most])
    return csr_array((rows.data[kept], (row[kept], rows.indices[kept])), shape=rows.shape)


def scale_rows(rows: csr_array) -> csr_array:
    """Return each row divided by its length; an empty row stays empty."""
    from scipy.sparse import diags_array

    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    scaled: csr_array = (diags_array(1 / np.where(length > 0, length, 1.0)) @ rows).tocsr()
    return scaled


def find_distinct(
    weighed: csr_array, vectors: Rows[FloatArray] | None
) -> tuple[IntArray, IntArray]:
    """Find the samples that differ in tags or vector, in an order that rows have no part in.

    Args:
        weighed: Shape (n, n_tags), columns of a row sorted.
        vectors: Shape (n, d), or None.

    Returns:
        The first sample of each kind, shape (n_kinds,), ordered by tags and then by vector; and
        the kind of each sample, shape (n,).
    """
    kind = _rank_rows(weighed.indptr.astype(np.int64), weighed.indices.astype(np.int64))
    if vectors is not None:
        kind = _rank_ties(kind, vectors)
    _, first, inverse = np.unique(kind, return_index=True, return_inverse=True)
    return first.astype(np.int64), inverse.astype(np.int64)


def _rank_rows(indptr: IntArray, indices: IntArray) -> IntArray:
    """Return the rank of each row among rows ordered as sequences, equal rows alike."""
    length = np.diff(indptr)
    rank = np.zeros(len(length), dtype=np.int64)
    width = int(indices.max(initial=-1)) + 2
    active = np.arange(len(length))
    for place in range(int(length.max(initial=0))):
        here = np.zeros(len(active), dtype=np.int64)
        longer = length[active] > place
        here[longer] = indices[indptr[active[longer]] + place] + 1
        rank[active] = rank[active] * width + here
        rank = np.unique(rank, return_inverse=True)[1].astype(np.int64)
        active = active[longer]
    return rank


def _rank_ties(rank: IntArray, vectors: Rows[FloatArray]) -> IntArray:
    """Return ranks in which equal ranks are parted by the vectors' bytes."""
    tied: BoolArray = np.bincount(rank, minlength=1)[rank] > 1
    rows = np.ascontiguousarray(vectors[np.flatnonzero(tied)])
    order = np.zeros(len(rank), dtype=np.int64)
    if len(rows):
        raw = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
        order[tied] = np.unique(raw, return_inverse=True)[1]
    return rank * (int(order.max(initial=0)) + 1) + order


def sum_groups(membership: IntArray, sizes: IntArray | FloatArray) -> csr_array:
    """Return the matrix that sums rows by group when multiplied from the left.

    Args:
        membership: Group of each row, shape (n,), from 0.
        sizes: How often each row counts, shape (n,).

    Returns:
        Shape (n_groups, n).
    """
    from scipy.sparse import csr_array

    n, n_groups = len(membership), int(membership.max(initial=-1)) + 1
    place = (membership, np.arange(n))
    summing: csr_array = csr_array((sizes.astype(float), place), shape=(n_groups, n))
    return summing
