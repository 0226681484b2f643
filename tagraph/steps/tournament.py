"""Judge and scheduler to strengths: propose a round, ask, hand the verdicts over, learn, repeat."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import FloatArray, IntArray, Outcome, Samples, Verdict
from tagraph.errors import InputError, JudgeError, OptionsError
from tagraph.protocols import Judge, minds_order
from tagraph.stages.bradley_terry import BradleyTerryOptions, Scores
from tagraph.stages.culprits import find_culprits
from tagraph.stages.pairing import ScheduleOptions
from tagraph.steps.diagnosis import Diagnosis, diagnose
from tagraph.steps.membership import estimate_membership
from tagraph.steps.scheduler import PairScheduler
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

Answers: TypeAlias = Sequence[Verdict] | Sequence[float] | FloatArray
JudgeFunction: TypeAlias = Callable[[list[tuple[int, int]]], Answers]
RoundCallback: TypeAlias = Callable[[int, IntArray, IntArray, list[Verdict]], object]

AUDIT = 0.15
"""Share of audited pairs with a judge that minds the order: 100 of them tell a consistency of 80 %
to within 8 points; a second order tells less about strengths than a new pair does."""

_OUTCOMES = {1.0: Outcome.FIRST, 0.0: Outcome.SECOND, 0.5: Outcome.TIE}
_SPOILT = (Outcome.CANNOT_JUDGE, Outcome.REFUSED, Outcome.TRUNCATED, Outcome.UNPARSED)


@dataclass(frozen=True, slots=True)
class TournamentOptions(ScheduleOptions):
    """Options of `run_tournament`, those of the schedule included.

    Attributes:
        calls_per_item: Judge calls divided by the items that have somebody to meet; a call shows
            two items, so each is seen twice as often on average.
        rounds: Most rounds to spend the calls in; None leaves it to the schedule, which learns more
            from many small rounds. A judge with a long delay is done sooner in fewer rounds.
        max_wrong: Stop early once no more than this share of the wanted items is expected to be
            wrong, see `PairScheduler.expected_wrong`; 0 spends the whole budget.
        audit: Share of the pairs that are asked in both orders at once, drawn at random, so that
            the judge's consistency is measured on pairs like all others; each order is a comparison
            of its own and counts in the budget. 1 asks every pair both ways. None leaves it to the
            judge: `AUDIT` for one that minds the order (`minds_order`, as every language model
            may), 0 for any other, whose second answer is known.
        n_draws: Draws behind `Tournament.in_top_k`.
    """

    calls_per_item: float = 8.0
    rounds: int | None = None
    max_wrong: float = 0.0
    audit: float | None = None
    n_draws: int = 1000

    def __post_init__(self) -> None:
        ScheduleOptions.__post_init__(self)
        if not 0 <= self.calls_per_item < math.inf:
            raise OptionsError(f"calls_per_item must be 0 or more, not {self.calls_per_item}")
        if self.rounds is not None and self.rounds < 1:
            raise OptionsError(f"rounds must be at least 1 or None, not {self.rounds}")
        if not 0 <= self.max_wrong <= 1:
            raise OptionsError(f"max_wrong must be a share from 0 to 1, not {self.max_wrong}")
        if self.audit is not None and not 0 <= self.audit <= 1:
            raise OptionsError(f"audit must be a share from 0 to 1, not {self.audit}")
        if self.n_draws < 1:
            raise OptionsError(f"n_draws must be at least 1, not {self.n_draws}")


@dataclass(frozen=True, eq=False, repr=False)
class Tournament:
    """Every verdict of a tournament, in the order asked, and what they add up to.

    What they add up to is worked out when it is first asked for.

    Attributes:
        first: Item shown first, shape (n_calls,).
        second: Item shown second, shape (n_calls,).
        round: Round of each call, from 0, shape (n_calls,).
        verdicts: One per call.
        set_aside: Items that were not asked about any more, see `find_culprits`, sorted.
        options: Options of the tournament.
        budget: Most calls that could have been made.
    """

    first: IntArray
    second: IntArray
    round: IntArray
    verdicts: tuple[Verdict, ...]
    set_aside: IntArray
    options: TournamentOptions
    budget: int
    _scheduler: PairScheduler

    @cached_property
    def scores(self) -> Scores:
        """Strengths with standard errors; raises what `fit_bradley_terry` raises."""
        return self._scheduler.conclude()

    @cached_property
    def in_top_k(self) -> FloatArray:
        """Chance of each item to be in the cut of its group, shape (n_items,).

        NaN for an item in no group and for one that was set aside.
        """
        groups, cut, options = self._scheduler.groups, self._scheduler.cut, self.options
        return estimate_membership(
            self.scores, groups, cut, n_draws=options.n_draws, seed=options.seed
        )

    @property
    def n_saved(self) -> int:
        """Calls of the budget that were not needed."""
        return self.budget - self.n_calls

    def diagnose(self, *, length: ArrayLike | None = None) -> Diagnosis:
        """Return how well one strength per item describes the verdicts.

        Args:
            length: Length of each item, for the slope that length has.
        """
        outcome = np.array([verdict.outcome.score for verdict in self.verdicts])
        return diagnose(self.scores, self.first, self.second, outcome, length=length)

    @property
    def n_rounds(self) -> int:
        """Rounds up to the last one of this tournament."""
        return int(self.round[-1]) + 1 if len(self.round) else 0

    @property
    def n_calls(self) -> int:
        """Questions put to the judge."""
        return len(self.verdicts)

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """How often each outcome was given, in the order of `Outcome`, zeros included."""
        counts = Counter(verdict.outcome for verdict in self.verdicts)
        return {outcome: counts[outcome] for outcome in Outcome}

    @property
    def tie_rate(self) -> float:
        """Ties among the verdicts that are evidence; NaN if there are none."""
        counts = self.outcomes
        judged = sum(counts[outcome] for outcome in _OUTCOMES.values())
        return counts[Outcome.TIE] / judged if judged else float("nan")

    @property
    def n_no_verdict(self) -> dict[Outcome, int]:
        """How often each kind of no verdict was given; these calls do not enter the fit."""
        evidence = set(_OUTCOMES.values())
        return {o: n for o, n in self.outcomes.items() if n and o not in evidence}

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per call: round, first, second, outcome, grade."""
        return frame(self._rows(), _COLUMNS)

    def _rows(self) -> list[tuple[Any, ...]]:
        answers = [(str(verdict.outcome), verdict.grade) for verdict in self.verdicts]
        shown = zip(self.round.tolist(), self.first.tolist(), self.second.tolist(), strict=True)
        return [(*left, *right) for left, right in zip(shown, answers, strict=True)]

    def _title(self) -> str:
        n_items = len(self._scheduler.groups)
        return f"{self.n_calls:,} verdicts on {n_items:,} items, {self.tie_rate:.0%} ties"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        return html_table(self._title(), _COLUMNS, self._rows()[:20])


