"""`tagraph select`: the whole way from a source to a file of selected records."""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

import click

from tagraph import api
from tagraph.adapters.new_files import check_target
from tagraph.adapters.numbered_files import all_files, first_file, unnumbered
from tagraph.adapters.sample_files import read_source
from tagraph.cli.narration import Narrator
from tagraph.cli.options import make_config
from tagraph.cli.session import Recorder
from tagraph.cli.telling import tell, tell_json
from tagraph.config import Config
from tagraph.data import Samples
from tagraph.errors import InputError, TagraphError
from tagraph.pipeline import Pipeline, needs_strengths
from tagraph.steps.records import SourceFile
from tagraph.steps.selection_diff import SelectionDiff
from tagraph.store import MEMORY, Store, open_store
from tagraph.text import shorten

SHOWN = 5
STDOUT = Path("-")


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    source: str
    k: int
    output: Path
    store: Path | None
    grow: Path | None
    config: Path | None
    as_json: bool
    quiet: bool
    dry_run: bool
    overwrite: bool
    form: str | None
    per_file: int
    manifest: Path | None
    card: Path | None
    flags: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, source: str, k: int, output: Path, flags: dict[str, Any]) -> Self:
        """Return a request; what is no field of its own is a flag of the configuration."""
        own = {part.name for part in fields(cls)}
        rest = {name: value for name, value in flags.items() if name not in own}
        named = {name: value for name, value in flags.items() if name in own}
        return cls(source, k, output, flags=rest, **named)

    @property
    def stored_at(self) -> str:
        """Path of the store: as named, else beside the output, else in memory."""
        if self.store is not None:
            return str(self.store)
        is_stream = self.output == STDOUT or (self.output.exists() and not self.output.is_file())
        return MEMORY if is_stream else str(unnumbered(self.output).with_suffix(".db"))

    def check(self, n_samples: int, sources: Sequence[SourceFile]) -> None:
        """Refuse a k or an output that cannot be, once it is known what the source holds.

        Raises:
            InputError: The pool is smaller than k, or a file cannot be written.
        """
        held = [str(Path(self.stored_at).resolve()), *(source.path for source in sources)]
        for path in filter(None, (self.manifest, self.card)):
            check_target(path, held, overwrite=self.overwrite or path.is_file())
        api.check_budget(n_samples, self.k, make_config(self.config, self.flags))
        if self.output != STDOUT:
            may_stay = self.overwrite or first_file(self.output).is_file()
            api.check_writable(self.output, sources, self.form, overwrite=may_stay)

    def write(self, store: Store) -> api.Written:
        """Write the stored selection to where it was asked for."""
        target = sys.stdout.buffer if self.output == STDOUT else self.output
        return api.write_selected(
            store, target, form=self.form, overwrite=self.overwrite, per_file=self.per_file
        )


def run_select_command(request: Request) -> None:
    """Run `tagraph select`.

    Raises:
        InputError: The output is there already, or the source cannot be used.
    """
    if request.as_json and request.output == STDOUT and not request.dry_run:
        raise click.UsageError("--json and the selected records both go to output; add -o FILE")
    config = make_config(request.config, request.flags)
    narrator = Narrator(quiet=request.quiet)
    if request.dry_run:
        tell_plan(plan_selection(request, config), as_json=request.as_json)
        return
    api.check_names(config)
    check_output(request, narrator)
    recorder = Recorder(narrator)
    with open_stores(request, narrator) as (store, base):
        run_steps(request, Pipeline(store, config, recorder), base)
        written = request.write(store)
        write_about(request, store)
        tell_selection(request, config, store, narrator, written)
        change = api.diff_growth(base, store) if base else None
        if change is not None:
            tell_change(change, str(request.grow), narrator)
        if request.as_json:
            told = {"output": str(request.output), "store": request.stored_at, **asdict(written)}
            told |= {"change": change.title} if change else {}
            tell_json({**told, "steps": recorder.steps})
        api.check_complete(store)


def run_steps(request: Request, pipeline: Pipeline, base: Store | None) -> None:
    """Run every step on the source alone, or on the pool of `base` with the source added."""
    if base is None:
        api.ingest_source(pipeline, request.source, check=request.check)
        api.select_in_store(pipeline, request.k)
    else:
        api.grow_in_store(pipeline, base, request.source, request.k, check=request.check)


@contextmanager
def open_stores(request: Request, narrator: Narrator) -> Iterator[tuple[Store, Store | None]]:
    """Open the store of a run, and the one that its pool grows from if there is one."""
    if request.grow is not None:
        with api.growing_store(request.stored_at, request.grow, narrator.say) as both:
            yield both
        return
    with working_store(request.stored_at, narrator) as store:
        yield store, None


def write_about(request: Request, store: Store) -> None:
    """Write what is to stand beside the selection: its manifest, its card.

    Raises:
        InputError: A file is there with other content, or cannot be written.
    """
    if request.manifest is not None:
        api.write_manifest(store, request.manifest, overwrite=request.overwrite)
    if request.card is not None:
        name = "subset.jsonl" if request.output == STDOUT else all_files(request.output)
        api.write_card(store, request.card, name, overwrite=request.overwrite)


@contextmanager
def working_store(path: str, narrator: Narrator) -> Iterator[Store]:
    """Open a store; one that this run made is removed again if it fails before anything is paid."""
    is_new = path != MEMORY and not Path(path).exists()
    with open_store(path, tell=narrator.say) as store:
        try:
            with store.claimed():
                yield store
        except TagraphError:
            is_empty = is_new and store.run("tag") is None and not store.calls.spent().attempts
            store.close()
            for ending in ("", "-wal", "-shm") if is_empty else ():
                Path(path + ending).unlink(missing_ok=True)
            raise


