"""Links between tags to groups without chains, and to a canonical name with a reason each."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from tagraph.data import Link, Merge

Forest: TypeAlias = dict[int, list[Link]]
Rank: TypeAlias = tuple[float | str, ...]


class Groups:
    """A partition of positions that grows by links and never joins a forbidden pair.

    Keeps the links that joined something, which form a forest: between two members of a group
    there is one way, and the weakest link on it is why they are together.
    """

    def __init__(self, n: int, never: Iterable[tuple[int, int]] = ()) -> None:
        """Start with `n` groups of one; the pairs in `never` stay apart."""
        self._parent = list(range(n))
        self._members: dict[int, list[int]] = {}
        self._apart: dict[int, set[int]] = defaultdict(set)
        self.links: list[Link] = []
        for left, right in never:
            self.forbid(left, right)

    def forbid(self, left: int, right: int) -> None:
        """Keep two positions apart from now on; a group that holds both is left as it is."""
        self._apart[left].add(right)
        self._apart[right].add(left)

    def find(self, i: int) -> int:
        """Return the smallest member of the group of `i`."""
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def members(self, i: int) -> list[int]:
        """Return the members of the group of `i`, in no promised order."""
        root = self.find(i)
        return self._members.get(root, [root])

    def labels(self) -> list[int]:
        """Return the smallest member of each position's group."""
        return [self.find(i) for i in range(len(self._parent))]

    def forbids(self, left: int, right: int) -> bool:
        """Say whether a member of one group must stay apart from a member of the other."""
        apart = self._apart
        if not apart:
            return False
        others = set(self.members(right))
        return any(not others.isdisjoint(apart[i]) for i in self.members(left) if i in apart)

    def unite(self, links: Iterable[Link]) -> list[Link]:
        """Join the two groups of each link in turn; return the links that were forbidden."""
        refused = []
        for link in links:
            left, right = self.find(link.left), self.find(link.right)
            if left == right:
                continue
            if self.forbids(left, right):
                refused.append(link)
                continue
            left, right = min(left, right), max(left, right)
            self._members.setdefault(left, [left]).extend(self.members(right))
            self._members.pop(right, None)
            self._parent[right] = left
            self.links.append(link)
        return refused


def link_completely(links: Iterable[Link], threshold: float) -> list[Link]:
    """Choose the links of complete-linkage clusters: every pair inside is at least that similar.

    Args:
        links: Evidence between nodes; of several links between two nodes the most similar
            counts, and no link is similarity 0.
        threshold: Smallest similarity of any pair inside a cluster.

    Returns:
        One link per join, the most similar joins first; ties go by position, so the order of
        `links` does not matter.
    """
    near = _strongest(links, threshold)
    best = {(a, b): link for a, row in near.items() for b, link in row.items() if a < b}
    heap = [(-link.similarity, a, b) for (a, b), link in best.items()]
    heapq.heapify(heap)
    chosen: list[Link] = []
    while heap:
        negative, a, b = heapq.heappop(heap)
        held = near.get(a, {}).get(b)
        if held is not None and held.similarity == -negative:
            chosen.append(held)
            _join(near, a, b, heap)
    return chosen


def _strongest(links: Iterable[Link], threshold: float) -> dict[int, dict[int, Link]]:
    """Return for each node its neighbours at the threshold, by the strongest link."""
    near: dict[int, dict[int, Link]] = defaultdict(dict)
    for link in sorted(links, key=lambda link: (-link.similarity, link)):
        if link.similarity >= threshold and link.left != link.right:
            near[link.left].setdefault(link.right, link)
            near[link.right].setdefault(link.left, link)
    return dict(near)


def _join(
    near: dict[int, dict[int, Link]], a: int, b: int, heap: list[tuple[float, int, int]]
) -> None:
    """Put cluster `b` into `a`: its neighbours are those of both, at the weaker link."""
    left, right = near[a], near.pop(b)
    for other in right:
        near[other].pop(b, None)
    left.pop(b, None)
    for other in sorted(left):
        if other not in right:
            del left[other], near[other][a]
            continue
        weaker = max(left[other], right[other], key=lambda link: (-link.similarity, link))
        left[other] = near[other][a] = weaker
        heapq.heappush(heap, (-weaker.similarity, min(a, other), max(a, other)))


def name_groups(labels: Sequence[int], rank: Sequence[Rank]) -> list[int]:
    """Return for each position the member of its group that ranks first."""
    first: dict[int, int] = {}
    for i in sorted(range(len(labels)), key=rank.__getitem__):
        first.setdefault(labels[i], i)
    return [first[label] for label in labels]


def explain_merges(
    tags: Sequence[str], canonical: Sequence[int], links: Sequence[Link], order: Sequence[str]
) -> list[Merge]:
    """Tell for each tag that moved why: the weakest link on its way to the canonical tag.

    Args:
        tags: The raw tags.
        canonical: Position of the canonical tag of each.
        links: A forest that joins every group.
        order: All reasons, the strongest first.
    """
    around: Forest = defaultdict(list)
    for link in links:
        around[link.left].append(link)
        around[link.right].append(link)
    strength = {reason: i for i, reason in enumerate(order)}
    merges = []
    for root in sorted(set(canonical)):
        for i, link in _walk(root, around, strength):
            merges.append(Merge(tags[i], tags[root], link.reason, link.similarity))
    return sorted(merges, key=lambda merge: merge.raw)


def _walk(
    root: int, around: Mapping[int, Sequence[Link]], strength: Mapping[str, int]
) -> list[tuple[int, Link]]:
    """Return every node that links lead to from `root`, with the weakest link on the way."""
    seen: set[int] = {root}
    waiting: list[tuple[int, Link | None]] = [(root, None)]
    found: list[tuple[int, Link]] = []
    while waiting:
        at, weakest = waiting.pop()
        for link in around.get(at, ()):
            other = link.right if link.left == at else link.left
            if other in seen:
                continue
            seen.add(other)
            held = (
                link
                if weakest is None
                else max(weakest, link, key=lambda x: (strength[x.reason], -x.similarity, x))
            )
            found.append((other, held))
            waiting.append((other, held))
    return found
