"""What a selection may be told."""

from __future__ import annotations

from dataclasses import dataclass

from tagraph.errors import OptionsError

QUOTA_POLICIES = ("equal", "proportional", "square-root", "target")
BASELINES = ("random", "longest", "stratified-random")
POLICIES = (
    *QUOTA_POLICIES,
    "global",
    "best-of-each",
    "information",
    "covering",
    "distance",
    "sure",
    "complexity",
    *BASELINES,
)


@dataclass(frozen=True, slots=True)
class SelectionOptions:
    """How the k rows are chosen.

    Attributes:
        policy: Quotas per cluster: `equal`, `proportional` to its size, `square-root` of its size,
            or a `target` mix. `global` takes the strongest of the pool, `best-of-each` the best of
            every cluster and then the strongest (CaR), `information` what tells most about the tag
            graph (MIG), `covering` the same inside equal quotas, `distance` the strongest that are
            not near one taken before (DEITA), `sure` those whose place is surest, `complexity`
            rounds of rows with many tags (InsTag). Baselines: `random`, `longest`,
            `stratified-random`.
        seed: Of the random policies, a whole number from 0; the others do not use it.
        target: Shares of the policy `target`, each as `words=share`: the clusters whose name holds
            the words divide the share by size; the other clusters divide what is left.
        length_control: Rank by strength at equal length, see `control_length`.
        max_cosine: `distance` passes over a row whose cosine to one taken before is above this.
        max_likeness: No two selected rows share more than this of the words of their queries or
            responses (Jaccard of runs of three words); 1 takes near-duplicates as they come.
        tokens: Most tokens of the selected rows together, a guess from their length; 0 for no
            such limit. The row that would pass it ends the selection.
        include: Ids of samples that must be selected.
        exclude: Ids of samples that must not be.
        minimum: Least numbers of selected rows, each as `value=count`, by `minimum_field`.
        minimum_field: Field of the records whose values `minimum` counts; `source` is the file.
    """

    policy: str = "equal"
    seed: int = 0
    target: tuple[str, ...] = ()
    length_control: bool = False
    max_cosine: float = 0.9
    max_likeness: float = 0.9
    tokens: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    minimum: tuple[str, ...] = ()
    minimum_field: str = "source"

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise OptionsError(f"policy is {self.policy!r}; choose one of {', '.join(POLICIES)}")
        for name in ("seed", "tokens"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise OptionsError(f"{name} is {value!r}; it must be a whole number from 0")
        if not -1 <= self.max_cosine <= 1:
            raise OptionsError(f"max_cosine is {self.max_cosine}; it must lie from -1 to 1")
        if not 0 < self.max_likeness <= 1:
            raise OptionsError(f"max_likeness is {self.max_likeness}; it must lie in (0, 1]")
        both = sorted(set(self.include) & set(self.exclude))
        if both:
            raise OptionsError(f"{both[0]} is to be included and excluded; take it off one list")
        if self.target and self.policy != "target":
            raise OptionsError(f"a target mix needs policy 'target', not {self.policy!r}")
        self.shares()
        self.minima()

    def shares(self) -> dict[str, float]:
        """Return the target mix: words of a cluster's name, and the share of the rows.

        Raises:
            OptionsError: A share is no number above 0, or together they are above 1.
        """
        found = {words: _number(text, "target") for words, text in _split(self.target, "target")}
        if sum(found.values()) > 1 + 1e-9:
            raise OptionsError(f"the target shares add up to {sum(found.values()):g}, above 1")
        return found

    def minima(self) -> dict[str, int]:
        """Return the least number of rows for each value of the field.

        Raises:
            OptionsError: A number is no whole number above 0.
        """
        found = {value: _number(text, "minimum") for value, text in _split(self.minimum, "minimum")}
        for value, count in found.items():
            if count != int(count) or count > _MOST_ROWS:
                raise OptionsError(f"minimum of {value!r} is {count:g}; it must be a whole number")
        return {value: int(count) for value, count in found.items()}


_MOST_ROWS = 2**31 - 1


def needs_strengths(policy: str) -> bool:
    """Return whether a policy needs the tournament; the baselines and `complexity` do not."""
    return policy not in (*BASELINES, "complexity")


def _split(entries: tuple[str, ...], name: str) -> list[tuple[str, str]]:
    parts = [entry.rpartition("=") for entry in entries]
    for entry, (words, _, _) in zip(entries, parts, strict=True):
        if not words.strip():
            raise OptionsError(f"{name} holds {entry!r}; write it as NAME=NUMBER")
    names = [words.strip() for words, _, _ in parts]
    if len(set(names)) < len(names):
        raise OptionsError(f"{name} names something twice; name it once")
    return [(name, text) for name, (_, _, text) in zip(names, parts, strict=True)]


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise OptionsError(f"{name} holds {text!r}, which is no number") from error
    if not 0 < value < float("inf"):
        raise OptionsError(f"{name} holds {text!r}; it must be a number above 0")
    return value