_COLUMNS = ["round", "first", "second", "outcome", "grade"]


def run_tournament(  # noqa: PLR0913  (who plays, who judges, who listens)
    n_items: int,
    judge: Judge | JudgeFunction,
    options: TournamentOptions = TournamentOptions(),
    *,
    samples: Samples | None = None,
    groups: ArrayLike | None = None,
    cut: ArrayLike | None = None,
    apart: ArrayLike | None = None,
    on_round: RoundCallback | None = None,
    bradley_terry: BradleyTerryOptions = BradleyTerryOptions(),
) -> Tournament:
    """Compare items in rounds of adaptively chosen pairs.

    The run is a function of its arguments and the verdicts: a judge that repeats stored verdicts
    leads to the same pairs, so a stopped run continues by asking again. The strengths are fitted
    when they are asked for, from all verdicts at once, and do not depend on the path.

    Args:
        n_items: Number of items.
        judge: A `Judge`, which is shown `samples`, or a function from a list of (first, second)
            item pairs to their outcomes: `Verdict`s, or 1 first wins, 0 second wins, 0.5 tie, NaN
            for no verdict.
        options: Budget, goal and seed.
        samples: What a `Judge` compares, `n_items` of them.
        groups: Group of each item, shape (n_items,), from 0; -1 leaves an item out. Pairs stay
            inside a group; a group of one has none. Without it all items are one group.
        cut: Items wanted from each group, see `PairScheduler`.
        apart: Pairs never to be shown (near-duplicates), see `PairScheduler`.
        on_round: Called with (round, first, second, verdicts) after each round, before the next is
            proposed, so that nothing is lost if the judge fails later. A round that the judge
            breaks off is not handed over.
        bradley_terry: Options of the fit.

    Returns:
        At most ceil(calls_per_item times the items in groups of at least two) verdicts.

    Raises:
        InputError: Samples, groups, cut or pairs apart do not fit `n_items`.
        JudgeError: The judge gave too few or too many answers, or something that is no outcome.
    """
    scheduler = PairScheduler(
        n_items, options, groups=groups, cut=cut, apart=apart, bradley_terry=bradley_terry
    )
    return play(scheduler, judge, options, samples=samples, on_round=on_round)


