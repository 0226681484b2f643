"""What a person decided about tags: always one, never one, and names of their choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tagraph.data import Link, Merge
from tagraph.errors import OptionsError
from tagraph.stages.merge import Groups

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Overrides:
    """Decisions about raw tags that come before every rule.

    Tags that a vocabulary does not hold are passed over, for one list serves many data sets;
    `unknown` tells which they are.

    Attributes:
        always: Pairs of raw tags that are one.
        never: Pairs of raw tags that stay apart, whatever rule or similarity would join them.
        rename: Raw tag to the canonical name its group gets. A name that is itself a raw tag
            joins that tag's group; any other name is new.
    """

    always: Pairs = ()
    never: Pairs = ()
    rename: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse decisions that contradict each other.

        Raises:
            OptionsError: A pair is both always and never one, a name is empty, or names collide.
        """
        for tag, name in self.rename.items():
            if not tag.strip() or not name.strip():
                raise OptionsError(f"overrides: rename {tag!r} = {name!r} needs two names")
        tags = self.mentioned()
        groups = self.start(tags)
        names: dict[int, str] = {}
        for tag, name in sorted(self.rename.items()):
            held = names.setdefault(groups.find(tags.index(tag)), name)
            if held != name:
                raise OptionsError(f"overrides: {tag!r} is renamed to {name!r} and to {held!r}")

    def mentioned(self) -> tuple[str, ...]:
        """Return every tag the decisions name, sorted."""
        pairs = (*self.always, *self.never, *self.rename.items())
        return tuple(sorted({tag for pair in pairs for tag in pair}))

    def unknown(self, vocabulary: Iterable[str]) -> tuple[str, ...]:
        """Return the tags named that `vocabulary` lacks, sorted; new names are not missed."""
        new = set(self.rename.values())
        known = set(vocabulary)
        named = {tag for pair in (*self.always, *self.never) for tag in pair} | set(self.rename)
        return tuple(sorted(named - known - new))

    def start(self, vocabulary: tuple[str, ...]) -> Groups:
        """Return groups over a sorted vocabulary in which the decisions are carried out.

        Raises:
            OptionsError: A pair that must stay apart is joined by the other decisions.
        """
        position = {tag: i for i, tag in enumerate(vocabulary)}
        never = sorted(_places(self.never, position))
        groups = Groups(len(vocabulary), never)
        joined = sorted(_places((*self.always, *self.rename.items()), position))
        refused = groups.unite(Link(i, j, "override") for i, j in joined)
        apart = [pair for pair in never if pair[0] == pair[1]]
        if refused or apart:
            i, j = apart[0] if apart else refused[0][:2]
            raise OptionsError(
                f"overrides: {vocabulary[i]!r} and {vocabulary[j]!r} are to be one tag, "
                "and to stay apart; drop one of the two"
            )
        return groups

    def name(
        self, names: Mapping[str, str], merges: Iterable[Merge]
    ) -> tuple[dict[str, str], list[Merge]]:
        """Return a map and its merges with the names of `rename` in place of the found ones.

        Raises:
            OptionsError: Two names are given to tags that became one.
        """
        new: dict[str, str] = {}
        for tag, name in sorted(self.rename.items()):
            if tag in names and new.setdefault(names[tag], name) != name:
                raise OptionsError(
                    f"overrides: {tag!r} became one tag with another of the names to rename, and "
                    f"{new[names[tag]]!r} and {name!r} cannot both be its name; drop one of the two"
                )
        renamed = {tag: new.get(name, name) for tag, name in names.items()}
        renamed.update((name, name) for name in new.values())
        told = {merge.raw: merge for merge in merges}
        for tag, name in renamed.items():
            merge = told.get(tag)
            if tag == name:
                told.pop(tag, None)
            elif merge is None:
                told[tag] = Merge(tag, name, "override", 1.0)
            else:
                told[tag] = replace(merge, canonical=name)
        return renamed, [told[tag] for tag in sorted(told)]


def _places(pairs: Iterable[tuple[str, str]], position: Mapping[str, int]) -> set[tuple[int, int]]:
    """Return the pairs by position, those with an unknown tag left out."""
    return {(position[a], position[b]) for a, b in pairs if a in position and b in position}