def check_output(request: Request, narrator: Narrator) -> None:
    """Refuse an output that is there before any work, unless this may be the same run again.

    Tells if nothing will be left of the work but the records.

    Raises:
        InputError: The output is there, and no store that it may have come from; it is the store
            itself, or the file of something else; or it would become a part of the source.
    """
    if request.stored_at == MEMORY:
        narrator.say("output     records to standard output, and no store: -o FILE keeps both")
    place, source = request.output.resolve(), Path(request.source)
    if request.stored_at != MEMORY and place == Path(request.stored_at).resolve():
        raise InputError(f"{request.output} is also the store; name another output or --store")
    if source.is_dir() and place.parent == source.resolve():
        raise InputError(f"{request.output} would become a part of the source; put it elsewhere")
    named = [path for path in (request.output, request.manifest, request.card) if path is not None]
    if len({path.resolve() for path in named}) < len(named):
        raise InputError("of --output, --manifest and --card two are one file; name each its own")
    may_be_ours = request.stored_at != MEMORY and Path(request.stored_at).exists()
    for first in map(first_file, named):
        if first.exists() and not request.overwrite and not may_be_ours:
            raise InputError(f"{first} is there already; add --overwrite to replace it")


def plan_selection(request: Request, config: Config) -> dict[str, Any]:
    """Return what a run would do and cost, without doing it.

    Raises:
        InputError: The source cannot be used, or holds fewer than k samples.
    """
    api.check_names(config)
    ingest = read_source(request.source, config.ingest)
    n, samples = len(ingest.samples), ingest.samples
    grown = {}
    if request.grow is not None:
        n, samples = api.plan_growth(request.grow, ingest)
        grown = {"grown_from": str(request.grow), "new_samples": len(samples)}
    request.check(n, ingest.sources)
    judged = needs_strengths(config.selection.policy)
    return {
        "samples": n,
        **grown,
        "set_aside": len(ingest.set_aside),
        "evidence": ingest.evidence,
        "select": request.k,
        "policy": config.selection.policy,
        "tagger": config.tagger,
        "judge": config.judge if judged else None,
        "comparisons_at_most": math.ceil(config.tournament.calls_per_item * len(samples))
        if judged
        else 0,
        **estimate_costs(request, config, samples),
        "store": request.stored_at,
    }


def estimate_costs(request: Request, config: Config, samples: Samples) -> dict[str, Any]:
    """Return what tagger and judge would cost, answers that a store holds already taken off."""
    judged = needs_strengths(config.selection.policy)
    if not Path(request.stored_at).exists():
        return api.estimate_costs(config, samples, judged=judged)
    with open_store(request.stored_at, read_only=True) as store:
        return api.estimate_costs(config, samples, store, judged=judged)


def tell_plan(plan: dict[str, Any], *, as_json: bool) -> None:
    """Print a plan on standard output, for people or for machines."""
    if as_json:
        tell_json(plan)
        return
    for name, value in plan.items():
        tell(f"{name:<20} {tell_value(value)}")


def tell_value(value: object) -> str:
    """Return a value of a plan for people; three numbers are low, likely and high."""
    if isinstance(value, tuple):
        low, likely, high = (tell_value(one) for one in value)
        return f"{likely} (from {low} to {high})"
    if isinstance(value, float):
        return f"{value:,.2f}" if value >= 100 else f"{value:,.4g}"
    return "unknown" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def tell_selection(
    request: Request, config: Config, store: Store, narrator: Narrator, written: api.Written
) -> None:
    """Tell where the selection is, a few of its rows with their reasons, and what to do next."""
    selection = store.results.load_selection()
    judge = store.run("compare")
    if needs_strengths(selection.policy) and judge and judge.summary["judge"] == config.judge:
        narrator.say(api.describe_judge(config))
    narrator.say("")
    samples = store.samples.load_samples().take(selection.index[:SHOWN].tolist())
    for place, (sample, reason) in enumerate(zip(samples, selection.reasons, strict=False), 1):
        shown = shorten(sample.query, 90) if narrator.is_watched else sample.id
        narrator.say(f"{place}. {shown}")
        narrator.say(f"   {reason}")
    narrator.say("")
    for line in store.results.load_audit().tell():
        narrator.say(line)
    narrator.say("")
    narrator.say(f"selection  {request.output} ({len(selection):,} rows; {written.note})")
    for trainer, line in written.settings.items():
        narrator.say(f"{trainer}  {line}")
    if request.stored_at != MEMORY:
        name = request.stored_at
        narrator.say(f"store      {name}")
        narrator.say(f"next       {_find_program('tagraph')} report {name}")
        narrator.say(
            f"           {_find_program('sqlite-utils')} rows {name} v_selection --limit 5"
        )


def tell_change(change: SelectionDiff, base: str, narrator: Narrator) -> None:
    """Tell what became of the selection that the pool grew from."""
    narrator.say(f"change     {change.title}, against {base}")
    for kind in ("left", "joined"):
        rows = [row for row in change.rows if row[0] == kind]
        for _, key, _, _, reason in rows[:SHOWN]:
            narrator.say(f"           {kind:<6} {key}: {shorten(reason, 100)}")
        if len(rows) > SHOWN:
            narrator.say(f"           and {len(rows) - SHOWN:,} more {kind}: tagraph diff")


def _find_program(name: str) -> str:
    """Return how to call a program of this environment from where we stand."""
    return name if shutil.which(name) else os.path.relpath(Path(sys.executable).with_name(name))