def play(
    scheduler: PairScheduler,
    judge: Judge | JudgeFunction,
    options: TournamentOptions,
    *,
    samples: Samples | None = None,
    on_round: RoundCallback | None = None,
    first_round: int = 0,
) -> Tournament:
    """Ask what a scheduler proposes until its budget is spent; nothing may be recorded after that.

    Raises:
        InputError: The samples do not fit the items.
        JudgeError: The judge gave too few or too many answers, or something that is no outcome.
    """
    n_items = len(scheduler.groups)
    ask = _asker(judge, samples, n_items)
    log = _Log(first_round)
    budget, audit = _budget(options, scheduler.groups), _audit_share(judge, options)
    while len(log.verdicts) < budget and not _decided(scheduler, options):
        left = budget - len(log.verdicts)
        shown = _next_round(scheduler, math.ceil(left / (1 + audit)), options, log.n_rounds)
        if not len(shown[0]):
            break
        first, second = _add_audit(*shown, audit, left, (options.seed, log.n_rounds))
        verdicts = ask(list(zip(first.tolist(), second.tolist(), strict=True)))
        if on_round is not None:
            on_round(first_round + log.n_rounds, first, second, verdicts)
        scheduler.record(first, second, [verdict.outcome.score for verdict in verdicts])
        log.add(first, second, verdicts)
        scheduler.set_aside(log.culprits(n_items))
    return _conclude(scheduler, log, options, budget)


class _Log:
    """The rounds so far."""

    def __init__(self, first_round: int) -> None:
        self.n_rounds = 0
        self._first_round = first_round
        self.verdicts: list[Verdict] = []
        self.rows = [np.zeros((3, 0), dtype=np.int64)]
        self._spoilt: list[bool] = []
        self._n_read = 0

    def add(self, first: IntArray, second: IntArray, verdicts: list[Verdict]) -> None:
        """Append a finished round."""
        self.rows.append(
            np.stack([first, second, np.full_like(first, self._first_round + self.n_rounds)])
        )
        self.verdicts += verdicts
        self.n_rounds += 1

    def culprits(self, n_items: int) -> IntArray:
        """Return the items that most questions without a verdict are due to."""
        if self._n_read < len(self.verdicts):
            new = self.verdicts[self._n_read :]
            self._spoilt += [verdict.outcome in _SPOILT for verdict in new]
            self._n_read = len(self.verdicts)
        spoilt = np.array(self._spoilt, dtype=bool)
        if not spoilt.any():
            return np.zeros(0, dtype=np.int64)
        first, second, _ = np.concatenate(self.rows, axis=1)
        return find_culprits(first, second, spoilt, n_items)


