"""The options of all steps side by side, read from TOML, and the fingerprints made of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

import orjson

from tagraph.errors import OptionsError
from tagraph.stages.bradley_terry import BradleyTerryOptions
from tagraph.stages.communities import CommunityOptions
from tagraph.stages.controls import ControlOptions
from tagraph.stages.likelihood import LikelihoodOptions
from tagraph.stages.selection import SelectionOptions
from tagraph.steps.cascade import CascadeOptions
from tagraph.steps.cluster import ClusterOptions
from tagraph.steps.graph import GraphOptions
from tagraph.steps.ingest import IngestOptions
from tagraph.steps.llm_options import LlmOptions, SecondLlmOptions
from tagraph.steps.normalize import NormalizeOptions
from tagraph.steps.tacos import TacosOptions
from tagraph.steps.tag import TagOptions
from tagraph.steps.tournament import TournamentOptions
from tagraph.text import digest

BATCH_ROUNDS = 4  # of a tournament in Message Batches: each may take an hour


@dataclass(frozen=True, slots=True)
class Config:
    """Every option of every step; in TOML each field is a section of the same name.

    Attributes:
        tagger: Name of the tagger.
        judge: Name of the judge.
        second_judge: Name of a better judge, asked where the first leaves the cut open; empty for
            none.
        local_model: Folder or GGUF file of the model behind `likelihood` and `mixed`; empty for the
            bundled one.
        adjudicator: Who is asked about tags that may be one; empty for nobody.
        preset: `tacos` runs the recipe of that paper instead of the steps from normalize on.
        overrides: TOML file with decisions about tags; empty for none.
        previous: Store of an earlier run, whose canonical names are kept; empty for none.
        seed: Seed of every step that draws; None leaves each step its own.
        executor: Where offline taggers, encoders and judges work: `in-process`, `processes`,
            `processes:4`, `ray` (starts on this machine) or `ray:ADDRESS`. No result depends on it.
    """

    tagger: str = "keyphrase"
    judge: str = "heuristic"
    second_judge: str = ""
    local_model: str = ""
    adjudicator: str = ""
    preset: Literal["", "tacos"] = ""
    overrides: str = ""
    previous: str = ""
    seed: int | None = None
    executor: str = "in-process"
    ingest: IngestOptions = field(default_factory=IngestOptions)
    tag: TagOptions = field(default_factory=TagOptions)
    normalize: NormalizeOptions = field(default_factory=NormalizeOptions)
    graph: GraphOptions = field(default_factory=GraphOptions)
    communities: CommunityOptions = field(default_factory=CommunityOptions)
    clusters: ClusterOptions = field(default_factory=ClusterOptions)
    tournament: TournamentOptions = field(default_factory=TournamentOptions)
    cascade: CascadeOptions = field(default_factory=CascadeOptions)
    controls: ControlOptions = field(default_factory=ControlOptions)
    likelihood: LikelihoodOptions = field(default_factory=LikelihoodOptions)
    bradley_terry: BradleyTerryOptions = field(default_factory=BradleyTerryOptions)
    selection: SelectionOptions = field(default_factory=SelectionOptions)
    tacos: TacosOptions = field(default_factory=TacosOptions)
    llm: LlmOptions = field(default_factory=LlmOptions)
    second_llm: SecondLlmOptions = field(default_factory=SecondLlmOptions)

    def __post_init__(self) -> None:
        """Give every step the seed at the top; ask a judge in batches in few rounds."""
        for part in fields(self):
            options = getattr(self, part.name)
            if self.seed is not None and hasattr(options, "seed"):
                object.__setattr__(self, part.name, replace(options, seed=self.seed))

        if self.judge == "claude" and self.llm.batch and self.tournament.rounds is None:
            few = replace(self.tournament, rounds=BATCH_ROUNDS)
            object.__setattr__(self, "tournament", few)
        if self.second_judge == "claude" and self.llm.batch and self.cascade.rounds is None:
            object.__setattr__(self, "cascade", replace(self.cascade, rounds=BATCH_ROUNDS))

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a TOML file; what it does not name keeps its default.

        Raises:
            OptionsError: No such file, no TOML, or an unknown or unfit option.
        """
        return cls().changed(read_toml(path), str(path))

    def changed(self, values: Mapping[str, Any], origin: str) -> Self:
        """Return this configuration with some values changed; `origin` is named in errors.

        A seed given at the top holds for every step.

        Raises:
            OptionsError: An unknown option, or a value of the wrong type or out of range.
        """
        changed: Self = _changed(self, values, origin, "")
        return changed


def read_toml(path: str | Path) -> dict[str, Any]:
    """Return what a TOML file of options says, unchecked.

    Raises:
        OptionsError: No such file, or no TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionsError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # also of numbers and lists without end
        raise OptionsError(f"{path} is not TOML: {error}") from error


def _changed(options: Any, values: Mapping[str, Any], origin: str, section: str) -> Any:
    """Return a dataclass of options with `values` put in, section by section."""
    known = get_type_hints(type(options))
    where = f"[{section}] of {origin}" if section else origin
    new = {}
    for name, value in values.items():
        if name not in known:
            raise OptionsError(
                f"unknown option '{name}' in {where}; known are {', '.join(sorted(known))}"
            )
        old = getattr(options, name)
        if is_dataclass(old):
            if not isinstance(value, Mapping):
                raise OptionsError(f"'{name}' in {where} must be a section, [{name}]")
            new[name] = _changed(old, value, origin, f"{section}.{name}".lstrip("."))
        else:
            new[name] = _fitted(value, known[name], f"'{name}' in {where}")
    return replace(options, **new)


def _fitted(value: Any, hint: Any, where: str) -> Any:
    """Return `value` in the type of its option; a whole number may stand for a fraction."""
    literal = get_origin(hint) is Literal
    choices = (hint,) if get_origin(hint) is tuple else get_args(hint) or (hint,)
    kinds = [type(kind) if literal else get_origin(kind) or kind for kind in choices]
    if type(value) in (list, tuple) and tuple in kinds:
        return tuple(value)
    if type(value) is int and int not in kinds and float in kinds:
        return float(value)
    if type(value) in kinds and not (type(value) is int and abs(value) > LARGEST):
        return value
    wanted = " or ".join(_KINDS[kind] for kind in kinds if kind in _KINDS)
    raise OptionsError(f"{where} is {value!r}; it must be {wanted}")


LARGEST = 2**31 - 1

_KINDS = {
    bool: "true or false",
    int: f"a whole number of at most {LARGEST:,}",
    float: "a number",
    str: "a text",
    tuple: "a list",
}


# Raised when the code of a step changes its results, so that stored ones are made anew.
STEP_VERSIONS = {
    "ingest": 1,
    "tag": 1,
    "normalize": 3,
    "graph": 2,
    "cluster": 2,
    "compare": 3,
    "rank": 3,
    "select": 2,
}


def fingerprint(step: str, parent: str, options: Mapping[str, Any]) -> str:
    """Return what a step's result depends on as 64 hex digits.

    That is the version of its code, its options, and the fingerprint of the step it builds on.
    """
    made_of = orjson.dumps(plain(options), option=orjson.OPT_SORT_KEYS)
    return digest("1", step, str(STEP_VERSIONS[step]), parent, made_of)


def plain(value: Any) -> Any:
    """Return options as JSON-ready values; an infinite number becomes its name."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float) and abs(value) == float("inf"):
        return str(value)
    return value
