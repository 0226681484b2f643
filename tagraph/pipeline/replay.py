"""A stored selection made again from what the store holds, asking nobody: does it come out?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from tagraph.config import Config
from tagraph.data import Sample, Verdict
from tagraph.errors import MissingResultError, StoreError
from tagraph.pipeline.bookkeeping import Listen, ignore
from tagraph.pipeline.judging import run_compare, run_rank
from tagraph.pipeline.remembered import comparison_key
from tagraph.pipeline.runs import Pipeline, run_cluster, run_graph, run_normalize
from tagraph.pipeline.selecting import count_affordable, run_select
from tagraph.protocols import Encoder, Lemmatizer
from tagraph.store import Store

REPLAYED = ("normalize", "graph", "cluster", "compare", "rank", "select")


@dataclass(frozen=True, slots=True)
class ReplayedStep:
    """One step of a replay.

    Attributes:
        step: Key of the step.
        was_run: Made again; otherwise taken as it is stored, because people or models had a say.
        same_input: Options, adapters and versions are those of the stored run.
        same_result: Every row of its tables is as stored.
    """

    step: str
    was_run: bool
    same_input: bool
    same_result: bool


@dataclass(frozen=True)
class RecordedJudge:
    """The verdicts that one judge left in a store; it knows no other."""

    key: str
    store: Store
    minds_order: bool = False

    def compare(self, pairs: Sequence[tuple[Sample, Sample]]) -> list[Verdict]:
        """Return the stored verdict of each pair.

        Raises:
            StoreError: A verdict is not there.
        """
        keys = [comparison_key(self.key, a.digest, b.digest) for a, b in pairs]
        known = self.store.evidence.load_verdicts(keys)
        missing = len(set(keys) - known.keys())
        if missing:
            raise StoreError(
                f"the replay asks for {missing:,} verdicts that the store does not hold: the"
                " tournament takes another course than it did, so the versions differ"
            )
        return [known[key] for key in keys]


def replay(
    stored: Store,
    copy: Store,
    lemmatizer: Lemmatizer,
    encoder: Encoder,
    listen: Listen = ignore,
) -> list[ReplayedStep]:
    """Make the selection of a store again, in a copy of it.

    Raw tags and verdicts are taken as they are stored; so are canonical tags where overrides, an
    adjudicator or an earlier run had a say. Everything else is computed anew.

    Args:
        stored: The store; it is only read.
        copy: A copy of it, whose results are made anew.
        lemmatizer: The lemmatizer of the stored run.
        encoder: The encoder of the stored run; its vectors are in the store.
        listen: Told what happens to each step.

    Returns:
        What came of each step, in the order they ran.

    Raises:
        MissingResultError: Nothing was selected in the store.
        StoreError: The replay needs a verdict that is not stored.
    """
    config, k = read_options(stored)
    if stored.results.load_selection().policy == "tacos":
        raise StoreError("a selection by the preset 'tacos' cannot be replayed; run it again")
    if stored.samples.load_generations().any():
        raise StoreError(
            "a pool that grew cannot be replayed alone: replay the store that it grew from, then"
            " select with --grow again, which asks nobody what was asked before"
        )
    steps = [step for step in REPLAYED if stored.run(step)]
    taken = () if _came_from_options(stored) else ("normalize",)
    rerun = [step for step in steps if step not in taken]
    copy.forget(rerun[0])
    pipeline = Pipeline(copy, config, listen)
    run = {
        "normalize": lambda: run_normalize(
            pipeline, lemmatizer, encoder if _used_meaning(stored) else None
        ),
        "graph": lambda: run_graph(pipeline, encoder),
        "cluster": lambda: run_cluster(pipeline, encoder),
        "compare": lambda: run_compare(
            pipeline, *_recorded_judges(stored, k or count_affordable(pipeline)[0])
        ),
        "rank": lambda: run_rank(pipeline),
        "select": lambda: run_select(pipeline, k, encoder),
    }
    for step in rerun:
        run[step]()
    return [
        ReplayedStep(
            step,
            step in rerun,
            _fingerprint(stored, step) == _fingerprint(copy, step),
            stored.digest(step) == copy.digest(step),
        )
        for step in steps
    ]


def read_options(store: Store) -> tuple[Config, int]:
    """Return the options that the steps of a store were run with, and k.

    Raises:
        MissingResultError: Nothing was selected.
    """
    store.results.load_selection()
    runs = [run for step in REPLAYED if (run := store.run(step))]
    options = {name: part for run in runs for name, part in run.options.items()}
    sections: dict[str, Any] = {
        part.name: _read_numbers(options[part.name])
        for part in fields(Config)
        if is_dataclass(getattr(Config(), part.name)) and part.name in options
    }
    sections.setdefault("controls", {"share": 0.0})  # of a judge that was asked none
    for run in runs:
        sections |= _name_judges(run.summary) if run.step == "compare" else {}
    config = Config().changed(sections, "the store")
    return config, int(options["k"])


def _name_judges(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the judges of a stored run."""
    second = summary.get("cascade", {}).get("second_judge", "")
    return {"judge": summary["judge"], "second_judge": second}


def _read_numbers(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored options with infinite numbers as numbers, for which JSON has no word."""
    return {
        name: float(value) if value in ("inf", "-inf") else value for name, value in section.items()
    }


def _recorded_judges(store: Store, k: int) -> tuple[RecordedJudge, int, RecordedJudge | None]:
    """Return the judge of the stored run, k, and its second judge if there was one."""
    run = store.run("compare")
    if run is None:
        raise MissingResultError("compare")
    told = run.options
    judge = RecordedJudge(told["judge"], store, told.get("minds_order", False))
    if "second_judge" not in told:
        return judge, k, None
    minds_order = told.get("second_minds_order", False)
    return judge, k, RecordedJudge(told["second_judge"], store, minds_order)


def _came_from_options(store: Store) -> bool:
    """Return whether canonical tags are a matter of options and the default adapters alone."""
    run = store.run("normalize")
    said = ("overrides", "adjudicator", "previous")
    return run is not None and not any(run.options[name] for name in said)


def _used_meaning(store: Store) -> bool:
    run = store.run("normalize")
    return run is not None and bool(run.options["encoder"])


def _fingerprint(store: Store, step: str) -> str | None:
    run = store.run(step)
    return run.fingerprint if run else None