def _audit_share(judge: Judge | JudgeFunction, options: TournamentOptions) -> float:
    """Return the share of pairs that are asked in both orders."""
    if options.audit is not None:
        return options.audit
    return AUDIT if minds_order(judge) else 0.0


def _add_audit(
    first: IntArray, second: IntArray, share: float, most: int, seed: tuple[int, int]
) -> tuple[IntArray, IntArray]:
    """Return a round of at most `most` questions, some of its pairs again in the other order."""
    chosen = np.random.default_rng([*seed, 1]).random(len(first)) < share
    twice = np.flatnonzero(chosen)[: max(0, most - len(first))]
    return np.append(first, second[twice]), np.append(second, first[twice])


def _budget(options: TournamentOptions, groups: IntArray) -> int:
    """Return the most calls that may be made."""
    sizes = np.bincount(groups[groups >= 0])
    return math.ceil(options.calls_per_item * int(sizes[sizes > 1].sum()))


def _decided(scheduler: PairScheduler, options: TournamentOptions) -> bool:
    """Return whether so few wanted items are expected to be wrong that the run may stop."""
    if not options.max_wrong:
        return False
    return scheduler.expected_wrong() <= options.max_wrong * int(scheduler.cut.sum())


def _next_round(
    scheduler: PairScheduler, left: int, options: TournamentOptions, n_rounds: int
) -> tuple[IntArray, IntArray]:
    """Return the next round: one matching, or as many as the number of rounds asks for."""
    goal = 1 if options.rounds is None else math.ceil(left / max(1, options.rounds - n_rounds))
    most = left if options.rounds is None else goal
    shown = np.stack(scheduler.propose(most))
    while 0 < shown.shape[1] < goal:
        more = np.stack(scheduler.propose(goal - shown.shape[1]))
        if not more.size:
            break
        shown = np.concatenate([shown, more], axis=1)
    return shown[0], shown[1]


def _asker(
    judge: Judge | JudgeFunction, samples: Samples | None, n_items: int
) -> Callable[[list[tuple[int, int]]], list[Verdict]]:
    """Return the function that asks the judge about pairs of items and checks what it says."""
    if not hasattr(judge, "compare"):
        return lambda pairs: _read(judge(pairs), len(pairs))
    if samples is None or len(samples) != n_items:
        given = "none were given" if samples is None else f"there are {len(samples)}"
        raise InputError(f"a judge needs {n_items} samples to compare, but {given}")

    def compare(pairs: list[tuple[int, int]]) -> list[Verdict]:
        wanted = sorted({item for pair in pairs for item in pair})
        shown = dict(zip(wanted, samples.take(wanted), strict=True))
        return _read(judge.compare([(shown[i], shown[j]) for i, j in pairs]), len(pairs))

    return compare


def _read(answers: Answers, n_pairs: int) -> list[Verdict]:
    """Return the answers as verdicts, one per pair."""
    if len(answers) != n_pairs:
        raise JudgeError(f"the judge gave {len(answers)} answers to {n_pairs} pairs")
    return [_verdict_of(answer) for answer in answers]


def _verdict_of(answer: object) -> Verdict:
    """Return one answer as a verdict; NaN is a pair the judge could not judge."""
    if isinstance(answer, Verdict):
        return answer
    try:
        score = float(answer)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        score = -1.0
    if math.isnan(score):
        return Verdict(Outcome.CANNOT_JUDGE)
    if score not in _OUTCOMES:
        raise JudgeError(f"the judge answered {answer!r}, which is none of 1, 0, 0.5 and NaN")
    return Verdict(_OUTCOMES[score])


def _conclude(
    scheduler: PairScheduler, log: _Log, options: TournamentOptions, budget: int
) -> Tournament:
    """Return the tournament behind a finished log."""
    first, second, round_ = np.concatenate(log.rows, axis=1)
    aside = log.culprits(len(scheduler.groups))
    return Tournament(first, second, round_, tuple(log.verdicts), aside, options, budget, scheduler)
