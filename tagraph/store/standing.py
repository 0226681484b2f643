"""How far a store is: what is done, open, orphaned and spent, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tagraph.schema import STEP_TABLES
from tagraph.store.claim import lock_of, read_holder
from tagraph.store.connection import Connection
from tagraph.store.opening import MEMORY
from tagraph.store.spill import read_spill

SHOWN = 50  # attempts without an end that are listed


@dataclass(frozen=True, slots=True)
class StepState:
    """A step: when it was finished, and what it lacks.

    Attributes:
        step: Key of the step.
        finished_at: When its result was made; empty if there is none.
        unfinished: How many of its questions got no answer.
    """

    step: str
    finished_at: str
    unfinished: int = 0


@dataclass(frozen=True, slots=True)
class Unended:
    """An attempt that was, or may have been, sent and whose end nobody knows."""

    key: str
    step: str
    model: str
    state: str
    started_at: str
    worst_usd: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a store is.

    Attributes:
        path: The file.
        holder: Who runs on it now, and since when; empty if nobody does.
        steps: Every step, in the order they run.
        requests: Attempts at paid models by state: open, done, failed, orphaned.
        unended: The first of those that are open or orphaned.
        asked_again: Questions among these that have no answer yet: the next run asks them.
        spent_usd: Known charges.
        unclear_usd: The most that attempts without a known charge can have cost.
        unpriced: Attempts whose price nobody knows.
        judges: Answers and failures of every judge, by its key.
        spilled: Paid replies outside the store, by the file that holds them.
        batches: Message batches by state, where the store knows of any.
        next: What the next command does.
    """

    path: str
    holder: str
    steps: tuple[StepState, ...]
    requests: dict[str, int]
    unended: tuple[Unended, ...]
    asked_again: int
    spent_usd: float
    unclear_usd: float
    unpriced: int
    judges: dict[str, dict[str, int]]
    spilled: dict[str, int]
    batches: dict[str, int]
    next: str


def read_standing(connection: Connection) -> Standing:
    """Return how far a store is, without changing it."""
    steps = tuple(_read_step(connection, step) for step in STEP_TABLES)
    asked_again = _count_asked_again(connection)
    is_file = connection.path != MEMORY
    return Standing(
        path=connection.path,
        holder=read_holder(lock_of(connection.path)) if is_file else "",
        steps=steps,
        requests=dict(connection.rows("SELECT state, count(*) FROM calls GROUP BY 1 ORDER BY 1")),
        unended=_read_unended(connection),
        asked_again=asked_again,
        **_read_costs(connection),
        judges=_read_judges(connection),
        spilled=_count_spilled(connection.path) if is_file else {},
        batches=_read_batches(connection),
        next=_tell_next(steps, asked_again),
    )


def _read_step(connection: Connection, step: str) -> StepState:
    run = connection.run(step)
    if run is None:
        return StepState(step, "")
    return StepState(step, run.finished_at, int(run.summary.get("unfinished") or 0))


def _read_unended(connection: Connection) -> tuple[Unended, ...]:
    rows = connection.rows(
        "SELECT key, step, model, state, started_at, worst_nanousd / 1e9 FROM calls"
        " WHERE state IN ('open', 'orphaned') ORDER BY id LIMIT ?",
        [SHOWN],
    )
    return tuple(Unended(*row) for row in rows)


def _count_asked_again(connection: Connection) -> int:
    """Return how many questions were on their way when a run ended, and have no answer."""
    ((count,),) = connection.rows(
        "SELECT count(DISTINCT key) FROM calls WHERE state IN ('open', 'orphaned')"
        " AND key NOT IN (SELECT key FROM calls WHERE state = 'done')"
    )
    return int(count)


def _read_costs(connection: Connection) -> dict[str, Any]:
    ((known, unclear, unpriced),) = connection.rows(
        "SELECT ifnull(sum(CASE charge WHEN 'known' THEN cost_nanousd END), 0) / 1e9,"
        " ifnull(sum(CASE charge WHEN 'unknown' THEN worst_nanousd END), 0) / 1e9,"
        " ifnull(sum(CASE charge WHEN 'known' THEN cost_nanousd IS NULL"
        " WHEN 'unknown' THEN worst_nanousd IS NULL END), 0) FROM calls"
    )
    return {"spent_usd": known, "unclear_usd": unclear, "unpriced": unpriced}


def _read_judges(connection: Connection) -> dict[str, dict[str, int]]:
    rows = connection.rows(
        "SELECT j.key, sum(c.outcome != 'failed'), sum(c.outcome = 'failed') FROM comparisons c"
        " JOIN judges j ON j.id = c.judge GROUP BY 1 ORDER BY 1"
    )
    return {key: {"answers": answers, "failed": failed} for key, answers, failed in rows}


def _count_spilled(path: str) -> dict[str, int]:
    return {str(place): len(found) for place, found in read_spill(path).items()}


def _read_batches(connection: Connection) -> dict[str, int]:
    if not connection.rows("SELECT 1 FROM sqlite_master WHERE name = 'batches'"):
        return {}
    return dict(connection.rows("SELECT state, count(*) FROM batches GROUP BY 1 ORDER BY 1"))


def _tell_next(steps: tuple[StepState, ...], asked_again: int) -> str:
    """Return what the next `select` on this store does, one line."""
    missing = [step.step for step in steps if not step.finished_at]
    unfinished = [f"{step.unfinished:,} of {step.step}" for step in steps if step.unfinished]
    told = []
    if missing:
        told.append(f"runs {', '.join(missing)}")
    if unfinished:
        told.append(f"asks again what got no answer: {', '.join(unfinished)}")
    if asked_again:
        told.append(f"asks {asked_again:,} questions again that were on their way")
    return f"`tagraph select` {'; '.join(told)}" if told else "every step is done; nothing is asked"
